"""Attention in PyTorch: sharp attention is computed with ordinary numbers."""

import torch
from torch import nn

from s2s_toolkit.parts.attention import Memory
from s2s_torch.attention import Attention


class Given(nn.Module):
    """Scores (B, T, S) that are the queries."""

    def score(self, query: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        return query


def test_sharp_attention_and_its_gradient_have_no_numbers_next_to_zero():
    scores = (100 * torch.randn(4, 50, 30, generator=torch.Generator().manual_seed(1))).requires_grad_()
    values, mask = torch.randn(4, 30, 8), torch.ones(4, 30, dtype=torch.bool)
    plain = torch.softmax(scores, dim=-1)
    assert is_next_to_zero(plain).any()  # what is being avoided
    context, attention = Attention(Given()).attend(scores, Memory(values, values, mask))
    (1e-3 * context.square().sum()).backward()
    assert scores.grad is not None
    assert not is_next_to_zero(attention).any()
    assert not is_next_to_zero(scores.grad).any()
    (expected,) = torch.autograd.grad(1e-3 * (plain @ values).square().sum(), scores)
    torch.testing.assert_close(scores.grad, expected)
    torch.testing.assert_close(attention, plain, rtol=1e-6, atol=1e-20)


def is_next_to_zero(values: torch.Tensor) -> torch.Tensor:
    """Where a number has fewer digits than others, since it is so small."""
    return (values != 0) & (values.abs() < torch.finfo(values.dtype).tiny)
