"""Beam search the usual way, all in PyTorch: what the exported graph is measured against.

No gradients, keys projected once per source, one `topk` over the successors of all hypotheses.
"""

import torch
from torch import Tensor

from s2s_toolkit.parts.attention import Memory
from s2s_toolkit.symbols import BOS, EOS, PAD
from s2s_torch.model import Model

NEVER = -1e30


@torch.inference_mode()
def beam_search(
    model: Model, source_ids: Tensor, *, beam_size: int, max_length: int, min_length: int = 0
) -> tuple[Tensor, Tensor]:
    """Sources (B, S) that end with EOS, PAD after it -> ids of the best targets (B, T) and their scores (B,)."""
    batch, rows = len(source_ids), torch.arange(len(source_ids)).repeat_interleave(beam_size)
    memory, state = model.start(source_ids, (source_ids != PAD).sum(dim=1))
    memory = Memory(memory.values[rows], memory.keys[rows], memory.mask[rows])
    state = {name: array[rows] for name, array in state.items()}
    first_rows = torch.arange(batch)[:, None] * beam_size
    totals = torch.full((batch, beam_size), NEVER)
    totals[:, 0] = 0
    finished = torch.zeros(batch, beam_size, dtype=torch.bool)
    previous, history = torch.full((batch * beam_size,), BOS), torch.empty(batch * beam_size, 0, dtype=torch.int64)
    for number in range(max_length):
        logits, _, state = model.step(previous, memory, state)
        logits[:, [PAD, BOS, *([EOS] if number < min_length else [])]] = NEVER
        gains = torch.log_softmax(logits, dim=-1).view(batch, beam_size, -1)
        gains[finished] = NEVER
        gains[..., EOS][finished] = 0
        totals, best = (totals[:, :, None] + gains).view(batch, -1).topk(beam_size)
        parents, ids = best // gains.shape[-1], best % gains.shape[-1]
        rows, previous = (first_rows + parents).view(-1), ids.view(-1)
        state = {name: array[rows] for name, array in state.items()}
        history = torch.cat([history[rows], previous[:, None]], dim=1)
        finished = ids == EOS
        # without a length penalty nothing overtakes a finished target that is the best
        if finished[:, 0].all():
            break
    return history.view(batch, beam_size, -1)[:, 0], totals[:, 0]
