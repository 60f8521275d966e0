"""A file can declare other versions of the standard operators, and is the same file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import parser

from s2s_onnx.choices import HIGHEST_OPSET, LOWEST_OPSET, OPSET
from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.graph.opset import declare
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run

Exported = Callable[..., Path]
OPSETS = range(LOWEST_OPSET, HIGHEST_OPSET + 1)
TEXTS = ["abc", "", "g f e d c b a", "é"]
IDS = np.array([[4, 5, 6, 0], [0, 0, 0, 0], [7, 8, 9, 4]])
FEEDS = {"text": {"source": np.array(TEXTS, object)}, "ids": {"source_ids": IDS}}
KINDS = [(kind, opset) for kind in FEEDS for opset in OPSETS]


def declared(path: Path) -> int:
    return next(used.version for used in onnx.load(path).opset_import if used.domain == "")


@pytest.mark.parametrize(("kind", "opset"), KINDS)
@pytest.mark.parametrize("strategy", ["beam", "sample"])
def test_every_opset_gives_the_same(exported: Exported, strategy: str, kind: str, opset: int) -> None:
    path = exported(strategy, choices={"input": kind, "opset": opset})
    assert declared(path) == opset == Translator(path).metadata["opset"]
    whole = Translator(exported(strategy, choices={"input": kind}))
    names = [output.name for output in whole.session.get_outputs()]
    feed = FEEDS[kind]
    found, expected = Translator(path).session.run(names, feed), whole.session.run(names, feed)
    for name, one, other in zip(names, found, expected, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=name)


@pytest.mark.parametrize("precision", ["fp16", "int8"])
@pytest.mark.parametrize("opset", [LOWEST_OPSET, HIGHEST_OPSET])
def test_every_precision_can_be_declared_lowest_and_highest(
    wide_run: Run, wide_file: Exported, registry: Registry, tmp_path: Path, precision: str, opset: int
) -> None:
    exporter = OnnxExporter(precision=precision, opset=opset)
    exporter.export(
        wide_run, tmp_path / "model.onnx", registry, framework="", strategy="beam", options={"beam_size": 3}
    )
    found, expected = Translator(tmp_path / "model.onnx")(TEXTS), Translator(wide_file(precision))(TEXTS)
    assert [one.text for one in found] == [one.text for one in expected]
    assert [one.score for one in found] == [one.score for one in expected]


def test_the_ir_version_is_the_least_that_the_opset_allows(exported: Exported) -> None:
    """An older runtime looks at it first."""
    versions = {opset: onnx.load(exported(choices={"input": "ids", "opset": opset})).ir_version for opset in OPSETS}
    assert versions[20] == 9
    assert versions[21] == versions[22] == 10
    assert list(versions.values()) == sorted(versions.values())


@pytest.mark.parametrize("opset", [LOWEST_OPSET - 1, HIGHEST_OPSET + 1, 0, -1])
def test_an_opset_beyond_the_limits_is_refused(opset: int) -> None:
    with pytest.raises(ValueError, match=f"opset must lie between {LOWEST_OPSET} and {HIGHEST_OPSET}, given {opset}"):
        OnnxExporter(opset=opset)


def test_the_pinned_onnxruntime_opens_no_opset_above_the_highest(exported: Exported) -> None:
    """If this fails, `HIGHEST_OPSET` can rise. A later onnxruntime may well open more."""
    pins = (Path(__file__).parents[2] / "constraints.txt").read_text().splitlines()
    if f"onnxruntime=={onnxruntime.__version__}" not in pins:
        pytest.skip("this onnxruntime is not the pinned one")
    model = onnx.load(exported(choices={"input": "ids"}))
    model.opset_import[0].version = HIGHEST_OPSET + 1
    with pytest.raises(Exception, match="opset"):
        onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def model_of(node: str) -> onnx.ModelProto:
    return parser.parse_model(
        f'<ir_version: 10, opset_import: ["": {OPSET}]> g (float[2, 3] x, bool c) => (float[2, 3] y) {{ {node} }}'
    )


CHANGED = {
    "an operator that is not there yet": ("y = Gelu(x)", 19),
    "an attribute that is not there yet": ('y = Gelu<approximate = "tanh">(x)', 19),
    "in a branch": (
        "y = If(c) <then_branch = a () => (float[2, 3] r) { r = Gelu(x) }, "
        "else_branch = b () => (float[2, 3] s) { s = Abs(x) }>",
        19,
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_an_operator_that_means_something_else_is_refused(name: str) -> None:
    node, opset = CHANGED[name]
    with pytest.raises(UnsupportedError, match=f"operator Gelu is not the same in opset {opset} as in {OPSET}"):
        declare(model_of(node), opset)


@pytest.mark.parametrize("opset", [19, 24])
def test_a_refused_model_is_left_as_it_was(opset: int) -> None:
    model = model_of("z = Abs(x) y = Gelu(z)")
    before = model.SerializeToString()
    if opset < 20:
        with pytest.raises(UnsupportedError):
            declare(model, opset)
        assert model.SerializeToString() == before
    else:
        declare(model, opset)
        assert model.opset_import[0].version == opset
