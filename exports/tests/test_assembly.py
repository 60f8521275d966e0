"""The whole file gives what the core's translator gives with the reference model, whatever the strategy."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from s2s_onnx.graph.interface import TextInterface
from s2s_onnx.translator import Translator
from s2s_toolkit.batches import source_arrays
from s2s_toolkit.loading import load_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.search import search
from s2s_toolkit.translation import Translation

Exported = Callable[..., Path]

TEXTS = ["abc", "", "g f e d c b a", "hh<pad>zz", "é", "   ", "dab", "abcdefg " * 9]
STRATEGIES: dict[str, dict[str, Any]] = {
    "greedy": {},
    "beam": {"beam_size": 4, "n_best": 3, "length_penalty": 0.7},
    "sample": {"num_samples": 2, "temperature": 1.3, "top_k": 6, "top_p": 0.9, "seed": 7},
}
SETTINGS = [
    ("greedy", {"max_length": 1}),
    ("greedy", {"max_length": 30}),
    ("beam", {"length_penalty": 2.5, "max_length": 5}),
    ("beam", {"max_length": 2}),
    ("sample", {"temperature": 0.4, "top_k": 0, "top_p": 1.0}),
    ("sample", {"seed": 2**31 - 1, "temperature": 3.0}),
    ("sample", {"top_k": 1}),
    ("sample", {"top_p": 0.05, "max_length": 3}),
]


@pytest.fixture(scope="module")
def file(exported: Exported) -> Callable[..., Translator]:
    return lambda strategy: Translator(exported(strategy, **STRATEGIES[strategy]), num_threads=1)


def assert_same(found: list[Translation], expected: list[Translation]) -> None:
    for one, other in zip(found, expected, strict=True):
        for ours, theirs in zip((one, *one.alternatives), (other, *other.alternatives), strict=True):
            assert (ours.text, ours.symbols) == (theirs.text, theirs.symbols)
            assert ours.source_symbols == theirs.source_symbols
            np.testing.assert_allclose(ours.score, theirs.score, atol=1e-5)
            np.testing.assert_allclose(ours.token_log_probs, theirs.token_log_probs, atol=1e-5)
            np.testing.assert_allclose(ours.attention, theirs.attention, atol=1e-5)
            aligned = theirs.attention[range(len(theirs.attention)), ours.alignment]
            np.testing.assert_allclose(aligned, theirs.attention.max(axis=1), atol=1e-6)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_file_equals_the_reference(
    file: Callable[..., Translator], run: Run, registry: Registry, strategy: str
) -> None:
    expected = load_translator(run, registry, strategy=strategy, options=STRATEGIES[strategy])(TEXTS)
    found = file(strategy)(TEXTS)
    assert_same(found, expected)
    assert {len(translation.alternatives) for translation in found} == {{"greedy": 0, "beam": 2, "sample": 1}[strategy]}


@pytest.mark.parametrize(("strategy", "settings"), SETTINGS)
def test_settings_at_run_time_equal_a_strategy_made_with_them(
    file: Callable[..., Translator], run: Run, registry: Registry, strategy: str, settings: dict[str, Any]
) -> None:
    options = STRATEGIES[strategy] | settings
    assert_same(
        file(strategy)(TEXTS, **settings), load_translator(run, registry, strategy=strategy, options=options)(TEXTS)
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_batched_equals_single(file: Callable[..., Translator], strategy: str) -> None:
    translator = file(strategy)
    assert_same(translator(TEXTS), [translator([text])[0] for text in TEXTS])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_outputs_are_those_of_the_search(
    file: Callable[..., Translator], run: Run, registry: Registry, strategy: str
) -> None:
    """Every array as it leaves the graph, the ids and lengths too, which a translation does not hold."""
    translator = file(strategy)
    names = [output.name for output in translator.session.get_outputs()]
    found = dict(zip(names, translator.session.run(names, {"source": np.asarray(TEXTS, dtype=object)}), strict=True))
    reference = load_translator(run, registry, strategy=strategy, options=STRATEGIES[strategy])
    reading = source_arrays([reference.source.encode(text) for text in TEXTS])
    expected = search(reference.stepper, reference.strategy, *reading, reference.settings)
    assert names == list(TextInterface.outputs)
    np.testing.assert_array_equal(found["ids"], expected.ids)
    np.testing.assert_array_equal(found["lengths"], expected.lengths)
    np.testing.assert_array_equal(found["alignment"], expected.alignment)
    for name in ("scores", "token_log_probs", "attention"):
        np.testing.assert_allclose(found[name], getattr(expected, name), atol=1e-5)
    assert found["text"].shape == found["scores"].shape
    assert found["symbols"].shape == found["ids"].shape
    assert found["source_symbols"].shape == reading[0].shape


def test_axes_are_declared(file: Callable[..., Translator]) -> None:
    session = file("beam").session
    axes = {name: [3 if axis == "N" else axis for axis in axes] for name, axes in TextInterface.outputs.items()}
    assert {output.name: output.shape for output in session.get_outputs()} == axes
    assert [(value.name, value.shape) for value in session.get_inputs()] == [("source", ["B"])]
    defaults = {value.name: (value.type, value.shape) for value in session.get_overridable_initializers()}
    assert defaults == {
        "prefix": ("tensor(string)", ["B or 1"]),
        "max_length": ("tensor(int64)", []),
        "min_length": ("tensor(int64)", []),
        "length_penalty": ("tensor(float)", []),
    }


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_loop_computes_nothing_twice(exported: Exported, strategy: str) -> None:
    """Each of its nodes depends on the step, but for constants."""
    graph = onnx.load(exported(strategy, **STRATEGIES[strategy])).graph
    loop = next(node for node in graph.node if node.op_type == "Loop")
    body = loop.attribute[0].g
    inside = {value.name for value in body.input} | {name for node in body.node for name in node.output}
    for node in body.node:
        assert not node.input or set(node.input) & inside, f"{node.op_type} {node.name}"


def test_onnxruntime_warns_of_nothing_but_defaults(exported: Exported) -> None:
    """Growing shapes in a loop make it warn at every step; it writes to the process's own standard error."""
    script = (
        "import sys, numpy, onnxruntime\n"
        "for path in sys.argv[1:]:\n"
        "    session = onnxruntime.InferenceSession(path)\n"
        "    session.run(None, {'source': numpy.asarray(['abc', '', 'gfedcba' * 5], dtype=object)})\n"
    )
    paths = [str(exported(strategy, **options)) for strategy, options in STRATEGIES.items()]
    done = subprocess.run([sys.executable, "-c", script, *paths], capture_output=True, text=True, check=True)
    warnings = [line for line in done.stderr.splitlines() if "[W:" in line or "[E:" in line]
    assert [line for line in warnings if "appears in graph inputs" not in line] == []


