"""Is an exported file the model it was made from? Text, scores and attention of both, compared."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from s2s_onnx.translator import Translator
from s2s_toolkit.corpus import read_pairs
from s2s_toolkit.errors import DataError, S2SError
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.run import Run
from s2s_toolkit.symbols import SPECIAL
from s2s_toolkit.translation import Translation

TOLERANCE = 1e-4
"""Of scores and attention. A text may differ where the two best scores are closer than this: a tie, rounded two ways."""


@dataclass(frozen=True)
class Verification:
    """What was compared, and how far the two are apart.

    Attributes:
        num_sources: Sources translated by both.
        num_ties: Sources whose texts differ because two targets score alike.
        score_difference: Greatest difference of scores, in nats.
        attention_difference: Greatest difference of attention weights, of equal texts.
    """

    num_sources: int
    num_ties: int
    score_difference: float
    attention_difference: float

    def __str__(self) -> str:
        ties = f", {self.num_ties} of them ties" if self.num_ties else ""
        return (
            f"the same text for {self.num_sources} sources{ties}; greatest difference of scores "
            f"{self.score_difference:.1e}, of attention {self.attention_difference:.1e}"
        )


def verify(file: Translator, model: TextTranslator, texts: Sequence[str]) -> Verification:
    """Translate with both; the first source on which they disagree is an error."""
    ties, scores, attentions = 0, [0.0], [0.0]
    for text, ours, theirs in zip(texts, file(texts), model(texts), strict=True):
        for number, (one, other) in enumerate(zip(_results(ours), _results(theirs), strict=True)):
            scores.append(abs(one.score - other.score))
            if scores[-1] > TOLERANCE * max(1, abs(other.score)):
                raise _difference(text, number, f"scores {one.score:.6f} and {other.score:.6f}")
            if one.symbols != other.symbols:
                ties += 1
                break  # the results behind a tie may stand in another order
            attentions.append(float(np.abs(one.attention - other.attention).max(initial=0)))
            if attentions[-1] > TOLERANCE:
                raise _difference(text, number, f"attention differs by {attentions[-1]:.1e}")
    return Verification(len(texts), ties, max(scores), max(attentions))


def sample_sources(run: Run, count: int) -> list[str]:
    """Sources to verify with: the first of the dev pairs where they can be read, and as many of random symbols."""
    rng = random.Random(run.config.seed)
    symbols = run.source.vocabulary.symbols[len(SPECIAL) :]
    lengths = [rng.randint(0, 20) for _ in range(count)]
    made = [run.source.tokenizer.join([rng.choice(symbols) for _ in range(length)]) for length in lengths]
    return [*_dev_sources(run, count), *made]


def _dev_sources(run: Run, count: int) -> list[str]:
    try:
        return [pair.source for pair, _ in zip(read_pairs(run.config.data.dev), range(count), strict=False)]
    except DataError:
        return []  # the data a run was trained on may be gone


def _results(translation: Translation) -> list[Translation]:
    return [translation, *translation.alternatives]


def _difference(text: str, number: int, what: str) -> S2SError:
    return S2SError(f"the exported file and the model disagree on source {text!r}, result {number + 1}: {what}")
