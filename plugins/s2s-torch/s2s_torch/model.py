"""The whole model: embeddings, encoder, attention, decoder, output projection (its twin: `s2s_toolkit.reference`)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from s2s_toolkit.model import ModelPlan, Parts
from s2s_toolkit.parts.attention import Memory
from s2s_torch.attention import Attention
from s2s_torch.dropout import Dropout
from s2s_torch.portable import PortableDecoder, PortableEncoder, PortableScorer

State = dict[str, Tensor]


class Model(nn.Module):
    """Sequence-to-sequence with attention.

    Args:
        plan: Sizes.
        encoder: Has `encode(inputs, lengths)`.
        attention: Looks up the memory.
        decoder: Has `start`, `step` and `unroll`.
        readout_size: Size of what the decoder reads out, R.
    """

    def __init__(
        self, plan: ModelPlan, encoder: nn.Module, attention: Attention, decoder: nn.Module, readout_size: int
    ) -> None:
        super().__init__()
        config = plan.config
        if not config.tied_embeddings:
            self.source_embedding = nn.Embedding(plan.source_size, config.embedding_size)
        self.target_embedding = nn.Embedding(plan.target_size, config.embedding_size)
        if config.tied_embeddings:
            self.source_embedding = self.target_embedding
        self.encoder, self.attention, self.decoder = encoder, attention, decoder
        self.output = nn.Linear(readout_size, plan.target_size)
        if config.tied_softmax:
            self.output.weight = self.target_embedding.weight
        self.dropout = Dropout(config.dropout)
        self.loads = 0  # how often weights were loaded: copies on other devices have to follow

    def start(self, source_ids: Tensor, source_lengths: Tensor) -> tuple[Memory, State]:
        """Sources (B, S), lengths (B,) -> what attention reads, and the decoder's first state."""
        embedded = self.dropout(self.source_embedding(source_ids))
        values, summary = self.encoder.encode(embedded, source_lengths)
        mask = torch.arange(source_ids.shape[1], device=source_ids.device) < source_lengths[:, None]
        return self.attention.memory(values, mask), self.decoder.start(summary)

    def step(self, previous_ids: Tensor, memory: Memory, state: State) -> tuple[Tensor, Tensor, State]:
        """Previous ids (B,) -> logits (B, V), attention (B, S), state."""
        embedded = self.dropout(self.target_embedding(previous_ids))
        readout, attention, state = self.decoder.step(embedded, state, self._attend(memory))
        return self.output(readout), attention, state

    def unroll(self, source_ids: Tensor, source_lengths: Tensor, target_in: Tensor) -> tuple[Tensor, Tensor]:
        """Given targets (B, T) -> readouts (B, T, R), attention (B, T, S); `output` makes logits of readouts."""
        memory, state = self.start(source_ids, source_lengths)
        embedded = self.dropout(self.target_embedding(target_in))
        return self.decoder.unroll(embedded, state, self._attend(memory))

    def _attend(self, memory: Memory) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
        return lambda query: self.attention.attend(query, memory)


def assembled(plan: ModelPlan, parts: Parts) -> Model:
    """The model of some parts; those that are no modules are portable and get wrapped."""
    encoder = _as_module(parts.encoder, PortableEncoder)
    attention = Attention(_as_module(parts.scorer, PortableScorer))
    decoder = _as_module(parts.decoder, PortableDecoder)
    return Model(plan, encoder, attention, decoder, parts.decoder.readout_size)


def _as_module(part: Any, wrapper: type[nn.Module]) -> nn.Module:
    return part if isinstance(part, nn.Module) else wrapper(part)
