"""A record of all that a decoding strategy says, step by step and past the point where it is done."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.arrays import Namespace, NumpyNamespace
from s2s_toolkit.search import allowed_log_probs, typed_settings
from s2s_toolkit.strategies.constraints import ConstrainedStrategy
from s2s_toolkit.strategies.contract import DecodingStrategy, Step
from s2s_toolkit.symbols import BOS, EOS
from s2s_toolkit.testing.decoding_calls import Call, Results


@dataclass(frozen=True)
class Moment:
    """A step of a search, and what the strategy says after it.

    Attributes:
        ids: The chosen symbols (B, K).
        parents: What each row goes on from (B, K).
        targets: The symbols of each row so far, ends included (B, K, T).
        search: What the strategy carries.
        done: Whether it calls a source settled (B,).
        rows: Rows of the results (B, N).
        scores: Their scores (B, N).
    """

    ids: np.ndarray
    parents: np.ndarray
    targets: np.ndarray
    search: dict[str, np.ndarray]
    done: np.ndarray
    rows: np.ndarray
    scores: np.ndarray

    def results(self, source: int) -> Results:
        """The results for a source, each target up to its end."""
        found = map(tuple, self.targets[source, self.rows[source]].tolist())
        targets = [target[: target.index(EOS)] if EOS in target else target for target in found]
        return list(zip(targets, self.scores[source].tolist(), strict=True))


def watch(strategy: DecodingStrategy, call: Call, xp: Namespace = None) -> tuple[dict[str, np.ndarray], list[Moment]]:
    """Decode to the greatest length, whatever is done before: the first search, and every step.

    Args:
        strategy: What chooses.
        call: What is decoded.
        xp: The namespace that the strategy runs on; by default numpy. The model gives every one the same numbers.
    """
    xp, model = xp or NumpyNamespace(), call.model(strategy)
    typed = {name: xp.asarray(value) for name, value in typed_settings(strategy, call.lengths).items()}
    source_ids, source_lengths = call.arrays()
    batch, copies = len(source_ids), strategy.rows
    constrained = ConstrainedStrategy(xp, strategy, typed, xp.asarray(call.prefix_ids))
    carried, state = constrained.start(xp.asarray(source_ids)), model.start(source_ids, source_lengths, copies)
    first, moments = _numpy(carried), list[Moment]()
    previous, targets = np.full(batch * copies, BOS), np.zeros((batch, copies, 0), np.int64)
    for number in range(call.max_length):
        logits, attention, state = model.step(previous, state)
        log_probs = allowed_log_probs(NumpyNamespace(), logits)
        by_source = (xp.asarray(array.reshape(batch, copies, -1)) for array in (log_probs, attention))
        advance = constrained.advance(Step(xp.asarray(np.int64(number)), *by_source), carried)
        carried, ids, parents = advance.search, np.asarray(advance.ids), np.asarray(advance.parents)
        targets = np.concatenate([np.take_along_axis(targets, parents[..., None], axis=1), ids[..., None]], axis=2)
        rows, scores = map(np.asarray, constrained.finish(carried))
        done = np.asarray(constrained.done(carried))
        moments.append(Moment(ids, parents, targets, _numpy(carried), done, rows, scores))
        previous, state = ids.reshape(-1), model.select(state, _flat(parents))
    return first, moments


def _flat(parents: np.ndarray) -> np.ndarray:
    """Rows of all sources together (B·K,) from those within each source (B, K)."""
    first_rows = np.arange(len(parents))[:, None] * parents.shape[1]
    return np.reshape(first_rows + parents, -1)


def _numpy(arrays: Mapping[str, object]) -> dict[str, np.ndarray]:
    return {name: np.asarray(array) for name, array in arrays.items()}
