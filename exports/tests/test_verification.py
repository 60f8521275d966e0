"""Which files pass for the model they were made from, and which do not."""

import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.metadata import KEY
from s2s_onnx.seal import sealed
from s2s_onnx.verification.differences import Difference
from s2s_onnx.verification.report import DisagreementError, Verification
from s2s_onnx.verification.rounding import TOLERANCE
from s2s_onnx.verification.verify import compare, verify
from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import ModelFileError, UnsupportedError
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint, save_checkpoint

MakeRun = Callable[..., Run]
Exported = Callable[..., Path]
PAGE = Path(__file__).parents[2] / "docs" / "verification.md"
INSIDE = ("memory", "logits", "teacher_forced_attention")
OUTSIDE = ("scores", "token_log_probs", "attention", "alignment")
STRATEGIES = {"greedy": {}, "beam": {"beam_size": 3, "n_best": 2}, "sample": {"num_samples": 2, "top_p": 0.9}}
EXPORTS = {
    "ids": {"input": "ids"},
    "nothing left out": {"settings": "required"},
    "only text": {"outputs": ""},
    "weights beside it": {"external_data": True},
}


@pytest.fixture
def with_weight(make_run: MakeRun, tmp_path: Path) -> Callable[..., Run]:
    """Make a run like `run`, but for some values of one weight."""

    def make(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Run:
        run = make_run(tmp_path / "other")
        weights = load_checkpoint(run.checkpoint_path("best")).weights
        weights[name] = change(weights[name]).astype(np.float32)
        save_checkpoint(run.checkpoint_path("best"), weights)
        return run

    return make


@pytest.fixture
def rewritten(tmp_path: Path) -> Callable[..., Path]:
    """Write a file anew with other metadata."""

    def write(path: Path, **entries: object) -> Path:
        model = onnx.load(path)
        content = json.loads(next(entry.value for entry in model.metadata_props if entry.key == KEY))
        del model.metadata_props[:]
        model.metadata_props.add(key=KEY, value=json.dumps(content | entries))
        (tmp_path / "rewritten.onnx").write_bytes(sealed(model.SerializeToString()))
        return tmp_path / "rewritten.onnx"

    return write


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_file_is_the_model_it_was_made_from(exported: Exported, run: Run, registry: Registry, strategy: str) -> None:
    report = verify(exported(strategy, **STRATEGIES[strategy]), run, registry)
    assert (report.framework, report.precision) == ("numpy", "fp32")
    assert (report.num_sources, report.num_same, report.num_ties) == (64, 64, 0)
    assert list(report.differences) == [*INSIDE, *OUTSIDE]
    assert all(0 < report.differences[name].greatest < 1e-5 for name in ("memory", "logits", "scores"))
    assert report.differences["scores"].num_values == 64 * (1 if strategy == "greedy" else 2)


@pytest.mark.parametrize("name", EXPORTS)
def test_every_kind_of_file_is_compared(run: Run, registry: Registry, tmp_path: Path, name: str) -> None:
    path = tmp_path / "model.onnx"
    OnnxExporter(**EXPORTS[name]).export(run, path, registry, framework="", strategy="beam", options={"beam_size": 2})
    report = compare(path, run, registry)
    assert (report.num_same, report.disagreement) == (64, "")
    assert set(report.differences) == ({"memory", "logits", "scores"} if name == "only text" else {*INSIDE, *OUTSIDE})


def test_given_pairs_are_compared_beside_random_ones(exported: Exported, run: Run, registry: Registry) -> None:
    """Targets are teacher-forced whole: three symbols, five and none have four logits, six and one."""
    few, more = ([Pair("abc", "uv w x"), Pair("", "x y z uv w"), Pair("d" * 300, "")][:count] for count in (0, 3))
    some, others = (compare(exported("greedy"), run, registry, pairs=pairs) for pairs in (few, more))
    added = {name: others.differences[name].num_values - some.differences[name].num_values for name in INSIDE}
    assert others.num_sources - some.num_sources == 3
    assert added["memory"] == (4 + 1 + 301) * 2 * 3
    assert added["logits"] == (4 + 6 + 1) * (len(run.target.vocabulary) - 2)


def test_cases_in_small_batches_give_the_same(
    exported: Exported, run: Run, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = compare(exported("beam"), run, registry)
    monkeypatch.setattr("s2s_onnx.verification.teacher_forcing.MAX_LOGITS", 0)
    alone = compare(exported("beam"), run, registry)
    for name in INSIDE[:2]:
        assert alone.differences[name].num_values == together.differences[name].num_values
        assert alone.differences[name].greatest < 1e-5


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_file_of_another_run_is_refused(
    exported: Exported, make_run: MakeRun, registry: Registry, tmp_path: Path, strategy: str
) -> None:
    other = make_run(tmp_path / "other", seed=2)
    with pytest.raises(DisagreementError, match=r"disagree on random pair .*; random pair .*: memory differ by"):
        verify(exported(strategy), other, registry)


@pytest.mark.parametrize(
    ("weight", "apart", "alike"),
    [
        ("encoder.layers.0.forward.input_kernel", INSIDE, ()),
        ("target_embedding", INSIDE[1:], INSIDE[:1]),
        ("attention.energy", INSIDE[1:], INSIDE[:1]),
        ("output.kernel", ("logits",), ("memory", "teacher_forced_attention")),
    ],
)
def test_a_difference_shows_where_it_arises(
    exported: Exported,
    with_weight: Callable[..., Run],
    registry: Registry,
    weight: str,
    apart: tuple[str, ...],
    alike: tuple[str, ...],
) -> None:
    """A hundredth is found in what depends on the weight, and in nothing else."""
    other = with_weight(weight, lambda array: array * 1.01)
    report = compare(exported("greedy"), other, registry)
    assert min(report.differences[name].greatest for name in apart) > TOLERANCE
    assert max((report.differences[name].greatest for name in alike), default=0) < 1e-5
    with pytest.raises(DisagreementError, match=apart[0].replace("_", " ")):
        verify(exported("greedy"), other, registry)


def test_a_bias_moves_one_logit_at_all_places_alike(
    exported: Exported, with_weight: Callable[..., Run], registry: Registry
) -> None:
    other = with_weight("output.bias", lambda array: array - 0.0625 * (np.arange(len(array)) == 5))
    found = compare(exported("greedy"), other, registry).differences["logits"]
    assert found.greatest == pytest.approx(0.0625, rel=0.01)


def test_weights_that_are_no_numbers_never_agree(
    exported: Exported, with_weight: Callable[..., Run], rewritten: Callable[..., Path], registry: Registry
) -> None:
    other = with_weight("output.kernel", lambda array: np.where(np.arange(array.shape[1]) == 5, np.nan, array))
    for path in (exported("greedy"), rewritten(exported("greedy"), precision="int8")):
        with pytest.raises(DisagreementError, match="logits differ by nan"):
            verify(path, other, registry)


def test_what_a_lower_precision_loses_is_reported_and_not_judged(
    exported: Exported, make_run: MakeRun, rewritten: Callable[..., Path], registry: Registry, tmp_path: Path
) -> None:
    other = make_run(tmp_path / "other", seed=2)
    report = verify(rewritten(exported("greedy"), precision="fp16"), other, registry)
    assert report.num_same < report.num_sources
    assert report.first
    assert str(report).startswith(f"the same text for {report.num_same} of 64 sources; ")


def test_ties_agree(make_run: MakeRun, registry: Registry, tmp_path: Path) -> None:
    """Two symbols of the same weights, and a millionth more for one of them: texts differ, and the models agree."""

    def alike(favoured: int) -> Run:
        run = make_run(tmp_path / f"favours {favoured}")
        weights = load_checkpoint(run.checkpoint_path("best")).weights
        weights["output.kernel"][:, 5] = weights["output.kernel"][:, 6]
        weights["output.bias"][[5, 6]] = 1.0
        weights["output.bias"][favoured] += 1e-6
        weights["target_embedding"][5] = weights["target_embedding"][6]
        save_checkpoint(run.checkpoint_path("best"), weights)
        return run

    path = tmp_path / "model.onnx"
    OnnxExporter().export(alike(5), path, registry, framework="", strategy="greedy", options={})
    report = verify(path, alike(6), registry)
    assert report.num_ties > 0
    assert report.num_same + report.num_ties == report.num_sources
    assert report.first.endswith(" (a tie)")
    assert f", ties for {report.num_ties};" in str(report)


def test_a_run_without_data_is_compared_on_random_pairs(exported: Exported, run: Run, registry: Registry) -> None:
    assert compare(exported("greedy"), run, registry).num_sources == 64


def test_progress_is_told(exported: Exported, run: Run, registry: Registry) -> None:
    told = []
    compare(exported("greedy"), run, registry, watch=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (128, 128)


def test_a_missing_file_is_named(run: Run, registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="there is no model file"):
        compare(tmp_path / "gone.onnx", run, registry)


def test_without_onnx_the_error_says_what_to_install(
    exported: Exported, run: Run, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = exported("greedy")
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "s2s_onnx.verification.probing", raising=False)
    with pytest.raises(UnsupportedError, match=r'verifying needs onnx; pip install "s2s-onnx\[export\]"'):
        compare(path, run, registry)


REPORT = Verification(
    framework="torch",
    precision="fp32",
    num_sources=1234,
    num_same=1233,
    num_ties=1,
    differences={
        "memory": Difference(12345, 1.23456e-7, "line 3, source symbol 2"),
        "token_log_probs": Difference(7, 0.0, ""),
    },
)


def test_report_in_one_line() -> None:
    assert str(REPORT) == (
        "the same text for 1,233 of 1,234 sources, ties for 1; greatest difference 1.2e-07, of memory"
    )


def test_report_for_metadata_holds_no_place() -> None:
    assert json.loads(json.dumps(REPORT.as_dict())) == {
        "framework": "torch",
        "sources": 1234,
        "same_text": 1233,
        "ties": 1,
        "quantities": {
            "memory": {"values": 12345, "greatest_difference": 1.2e-7},
            "token_log_probs": {"values": 7, "greatest_difference": 0.0},
        },
    }


# ---------------------------------------------------------------- docs/verification.md


def test_page_names_every_quantity() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## What is compared")[2].partition("\n## ")[0]
    named = {name for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == {*INSIDE, *OUTSIDE}


def test_example_of_the_page_runs(
    exported: Exported, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(run.path, tmp_path / "runs" / "dates")
    shutil.copy(exported("greedy"), tmp_path / "model.onnx")
    monkeypatch.chdir(tmp_path)
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    exec(compile(example, str(PAGE), "exec"), {})
    assert capsys.readouterr().out.startswith("the same text for 64 sources; ")


def test_rounding_that_grows_is_no_disagreement(
    make_run: Callable[..., Run], registry: Registry, tmp_path: Path
) -> None:
    """Large weights: 32 bits are further from exact arithmetic than the tolerance, in the model as in the file."""
    sides = {"source_symbols": [chr(97 + n) for n in range(60)], "target_symbols": [f"w{n}" for n in range(70)]}
    model = {
        "embedding_size": 40,
        "encoder": {"name": "gru", "size": 40},
        "attention": {"name": "general"},
        "decoder": {"name": "luong", "cell": "lstm", "size": 72, "readout_size": 64, "num_layers": 2},
    }
    run = make_run(tmp_path / "run", model=model, **sides)
    path = tmp_path / "model.onnx"
    OnnxExporter().export(run, path, registry, framework="", strategy="greedy", options={})
    report = compare(path, run, registry)
    assert TOLERANCE < report.differences["logits"].greatest < 20 * TOLERANCE
    assert not report.disagreement
    changed = load_checkpoint(run.checkpoint_path("best")).weights
    changed["decoder.readout.bias"] = changed["decoder.readout.bias"] + np.float32(0.01)
    save_checkpoint(run.checkpoint_path("best"), changed)
    with pytest.raises(DisagreementError, match="logits differ by"):
        verify(path, run, registry)
