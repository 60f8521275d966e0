"""What a reader takes for one character: it is marked as a whole, since a mark within would tear its glyph apart.

A part of Unicode Standard Annex 29 by rule, without its tables: marks, Hangul syllables of jamo, conjuncts, emoji.
"""

import unicodedata

JOINER, VIRAMA = "\u200d", 9
"""What joins emoji, and the combining class of what joins consonants."""

VOWELS_AND_FINALS = range(0x1160, 0x1200)
SKIN_TONES = range(0x1F3FB, 0x1F400)
FLAG_LETTERS = range(0x1F1E6, 0x1F200)


def clusters(text: str) -> list[str]:
    """The pieces of a text that belong together; joined, they are the text."""
    found: list[str] = []
    for character in text:
        if found and _continues(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _continues(cluster: str, character: str) -> bool:
    last, number = cluster[-1], ord(character)
    if cluster.isspace():
        return False
    return (
        unicodedata.category(character).startswith("M")
        or character in (JOINER, "\u200c")
        or number in SKIN_TONES
        or (number in VOWELS_AND_FINALS and unicodedata.name(last, "").startswith("HANGUL"))
        or (last == JOINER and len(cluster) > 1)
        or (unicodedata.combining(last) == VIRAMA and character.isalpha())
        or (number in FLAG_LETTERS and len(cluster) == 1 and ord(last) in FLAG_LETTERS)
    )
