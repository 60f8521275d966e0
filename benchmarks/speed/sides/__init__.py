"""What is measured of ours, one file for each kind of work."""
