"""Speed and memory beside the peers' own, measured in one run: `make bench`."""
