"""How large left sides of products get is what the reference sees with numpy."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
import pytest

from s2s_onnx.graph.graphs import all_graphs
from s2s_onnx.storage.calibration import peaks
from s2s_onnx.storage.store import store
from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.batches import source_arrays
from s2s_toolkit.loading import make_strategy, plan_of
from s2s_toolkit.model import build_parts
from s2s_toolkit.reference import NumpyStepper, PortableModel
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint
from s2s_toolkit.search import search

Assembled = Callable[..., tuple[onnx.ModelProto, Any, list[dict[str, np.ndarray]]]]
TEXTS = ["abc", "", "g f e d c b a", "é", "dab abcdefg"]
OUTSIDE = ("attention.key.kernel", "decoder.bridge.kernel")
INSIDE = (
    "attention.query.kernel",
    "decoder.layers.0.input_kernel",
    "decoder.layers.0.recurrent_kernel",
    "output.kernel",
)


class Watching(NumpyNamespace):
    """numpy that remembers the greatest value that a weight was multiplied with."""

    def __init__(self, weights: Mapping[str, np.ndarray]) -> None:
        self.names = {id(array): name for name, array in weights.items()}
        self.greatest: dict[str, float] = {}

    def matmul(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if id(y) in self.names:
            name = self.names[id(y)]
            self.greatest[name] = max(self.greatest.get(name, 0), float(np.abs(x).max()))
        return np.matmul(x, y)


def seen_by_numpy(run: Run, registry: Registry, strategy: str) -> dict[str, float]:
    """By weight, while the sources are decoded, each alone: in the graph none goes on when it is done."""
    weights, plan = load_checkpoint(run.checkpoint_path("best")).weights, plan_of(run)
    watching = Watching(weights)
    stepper = NumpyStepper(
        PortableModel(watching, build_parts(plan.config, registry, "numpy"), weights), plan.target_size
    )
    for text in TEXTS:
        source = source_arrays([run.source.encode(text)])
        search(stepper, make_strategy(strategy, {}, registry), *source, {"max_length": 9})
    return watching.greatest


def left_sides(model: onnx.ModelProto) -> dict[str, str]:
    """Weight -> what it is multiplied with."""
    products = [node for graph in all_graphs(model.graph) for node in graph.node if node.op_type == "MatMul"]
    return {node.input[1]: node.input[0] for node in products}


@pytest.mark.parametrize("strategy", ["greedy", "beam"])
def test_peaks_are_those_that_numpy_sees_rounded_up_to_two_digits(
    assembled: Assembled, run: Run, registry: Registry, strategy: str
) -> None:
    model, parts, feeds = assembled(run, strategy, texts=TEXTS)
    found = peaks(store(model, parts.weights), parts.weights, feeds)
    seen, lefts = seen_by_numpy(run, registry, strategy), left_sides(model)
    assert {*OUTSIDE, *INSIDE} <= seen.keys()
    assert found.keys() == {left for weight, left in lefts.items() if weight in parts.weights}
    for weight in (*OUTSIDE, *INSIDE):
        peak = found[lefts[weight]]
        assert seen[weight] * (1 - 1e-5) <= peak <= seen[weight] * 1.1 * (1 + 1e-5), weight
        assert float(f"{peak:.1e}") == pytest.approx(peak, rel=1e-12)


def test_more_examples_never_lower_a_peak(assembled: Assembled, run: Run) -> None:
    model, parts, feeds = assembled(run, texts=TEXTS)
    _, _, fewer = assembled(run, texts=TEXTS[:1])
    whole = store(model, parts.weights)
    few, many = (peaks(whole, parts.weights, given) for given in (fewer, [*fewer, *feeds]))
    assert all(few[name] <= many[name] for name in few)
    assert few != many


def test_batches_of_examples_are_seen_together(assembled: Assembled, run: Run) -> None:
    """What one big batch shows, several small ones show."""
    model, parts, together = assembled(run, texts=TEXTS)
    apart = [feed for text in TEXTS for feed in assembled(run, texts=[text])[2]]
    whole = store(model, parts.weights)
    assert peaks(whole, parts.weights, together) == peaks(whole, parts.weights, apart)


def test_without_examples_nothing_was_seen(assembled: Assembled, run: Run) -> None:
    model, parts, _ = assembled(run)
    assert peaks(store(model, parts.weights), parts.weights, []) == {}


def test_without_weights_nothing_is_watched(assembled: Assembled, run: Run) -> None:
    model, parts, feeds = assembled(run, texts=TEXTS)
    assert peaks(store(model, parts.weights), [], feeds) == {}


PEAKS = [(0.0123, 0.013), (1.0, 1.0), (1.01, 1.1), (99.1, 100.0), (25.0, 25.0), (3.2e-7, 3.2e-7), (0.375, 0.38)]


@pytest.mark.parametrize(("value", "peak"), PEAKS)
def test_a_peak_has_two_digits_and_is_no_lower_than_what_was_seen(value: float, peak: float) -> None:
    graph = onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["": 21]> g (float[B, 1] x) => (float[B, 1] y)'
        " <float[1, 1] w = {2}> { y = MatMul(x, w) }"
    )
    found = peaks(graph, ["w"], [{"x": np.array([[-value], [value / 2]], np.float32)}])
    assert found["x"] == pytest.approx(peak, rel=1e-6)
    assert found["x"] >= np.float32(value) * (1 - 1e-7)
