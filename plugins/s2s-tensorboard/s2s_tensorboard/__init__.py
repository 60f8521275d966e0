"""TensorBoard curves of trainings with s2s-toolkit."""
