"""Attention-based sequence-to-sequence models whose every part is a plugin: the core, which needs no framework."""

__version__ = "0.1.0"
