"""What any strategy's targets must satisfy: a prefix, a least length, no n-gram twice.

It stands between the model and the strategy, which sees log-probabilities where all that is ruled out is `NEVER`.
"""

from dataclasses import replace

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.strategies.contract import NEVER, Advance, DecodingStrategy, Search, Settings, Step
from s2s_toolkit.strategies.ngrams import NgramBlocking
from s2s_toolkit.symbols import EOS, PAD

HISTORY = "no_repeat_ngram.history"
"""Under this name the search of a constrained strategy holds what it needs beside the strategy's own."""


class ConstrainedStrategy:
    """A strategy of whose targets each begins with its prefix, has the least length, and repeats no n-gram.

    Args:
        xp: The array namespace.
        strategy: What chooses.
        settings: Its settings and `LENGTHS`, typed.
        prefix_ids: What the targets of each source begin with, PAD after its end (B, P), or (1, P)
            for all; P may be 0.

    Attributes:
        prefix_steps: At so many steps, from the first, some target is still in its prefix; a scalar.
        bound_steps: At so many, a prefix or the least length rules symbols out; a scalar.
    """

    def __init__(self, xp: Namespace, strategy: DecodingStrategy, settings: Settings, prefix_ids: Array) -> None:
        self.xp, self.strategy, self.settings = xp, strategy, settings
        ngram_size = getattr(strategy, "no_repeat_ngram_size", 0)
        self.ngrams = NgramBlocking(ngram_size) if ngram_size else None
        inside = xp.cumulative_sum(prefix_ids == PAD, axis=1) == 0  # (B, P)
        self.prefix = xp.where(inside, prefix_ids, PAD)
        self.place = xp.cumulative_sum(xp.ones_like(prefix_ids[:1]), axis=1) - 1  # (1, P), from 0
        self.prefix_steps = xp.max(xp.sum(inside, axis=1))
        self.bound_steps = xp.maximum(self.prefix_steps, settings["min_length"] - 1)

    def start(self, source_ids: Array) -> Search:
        """The first search for sources (B, S)."""
        search = self.strategy.start(self.xp, source_ids)
        if self.ngrams is None:
            return search
        return search | {HISTORY: self.ngrams.start(self.xp, source_ids, self.settings, rows=self.strategy.rows)}

    def advance(self, step: Step, search: Search, sources: Array | None = None) -> Advance:
        """Let the strategy choose from what the constraints allow.

        Where nothing is bound, no pass over the log-probabilities is made: the branch encloses the choice, so that
        what it gives is as small as the choice.

        Args:
            step: What the model says.
            search: What is carried.
            sources: The rows of the prefixes that these sources have (L,); by default all.
        """
        own = {name: array for name, array in search.items() if name != HISTORY}
        free = step
        if self.ngrams is not None:
            free = replace(step, log_probs=self.ngrams.block(self.xp, step.log_probs, search[HISTORY]))
        ids, parents, *arrays = self.xp.cond(
            step.number < self.bound_steps,
            lambda: self._chosen(replace(step, log_probs=self._bound(step, free.log_probs, sources)), own),
            lambda: self._chosen(free, own),
        )
        advance = Advance(ids, parents, dict(zip(own, arrays, strict=True)))
        if self.ngrams is None:
            return advance
        history = self.ngrams.remember(self.xp, search[HISTORY], advance)
        return replace(advance, search=advance.search | {HISTORY: history})

    def done(self, search: Search) -> Array:
        """Sources whose results can't change any more (B,)."""
        return self.strategy.done(self.xp, search, self.settings)

    def finish(self, search: Search) -> tuple[Array, Array]:
        """Rows of the results, best first (B, N), and their scores (B, N)."""
        return self.strategy.finish(self.xp, search, self.settings)

    def _chosen(self, step: Step, search: Search) -> tuple[Array, ...]:
        advance = self.strategy.advance(self.xp, step, search, self.settings)
        return (advance.ids, advance.parents, *(advance.search[name] for name in search))

    def _bound(self, step: Step, free: Array, sources: Array | None) -> Array:
        """Log-probabilities under a prefix and the least length, where `free` (B, K, V) says what may repeat."""
        (bound,) = self.xp.cond(
            step.number < self.prefix_steps,
            lambda: (self._in_prefix(step, free, sources),),
            lambda: (self._long_enough(step, free),),
        )
        return bound

    def _in_prefix(self, step: Step, free: Array, sources: Array | None) -> Array:
        """Log-probabilities under a prefix, which goes before the other two."""
        xp = self.xp
        prefix = self.prefix if sources is None else xp.take(self.prefix, sources, axis=0)
        row = xp.zeros_like(free[..., :1], dtype=xp.int64)  # (B, K, 1)
        forced = xp.sum(xp.where(self.place == step.number, prefix, PAD), axis=1)  # (B,), PAD past the prefix
        forced = xp.expand_dims(forced, axis=(1, 2)) + row
        is_free = forced == PAD
        only = xp.where(is_free, NEVER, xp.take_along_axis(step.log_probs, forced, axis=-1))
        others = xp.where(is_free, self._long_enough(step, free), NEVER)
        return xp.put_along_axis(others, forced, only)

    def _long_enough(self, step: Step, free: Array) -> Array:
        """Log-probabilities under the least length; the end may come all the same where nothing else can."""
        xp = self.xp
        may_end = step.number + 1 >= self.settings["min_length"]
        if self.ngrams is None:  # one sum is the quickest way: of NEVER and a log-probability it is NEVER
            zeros = xp.zeros_like(free[:1, :1])  # (1, 1, V)
            end = xp.zeros_like(zeros[..., :1], dtype=xp.int64) + EOS
            return free + xp.put_along_axis(zeros, end, xp.where(may_end, zeros[..., :1], NEVER))
        end = xp.zeros_like(free[..., :1], dtype=xp.int64) + EOS  # (B, K, 1)
        others = xp.put_along_axis(free, end, NEVER)
        may_end = xp.logical_or(may_end, xp.max(others, axis=-1, keepdims=True) < NEVER / 2)
        return xp.put_along_axis(free, end, xp.where(may_end, xp.take_along_axis(free, end, axis=-1), NEVER))
