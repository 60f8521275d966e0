"""Parts that have no portable form in the exported file: native ones, and those that bring their own graphs."""
