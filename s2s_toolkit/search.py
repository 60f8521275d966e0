"""The decoding loop beside a framework's steps; `s2s_onnx.loop` builds the same loop into the graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.arrays import Array, Namespace, NumpyNamespace
from s2s_toolkit.contracts import Stepper
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.strategies.contract import NEVER, DecodingStrategy
from s2s_toolkit.symbols import BOS, EOS, PAD


@dataclass(frozen=True)
class Hypotheses:
    """What a search found, N results for each of B sources, best first; T steps were taken.

    Attributes:
        ids: Target symbols without BOS and EOS, PAD after the end (B, N, T).
        lengths: Symbols of each target (B, N).
        scores: As the strategy defines them (B, N).
        token_log_probs: Of each symbol and of the EOS, if there is one; 0 after the end (B, N, T).
        attention: Likewise, over the source and its EOS (B, N, T, S).
    """

    ids: np.ndarray
    lengths: np.ndarray
    scores: np.ndarray
    token_log_probs: np.ndarray
    attention: np.ndarray


def search(
    stepper: Stepper,
    strategy: DecodingStrategy,
    source_ids: np.ndarray,
    source_lengths: np.ndarray,
    settings: Mapping[str, int | float],
) -> Hypotheses:
    """Decode sources (B, S), lengths (B,); `settings` are the strategy's own and `max_length`, which counts EOS."""
    xp, copies, batch = NumpyNamespace(), strategy.rows, len(source_ids)
    typed = typed_settings(strategy, settings)
    state, carried = stepper.start(source_ids, source_lengths, copies), strategy.start(xp, source_ids)
    previous, first_rows = np.full(batch * copies, BOS), np.arange(batch)[:, None] * copies
    steps = []
    for _ in range(int(typed["max_length"])):
        logits, attention, state = stepper.step(previous, state)
        log_probs = allowed_log_probs(xp, logits)
        advance = strategy.advance(xp, log_probs.reshape(batch, copies, -1), carried, typed)
        carried, previous = advance.search, advance.ids.reshape(-1)
        rows = (first_rows + advance.parents).reshape(-1)
        state = stepper.select(state, rows)
        steps.append((previous, rows, log_probs[rows, previous], attention))
        if strategy.done(xp, carried, typed).all():
            break
    chosen, scores = strategy.finish(xp, carried, typed)
    return _trace(steps, (first_rows + chosen).reshape(-1), scores)


def allowed_log_probs(xp: Namespace, logits: Array) -> Array:
    """Log-probabilities of logits (…, V) among the symbols that may stand in a target: PAD and BOS never do."""
    symbol = xp.arange(logits.shape[-1])
    return xp.log_softmax(xp.where(xp.logical_or(symbol == PAD, symbol == BOS), NEVER, logits))


def typed_settings(strategy: DecodingStrategy, settings: Mapping[str, int | float]) -> dict[str, np.ndarray]:
    """The strategy's defaults and `max_length`, overlaid with what is given, as int64 and float32 scalars."""
    defaults = {**strategy.settings, "max_length": 100}
    unknown = sorted(set(settings) - set(defaults))
    if unknown:
        raise ConfigError(f"unknown setting {unknown[0]!r}; this strategy has: {', '.join(sorted(defaults))}")
    chosen = defaults | dict(settings)
    for name, default in defaults.items():
        if isinstance(default, int) and (chosen[name] != int(chosen[name]) or abs(chosen[name]) >= 2**63):
            raise ConfigError(f"setting {name!r} takes an integer below 2⁶³, given {chosen[name]}")
    if chosen["max_length"] < 1:
        raise ConfigError(f"max_length must be at least 1, given {chosen['max_length']}")
    dtypes = {name: np.int64 if isinstance(default, int) else np.float32 for name, default in defaults.items()}
    return {name: np.asarray(value, dtypes[name]) for name, value in chosen.items()}


def _trace(steps: Sequence[tuple[np.ndarray, ...]], rows: np.ndarray, scores: np.ndarray) -> Hypotheses:
    """Walk back from the rows of the results to their first symbols."""
    path = []
    for ids, parents, log_probs, attention in reversed(steps):
        path.append((ids[rows], log_probs[rows], attention[parents[rows]]))
        rows = parents[rows]
    ids, log_probs, attention = (np.stack(column[::-1], axis=1) for column in zip(*path, strict=True))
    shape = (*scores.shape, len(steps))
    ids = ids.reshape(shape)
    lengths = (ids != EOS).cumprod(axis=-1).sum(axis=-1)
    position = np.arange(len(steps))
    inside, real = position < lengths[..., None], position <= lengths[..., None]  # real counts the EOS
    return Hypotheses(
        ids=np.where(inside, ids, PAD),
        lengths=lengths,
        scores=scores,
        token_log_probs=np.where(real, log_probs.reshape(shape), np.float32(0)),
        attention=np.where(real[..., None], attention.reshape(*shape, -1), np.float32(0)),
    )
