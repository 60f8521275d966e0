"""The commands that come with the core, one a file: each a thin `command` over a function that tests can call."""
