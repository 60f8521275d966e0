"""Attention: the scorer of either kind, with the core's masking and softmax."""

from torch import Tensor, nn

from s2s_toolkit.parts.attention import Memory, attend
from s2s_torch.namespace import TorchNamespace


class Attention(nn.Module):
    """Look up a memory with queries.

    Args:
        scorer: A module with `keys(memory)` and `score(query, keys)`, native or a wrapped portable one.
    """

    def __init__(self, scorer: nn.Module) -> None:
        super().__init__()
        self.scorer = scorer

    def memory(self, values: Tensor, mask: Tensor) -> Memory:
        """What to attend to: encoder outputs (B, S, M) and their mask (B, S)."""
        return Memory(values, self.scorer.keys(values), mask)

    def attend(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Look the memory up.

        One query per row: (B, Q) -> context (B, M), attention (B, S).
        One per step: (B, T, Q) -> context (B, T, M), attention (B, T, S).
        """
        queries = query if query.dim() == 3 else query[:, None]
        context, attention = attend(TorchNamespace(), self.scorer.score(queries, memory.keys).float(), memory)
        return (context, attention) if query.dim() == 3 else (context[:, 0], attention[:, 0])
