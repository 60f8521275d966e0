"""What is measured of the peers, each in an environment of its own: of ours it has `measured` alone."""
