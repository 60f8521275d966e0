"""From what a graph gives to translations."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from s2s_toolkit.translation import Translation, best_first

Found = Mapping[str, np.ndarray]
"""Outputs by name: B sources, N results for each, T steps, S source symbols; some may have been left out."""


def text_translation(found: Found, row: int) -> Translation:
    """The results for one source of a graph that writes text."""
    source_symbols = tuple(filter(None, found["source_symbols"][row])) if "source_symbols" in found else ()
    return best_first(found["scores"][row], lambda number: _text_result(found, row, number, source_symbols))


def _text_result(found: Found, row: int, number: int, source_symbols: tuple[str, ...]) -> Translation:
    symbols = tuple(filter(None, found["symbols"][row, number]))
    return Translation(
        text=found["text"][row, number],
        score=float(found["scores"][row, number]),
        symbols=symbols,
        source_symbols=source_symbols,
        **per_symbol(found, row, number, len(symbols), len(source_symbols) or None),
    )


def per_symbol(found: Found, row: int, number: int, num_symbols: int, num_source: int | None) -> dict[str, Any]:
    """What there is for each target symbol, without the padding."""
    cut: dict[str, Any] = {}
    if "token_log_probs" in found:
        cut["token_log_probs"] = found["token_log_probs"][row, number, :num_symbols]
    if "attention" in found:
        cut["attention"] = found["attention"][row, number, :num_symbols, :num_source]
    if "alignment" in found:
        cut["alignment"] = tuple(found["alignment"][row, number, :num_symbols].tolist())
    return cut
