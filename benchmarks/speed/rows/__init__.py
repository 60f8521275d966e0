"""The rows, one file each: `rows(bench)` in it gives one or several that belong together."""

NAMES = ("train-words", "train-characters", "train-luong", "decode-file", "decode-one")
"""In the order of the table; `train-words` is in `train_words.py`."""
