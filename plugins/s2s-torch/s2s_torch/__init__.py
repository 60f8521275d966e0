"""The PyTorch parts of s2s-toolkit."""
