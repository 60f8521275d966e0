"""Exporting writes a file that was verified, or none."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from s2s_onnx.choices import Precision
from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import RunError, S2SError
from s2s_toolkit.opening import open_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint, save_checkpoint
from s2s_toolkit.testing.requirements import require_framework

MakeRun = Callable[..., Run]


def export(run: Run, path: Path, registry: Registry, strategy: str = "", **options: object) -> str:
    return OnnxExporter().export(run, path, registry, framework="", strategy=strategy, options=options)


def test_export_writes_a_verified_file(run: Run, registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    report = export(run, path, registry)
    assert report.startswith("verified against numpy: the same text for 64 sources; greatest difference ")
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.onnx"]
    assert Translator(path).metadata["verification"]["sources"] == 64
    assert len(open_translator(path, registry)(["abc"])) == 1


def test_file_is_valid_onnx_of_the_declared_operator_sets(exported: Callable[..., Path]) -> None:
    model = onnx.load(exported("beam"))
    onnx.checker.check_model(model)
    assert {(used.domain, used.version) for used in model.opset_import} == {
        ("", 21),
        ("ai.onnx.ml", 4),
        ("com.microsoft", 1),
    }
    assert model.ir_version == 10


@pytest.mark.parametrize("options", [("--strategy", "beam"), ("--strategy", "sample", "--precision", "int8")])
def test_a_file_does_not_depend_on_the_order_of_sets(run: Run, tmp_path: Path, options: tuple[str, ...]) -> None:
    """Python shuffles sets of strings from process to process."""
    contents = []
    for seed in ("1", "77"):
        path, main = tmp_path / f"{seed}.onnx", "from s2s_toolkit.cli import main; main()"
        command = [sys.executable, "-c", main, "export", str(run.path), "-o", str(path), *options]
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_graph_is_the_same_whichever_framework_trained(
    make_run: MakeRun, registry: Registry, tmp_path: Path, precision: Precision
) -> None:
    graphs = set()
    for framework in ("numpy", "torch", "tensorflow"):
        require_framework(framework, registry)
        path, run = tmp_path / f"{framework}.onnx", make_run(tmp_path / framework, framework=framework)
        OnnxExporter(precision=precision).export(run, path, registry, framework="", strategy="beam", options={})
        model = onnx.load(path)
        assert json.loads(model.metadata_props[0].value)["framework"] == framework
        del model.metadata_props[:]
        graphs.add(model.SerializeToString(deterministic=True))
    assert len(graphs) == 1


def test_config_chooses_the_strategy(make_run: MakeRun, registry: Registry, tmp_path: Path) -> None:
    run = make_run(
        tmp_path / "run", decoding={"strategy": "beam", "beam_size": 2, "length_penalty": 0.5, "max_length": 7}
    )
    path = tmp_path / "model.onnx"
    export(run, path, registry, length_penalty=1.0)
    assert Translator(path).metadata["fixed"] == {
        "beam_size": 2,
        "n_best": 1,
        "coverage_penalty": 0.0,
        "no_repeat_ngram_size": 0,
    }
    assert Translator(path).defaults == {"length_penalty": 1.0, "max_length": 7, "min_length": 0}


def assert_nothing_written(folder: Path) -> None:
    assert [entry.name for entry in folder.iterdir() if entry.suffix == ".onnx"] == []


def test_a_checkpoint_that_lacks_a_weight_leaves_nothing(make_run: MakeRun, registry: Registry, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    weights = load_checkpoint(run.checkpoint_path("best")).weights
    del weights["output.bias"]
    save_checkpoint(run.checkpoint_path("best"), weights)
    with pytest.raises(RunError, match=r"lacks weight 'output.bias'"):
        export(run, tmp_path / "model.onnx", registry)
    assert_nothing_written(tmp_path)


def test_weights_that_are_no_numbers_leave_nothing(make_run: MakeRun, registry: Registry, tmp_path: Path) -> None:
    """A comparison of NaN with NaN must not pass for agreement."""
    run = make_run(tmp_path / "run")
    weights = load_checkpoint(run.checkpoint_path("best")).weights
    weights["output.kernel"][0, 5] = np.nan
    save_checkpoint(run.checkpoint_path("best"), weights)
    with pytest.raises(S2SError, match="disagree"):
        export(run, tmp_path / "model.onnx", registry)
    assert_nothing_written(tmp_path)


def test_a_source_vocabulary_may_be_empty(make_run: MakeRun, registry: Registry, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", source_symbols=())
    export(run, tmp_path / "model.onnx", registry)
    assert Translator(tmp_path / "model.onnx")(["ab"])[0].source_symbols == ("a", "b", "</s>")
