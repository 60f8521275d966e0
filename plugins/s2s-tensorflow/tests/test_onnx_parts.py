"""Native parts as ONNX graphs, run by onnxruntime."""

import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from tensorflow import Tensor

from s2s_tensorflow.framework import TensorFlowFramework
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.parts.scorers import DotScorer
from s2s_toolkit.testing.requirements import require


class Reader(keras.layers.Layer):
    """One recurrent layer over another, with dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.lower = keras.layers.GRU(5, return_sequences=True)
        self.upper = keras.layers.LSTM(7, return_sequences=True)
        self.dropout = keras.layers.Dropout(0.5)

    def read(self, inputs: Tensor) -> dict[str, Tensor]:
        return {"outputs": self.dropout(self.upper(self.lower(inputs)))}


@pytest.fixture(scope="module")
def run_graph() -> Callable[..., dict[str, np.ndarray]]:
    for module in ("tf2onnx", "onnxruntime"):
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
    exporter = TensorFlowFramework().part_exporter(part)
    exporter.run(part.read, {"inputs": drawn(2, 4, 3)})
    model = exporter.export(part.read, {"inputs": drawn(2, 4, 3)}, {"inputs": [0, 1]})
    for shape in ((1, 1, 3), (5, 9, 3)):
        inputs = {"inputs": drawn(*shape)}
        np.testing.assert_allclose(
            run_graph(model, inputs)["outputs"], exporter.run(part.read, inputs)["outputs"], atol=1e-6
        )


def test_a_graph_holds_the_weights_that_were_loaded(run_graph: Callable[..., Any]) -> None:
    part, inputs = keras.layers.Dense(7), {"inputs": drawn(2, 4, 3)}
    exporter = TensorFlowFramework().part_exporter(part)

    def read(inputs: Tensor) -> dict[str, Tensor]:
        return {"outputs": part(inputs)}

    exporter.run(read, inputs)
    weights = {"kernel": drawn(3, 7), "bias": drawn(7)}
    exporter.load_weights(weights)
    found = run_graph(exporter.export(read, inputs, {"inputs": [0, 1]}), inputs)["outputs"]
    np.testing.assert_allclose(found, inputs["inputs"] @ weights["kernel"] + weights["bias"], atol=1e-5)


def test_every_output_has_its_name(run_graph: Callable[..., Any]) -> None:
    """What is given back as it came, and one value under two names, too."""

    def function(one: Tensor, other: Tensor) -> dict[str, Tensor]:
        negative = -one
        return {"same": other, "first": negative, "second": negative}

    inputs = {"one": drawn(2, 3), "other": drawn(2, 5)}
    exporter = TensorFlowFramework().part_exporter(keras.layers.Identity())
    found = run_graph(exporter.export(function, inputs, {"one": [0], "other": [0]}), inputs)
    expected = {"same": inputs["other"], "first": -inputs["one"], "second": -inputs["one"]}
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


def test_without_tf2onnx_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    monkeypatch.delitem(sys.modules, "tf2onnx.convert", raising=False)
    exporter = TensorFlowFramework().part_exporter(keras.layers.Identity())
    with pytest.raises(UnsupportedError, match=r'^tf2onnx is missing; pip install "s2s-tensorflow\[onnx\]"$'):
        exporter.export(lambda x: {"y": x}, {"x": drawn(2, 3)}, {"x": [0]})


def test_a_part_that_is_no_layer_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="DotScorer is no Keras layer"):
        TensorFlowFramework().part_exporter(DotScorer(3, 3))
