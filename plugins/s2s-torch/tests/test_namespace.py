"""Every function of the array namespace gives with PyTorch what it gives with numpy."""

from typing import Any

import numpy as np
import pytest
import torch

from s2s_toolkit.arrays import FUNCTIONS, NumpyNamespace
from s2s_toolkit.testing.array_functions import ARRAYS, CALLS, array_names
from s2s_torch.namespace import TorchNamespace


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_gives_what_numpy_gives(name: str) -> None:
    for call in CALLS[name]:
        arrays = {key: ARRAYS[key] for key in array_names(call)}
        result = call(TorchNamespace(), **{key: torch.from_numpy(array) for key, array in arrays.items()}).numpy()
        expected = np.asarray(call(NumpyNamespace(), **arrays))
        assert (result.shape, result.dtype.kind) == (expected.shape, expected.dtype.kind)
        np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


def test_gradients_pass_through_attention_functions() -> None:
    def run(xp: Any, x: torch.Tensor) -> torch.Tensor:
        return xp.sum(xp.softmax(xp.where(x > 0, xp.tanh(x), -1e9)) * x)

    x = torch.tensor([[0.5, -1.0, 2.0]], requires_grad=True)
    run(TorchNamespace(), x).backward()
    assert x.grad is not None
    assert x.grad[0, 1] == 0
    assert (x.grad[0, [0, 2]] != 0).all()


def test_unknown_function_is_named() -> None:
    with pytest.raises(AttributeError, match="no 'sort'; it has: abs, all"):
        TorchNamespace().sort  # noqa: B018
