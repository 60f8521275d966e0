"""How much of its source a target has attended to."""

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.symbols import EOS, PAD

LEAST = 1e-6
"""Attention that a symbol counts as having had where it had less: the logarithm of none would be minus infinity, and
targets that each leave out a symbol could no longer be told apart by anything else."""


class Coverage:
    """The coverage penalty of Wu et al. (2016), section 7, equation 14: weight · Σᵢ log(min(Σⱼ attentionᵢⱼ, 1)).

    i runs over the source's symbols without its end, j over the steps of the target, its end included. So a target
    scores 0 if each source symbol got an attention of 1 in all, and less than that otherwise.

    Args:
        weight: beta in the paper, above 0.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def start(self, xp: Namespace, source_ids: Array, *, rows: int) -> Array:
        """The coverage of K = `rows` empty targets for each source (B, S): (B, K, S), 0 on symbols.

        It is 1 on the source's end and on padding, which costs nothing for ever.
        """
        counts_not = xp.logical_or(source_ids == PAD, source_ids == EOS)
        row = xp.expand_dims(xp.arange(rows) * 0, axis=1)  # (K, 1)
        return xp.astype(xp.expand_dims(xp.astype(counts_not, xp.int64), axis=1) + row, xp.float32)

    def grown(self, xp: Namespace, attention: Array, coverage: Array) -> Array:
        """The coverage after a step's attention, both (B, K, S)."""
        return coverage + attention

    def score(self, xp: Namespace, coverage: Array) -> Array:
        """The penalty of coverage (…, S), at most 0."""
        return self.weight * xp.sum(xp.log(xp.clip(coverage, LEAST, 1.0)), axis=-1)
