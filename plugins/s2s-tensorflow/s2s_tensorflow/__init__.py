"""The TensorFlow parts of s2s-toolkit."""
