"""The decoding loop beside a framework's steps; `s2s_onnx.graph.loop` builds the same loop into the graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s2s_toolkit.arrays import Array, Namespace, NumpyNamespace
from s2s_toolkit.contracts import Stepper
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.strategies.constraints import ConstrainedStrategy
from s2s_toolkit.strategies.contract import NEVER, DecodingStrategy, Step
from s2s_toolkit.strategies.lengths import LENGTHS, require_lengths
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
        alignment: Where the source got most of it, its EOS included; -1 after the end (B, N, T).
    """

    ids: np.ndarray
    lengths: np.ndarray
    scores: np.ndarray
    token_log_probs: np.ndarray
    attention: np.ndarray
    alignment: np.ndarray


def search(
    stepper: Stepper,
    strategy: DecodingStrategy,
    source_ids: np.ndarray,
    source_lengths: np.ndarray,
    settings: Mapping[str, int | float],
    prefix_ids: np.ndarray | None = None,
) -> Hypotheses:
    """Decode sources.

    Args:
        stepper: The model.
        strategy: Chooses among the targets.
        source_ids: Symbols and EOS, PAD after them (B, S).
        source_lengths: How many, the EOS included (B,).
        settings: The strategy's own and `LENGTHS`, which count EOS.
        prefix_ids: What the targets of each source begin with, PAD after it: (B, P), or (1, P) for all; cut off at
            `max_length`.
    """
    xp, copies, batch = NumpyNamespace(), strategy.rows, len(source_ids)
    typed = typed_settings(strategy, settings)
    prefix_ids = source_ids[:, :0] if prefix_ids is None else prefix_ids
    constrained = ConstrainedStrategy(xp, strategy, typed, prefix_ids)
    state, carried = stepper.start(source_ids, source_lengths, copies), constrained.start(source_ids)
    previous, first_rows = np.full(batch * copies, BOS), np.arange(batch)[:, None] * copies
    steps = []
    for number in range(int(typed["max_length"])):
        logits, attention, state = stepper.step(previous, state)
        log_probs = allowed_log_probs(xp, logits)
        by_source = (array.reshape(batch, copies, -1) for array in (log_probs, attention))
        advance = constrained.advance(Step(np.int64(number), *by_source), carried)
        carried, previous = advance.search, advance.ids.reshape(-1)
        rows = (first_rows + advance.parents).reshape(-1)
        state = stepper.select(state, rows)
        steps.append((previous, rows, log_probs[rows, previous], attention))
        if constrained.done(carried).all():
            break
    chosen, scores = constrained.finish(carried)
    return _trace(steps, (first_rows + chosen).reshape(-1), scores)


def allowed_log_probs(xp: Namespace, logits: Array) -> Array:
    """Log-probabilities of logits (…, V) among the symbols that may stand in a target: PAD and BOS never do."""
    symbol = xp.arange(logits.shape[-1])
    return xp.log_softmax(xp.where(xp.logical_or(symbol == PAD, symbol == BOS), NEVER, logits))


def typed_settings(strategy: DecodingStrategy, settings: Mapping[str, int | float]) -> dict[str, np.ndarray]:
    """The strategy's defaults and `LENGTHS`, overlaid with what is given, as int64 and float32 scalars."""
    defaults = {**LENGTHS, **strategy.settings}
    unknown = sorted(set(settings) - set(defaults))
    if unknown:
        raise ConfigError(f"unknown setting {unknown[0]!r}; this strategy has: {', '.join(sorted(defaults))}")
    chosen = defaults | dict(settings)
    for name, default in defaults.items():
        if isinstance(default, int) and (chosen[name] != int(chosen[name]) or abs(chosen[name]) >= 2**63):
            raise ConfigError(f"setting {name!r} takes an integer below 2⁶³, given {chosen[name]}")
    require_lengths(chosen["max_length"], chosen["min_length"])
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
    attention = attention.reshape(*shape, -1)
    return Hypotheses(
        ids=np.where(inside, ids, PAD),
        lengths=lengths,
        scores=scores,
        token_log_probs=np.where(real, log_probs.reshape(shape), np.float32(0)),
        attention=np.where(real[..., None], attention, np.float32(0)),
        alignment=np.where(real, attention.argmax(axis=-1), -1),
    )
