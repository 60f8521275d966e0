"""The four symbols that every vocabulary begins with."""

PAD, UNK, BOS, EOS = 0, 1, 2, 3
SPECIAL = ("<pad>", "<unk>", "<s>", "</s>")
"""Their names, by id; a text that contains one of these has no way to name the symbol."""
