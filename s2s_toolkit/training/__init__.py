"""Training a model into a run directory."""

from s2s_toolkit.training.loop import train

__all__ = ["train"]
