"""A file is written only if it is good enough on real pairs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_onnx.choices import Gate
from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.gate import Comparison, chosen_for, compare
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import DataError, S2SError, UnknownComponentError
from s2s_toolkit.loading import load_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.symbols import SPECIAL

SOURCES = ["abc", "g f e", "dab", "ee", "abcdefg", "c", "fed", "ba ba"]


@pytest.fixture(scope="module")
def own(run: Run, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs whose targets are the run's own: a whole file of it makes no error on them."""
    model = load_translator(run, registry)
    return pairs(tmp_path_factory.mktemp("own") / "own.tsv", [found.text for found in model(SOURCES)])


def pairs(path: Path, targets: Sequence[str], sources: Sequence[str] = SOURCES) -> Path:
    path.write_text("".join(f"{one}\t{other}\n" for one, other in zip(sources, targets, strict=True)), encoding="utf-8")
    return path


def measured(before: Path, after: Path, run: Run, registry: Registry, gate: Gate) -> Comparison:
    return compare(before, after, *chosen_for(gate, run, registry), gate, registry)


def export(run: Run, path: Path, registry: Registry, **choices: Any) -> str:
    return OnnxExporter(**choices).export(run, path, registry, framework="", strategy="", options={})


@pytest.fixture(scope="module")
def worse(make_run: Callable[..., Run], registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of another run, which knows nothing of those targets."""
    folder = tmp_path_factory.mktemp("worse")
    export(make_run(folder / "run", seed=2), folder / "model.onnx", registry)
    return folder / "model.onnx"


def test_a_file_that_is_good_enough_is_written_with_both_figures(
    run: Run, registry: Registry, own: Path, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    told = export(run, path, registry, max_drop=0.0, metric="ser", dev=own)
    assert "; ser 0.00 -> 0.00 % on 8 pairs, 1.00 of the size, " in told
    found = Translator(path).metadata["comparison"]
    assert (found["metric"], found["pairs"], found["before"], found["after"], found["drop"]) == ("ser", 8, 0, 0, 0)
    assert not any("seconds" in name for name in found)  # which would differ from export to export
    assert found["bytes_before"] == pytest.approx(path.stat().st_size, rel=0.05)
    assert found["bytes_after"] == pytest.approx(path.stat().st_size, rel=0.05)


def test_a_smaller_file_is_said_to_be_smaller(wide_run: Run, registry: Registry, own: Path, tmp_path: Path) -> None:
    told = export(wide_run, tmp_path / "model.onnx", registry, precision="int8", max_drop=100.0, metric="ser", dev=own)
    found = Translator(tmp_path / "model.onnx").metadata["comparison"]
    assert 0.2 < found["bytes_after"] / found["bytes_before"] < 0.3
    assert f"{found['bytes_after'] / found['bytes_before']:.2f} of the size" in told


def test_weights_beside_a_file_count(wide_run: Run, registry: Registry, own: Path, tmp_path: Path) -> None:
    export(wide_run, tmp_path / "model.onnx", registry, external_data=True, max_drop=100.0, metric="ser", dev=own)
    found = Translator(tmp_path / "model.onnx").metadata["comparison"]
    assert 0.99 < found["bytes_after"] / found["bytes_before"] < 1.1


@pytest.mark.parametrize(("metric", "sign"), [("ser", 1), ("exact_match", -1)])
def test_a_worse_file_is_refused_whether_higher_is_better_or_not(
    exported: Callable[..., Path], run: Run, worse: Path, registry: Registry, own: Path, metric: str, sign: int
) -> None:
    good = exported("greedy")
    with pytest.raises(S2SError, match=r"worse by \d+\.\d\d, more than max_drop = 1; nothing was written$"):
        measured(good, worse, run, registry, Gate(1.0, metric, own))
    found = measured(worse, good, run, registry, Gate(0.0, metric, own))
    assert found.drop < 0
    assert sign * (found.after - found.before) == pytest.approx(found.drop)
    assert measured(good, worse, run, registry, Gate(-found.drop, metric, own)).drop == pytest.approx(-found.drop)


def test_what_is_not_good_enough_is_not_written(wide_run: Run, registry: Registry, tmp_path: Path) -> None:
    """In 8 bits, targets that lie close together in this untrained model change places."""
    folder, rng = tmp_path / "files", np.random.default_rng(0)
    folder.mkdir()
    symbols = wide_run.source.vocabulary.symbols[len(SPECIAL) :]
    sources = ["".join(rng.choice(symbols, length)) for length in rng.integers(1, 25, 40)]
    targets = [found.text for found in load_translator(wide_run, registry, strategy="beam")(sources)]
    own = pairs(tmp_path / "own.tsv", targets, sources)
    exporter = OnnxExporter(precision="int8", max_drop=0.0, metric="exact_match", dev=own)
    message = r"exact_match 100.00 -> \d+.* worse by .*, more than max_drop = 0; nothing was written$"
    with pytest.raises(S2SError, match=message):
        exporter.export(wide_run, folder / "model.onnx", registry, framework="", strategy="beam", options={})
    assert list(folder.iterdir()) == []


def test_the_metric_is_the_one_that_chose_the_checkpoint(
    make_run: Callable[..., Run], registry: Registry, own: Path, tmp_path: Path
) -> None:
    by_exact = make_run(tmp_path / "exact", training={"metric": "exact_match"})
    assert "; exact_match " in export(by_exact, tmp_path / "one.onnx", registry, max_drop=0.0, dev=own)
    by_loss = make_run(tmp_path / "loss", training={"metric": "loss"})
    assert "; ser " in export(by_loss, tmp_path / "two.onnx", registry, max_drop=0.0, dev=own)


def test_pairs_and_metric_have_to_be_there(run: Run, registry: Registry, own: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"can't read gone.tsv"):
        export(run, tmp_path / "model.onnx", registry, max_drop=0.0)
    with pytest.raises(UnknownComponentError, match="no metric called 'sre'"):
        export(run, tmp_path / "model.onnx", registry, max_drop=0.0, metric="sre", dev=own)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("choices", [{"metric": "ser"}, {"dev": Path("dev.tsv")}])
def test_metric_and_pairs_alone_are_refused(choices: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a metric and dev pairs are for max_drop; give it as well"):
        OnnxExporter(**choices)


@pytest.mark.parametrize("max_drop", [-0.1, float("nan")])
def test_a_drop_that_is_none_is_refused(max_drop: float) -> None:
    with pytest.raises(ValueError, match="max_drop must be at least 0, given "):
        OnnxExporter(max_drop=max_drop)
