"""What translating gives, whether a framework or an exported file did it. Imports numpy and nothing else."""

from dataclasses import dataclass

import numpy as np


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
        alternatives: The other results for the same source, best first.
    """

    text: str
    score: float
    symbols: tuple[str, ...]
    source_symbols: tuple[str, ...]
    token_log_probs: np.ndarray
    attention: np.ndarray
    alternatives: tuple["Translation", ...] = ()

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "text": self.text,
            "score": round(self.score, 6),
            "symbols": list(self.symbols),
            "source_symbols": list(self.source_symbols),
            "token_log_probs": self.token_log_probs.astype(float).round(6).tolist(),
            "attention": self.attention.astype(float).round(6).tolist(),
            "alternatives": [alternative.as_dict() for alternative in self.alternatives],
        }
