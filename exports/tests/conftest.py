"""Fixtures that tests share: runs and files of models small enough for numpy, and graphs of single functions."""

from collections.abc import Callable, Sequence
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from spox import Tensor, argument, build

from s2s_onnx.array import OnnxArray
from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.namespace import OnnxNamespace
from s2s_onnx.opset import IR_VERSION
from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.config import Config
from s2s_toolkit.loading import plan_of
from s2s_toolkit.model import ModelPlan, build_parts, declared_weights
from s2s_toolkit.registry import Registry, load_registry
from s2s_toolkit.run import Run, create_run, save_checkpoint
from s2s_toolkit.testing.array_functions import ARRAYS
from s2s_toolkit.text import TextSide, load_tokenizer
from s2s_toolkit.vocabulary import Vocabulary
from s2s_toolkit.weights import initial_weights

MODEL = {
    "embedding_size": 5,
    "encoder": {"name": "gru", "size": 3},
    "attention": {"name": "additive", "size": 7},
    "decoder": {"name": "luong", "cell": "lstm", "size": 6, "readout_size": 8},
}
SOURCE_SYMBOLS, TARGET_SYMBOLS = "abcdefgé ", ("uv", "w", "x", "y", "für", "né", "z")


LETTERS = {(3, 5): ("B", "S"), (3, 5, 7): ("B", "S", 7), (7,): (7,), (): ()}
"""The axes of the arrays as the graph knows them: batch and positions are open."""


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="session")
def random_weights(registry: Registry) -> Callable[..., dict[str, np.ndarray]]:
    """Draw the weights of a plan as training would, and move them away from zero."""

    def draw(plan: ModelPlan, *, seed: int = 1) -> dict[str, np.ndarray]:
        drawn = initial_weights(declared_weights(plan, build_parts(plan.config, registry, "numpy")), seed)
        rng = np.random.default_rng(seed)
        return {name: (w + rng.normal(0, 0.3, w.shape)).astype(np.float32) for name, w in drawn.items()}

    return draw


@pytest.fixture(scope="session")
def make_run(registry: Registry, random_weights: Callable[..., Any]) -> Callable[..., Run]:
    """Write a run directory whose data is gone: characters to words, the numpy framework."""

    def make(path: Path, *, seed: int = 1, source_symbols: Sequence[str] = SOURCE_SYMBOLS, **sections: Any) -> Run:
        content = {
            "framework": "numpy",
            "data": {"train": "gone.tsv", "dev": "gone.tsv"},
            "target": {"tokenizer": "words"},
            "decoding": {"strategy": "greedy", "max_length": 9},
        }
        config = Config.model_validate({**content, "model": MODEL, **sections})
        source = TextSide(load_tokenizer(config.source, registry), Vocabulary(source_symbols))
        target = TextSide(load_tokenizer(config.target, registry), Vocabulary(TARGET_SYMBOLS))
        run = Run(path, config, source, target)
        create_run(run)
        save_checkpoint(run.checkpoint_path("best"), random_weights(plan_of(run), seed=seed))
        return run

    return make


@pytest.fixture(scope="session")
def run(make_run: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="session")
def exported(run: Run, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Export the run with a strategy and its options; what has been exported once is given again."""
    folder, paths = tmp_path_factory.mktemp("exported"), {}

    def export(strategy: str = "greedy", **options: Any) -> Path:
        key = (strategy, *sorted(options.items()))
        if key not in paths:
            paths[key] = folder / f"{len(paths)}.onnx"
            OnnxExporter().export(run, paths[key], registry, framework="", strategy=strategy, options=options)
        return paths[key]

    return export


@pytest.fixture(scope="session")
def run_graph() -> Callable[..., dict[str, np.ndarray]]:
    """Run a graph that was not exported; outputs by name."""

    def execute(model: Any, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        model.ir_version = IR_VERSION
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return dict(zip((o.name for o in session.get_outputs()), session.run(None, inputs), strict=True))

    return execute


@pytest.fixture(scope="session")
def assert_traced_alike(run_graph: Callable[..., Any]) -> Callable[[Callable[..., Any]], None]:
    """Run a function on numpy and as a graph; its parameters name `ARRAYS`, but for `xp`, a namespace."""

    def trace(function: Callable[..., Any], names: list[str]) -> np.ndarray:
        inputs = {name: argument(Tensor(ARRAYS[name].dtype, LETTERS[ARRAYS[name].shape])) for name in names}
        values = {name: OnnxArray(var) for name, var in inputs.items()}
        result = function(**values)
        return run_graph(build(inputs, {"result": result.var}), {name: ARRAYS[name] for name in names})["result"]

    def compare(function: Callable[..., Any]) -> None:
        parameters = list(signature(function).parameters)
        names = [name for name in parameters if name != "xp"]
        on_graph, on_numpy = function, function
        if "xp" in parameters:
            on_graph, on_numpy = partial(function, OnnxNamespace()), partial(function, NumpyNamespace())
        expected = np.asarray(on_numpy(**{name: ARRAYS[name] for name in names}))
        found = trace(on_graph, names)
        assert found.dtype == {"b": np.bool_, "i": np.int64, "f": np.float32}[expected.dtype.kind]
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6)

    return compare
