"""Diverse beam search: results that differ in more than a symbol."""

from dataclasses import replace

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.strategies.beam import BeamSearch, length_penalty
from s2s_toolkit.strategies.contract import NEVER, Advance, Search, Settings, Step
from s2s_toolkit.strategies.rows import inherited
from s2s_toolkit.symbols import PAD

GROUP = ("finished", "totals", "scores")
"""What `BeamSearch` carries; here the rows of a group stand side by side."""

FIRST = "first"
"""Under this name the search holds which row, of those with one target, comes first (B, K)."""

GREATEST = 1e6
"""The greatest penalty, in nats. It outweighs any log-probability, and a symbol that costs it may still be chosen."""


class DiverseBeamSearch:
    """Beam search in groups, each of which avoids what the groups before it choose at the same step.

    Vijayakumar et al. (2018), "Diverse Beam Search for Improved Description of Complex Scenes", algorithm 1 with
    Hamming diversity: a group is a beam search for which a symbol's log-probability is lower by `diversity_penalty` for
    each target that an earlier group has just extended by it. The first group is plain beam search.

    The penalty guides the choice at its step and then is forgotten. Scores are the targets' own: the log-probability
    over the length penalty of `BeamSearch`. Results come from all groups, best first; a target that several groups
    found is one result, so there may be fewer than `n_best`. A source is done as soon as nothing unfinished can
    overtake its results.

    Args:
        beam_size: Targets kept for each source, in all groups together.
        num_groups: Groups of equal size; 1 is plain beam search, and `beam_size` differs most.
        n_best: Results for each source, at most `beam_size`.
        length_penalty: 0 prefers short targets as the model does; 1 nearly divides by the length. At least 0.
        diversity_penalty: What choosing a symbol again costs, in nats; 0 makes all groups alike. At most 1e6.
        no_repeat_ngram_size: No n-gram of this many symbols stands twice in a target; 0 lets all repeat.
    """

    def __init__(
        self,
        *,
        beam_size: int = 6,
        num_groups: int = 3,
        n_best: int = 1,
        length_penalty: float = 0.0,
        diversity_penalty: float = 0.5,
        no_repeat_ngram_size: int = 0,
    ) -> None:
        if num_groups < 1 or beam_size % num_groups:
            raise ValueError(
                f"num_groups must be at least 1 and divide beam_size, given num_groups = {num_groups}, "
                f"beam_size = {beam_size}"
            )
        if not 0 <= diversity_penalty <= GREATEST:
            raise ValueError(f"diversity_penalty must lie between 0 and {GREATEST:g}, given {diversity_penalty}")
        self.beam = BeamSearch(
            beam_size=beam_size,
            n_best=n_best,
            length_penalty=length_penalty,
            no_repeat_ngram_size=no_repeat_ngram_size,
        )
        self.group = BeamSearch(beam_size=beam_size // num_groups)
        self.num_groups, self.rows, self.num_results = num_groups, self.beam.rows, self.beam.num_results
        self.no_repeat_ngram_size = self.beam.no_repeat_ngram_size
        self.settings = self.beam.settings | {"diversity_penalty": float(diversity_penalty)}

    def start(self, xp: Namespace, source_ids: Array) -> Search:
        group = self.group.start(xp, source_ids)
        search = {name: xp.concat([array] * self.num_groups, axis=1) for name, array in group.items()}
        return search | {FIRST: source_ids[:, :1] * 0 + xp.arange(self.rows) * 0}  # all targets are empty, so alike

    def advance(self, xp: Namespace, step: Step, search: Search, settings: Settings) -> Advance:
        price = xp.clip(settings["diversity_penalty"], 0.0, GREATEST)  # a call may ask for anything
        uses = xp.zeros_like(step.log_probs[:, 0, :])  # (B, V)
        found = []
        for start in range(0, self.rows, self.group.rows):
            rows = slice(start, start + self.group.rows)
            said = replace(step, log_probs=step.log_probs[:, rows], attention=step.attention[:, rows])
            own = {name: search[name][:, rows] for name in GROUP}
            advance = self._advance_group(xp, said, own, uses * price, settings)
            uses = uses + _uses(xp, advance, own, step.log_probs.shape[-1])
            found.append(replace(advance, parents=advance.parents + start))
        ids, parents = (xp.concat([getattr(one, name) for one in found], axis=1) for name in ("ids", "parents"))
        kept = {name: xp.concat([one.search[name] for one in found], axis=1) for name in GROUP}
        first = _first_alike(xp, ids, inherited(xp, search[FIRST], parents))
        return Advance(ids, parents, kept | {FIRST: first})

    def done(self, xp: Namespace, search: Search, settings: Settings) -> Array:
        """Whether nothing live can overtake the results.

        As in beam search: what goes on from a live target scores less than the results, with a penalty even less, so it
        neither becomes a result nor drives one out of its group.
        """
        return self.beam.done(xp, self._distinct(xp, search), settings)

    def finish(self, xp: Namespace, search: Search, settings: Settings) -> tuple[Array, Array]:
        """Finished targets by score; those cut off at the greatest length follow, by score as well."""
        distinct = self._distinct(xp, search)
        scores, order = xp.top_k(distinct["scores"], self.rows)
        ordered = {name: xp.take_along_axis(distinct[name], order, axis=1) for name in ("finished", "totals")}
        rows, scores = self.beam.finish(xp, ordered | {"scores": scores}, settings)
        return xp.take_along_axis(order, rows, axis=1), scores

    def _advance_group(self, xp: Namespace, step: Step, search: Search, penalty: Array, settings: Settings) -> Advance:
        """A step of one group, where each symbol has a penalty (B, V) that totals and scores leave out again."""
        guided = replace(step, log_probs=step.log_probs - xp.expand_dims(penalty, axis=1))
        advance = self.group.advance(xp, guided, search, settings)
        finished, totals = (inherited(xp, search[name], advance.parents) for name in ("finished", "totals"))
        size = step.log_probs.shape[-1]
        flat = xp.reshape(step.log_probs, (-1, self.group.rows * size))
        totals = totals + xp.take_along_axis(flat, advance.parents * size + advance.ids, axis=1)
        own = {"totals": totals, "scores": totals / length_penalty(xp, step.number + 1, settings)}
        kept = {name: xp.where(finished, advance.search[name], array) for name, array in own.items()}
        return replace(advance, search=advance.search | kept)

    def _distinct(self, xp: Namespace, search: Search) -> Search:
        """The search, where a row with the target of an earlier one stands for no target."""
        is_first = search[FIRST] == xp.arange(self.rows)
        kept = {name: xp.where(is_first, search[name], NEVER) for name in ("totals", "scores")}
        return kept | {"finished": search["finished"]}


def _uses(xp: Namespace, advance: Advance, before: Search, vocabulary_size: int) -> Array:
    """How many targets have just been extended by each symbol (B, V); one that had finished chooses nothing.

    Rows that stand for no target count as well: where a group has such rows, every group holds all targets that there
    are, and has nothing to choose.
    """
    finished = inherited(xp, before["finished"], advance.parents)
    ids = xp.expand_dims(xp.where(finished, PAD, advance.ids), axis=2)  # nothing can choose PAD, whatever it costs
    return xp.sum(xp.astype(ids == xp.arange(vocabulary_size), xp.float32), axis=1)


def _first_alike(xp: Namespace, ids: Array, first: Array) -> Array:
    """The first row with the target of each (B, K): parents with one target, by their `first`, and one symbol more."""
    alike = xp.logical_and(_alike(xp, ids), _alike(xp, first))
    return xp.argmax(xp.astype(alike, xp.int64), axis=-1)


def _alike(xp: Namespace, values: Array) -> Array:
    """Which rows have equal values: (B, K) -> (B, K, K)."""
    return xp.expand_dims(values, axis=2) == xp.expand_dims(values, axis=1)
