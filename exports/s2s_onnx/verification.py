"""Is an exported file the model it was made from? Symbols, scores and attention of both, compared."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

import numpy as np

from s2s_onnx.translator import Translator
from s2s_toolkit.corpus import read_pairs
from s2s_toolkit.errors import DataError, S2SError
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.run import Run
from s2s_toolkit.symbols import SPECIAL
from s2s_toolkit.translation import Translation

TOLERANCE = 1e-4
"""Of scores, log-probabilities and attention: what lies closer together is a tie, rounded two ways."""
UNKNOWN = "\N{SNOWMAN}"


@dataclass(frozen=True)
class Verification:
    """What was compared, and how far the two are apart.

    Attributes:
        num_sources: Sources translated by both.
        num_ties: Sources whose targets differ because two symbols, or two targets, score alike.
        score_difference: Greatest difference of scores of equal targets, in nats.
        attention_difference: Greatest difference of attention weights.
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
    found = [_compared(text, *both) for text, *both in zip(texts, file(texts), model(texts), strict=True)]
    return Verification(
        num_sources=len(texts),
        num_ties=sum(one.num_ties for one in found),
        score_difference=max((one.score_difference for one in found), default=0.0),
        attention_difference=max((one.attention_difference for one in found), default=0.0),
    )


def sample_sources(run: Run, count: int) -> list[str]:
    """Sources to verify with: the first of the dev pairs where they can be read, and as many of random symbols."""
    rng = random.Random(run.config.seed)
    symbols = [*run.source.vocabulary.symbols[len(SPECIAL) :], UNKNOWN]
    lengths = [rng.randint(0, 20) for _ in range(count)]
    made = [run.source.tokenizer.join([rng.choice(symbols) for _ in range(length)]) for length in lengths]
    return [*_dev_sources(run, count), *made]


def _dev_sources(run: Run, count: int) -> list[str]:
    try:
        return [pair.source for pair in islice(read_pairs(run.config.data.dev), count)]
    except DataError:
        return []  # the data a run was trained on may be gone


def _compared(text: str, ours: Translation, theirs: Translation) -> Verification:
    """The results for one source, up to the first tie: those behind it may stand in another order."""
    scores, attentions = [0.0], [0.0]
    pairs = zip((ours, *ours.alternatives), (theirs, *theirs.alternatives), strict=True)
    for number, (one, other) in enumerate(pairs, start=1):
        where = f"source {text!r}, result {number}"
        if one.source_symbols != other.source_symbols:
            raise _disagreement(where, f"symbols {one.source_symbols} and {other.source_symbols}")
        shared = sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one.symbols, other.symbols, strict=False))
        )
        attentions.append(_apart(one.attention[:shared], other.attention[:shared]))
        if not attentions[-1] <= TOLERANCE:  # nor is it where they are not numbers
            raise _disagreement(where, f"attention differs by {attentions[-1]:.1e}")
        score = _apart(one.score, other.score)
        alike = score <= TOLERANCE * max(1, abs(other.score))
        if one.symbols != other.symbols and (alike or _is_tie(one, other, shared)):
            return Verification(1, 1, max(scores), max(attentions))
        if one.symbols != other.symbols or not alike:
            raise _disagreement(where, f"{one.text!r} at {one.score:.6f} and {other.text!r} at {other.score:.6f}")
        scores.append(score)
    return Verification(1, 0, max(scores), max(attentions))


def _is_tie(one: Translation, other: Translation, shared: int) -> bool:
    """Whether the first symbols that differ, and all before them, were equally probable."""
    if shared == min(len(one.symbols), len(other.symbols)):
        return False  # one goes on where the other was cut off
    return _apart(one.token_log_probs[: shared + 1], other.token_log_probs[: shared + 1]) <= TOLERANCE


def _apart(one: np.ndarray | float, other: np.ndarray | float) -> float:
    return float(np.abs(np.subtract(one, other)).max(initial=0))


def _disagreement(where: str, what: str) -> S2SError:
    return S2SError(f"the exported file and the model disagree on {where}: {what}")
