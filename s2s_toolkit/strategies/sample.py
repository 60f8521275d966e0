"""Sampling with temperature, top-k and top-p."""

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.strategies.contract import Advance, Search, Settings, Step
from s2s_toolkit.strategies.ngrams import require_ngram_size
from s2s_toolkit.strategies.random import fingerprint, uniform
from s2s_toolkit.symbols import EOS

LOWEST_TEMPERATURE = 1e-6
"""What a call's temperature of 0 or less counts as: it takes the most probable symbol and never divides by zero."""


class Sample:
    """Draw each symbol from the model's distribution, cut and sharpened as asked.

    The numbers drawn depend on the seed, the source, the sample and the step: one seed gives a source the same target
    in every framework and in every batch. A number picks a symbol in the order of the ids or, where `top_k` or `top_p`
    cuts, in the order of their probability. The score is the log-probability under the model, before temperature and
    cuts.

    Args:
        num_samples: Results for each source, in the order drawn.
        temperature: Below 1 sharpens the distribution, above 1 flattens it.
        top_k: Draw from this many most probable symbols; 0 means all (Fan et al. 2018).
        top_p: Draw from the fewest most probable symbols that reach this probability (Holtzman et al. 2020).
        seed: Another seed, other samples; below 2³¹.
        no_repeat_ngram_size: No n-gram of this many symbols stands twice in a target; 0 lets all repeat.
    """

    def __init__(
        self,
        *,
        num_samples: int = 1,
        temperature: float = 1.0,
        top_k: int = 0,
        top_p: float = 1.0,
        seed: int = 1,
        no_repeat_ngram_size: int = 0,
    ) -> None:
        for name, value, works, what in (
            ("num_samples", num_samples, num_samples >= 1, "at least 1"),
            ("temperature", temperature, temperature > 0, "above 0"),
            ("top_k", top_k, top_k >= 0, "at least 0"),
            ("top_p", top_p, 0 < top_p <= 1, "above 0 and at most 1"),
            ("seed", seed, 0 <= seed < 2**31, "at least 0 and below 2**31"),
        ):
            if not works:
                raise ValueError(f"{name} must be {what}, given {value}")
        self.rows = self.num_results = num_samples
        self.no_repeat_ngram_size = require_ngram_size(no_repeat_ngram_size)
        self.settings: dict[str, int | float] = {
            "temperature": float(temperature),
            "top_k": top_k,
            "top_p": float(top_p),
            "seed": seed,
        }

    def start(self, xp: Namespace, source_ids: Array) -> Search:
        samples = source_ids[:, :1] * 0 + xp.arange(self.rows)  # (B, N)
        return {
            "finished": samples < 0,
            "scores": xp.astype(xp.zeros_like(samples), xp.float32),
            "source": fingerprint(xp, source_ids),  # (B, 1)
        }

    def advance(self, xp: Namespace, step: Step, search: Search, settings: Settings) -> Advance:
        samples = search["source"] * 0 + xp.arange(self.rows)  # (B, N)
        number = uniform(
            xp, samples * 0 + settings["seed"], search["source"] + samples * 0, samples, step.number + samples * 0
        )
        finished = search["finished"]
        ids = xp.where(finished, EOS, self._draw(xp, step.log_probs, number, settings))
        gains = xp.squeeze(xp.take_along_axis(step.log_probs, xp.expand_dims(ids, axis=2), axis=2), axis=2)
        scores = search["scores"] + xp.where(finished, 0.0, gains)
        return Advance(ids, samples, search | {"finished": ids == EOS, "scores": scores})

    def done(self, xp: Namespace, search: Search, settings: Settings) -> Array:
        return xp.all(search["finished"], axis=-1)

    def finish(self, xp: Namespace, search: Search, settings: Settings) -> tuple[Array, Array]:
        return search["source"] * 0 + xp.arange(self.rows), search["scores"]

    def _draw(self, xp: Namespace, log_probs: Array, number: Array, settings: Settings) -> Array:
        """Symbols (B, N) from log-probabilities (B, N, V), by numbers (B, N) in (0, 1).

        Only a cut needs the symbols in the order of their probability; to sort a vocabulary takes ten times as long as
        to draw from it.
        """
        scaled = log_probs / xp.maximum(settings["temperature"], LOWEST_TEMPERATURE)
        is_cut = xp.logical_or(settings["top_k"] > 0, settings["top_p"] < 1.0)
        (ids,) = xp.cond(
            is_cut,
            lambda: (_drawn_from_first(xp, scaled, number, settings),),
            lambda: (inverted(xp, xp.softmax(scaled), number),),
        )
        return ids


def _drawn_from_first(xp: Namespace, scaled: Array, number: Array, settings: Settings) -> Array:
    """Draw from the most probable symbols alone, in the order of their probability."""
    ranked, symbols = xp.top_k(scaled, scaled.shape[-1])  # (B, N, V)
    probs = xp.softmax(ranked)
    before, rank = xp.cumulative_sum(probs, axis=-1) - probs, xp.arange(scaled.shape[-1])
    few = xp.logical_or(settings["top_k"] == 0, rank < settings["top_k"])
    kept = xp.where(xp.logical_and(few, before < settings["top_p"]), probs, 0.0)
    place = xp.expand_dims(inverted(xp, kept, number), axis=2)
    return xp.squeeze(xp.take_along_axis(symbols, place, axis=2), axis=2)


def inverted(xp: Namespace, weights: Array, number: Array) -> Array:
    """Invert the distribution function of weights (B, N, V), which need not sum to one, at numbers (B, N).

    No number is above 1 - 2⁻²⁴, so its product with the total stays below the total when it is rounded, too, and what
    is drawn has a weight above 0.
    """
    reached = xp.cumulative_sum(weights, axis=-1)
    wanted = xp.expand_dims(number, axis=2) * reached[..., -1:]
    return xp.sum(xp.astype(reached <= wanted, xp.int64), axis=-1)
