"""Several models as one while decoding (Sutskever et al. 2014; Sennrich et al. 2016).

The probability of a symbol is the mean of what the members give it, among the symbols that may stand in a target. A
member that is sure of itself so carries one that is undecided; with a mean of the log-probabilities instead, a member
that rules a symbol out would rule it out for all. fairseq does the same, and Sockeye unless told otherwise.
"""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from s2s_toolkit.arrays import Array, Namespace, NumpyNamespace
from s2s_toolkit.batches import Batch
from s2s_toolkit.contracts import DecodingModel, Stepper
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.run import Run
from s2s_toolkit.search import allowed_log_probs
from s2s_toolkit.text import TextSide

CHOSEN_BY_DATA = {"min_frequency", "max_size", "vocabulary"}
"""Keys of a text section that matter only for what is learnt of text, which is compared itself."""


def mean_log_probs(xp: Namespace, members: Sequence[Array]) -> Array:
    """The logarithm of the mean of probabilities, from their logarithms (…, V) by each member.

    The greatest is taken out first, so nothing underflows; of equal members it is exact.
    """
    greatest = reduce(xp.maximum, members)
    return greatest + xp.log(reduce(add, (xp.exp(each - greatest) for each in members)) / len(members))


def mean_attention(members: Sequence[Array]) -> Array:
    """The mean of the members' attention (…, S), which sums to one as theirs does."""
    return reduce(add, members) / len(members)


class EnsembleStepper:
    """Members as one `Stepper`; its logits are log-probabilities.

    Args:
        members: Models of one vocabulary, seen from the search.
    """

    def __init__(self, members: Sequence[Stepper]) -> None:
        self.members = tuple(members)
        self.vocabulary_size = self.members[0].vocabulary_size

    def start(self, source_ids: np.ndarray, source_lengths: np.ndarray, copies: int) -> tuple[Any, ...]:
        """As each member's."""
        return tuple(member.start(source_ids, source_lengths, copies) for member in self.members)

    def step(self, previous_ids: np.ndarray, state: tuple[Any, ...]) -> tuple[np.ndarray, np.ndarray, tuple[Any, ...]]:
        """Previous ids (B·copies,) -> log-probabilities (B·copies, V), attention (B·copies, S), state."""
        steps = [member.step(previous_ids, own) for member, own in zip(self.members, state, strict=True)]
        logits, attention, new = zip(*steps, strict=True)
        return _combined(logits), mean_attention(attention), new

    def select(self, state: tuple[Any, ...], rows: np.ndarray) -> tuple[Any, ...]:
        """As each member's."""
        return tuple(member.select(own, rows) for member, own in zip(self.members, state, strict=True))


class Ensemble:
    """Members as one `DecodingModel`: what an exported ensemble is compared with.

    Args:
        members: Models of one vocabulary.
    """

    def __init__(self, members: Sequence[DecodingModel]) -> None:
        self.members = tuple(members)

    def encode(self, source_ids: np.ndarray, source_lengths: np.ndarray) -> np.ndarray:
        """Sources (B, S), lengths (B,) -> the memories of the members side by side (B, S, M₁ + M₂ + …)."""
        return np.concatenate([member.encode(source_ids, source_lengths) for member in self.members], axis=-1)

    def teacher_forced(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        """Log-probabilities (B, T, V) and attention (B, T, S) for given targets."""
        logits, attention = zip(*(member.teacher_forced(batch) for member in self.members), strict=True)
        return _combined(logits), mean_attention(attention)

    def stepper(self) -> EnsembleStepper:
        """The ensemble for decoding."""
        return EnsembleStepper([member.stepper() for member in self.members])


def together(members: Sequence[DecodingModel]) -> DecodingModel:
    """One model of several; of one, that one."""
    return members[0] if len(members) == 1 else Ensemble(members)


def require_alike(run: Run, others: Sequence[Run]) -> None:
    """Refuse runs that read or write other symbols; ConfigError names the first difference."""
    for other in others:
        for name in ("source", "target"):
            if difference := _text_difference(run, other, name) or _symbol_difference(
                getattr(run, name), getattr(other, name)
            ):
                raise ConfigError(f"{other.path} can't decode together with {run.path}: its {name} {difference}")


def _combined(logits: Sequence[np.ndarray]) -> np.ndarray:
    xp = NumpyNamespace()
    return np.asarray(mean_log_probs(xp, [allowed_log_probs(xp, each) for each in logits]))


def _text_difference(run: Run, other: Run, name: str) -> str:
    one, two = (getattr(each.config, name).model_dump(exclude=CHOSEN_BY_DATA) for each in (run, other))
    return next((f"has {key} = {two[key]!r}, not {one[key]!r}" for key in one if one[key] != two.get(key)), "")


def _symbol_difference(side: TextSide, other: TextSide) -> str:
    if getattr(side.tokenizer, "state", None) != getattr(other.tokenizer, "state", None):
        return "tokenizer has learnt otherwise"
    one, two = side.vocabulary.symbols, other.vocabulary.symbols
    if len(one) != len(two):
        return f"vocabulary has {len(two):,} symbols, not {len(one):,}"
    return next(
        (f"symbol {i} is {b!r}, not {a!r}" for i, (a, b) in enumerate(zip(one, two, strict=True)) if a != b), ""
    )