def test_assembling_warns_of_nothing(assembled: Callable[..., Any], run: Run, recwarn: pytest.WarningsRecorder) -> None:
    assembled(run, "beam", max_length=3)
    assert [str(warning.message) for warning in recwarn] == []


def test_beam_may_be_wider_than_the_vocabulary(exported: Exported, run: Run, registry: Registry) -> None:
    options = {"beam_size": 17, "n_best": 17, "max_length": 4}
    assert len(run.target.vocabulary) < 17
    expected = load_translator(run, registry, strategy="beam", options=options)(TEXTS)
    assert_same(Translator(exported("beam", **options))(TEXTS), expected)


def test_a_source_may_be_long(exported: Exported, run: Run, registry: Registry) -> None:
    options, text = STRATEGIES["beam"] | {"max_length": 3}, "abcdefg " * 300
    expected = load_translator(run, registry, strategy="beam", options=options)([text])
    file = Translator(exported("beam", **STRATEGIES["beam"]), max_source_length=len(text))
    assert_same(file([text], max_length=3), expected)


PREFIXES = ["", "uv w", "x", "für  né né uv", "", "z", "nothing known", "y " * 8]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_prefixes_are_read_as_the_reference_reads_them(
    file: Callable[..., Translator], run: Run, registry: Registry, strategy: str
) -> None:
    model = load_translator(run, registry, strategy=strategy, options=STRATEGIES[strategy])
    assert_same(file(strategy)(TEXTS, PREFIXES), model(TEXTS, PREFIXES))
