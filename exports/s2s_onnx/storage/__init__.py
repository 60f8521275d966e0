"""Weights into a graph and a graph into a file."""
