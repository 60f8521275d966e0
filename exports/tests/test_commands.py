"""`s2s verify` and `s2s inspect`: what they show, and how they end."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner, Result

from s2s_onnx.commands.verify import list_results
from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.verification.differences import Difference
from s2s_onnx.verification.report import Verification
from s2s_toolkit.cli import cli
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, load_checkpoint

WITHOUT_ONNX = "import sys; sys.modules['onnx'] = None; from s2s_toolkit.cli import main; main()"


@pytest.fixture
def s2s(registry: Registry) -> Callable[..., Result]:
    """Call the command line in this process; what is not meant for users is raised."""

    def call(*arguments: object) -> Result:
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], obj=registry)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


def rows(result: Result) -> dict[tuple[str, str], str]:
    """What was shown, by the first two columns."""
    assert result.exit_code == 0, result.stderr
    return {(part, name): value for part, name, value in (line.split("\t") for line in result.stdout.splitlines())}


@pytest.fixture
def bad_file(request: pytest.FixtureRequest, exported: Callable[..., Path], tmp_path: Path) -> Path:
    """A file of a kind that can't be used."""
    path = tmp_path / "bad.onnx"
    if request.param == "a folder":
        path.mkdir()
    elif request.param == "another model":
        value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [2])
        graph = onnx.helper.make_graph([], "theirs", [value], [value])
        onnx.save(onnx.helper.make_model(graph), path)
    elif request.param != "nothing":
        path.write_bytes(b"text" if request.param == "text" else exported("greedy").read_bytes()[:-999])
    return path


# ---------------------------------------------------------------- verify


def test_verify_shows_each_quantity(s2s: Callable[..., Result], exported: Callable[..., Path], run: Run) -> None:
    done = s2s("verify", exported("greedy"), run.path)
    assert done.exit_code == 0
    header, *shown = (line.split("\t") for line in done.stdout.splitlines())
    assert header == ["quantity", "compared", "difference", "where"]
    assert [name for name, *_ in shown][:3] == ["memory", "logits", "teacher forced attention"]
    assert all(float(difference) < 1e-5 for _, _, difference, _ in shown)
    assert shown[-1] == ["text", "64", "0", ""]
    assert done.stderr.startswith("s2s: warning: compared on random pairs alone: can't read ")


