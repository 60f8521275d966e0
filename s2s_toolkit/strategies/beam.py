"""Beam search with a length penalty, a coverage penalty and n-best results."""

import math

import numpy as np

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.strategies.contract import NEVER, Advance, Search, Settings, Step
from s2s_toolkit.strategies.coverage import Coverage
from s2s_toolkit.strategies.ngrams import require_ngram_size
from s2s_toolkit.strategies.rows import inherited
from s2s_toolkit.symbols import EOS


class BeamSearch:
    """Keep the best `beam_size` targets at each step, the finished ones among them.

    The score of a target is that of Wu et al. (2016), section 7: its log-probability over the length penalty
    ((5 + length) / 6) ** length_penalty, where the length counts EOS, plus the coverage penalty of `Coverage`. A source
    is done as soon as nothing unfinished can overtake its results.

    Args:
        beam_size: Targets kept for each source.
        n_best: Results for each source, at most `beam_size`.
        length_penalty: 0 prefers short targets as the model does; 1 nearly divides by the length. At least 0.
        coverage_penalty: Above 0, targets that leave source symbols without attention score lower. At least 0.
        no_repeat_ngram_size: No n-gram of this many symbols stands twice in a target; 0 lets all repeat.
    """

    def __init__(
        self,
        *,
        beam_size: int = 5,
        n_best: int = 1,
        length_penalty: float = 0.0,
        coverage_penalty: float = 0.0,
        no_repeat_ngram_size: int = 0,
    ) -> None:
        if not 1 <= n_best <= beam_size:
            raise ValueError(
                f"n_best must lie between 1 and beam_size, given n_best = {n_best}, beam_size = {beam_size}"
            )
        if not length_penalty >= 0:
            raise ValueError(f"length_penalty must be at least 0, given {length_penalty}")
        if not 0 <= coverage_penalty < math.inf:
            raise ValueError(f"coverage_penalty must be at least 0, given {coverage_penalty}")
        self.rows, self.num_results = beam_size, n_best
        self.no_repeat_ngram_size = require_ngram_size(no_repeat_ngram_size)
        self.coverage = Coverage(coverage_penalty) if coverage_penalty else None
        self.settings: dict[str, int | float] = {"length_penalty": float(length_penalty)}

    def start(self, xp: Namespace, source_ids: Array) -> Search:
        beam = source_ids[:, :1] * 0 + xp.arange(self.rows)  # (B, K), 0 to K - 1
        zero = xp.astype(xp.zeros_like(beam), xp.float32)
        # all rows start equal, so only the first may be chosen from
        search = {"finished": beam < 0, "totals": xp.where(beam == 0, zero, NEVER), "scores": zero}
        return search | {"coverage": self.coverage.start(xp, source_ids, rows=self.rows)} if self.coverage else search

    def advance(self, xp: Namespace, step: Step, search: Search, settings: Settings) -> Advance:
        each = min(self.rows, step.log_probs.shape[-1])  # of one target's successors, no more than K can survive
        flat, is_first = (-1, self.rows * each), np.arange(each) == 0
        finished = xp.expand_dims(search["finished"], axis=2)
        gains, ids = xp.top_k(step.log_probs, each)  # (B, K, each)
        # a finished target has itself alone, with one more EOS that costs nothing
        itself = xp.asarray(np.where(is_first, 0, NEVER).astype(np.float32))
        totals = xp.expand_dims(search["totals"], axis=2) + xp.where(finished, itself, gains)
        scores = totals / length_penalty(xp, step.number + 1, settings)  # all live targets have one length
        if self.coverage:
            search = search | {"coverage": self.coverage.grown(xp, step.attention, search["coverage"])}
            scores = scores + xp.expand_dims(self.coverage.score(xp, search["coverage"]), axis=2)
        scores = xp.where(finished, xp.expand_dims(search["scores"], axis=2) + itself, scores)
        scores, best = xp.top_k(xp.reshape(scores, flat), self.rows)  # (B, K)
        ids = xp.take_along_axis(xp.reshape(xp.where(finished, EOS, ids), flat), best, axis=1)
        totals = xp.take_along_axis(xp.reshape(totals, flat), best, axis=1)
        parents = xp.take(xp.asarray(np.arange(self.rows * each) // each), best, axis=0)
        kept = {"coverage": inherited(xp, search["coverage"], parents)} if self.coverage else {}
        return Advance(ids, parents, {"finished": ids == EOS, "totals": totals, "scores": scores, **kept})

    def done(self, xp: Namespace, search: Search, settings: Settings) -> Array:
        """Whether nothing live can overtake the results.

        A live target's total can only fall, its length penalty only grow, and its coverage penalty rise to 0 at most:
        its total now, at the greatest length, bounds it.
        """
        scores = self._finished_scores(xp, search)
        worst = xp.max(scores, axis=-1) if self.num_results == 1 else xp.top_k(scores, self.num_results)[0][:, -1]
        hopes = search["totals"] / length_penalty(xp, settings["max_length"], settings)
        return worst > xp.max(xp.where(search["finished"], 2 * NEVER, hopes), axis=-1)

    def finish(self, xp: Namespace, search: Search, settings: Settings) -> tuple[Array, Array]:
        """Finished targets by score; those cut off at the greatest length follow, in the order of the beam."""
        _, rows = xp.top_k(self._finished_scores(xp, search), self.num_results)
        return rows, xp.take_along_axis(search["scores"], rows, axis=1)

    def _finished_scores(self, xp: Namespace, search: Search) -> Array:
        """The scores, and `NEVER` for rows that are unfinished or stand for no target."""
        counts = xp.logical_and(search["finished"], search["totals"] > NEVER / 2)
        return xp.where(counts, search["scores"], NEVER)


def length_penalty(xp: Namespace, length: Array, settings: Settings) -> Array:
    """What the total of a target is divided by, from the setting "length_penalty"; the length is a scalar."""
    return ((xp.asarray(length, dtype=xp.float32) + 5) / 6) ** settings["length_penalty"]
