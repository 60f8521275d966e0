"""Write the package of a new plugin, whose part is real and whose tests pass."""
