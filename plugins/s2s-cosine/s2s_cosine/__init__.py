"""Cosine attention and diverse beam search for s2s-toolkit."""
