"""Beam search with a length penalty and n-best results."""

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.strategies.contract import NEVER, Advance, Search, Settings
from s2s_toolkit.symbols import EOS


class BeamSearch:
    """Keep the best `beam_size` targets at each step, the finished ones among them.

    The score of a target is its log-probability over the length penalty ((5 + length) / 6) ** length_penalty of Wu et
    al. (2016), section 7, where the length counts EOS. A source is done as soon as nothing unfinished can overtake its
    results.

    Args:
        beam_size: Targets kept for each source.
        n_best: Results for each source, at most `beam_size`.
        length_penalty: 0 prefers short targets as the model does; 1 nearly divides by the length. At least 0.
    """

    def __init__(self, *, beam_size: int = 5, n_best: int = 1, length_penalty: float = 0.0) -> None:
        if not 1 <= n_best <= beam_size:
            raise ValueError(
                f"n_best must lie between 1 and beam_size, given n_best = {n_best}, beam_size = {beam_size}"
            )
        if not length_penalty >= 0:
            raise ValueError(f"length_penalty must be at least 0, given {length_penalty}")
        self.rows, self.num_results = beam_size, n_best
        self.settings: dict[str, int | float] = {"length_penalty": float(length_penalty)}

    def start(self, xp: Namespace, source_ids: Array) -> Search:
        beam = source_ids[:, :1] * 0 + xp.arange(self.rows)  # (B, K), 0 to K - 1
        zero = xp.astype(xp.zeros_like(beam), xp.float32)
        # all rows start equal, so only the first may be chosen from
        return {"finished": beam < 0, "totals": xp.where(beam == 0, zero, NEVER), "lengths": zero}

    def advance(self, xp: Namespace, log_probs: Array, search: Search, settings: Settings) -> Advance:
        each = min(self.rows, log_probs.shape[-1])  # of one target's successors, no more than K can survive
        gains, ids = self._successors(xp, log_probs, search["finished"], each)  # (B, K, each)
        totals = xp.expand_dims(search["totals"], axis=2) + gains
        lengths = xp.where(search["finished"], search["lengths"], search["lengths"] + 1)
        ranked = totals / self._penalty(xp.expand_dims(lengths, axis=2), settings)
        flat = (-1, self.rows * each)
        _, best = xp.top_k(xp.reshape(ranked, flat), self.rows)  # (B, K)
        ids = xp.take_along_axis(xp.reshape(ids, flat), best, axis=1)
        parents = best // each
        search = {
            "finished": ids == EOS,
            "totals": xp.take_along_axis(xp.reshape(totals, flat), best, axis=1),
            "lengths": xp.take_along_axis(lengths, parents, axis=1),
        }
        return Advance(ids, parents, search)

    def done(self, xp: Namespace, search: Search, settings: Settings) -> Array:
        """Whether nothing live can overtake the results.

        A live target's total can only fall and its penalty only grow: its total now, at the greatest length, bounds it.
        """
        results, _ = xp.top_k(self._finished_scores(xp, search, settings), self.num_results)
        longest = xp.zeros_like(search["lengths"]) + xp.astype(settings["max_length"], xp.float32)
        hopes = xp.where(search["finished"], NEVER, search["totals"] / self._penalty(longest, settings))
        overtaken = results[:, -1] <= xp.max(hopes, axis=-1)
        return xp.logical_or(xp.all(search["finished"], axis=-1), xp.logical_not(overtaken))

    def finish(self, xp: Namespace, search: Search, settings: Settings) -> tuple[Array, Array]:
        """Finished targets by score; those cut off at the greatest length follow, in the order of the beam."""
        _, rows = xp.top_k(self._finished_scores(xp, search, settings), self.num_results)
        scores = search["totals"] / self._penalty(search["lengths"], settings)
        return rows, xp.take_along_axis(scores, rows, axis=1)

    def _successors(self, xp: Namespace, log_probs: Array, finished: Array, each: int) -> tuple[Array, Array]:
        """The best successors of each target; a finished one has itself alone, with one more EOS that costs nothing."""
        gains, ids = xp.top_k(log_probs, each)
        only_itself = xp.where(xp.arange(each) == 0, xp.zeros_like(gains), NEVER)
        finished = xp.expand_dims(finished, axis=2)
        return xp.where(finished, only_itself, gains), xp.where(finished, EOS, ids)

    def _finished_scores(self, xp: Namespace, search: Search, settings: Settings) -> Array:
        """The scores, and `NEVER` for rows that are unfinished or stand for no target."""
        counts = xp.logical_and(search["finished"], search["totals"] > NEVER / 2)
        return xp.where(counts, search["totals"] / self._penalty(search["lengths"], settings), NEVER)

    def _penalty(self, lengths: Array, settings: Settings) -> Array:
        return ((lengths + 5) / 6) ** settings["length_penalty"]
