"""What plugins test themselves with."""
