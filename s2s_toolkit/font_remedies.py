"""What to install where no font has a character: named by its script, for pip, Debian, Fedora and macOS."""

import unicodedata
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby

from s2s_toolkit.fonts import FONT_PACKAGES
from s2s_toolkit.labels import code_point

HAN = ("cjk", "hangul", "hiragana", "katakana", "bopomofo", "halfwidth", "fullwidth", "ideographic", "kangxi")
"""How the names of characters begin that are in the fonts for Chinese, Japanese and Korean."""

WESTERN = ("latin", "greek", "cyrillic", "combining", "modifier")
"""And how those begin that are in Noto Sans itself."""

SHOWN = 3
"""Characters of a script that are named."""


def lacking(characters: Sequence[str]) -> str:
    """What no font has and what would bring one, in one line."""
    found, remedies = [], []
    for script, group in groupby(sorted(characters, key=lambda c: (_script(c), c)), key=_script):
        members = list(group)
        more = f" and {len(members) - SHOWN} more" if len(members) > SHOWN else ""
        named = ", ".join(f"{c} ({code_point(c)})" for c in members[:SHOWN])
        found.append(f"{'CJK' if script == 'cjk' else script.capitalize()} {named}{more}")
        remedies.append(_packages(script))
    pip = "" if _has_extra() else 'pip install "s2s-toolkit[fonts]", or '
    return f"no font here has {'; '.join(found)}: {pip}install {'; '.join(dict.fromkeys(remedies))}"


def _script(character: str) -> str:
    """The first word of a character's name, which is its script for letters, in small letters."""
    words = unicodedata.name(character, "symbol").lower().replace("-", " ").split()
    category = unicodedata.category(character)
    if category in ("So", "Sk") and ord(character) > 0xFFFF:
        return "emoji"
    return words[0] if category.startswith(("L", "M", "N")) or words[0] in HAN else "symbol"


def _packages(script: str) -> str:
    if script in HAN:
        names = "fonts-noto-cjk", "google-noto-sans-cjk-fonts", "font-noto-sans-cjk"
    elif script == "emoji":
        names = "fonts-symbola", "gdouros-symbola-fonts", "font-noto-emoji"
    else:
        brew = "font-noto-sans" if script in WESTERN else f"font-noto-sans-{script.replace('symbol', 'symbols')}"
        names = "fonts-noto-core", "google-noto-fonts-all", brew
    return "{} (Debian), {} (Fedora), {} (Homebrew)".format(*names)


def _has_extra() -> bool:
    try:
        return all(map(version, FONT_PACKAGES))
    except PackageNotFoundError:
        return False
