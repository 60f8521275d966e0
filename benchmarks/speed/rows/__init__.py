"""The rows, one file each: `rows(bench)` in it gives one or several that belong together."""

NAMES = (
    "train-words",
    "train-characters",
    "train-luong",
    "tensorflow",
    "decode-file",
    "decode-one",
    "graph",
    "start",
    "export",
    "streams",
    "growth",
)
"""In the order of the table; `train-words` is in `train_words.py`."""
