"""Fixtures that tests share: runs and files of models small enough for numpy, and graphs of single functions."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from spox import Tensor, argument, build

from s2s_onnx.choices import Choices, Precision
from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.graph.array import OnnxArray
from s2s_onnx.graph.namespace import OnnxNamespace
from s2s_onnx.graph.opset import IR_VERSION
from s2s_onnx.graph.parts import PartGraphs, part_graphs
from s2s_onnx.single import SingleFile
from s2s_onnx.storage.calibration import Feed
from s2s_toolkit.arrays import NumpyNamespace
from s2s_toolkit.config import Config
from s2s_toolkit.loading import choose_decoding, plan_of
from s2s_toolkit.model import ModelPlan, build_parts, declared_weights
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, create_run, load_checkpoint, save_checkpoint
from s2s_toolkit.search import typed_settings
from s2s_toolkit.testing.array_functions import ARRAYS
from s2s_toolkit.text import load_side
from s2s_toolkit.vocabulary import Vocabulary
from s2s_toolkit.weights import initial_weights

MODEL = {
    "embedding_size": 5,
    "encoder": {"name": "gru", "size": 3},
    "attention": {"name": "additive", "size": 7},
    "decoder": {"name": "luong", "cell": "lstm", "size": 6, "readout_size": 8},
}
SOURCE_SYMBOLS, TARGET_SYMBOLS = "abcdefgé ", ("uv", "w", "x", "y", "für", "né", "z")
WIDE_MODEL = {
    "embedding_size": 96,
    "encoder": {"name": "gru", "size": 128},
    "attention": {"name": "additive", "size": 112},
    "decoder": {"name": "luong", "cell": "lstm", "size": 192, "readout_size": 160},
}
BEAM: Mapping[str, Any] = {"beam_size": 3, "n_best": 2}
WIDE_SOURCE, WIDE_TARGET = tuple(map(chr, range(0x61, 0x61 + 200))), tuple(f"w{number}" for number in range(150))

LETTERS = {(3, 5): ("B", "S"), (3, 5, 7): ("B", "S", 7), (7,): (7,), (): ()}
"""The axes of the arrays as the graph knows them: batch and positions are open."""


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="session")
def random_weights(registry: Registry) -> Callable[..., dict[str, np.ndarray]]:
    """Draw the weights of a plan as training would, and move them away from zero."""

    def draw(plan: ModelPlan, *, seed: int = 1, spread: float = 0.3) -> dict[str, np.ndarray]:
        drawn = initial_weights(declared_weights(plan, build_parts(plan.config, registry, "numpy")), seed)
        rng = np.random.default_rng(seed)
        return {name: (w + rng.normal(0, spread, w.shape)).astype(np.float32) for name, w in drawn.items()}

    return draw


@pytest.fixture(scope="session")
def make_run(registry: Registry, random_weights: Callable[..., Any]) -> Callable[..., Run]:
    """Write a run directory whose data is gone: characters to words, the numpy framework."""

    def make(
        path: Path,
        *,
        seed: int = 1,
        spread: float = 0.3,
        source_symbols: Sequence[str] = SOURCE_SYMBOLS,
        target_symbols: Sequence[str] = TARGET_SYMBOLS,
        **sections: Any,
    ) -> Run:
        content = {
            "framework": "numpy",
            "data": {"train": "gone.tsv", "dev": "gone.tsv"},
            "target": {"tokenizer": "words"},
            "decoding": {"strategy": "greedy", "max_length": 9},
        }
        config = Config.model_validate({**content, "model": MODEL, **sections})
        source = load_side(config.source, registry, Vocabulary(source_symbols))
        target = load_side(config.target, registry, Vocabulary(target_symbols))
        run = Run(path, config, source, target)
        create_run(run)
        save_checkpoint(run.checkpoint_path("best"), random_weights(plan_of(run), seed=seed, spread=spread))
        return run

    return make


@pytest.fixture(scope="session")
def run(make_run: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("runs") / "run")


@pytest.fixture(scope="session")
def exported(run: Run, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Export the run with a strategy, its options and choices of the exporter; the same ones give the same file."""
    folder, paths = tmp_path_factory.mktemp("exported"), {}

    def export(strategy: str = "greedy", *, choices: Mapping[str, Any] | None = None, **options: Any) -> Path:
        key = (strategy, *sorted((choices or {}).items()), *sorted(options.items()))
        if key not in paths:
            paths[key] = folder / f"{len(paths)}.onnx"
            exporter = OnnxExporter(**(choices or {}))
            exporter.export(run, paths[key], registry, framework="", strategy=strategy, options=options)
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


@pytest.fixture(scope="session")
def wide_run(make_run: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with weights of some 700,000 numbers: enough that what they are stored as shows in the size of a file."""
    path = tmp_path_factory.mktemp("wide") / "run"
    return make_run(path, spread=0.05, source_symbols=WIDE_SOURCE, target_symbols=WIDE_TARGET, model=WIDE_MODEL)


@pytest.fixture(scope="session")
def assembled(registry: Registry) -> Callable[..., tuple[onnx.ModelProto, PartGraphs, list[Feed]]]:
    """Assemble the graph of a run, whose weights are still inputs; with the parts, and sources as inputs for it."""

    def assemble_it(
        run: Run,
        strategy: str = "greedy",
        *,
        choices: Mapping[str, Any] | None = None,
        texts: Sequence[str] = (),
        **options: Any,
    ) -> tuple[onnx.ModelProto, PartGraphs, list[Feed]]:
        decoding = choose_decoding(run, registry, strategy, options)
        maker = SingleFile(run, registry, decoding, Choices(**(choices or {})))
        weights = load_checkpoint(run.checkpoint_path("best")).weights
        parts = part_graphs(plan_of(run), weights, registry, copies=decoding.strategy.rows)
        settings = typed_settings(decoding.strategy, decoding.settings)
        feeds = [{**maker.interface.optional, **settings, **feed} for feed in maker.interface.feeds(texts)]
        return maker.assembled(parts), parts, feeds

    return assemble_it


@pytest.fixture(scope="session")
def wide_file(
    wide_run: Run, registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Precision], Path]:
    """The wide run as a file with beam search, made once for each precision."""
    folder = tmp_path_factory.mktemp("precisions")

    def export(precision: Precision) -> Path:
        path = folder / f"{precision}.onnx"
        if not path.exists():
            exporter = OnnxExporter(precision=precision)
            exporter.export(wide_run, path, registry, framework="", strategy="beam", options=BEAM)
        return path

    return export
