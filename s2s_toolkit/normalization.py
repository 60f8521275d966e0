"""Unicode normalisation and lower-casing: text that looks alike becomes alike, before it is cut into symbols."""

import unicodedata
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Literal

Form = Literal["", "nfc", "nfd", "nfkc", "nfkd"]
"""A normalisation form of Unicode Standard Annex 15; "" leaves text as it is."""

_NAMES: dict[Form, Literal["NFC", "NFD", "NFKC", "NFKD"]] = {
    "nfc": "NFC",
    "nfd": "NFD",
    "nfkc": "NFKC",
    "nfkd": "NFKD",
}

LONG = 1000
"""Code points from which marks are put in order beforehand: Python's time for that grows with their number squared."""


@dataclass(frozen=True)
class Normalization:
    """Text to text: normalised, then lower-cased, then normalised again. Doing it twice changes nothing.

    Normalised again, because lower-casing undoes a form: "J\u030c" has no composed form, "j\u030c" has one.
    """

    form: Form = ""
    lowercase: bool = False

    def __post_init__(self) -> None:
        if self.form not in ("", *_NAMES):
            raise ValueError(f"there is no normalisation form {self.form!r}")

    def __call__(self, text: str) -> str:
        """The text as a tokenizer gets it."""
        text = self._formed(text)
        return self._formed(lower(text)) if self.lowercase else text

    def _formed(self, text: str) -> str:
        if not self.form:
            return text
        return unicodedata.normalize(_NAMES[self.form], text if len(text) < LONG else ordered(text, self.form))


UNCHANGED = Normalization()
"""Leaves every text as it is."""


def ordered(text: str, form: Form) -> str:
    """A text that is the same in a form: decomposed, the marks behind each starter by their classes (Unicode, D109)."""
    decompose = partial(unicodedata.normalize, "NFKD" if form in ("nfkc", "nfkd") else "NFD")
    points = "".join(map(decompose, text))
    runs = groupby(points, key=lambda point: unicodedata.combining(point) > 0)
    return "".join("".join(sorted(run, key=unicodedata.combining) if are_marks else run) for are_marks, run in runs)


def lower(text: str) -> str:
    """Lower-case each code point by itself.

    `str.lower` looks at the neighbours of a capital sigma, to write "ς" where a word ends. Here it is "σ" everywhere:
    the operators of an exported file see one code point at a time.
    """
    return "".join(map(str.lower, text))
