"""Ready-made tasks to try the toolkit on, made on the spot and nothing downloaded."""
