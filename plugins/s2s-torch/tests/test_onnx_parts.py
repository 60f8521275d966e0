"""Native parts as ONNX graphs, run by onnxruntime."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.parts.scorers import DotScorer
from s2s_toolkit.testing.requirements import require
from s2s_torch.framework import TorchFramework


class Reader(nn.Module):
    """One recurrent layer over another, with dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.lower = nn.GRU(3, 5, batch_first=True)
        self.upper = nn.GRU(5, 7, batch_first=True)
        self.dropout = nn.Dropout(0.5)

    def read(self, inputs: Tensor) -> dict[str, Tensor]:
        return {"outputs": self.dropout(self.upper(self.lower(inputs)[0])[0])}


@pytest.fixture(scope="module")
def run_graph() -> Callable[..., dict[str, np.ndarray]]:
    for module in ("onnx", "onnxruntime"):
        require(module)
    import onnxruntime

    def execute(model: bytes, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        return dict(zip((o.name for o in session.get_outputs()), session.run(None, inputs), strict=True))

    return execute


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_every_recurrent_layer_of_a_graph_takes_any_length(run_graph: Callable[..., Any]) -> None:
    part = Reader()
    exporter = TorchFramework().part_exporter(part)
    model = exporter.export(part.read, {"inputs": drawn(2, 4, 3)}, {"inputs": [0, 1]})
    for shape in ((1, 1, 3), (5, 9, 3)):
        inputs = {"inputs": drawn(*shape)}
        np.testing.assert_allclose(
            run_graph(model, inputs)["outputs"], exporter.run(part.read, inputs)["outputs"], atol=1e-6
        )


def test_a_graph_holds_the_weights_that_were_loaded(run_graph: Callable[..., Any]) -> None:
    part, inputs = Reader(), {"inputs": drawn(2, 4, 3)}
    exporter = TorchFramework().part_exporter(part)
    before = exporter.run(part.read, inputs)["outputs"]
    weights = {
        f"{layer}.0.forward.{name}": np.full(shape, 0.25, np.float32)
        for layer, size, inner in (("lower", 3, 5), ("upper", 5, 7))
        for name, shape in {
            "input_kernel": (size, 3 * inner),
            "recurrent_kernel": (inner, 3 * inner),
            "input_bias": (3 * inner,),
            "recurrent_bias": (3 * inner,),
        }.items()
    }
    exporter.load_weights(weights)
    found = run_graph(exporter.export(part.read, inputs, {"inputs": [0, 1]}), inputs)["outputs"]
    assert np.ptp(found, axis=-1).max() < 1e-6  # all units are alike now
    assert np.abs(found - before).max() > 0.1


def test_every_output_has_its_name(run_graph: Callable[..., Any]) -> None:
    """What is given back as it came, and one value under two names, too."""

    def function(one: Tensor, other: Tensor) -> dict[str, Tensor]:
        negative = torch.neg(one)
        return {"same": other, "first": negative, "second": negative}

    inputs = {"one": drawn(2, 3), "other": drawn(2, 5)}
    model = TorchFramework().part_exporter(nn.Identity()).export(function, inputs, {"one": [0], "other": [0]})
    found = run_graph(model, inputs)
    expected = {"same": inputs["other"], "first": -inputs["one"], "second": -inputs["one"]}
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


def test_a_part_that_is_no_module_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"DotScorer is no nn\.Module"):
        TorchFramework().part_exporter(DotScorer(3, 3))
