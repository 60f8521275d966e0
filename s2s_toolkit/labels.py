"""Symbols as labels: whatever a text may hold, something can be seen and told from something else."""

import unicodedata

SHOWN = {" ": "␣", "\t": "␉", "\n": "␊", "\r": "␍", "\xa0": "NBSP", "\u3000": "␣"}

DOTTED_CIRCLE = "\u25cc"
"""What a combining mark is shown on where it stands alone."""

FILLER = "\u115f"
"""What a Korean vowel is shown with where it stands alone; it is not seen, and the vowel gets its usual size."""

VOWELS = range(0x1161, 0x11A8)


def shown(symbol: str) -> str:
    """A symbol as a label: what can't be seen gets a sign, a combining mark at the start something to stand on."""
    label = "".join(SHOWN.get(c) or (c if c.isprintable() else code_point(c)) for c in symbol)
    if ord(label[0]) in VOWELS:
        return FILLER + label
    return DOTTED_CIRCLE + label if unicodedata.category(label[0]).startswith("M") else label


def shown_text(text: str) -> str:
    """A text in one line, as it is read: shaping and direction are left alone, control characters get a sign."""
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cs") else SHOWN.get(c, code_point(c)) for c in text)


def code_point(character: str) -> str:
    """A character by its number, as the Unicode Standard writes it."""
    return f"U+{ord(character):04X}"
