"""The digest of a graph: the same for other weights, and for nothing else."""

import pytest

from s2s_onnx.exporter import OnnxExporter
from s2s_toolkit.registry import Registry


def exported(run, registry: Registry, path, *, strategy="greedy", options=None, **choices):
    exporter = OnnxExporter(**choices)
    exporter.export(run, path, registry, framework="", strategy=strategy, options=options or {})
    return exporter.graph_digest(path)


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_other_weights_make_the_same_graph(make_run, run, registry, tmp_path, precision):
    other = make_run(tmp_path / "other", seed=8)
    digests = [
        exported(each, registry, tmp_path / f"{number}.onnx", precision=precision)
        for number, each in enumerate((run, other))
    ]
    assert digests[0] == digests[1]
    assert (tmp_path / "0.onnx").read_bytes() != (tmp_path / "1.onnx").read_bytes()


def test_all_else_makes_another_one(make_run, run, registry, tmp_path):
    symbols = make_run(tmp_path / "symbols", source_symbols="hgfedcbé ")
    digests = [
        exported(run, registry, tmp_path / "own.onnx"),
        exported(symbols, registry, tmp_path / "symbols.onnx"),
        exported(run, registry, tmp_path / "strategy.onnx", strategy="beam", options={"beam_size": 3}),
        exported(run, registry, tmp_path / "default.onnx", options={"max_length": 7}),
        exported(run, registry, tmp_path / "outputs.onnx", outputs="alignment"),
    ]
    assert len(set(digests)) == len(digests)
