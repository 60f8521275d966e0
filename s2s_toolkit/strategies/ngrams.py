"""No n-gram of symbols stands twice in a target."""

from s2s_toolkit.arrays import Array, Namespace
from s2s_toolkit.strategies.contract import NEVER, Advance, Settings
from s2s_toolkit.strategies.rows import inherited
from s2s_toolkit.symbols import EOS, PAD


def require_ngram_size(size: int) -> int:
    """The size, once it is known to be one."""
    if size < 0:
        raise ValueError(f"no_repeat_ngram_size must be at least 0, which lets all repeat; given {size}")
    return size


class NgramBlocking:
    """Rules out each symbol that would complete an n-gram of its target's a second time; EOS is in none.

    A target's history (B, K, max_length) holds its symbols, the newest first and PAD behind the oldest. So what a step
    compares stands at fixed places, and PAD, which no target has, never matches a symbol.

    Args:
        size: n, at least 1.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    def start(self, xp: Namespace, source_ids: Array, settings: Settings, *, rows: int) -> Array:
        """The history of K = `rows` targets for each source (B, S), all empty."""
        row = source_ids[:, :1] * 0 + xp.arange(rows)  # (B, K)
        return xp.expand_dims(row * 0, axis=2) + xp.arange(settings["max_length"]) * 0 + PAD

    def block(self, xp: Namespace, log_probs: Array, history: Array) -> Array:
        """Log-probabilities (B, K, V), `NEVER` where an n-gram would be repeated."""
        repeated = self._window(history, 0)  # (B, K, max_length - n + 1)
        for age in range(self.size - 1):  # the n - 1 newest symbols, each beside those that stand as far before others
            is_alike = self._window(history, age + 1) == history[..., age : age + 1]
            repeated = xp.where(is_alike, repeated, PAD)  # PAD is ruled out in any case
        return xp.put_along_axis(log_probs, repeated, NEVER)

    def remember(self, xp: Namespace, history: Array, advance: Advance) -> Array:
        """The history of the new rows."""
        newest = xp.where(advance.ids == EOS, PAD, advance.ids)
        return xp.concat([xp.expand_dims(newest, axis=2), inherited(xp, history, advance.parents)[..., :-1]], axis=2)

    def _window(self, history: Array, age: int) -> Array:
        """Of each n-gram that the history could hold, the symbol that stands `age` places before its last."""
        end = age - self.size + 1
        return history[..., age : end if end < 0 else None]