def test_verify_names_lines_of_the_data(
    s2s: Callable[..., Result], exported: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    data = tmp_path / "pairs.tsv"
    data.write_text("abc\tuv\n\tw\nddé\tx y\n", encoding="utf-8")
    done = s2s("verify", exported("beam"), run.path, "--data", data, "--framework", "numpy")
    assert done.stdout.splitlines()[-1].startswith("text\t67\t0")
    assert done.stderr == ""


def test_verify_shows_what_differs_and_fails(
    s2s: Callable[..., Result], exported: Callable[..., Path], make_run: Callable[..., Run], tmp_path: Path
) -> None:
    other = make_run(tmp_path / "other", seed=2)
    done = s2s("verify", exported("greedy"), other.path)
    assert done.exit_code == 2
    *_, memory, _, _, text = (line for line in done.stdout.splitlines() if line.split("\t")[0] in MAIN)
    assert float(memory.split("\t")[2]) > 0.01
    assert ", target symbol " in text
    *_, last = done.stderr.splitlines()
    assert last.startswith("s2s: the exported file and the model disagree on random pair ")


MAIN = {"memory", "logits", "teacher forced attention", "text"}


@pytest.mark.parametrize("missing", ["file", "run", "data", "framework"])
def test_verify_names_what_is_missing(
    s2s: Callable[..., Result], exported: Callable[..., Path], run: Run, tmp_path: Path, missing: str
) -> None:
    gone = tmp_path / "gone"
    file, folder = (gone if missing == "file" else exported("greedy")), (gone if missing == "run" else run.path)
    options = {"data": ["--data", gone], "framework": ["--framework", "gone"]}.get(missing, [])
    done = s2s("verify", file, folder, *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "gone" in done.stderr.splitlines()[-1]


def test_rows_of_a_report_with_ties() -> None:
    memory = Difference(12345, 1.23e-7, "line 3, source symbol 2")
    report = Verification("torch", "fp32", 1064, 1061, 2, {"memory": memory}, "line 7: … (a tie)")
    assert list_results(report) == [
        ("memory", "12,345", "1.2e-07", "line 3, source symbol 2"),
        ("text", "1,064", "3 differ, 2 tied", "line 7: … (a tie)"),
    ]
    assert list_results(replace(report, num_ties=0))[-1][2] == "3 differ"


# ---------------------------------------------------------------- inspect


def test_a_file_is_scored_like_its_run(
    s2s: Callable[..., Result], exported: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("abc\tuv w\nba\tw\n", encoding="utf-8")
    scores = [
        json.loads(s2s("evaluate", m, pairs, "--json", *more).stdout)
        for m, more in ((exported("greedy"), ()), (run.path, ("--strategy", "greedy", "--framework", "numpy")))
    ]
    assert scores[0]["metrics"] == scores[1]["metrics"]


def test_inspect_shows_what_the_file_is(s2s: Callable[..., Result], exported: Callable[..., Path], run: Run) -> None:
    shown = rows(s2s("inspect", exported("beam", beam_size=3, n_best=2)))
    assert shown["file", "framework"] == "numpy"
    assert shown["source", "tokenizer"] == "characters"
    assert shown["target", "tokenizer"] == "words"
    assert shown["target", "symbols"] == str(len(run.target.vocabulary))
    assert shown["model", "decoder"].startswith("luong, ")
    assert "beam_size 3" in shown["strategy", "beam"]
    assert shown["inputs", "source"] == "string (B)"
    assert shown["inputs", "max_length"] == "int64 (), default 9"
    assert shown["outputs", "attention"] == "float (B, 2, T, S)"
    assert shown["verified", "text"] == "the same for 64 of 64 sources"
    assert [name for part, name in shown if part == "verified"][2:5] == ["memory", "logits", "teacher forced attention"]


def test_inspect_counts_the_weights(s2s: Callable[..., Result], exported: Callable[..., Path], run: Run) -> None:
    """An LSTM decoder's unused second biases aside, every weight is in the file once."""
    facts = json.loads(s2s("inspect", "--json", exported("greedy")).stdout)
    weights = load_checkpoint(run.checkpoint_path("best")).weights
    number = sum(array.size for array in weights.values())
    assert 0 <= facts["weights"]["fp32"]["number"] - number < 50
    assert facts["weights"]["fp32"]["bytes"] == 4 * facts["weights"]["fp32"]["number"]
    assert facts["bytes"] == exported("greedy").stat().st_size
    assert facts["operator_sets"]["ai.onnx"] == 21


def test_inspect_tells_precisions_apart(
    s2s: Callable[..., Result], make_run: Callable[..., Run], registry: Registry, tmp_path: Path
) -> None:
    sizes = {"encoder": {"name": "gru", "size": 32}, "decoder": {"name": "luong", "size": 32}}
    run = make_run(tmp_path / "run", model={"embedding_size": 32, "attention": {"name": "general"}, **sizes})
    for precision, size in (("fp16", 2), ("int8", 1)):
        exporter = OnnxExporter(precision=precision)
        exporter.export(run, tmp_path / "m.onnx", registry, framework="", strategy="greedy", options={})
        counts = json.loads(s2s("inspect", "--json", tmp_path / "m.onnx").stdout)["weights"]
        assert counts[precision]["bytes"] == size * counts[precision]["number"]
        assert counts[precision]["number"] > 10 * counts["fp32"]["number"] > 0


def test_inspect_gives_programs_the_metadata(s2s: Callable[..., Result], exported: Callable[..., Path]) -> None:
    facts = json.loads(s2s("inspect", exported("sample", top_p=0.9), "--json").stdout)
    assert facts["metadata"]["settings"]["top_p"] == 0.9
    inputs = {value["name"]: value for value in facts["inputs"]}
    assert inputs["top_p"] == {"name": "top_p", "type": "float", "axes": [], "default": 0.9}
    assert inputs["prefix"]["default"] == [""]
    assert "default" not in inputs["source"]
    assert facts["metadata"]["verification"]["sources"] == 64


def test_inspect_needs_no_onnx(exported: Callable[..., Path]) -> None:
    """What the graph alone tells is left out."""
    command = [sys.executable, "-c", WITHOUT_ONNX, "inspect", "--json", str(exported("greedy"))]
    facts = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert facts.keys() == {"bytes", "metadata", "inputs", "outputs"}
    assert {value["name"]: value.get("default") for value in facts["inputs"]}["max_length"] == 9


@pytest.mark.parametrize("bad_file", ["nothing", "a folder", "text", "truncated", "another model"], indirect=True)
@pytest.mark.parametrize("command", ["inspect", "verify"])
def test_files_that_are_none_of_ours_end_in_one_line(
    s2s: Callable[..., Result], bad_file: Path, run: Run, command: str
) -> None:
    done = s2s(command, bad_file, *([run.path] if command == "verify" else []))
    assert (done.exit_code, done.stdout) == (2, "")
    assert str(bad_file) in done.stderr.splitlines()[-1]
    assert done.stderr.splitlines()[-1].startswith("s2s: ")
