"""One page that shows what a run did: what was trained, how it went, how good it is, and what it gets wrong."""
