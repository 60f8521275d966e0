"""Parts that a plugin might offer for PyTorch alone."""

from collections.abc import Callable, Mapping

import numpy as np
import onnx
import torch
from own_graphs import rising_graphs
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

Attend = Callable[[Tensor], tuple[Tensor, Tensor]]


class StackedEncoder(nn.Module):
    """Two recurrent layers of two kinds, over packed sequences."""

    def __init__(self, input_size: int, *, size: int = 4) -> None:
        super().__init__()
        self.memory_size = 2 * size
        self.lower = nn.LSTM(input_size, size, batch_first=True, bidirectional=True)
        self.upper = nn.GRU(2 * size, size, batch_first=True, bidirectional=True)

    def encode(self, inputs: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        packed = pack_padded_sequence(inputs, lengths.cpu(), batch_first=True, enforce_sorted=False)
        outputs, last = self.upper(self.lower(packed)[0])
        memory, _ = pad_packed_sequence(outputs, batch_first=True, total_length=inputs.shape[1])
        return memory, torch.cat(list(last), dim=-1)


class BilinearScorer(nn.Module):
    """Keys of a projection, two for each position, of which the better counts."""

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(memory_size, 2 * query_size)

    def keys(self, memory: Tensor) -> Tensor:
        return self.key(memory).unflatten(-1, (2, -1))  # (B, S, 2, Q)

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return torch.einsum("btq,bshq->btsh", query, keys).amax(dim=-1)


class RisingScorer(nn.Module):
    """Each position scores at least as high as those before it, by an operator that the exporter does not know."""

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        self.key = nn.Linear(memory_size, query_size, bias=False)

    def keys(self, memory: Tensor) -> Tensor:
        return self.key(memory)

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return torch.logcumsumexp(query @ keys.transpose(1, 2), dim=-1)


class RisingScorerWithGraphs(RisingScorer):
    """The same, with graphs of its own."""

    def to_onnx(self, weights: Mapping[str, np.ndarray]) -> dict[str, onnx.ModelProto]:
        return rising_graphs(weights["key.kernel"])


class CellDecoder(nn.Module):
    """PyTorch's own cell advances, then attends; the state has entries that a step's other values are named like."""

    def __init__(self, embedding_size: int, memory_size: int, *, size: int = 6) -> None:
        super().__init__()
        self.query_size, self.readout_size = size, size + memory_size
        self.bridge = nn.Linear(memory_size, size)
        self.cell = nn.GRUCell(embedding_size + memory_size, size)

    def start(self, summary: Tensor) -> dict[str, Tensor]:
        return {"query": torch.tanh(self.bridge(summary)), "context": torch.zeros_like(summary)}

    def step(
        self, previous: Tensor, state: dict[str, Tensor], attend: Attend
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        query = self.cell(torch.cat([previous, state["context"]], dim=-1), state["query"])
        context, attention = attend(query)
        return torch.cat([query, context], dim=-1), attention, {"query": query, "context": context}

    def unroll(self, embedded: Tensor, state: dict[str, Tensor], attend: Attend) -> tuple[Tensor, Tensor]:
        steps = []
        for previous in embedded.unbind(dim=1):
            readout, attention, state = self.step(previous, state, attend)
            steps.append((readout, attention))
        readouts, attentions = zip(*steps, strict=True)
        return torch.stack(readouts, dim=1), torch.stack(attentions, dim=1)
