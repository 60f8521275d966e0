"""The symbols of one side of a model and their ids."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from s2s_toolkit.errors import RunError, S2SError
from s2s_toolkit.files import atomic_path
from s2s_toolkit.formats import require_format
from s2s_toolkit.symbols import BOS, EOS, PAD, SPECIAL, UNK

FORMAT = 1


@dataclass(frozen=True, init=False, repr=False)
class Vocabulary:
    """Symbols by id: the four special ones of `s2s_toolkit.symbols`, then those given.

    A symbol of a text that reads like a special one ("<pad>") is unknown, so that no text can name a special symbol.

    Attributes:
        symbols: Every symbol by id, the special ones first.
    """

    symbols: tuple[str, ...]
    _ids: dict[str, int] = field(compare=False)

    def __init__(self, symbols: Sequence[str]) -> None:
        """Take symbols without the special ones; S2SError if one is among them or if any stands there twice."""
        counts = Counter((*SPECIAL, *symbols))
        twice = [symbol for symbol, count in counts.items() if count > 1]
        if twice:
            raise S2SError(f"symbol {twice[0]!r} stands twice; give each once, without {', '.join(SPECIAL)}")
        object.__setattr__(self, "symbols", tuple(counts))
        object.__setattr__(self, "_ids", {symbol: number for number, symbol in enumerate(symbols, start=len(SPECIAL))})

    @classmethod
    def build(cls, sequences: Iterable[Sequence[str]], *, min_frequency: int = 1, max_size: int = 0) -> "Vocabulary":
        """Admit the symbols of sequences; the rest as `of_frequent`."""
        counts = Counter(symbol for sequence in sequences for symbol in sequence)
        return cls.of_frequent(counts, min_frequency=min_frequency, max_size=max_size)

    @classmethod
    def of_frequent(cls, counts: Mapping[str, int], *, min_frequency: int = 1, max_size: int = 0) -> "Vocabulary":
        """Admit symbols, the frequent ones first, equally frequent ones by code point.

        Args:
            counts: Symbol -> how often it occurs.
            min_frequency: Leave out what occurs less often.
            max_size: Admit at most this many, the special ones not counted; 0 admits all.
        """
        admitted = [symbol for symbol, count in counts.items() if count >= min_frequency and symbol not in SPECIAL]
        admitted.sort(key=lambda symbol: (-counts[symbol], symbol))
        return cls(admitted[:max_size] if max_size > 0 else admitted)

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Read what `save` wrote; RunError, naming the file, if it is missing, truncated or something else."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise RunError(f"can't read vocabulary {path}: {error.strerror}; restore it or train again") from error
        except (ValueError, RecursionError) as error:
            raise RunError(f"vocabulary {path} is truncated or not JSON: {error}; restore it or train again") from error
        if isinstance(content, dict):
            require_format(content.get("format"), FORMAT, f"vocabulary {path}", error=RunError)
        try:
            return cls(_symbols(content))
        except S2SError as error:
            raise RunError(f"vocabulary {path} is malformed: {error}") from error

    def save(self, path: Path) -> None:
        """Write JSON, since a symbol may be any code point, a newline too; the special ones are left out."""
        content = json.dumps({"format": FORMAT, "symbols": self.symbols[len(SPECIAL) :]}, ensure_ascii=False, indent=0)
        with atomic_path(path) as temporary:
            temporary.write_text(content + "\n", encoding="utf-8", newline="\n")

    def encode(self, symbols: Sequence[str]) -> list[int]:
        """Ids of symbols, without BOS and EOS; unknown ones become UNK."""
        return [self._ids.get(symbol, UNK) for symbol in symbols]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Symbols of ids; PAD, BOS and EOS are dropped wherever they stand, UNK gives "<unk>"."""
        return [self.symbols[number] for number in ids if number not in (PAD, BOS, EOS)]

    def __len__(self) -> int:
        return len(self.symbols)

    def __repr__(self) -> str:
        return f"Vocabulary of {len(self)} symbols"


def _symbols(content: Any) -> list[str]:
    """The list of symbols in a file's content."""
    symbols = content.get("symbols") if isinstance(content, dict) else None
    if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
        raise S2SError("expected a list of strings under 'symbols'")
    return symbols
