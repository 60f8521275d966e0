"""How much memory a training takes, estimated from the shapes of its weights and of its largest batch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

BYTES = 4
"""Of a float32, which everything is."""

MOMENTS = 2
"""Arrays that Adam keeps for each weight."""

FORMULA = "1.5 · B·(S·encoder + T·decoder + (S+T)·attention + T·S·(vectors+3) + 3·T·V) values of 4 bytes"
"""The values of a batch; `values_of_batch` says what each word counts."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Memory:
    """An estimate, in bytes; frameworks themselves take hundreds of megabytes beside it."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        """All four together: they are there at once when a gradient has been taken."""
        return self.weights + self.gradients + self.optimizer + self.activations


def estimate_memory(shapes: Mapping[str, Shape], batch: Shape, *, averaged: bool = False) -> Memory:
    """Estimate the memory for weights of these shapes, by name, and a largest batch of B pairs, S and T symbols.

    Where weights are `averaged` as they move, the optimizer has one array more for each.
    """
    weights = BYTES * sum(map(_size, shapes.values()))
    return Memory(weights, weights, (MOMENTS + averaged) * weights, BYTES * values_of_batch(shapes, batch))


def values_of_batch(shapes: Mapping[str, Shape], batch: Shape) -> int:
    """The values that a batch (B, S, T) takes until its gradient is there, by `FORMULA`.

    Each matrix product keeps its input and its output, rows and columns of the matrix, at every position: the encoder's
    for S source symbols, the decoder's for T target symbols, attention's for either. Attention compares T with S
    positions, and keeps a score, its softmax and the mask of each pair, and as many values more as its vectors have,
    which stand behind a hidden layer. Three values for each logit are the logit, its softmax and its gradient.
    The gradients on the way back take half as much again. Peaks measured in both frameworks lay between half and twice
    of this.
    """
    B, S, T = batch
    per_pair = 3 + sum(_size(shape) for name, shape in shapes.items() if _is_vector_of_attention(name, shape))
    per_source, per_target, per_either = (_products(shapes, part) for part in ("encoder", "decoder", "attention"))
    num_symbols = shapes["output.bias"][0]
    kept = B * (S * per_source + T * per_target + (S + T) * per_either + T * S * per_pair + 3 * T * num_symbols)
    return kept * 3 // 2


def _products(shapes: Mapping[str, Shape], part: str) -> int:
    """Inputs and outputs of a part's matrices."""
    return sum(sum(shape) for name, shape in shapes.items() if name.startswith(f"{part}.") and len(shape) > 1)


def _is_vector_of_attention(name: str, shape: Shape) -> bool:
    return name.startswith("attention.") and len(shape) == 1 and not name.endswith("bias")


def _size(shape: Shape) -> int:
    return math.prod(shape)
