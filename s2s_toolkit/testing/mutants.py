"""Files as the world spoils them: bytes that changed, and values that mean something else.

A test that nothing damaged makes a format of a plugin fail without a word:

    rng = random.Random(1)
    for _ in range(200):
        path.write_bytes(damaged(content, rng))
        ...
"""

import random
from collections.abc import Callable
from typing import Any

LARGEST = 4096
"""Bytes that one change concerns at most."""


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Other bytes: flipped, cut off, overwritten, cleared, put in, left out or doubled, once or several times."""
    changed = bytearray(content)
    while changed == content:
        for _ in range(rng.choice((1, 1, 1, 2, 8))):
            if changed:
                rng.choice(_DAMAGES)(changed, rng)
    return bytes(changed)


def rewritten(value: Any, rng: random.Random) -> Any:
    """A value as JSON or TOML has it, in one to three places of which stands something else, or nothing."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        value = _rewritten_once(value, rng)
    return value


def _rewritten_once(value: Any, rng: random.Random) -> Any:
    """Go down to a place by chance, and change what is there; the value given stays as it is."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.1:
        return rng.choice(STRANGE)
    if isinstance(value, dict):
        key, rest = rng.choice(list(value)), dict(value)
        match rng.randrange(6):
            case 0:
                del rest[key]
            case 1:
                rest[f"{key}x"] = rest.pop(key)
            case _:
                rest[key] = _rewritten_once(rest[key], rng)
        return rest
    place, items = rng.randrange(len(value)), list(value)
    match rng.randrange(6):
        case 0:
            del items[place]
        case 1:
            items.insert(place, items[place])
        case _:
            items[place] = _rewritten_once(items[place], rng)
    return items


def _flip(content: bytearray, rng: random.Random) -> None:
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def _truncate(content: bytearray, rng: random.Random) -> None:
    del content[rng.randrange(len(content)) :]


def _overwrite(content: bytearray, rng: random.Random) -> None:
    start, size = _stretch(content, rng)
    content[start : start + size] = rng.randbytes(size)


def _clear(content: bytearray, rng: random.Random) -> None:
    start, size = _stretch(content, rng)
    content[start : start + size] = bytes(size)


def _insert(content: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(content) + 1)
    content[start:start] = rng.randbytes(rng.randint(1, 300))


def _delete(content: bytearray, rng: random.Random) -> None:
    start, size = _stretch(content, rng)
    del content[start : start + min(size, 300)]


def _repeat(content: bytearray, rng: random.Random) -> None:
    start, size = _stretch(content, rng)
    content[start:start] = content[start : start + size]


def _heap(content: bytearray, rng: random.Random) -> None:
    """Thousands of one character: a depth, or a number, that no reader was made for."""
    start = rng.randrange(len(content) + 1)
    content[start:start] = bytes([rng.choice(b'[{1"')]) * 5000


def _stretch(content: bytearray, rng: random.Random) -> tuple[int, int]:
    """Start and length of a stretch that lies inside."""
    start = rng.randrange(len(content))
    return start, min(rng.randint(1, LARGEST), len(content) - start)


_DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip, _truncate, _overwrite, _clear, _insert, _delete, _repeat, _heap,
)  # fmt: skip

STRANGE: tuple[Any, ...] = (
    False, True, 0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 1.5, -0.0, 1e308, float("inf"), float("nan"),
    "", " ", "\n", "\0", "é\u0301", "../../etc/passwd", "/etc/passwd", "x" * 10_000, "__class__", "{}", "nan",
    [], [[]], {}, {"": ""}, [0] * 1000, ["a", 1], {"name": "nobody"}, {"format": 10**6},
)  # fmt: skip
"""What may stand where something else was expected; all of it can be written as JSON and, but for some, as TOML."""
