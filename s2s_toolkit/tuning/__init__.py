"""Searching for better values of a config's keys, each trial a training."""
