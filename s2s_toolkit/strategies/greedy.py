"""Greedy search: the most probable symbol at each step."""

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.strategies.contract import Advance, Search, Settings, Step
from s2s_toolkit.strategies.ngrams import require_ngram_size
from s2s_toolkit.symbols import EOS


class Greedy:
    """Take the most probable symbol at each step; the score is the log-probability of the whole target.

    Args:
        no_repeat_ngram_size: No n-gram of this many symbols stands twice in a target; 0 lets all repeat.
    """

    rows = 1
    num_results = 1

    def __init__(self, *, no_repeat_ngram_size: int = 0) -> None:
        self.no_repeat_ngram_size = require_ngram_size(no_repeat_ngram_size)
        self.settings: dict[str, int | float] = {}

    def start(self, xp: Namespace, source_ids: Array) -> Search:
        column = source_ids[:, :1]  # (B, 1)
        return {"finished": column < 0, "scores": xp.astype(xp.zeros_like(column), xp.float32)}

    def advance(self, xp: Namespace, step: Step, search: Search, settings: Settings) -> Advance:
        finished = search["finished"]
        ids = xp.where(finished, EOS, xp.argmax(step.log_probs, axis=-1))  # (B, 1)
        scores = search["scores"] + xp.where(finished, 0.0, xp.max(step.log_probs, axis=-1))
        return Advance(ids, xp.zeros_like(ids), {"finished": ids == EOS, "scores": scores})

    def done(self, xp: Namespace, search: Search, settings: Settings) -> Array:
        return xp.all(search["finished"], axis=-1)

    def finish(self, xp: Namespace, search: Search, settings: Settings) -> tuple[Array, Array]:
        return xp.astype(xp.zeros_like(search["scores"]), xp.int64), search["scores"]
