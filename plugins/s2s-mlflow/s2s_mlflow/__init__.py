"""MLflow runs of trainings with s2s-toolkit."""
