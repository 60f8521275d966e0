"""The commands that this package adds to `s2s`."""
