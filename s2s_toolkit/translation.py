"""What translating gives, whether a framework or an exported file did it. Imports numpy and no other package."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from s2s_toolkit.strategies.contract import IMPOSSIBLE


@dataclass(frozen=True, eq=False)
class Translation:
    """One target found for a source.

    Attributes:
        text: The target.
        score: As the decoding strategy defines it, in nats; higher is better.
        symbols: Target symbols, "</s>" last unless the target was cut off at the greatest length.
        source_symbols: Source symbols and "</s>".
        token_log_probs: Log-probability of each target symbol (T,).
        attention: Weight of each source symbol for each target symbol; rows sum to one (T, S).
        alignment: For each target symbol the number of the source symbol, from 0, that has the greatest weight (T,).
        alternatives: The other results for the same source, best first.

    An exported file may leave out `token_log_probs`, `attention` and `alignment`; they are None then.
    """

    text: str
    score: float
    symbols: tuple[str, ...]
    source_symbols: tuple[str, ...]
    token_log_probs: np.ndarray | None = None
    attention: np.ndarray | None = None
    alignment: tuple[int, ...] | None = None
    alternatives: tuple["Translation", ...] = ()

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "text": self.text,
            "score": round(self.score, 6),
            "symbols": list(self.symbols),
            "source_symbols": list(self.source_symbols),
            "token_log_probs": _rounded(self.token_log_probs),
            "attention": _rounded(self.attention),
            "alignment": None if self.alignment is None else list(self.alignment),
            "alternatives": [alternative.as_dict() for alternative in self.alternatives],
        }


def best_first(scores: np.ndarray, result: Callable[[int], Translation]) -> Translation:
    """The best result for a source, which holds the others; a search may have found fewer than there is room for.

    Args:
        scores: Of the results, best first (N,).
        result: Makes the result of a number.
    """
    best, *others = (result(number) for number in range(len(scores)) if not number or scores[number] > IMPOSSIBLE)
    return replace(best, alternatives=tuple(others))


def _rounded(array: np.ndarray | None) -> list[object] | None:
    return None if array is None else array.astype(float).round(6).tolist()
