"""One config in several frameworks: trained in step, trained to the end, and their code side by side."""
