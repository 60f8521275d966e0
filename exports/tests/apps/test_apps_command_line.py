"""What the programs for Python and Node owe whoever types: the same usage, and one clear line for what can't work."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import TensorProto, helper

APPS = Path(__file__).parents[2] / "apps"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(params=["python", "node"])
def app(request: Any, run_app: Run, program: Callable[[str], str], install: Callable[[str], Path]) -> Run:
    """Run translate.py or translate.js with arguments."""
    if request.param == "python":
        command = [sys.executable, "-X", "utf8", APPS / "python/translate.py"]
    else:
        command = [program("node"), install("node") / "translate.js"]
    return lambda *arguments, stdin="": run_app(*command, *arguments, stdin=stdin)


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("translate.")
    assert done.stderr.count("\n") == 1
    assert "Error" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_help_is_printed(app: Run, models: Path) -> None:
    for arguments in (["--help"], [models / "dates-beam.onnx", "--help"]):
        done = app(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("usage: ")
        assert "MODEL [--SETTING=VALUE]... [TEXT]..." in done.stdout


def test_without_arguments_the_help_is_an_error(app: Run) -> None:
    done = app()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == app("--help").stdout


OUT_OF_RANGE = [
    ("beam", "max_length", "0", "an integer of at least 1"),
    ("beam", "max_length", "long", "an integer of at least 1"),
    ("beam", "max_length", "2.5", "an integer of at least 1"),
    ("beam", "max_length", "1" * 25, "an integer of at least 1"),
    ("beam", "min_length", "-1", "an integer of at least 0"),
    ("beam", "length_penalty", "-0.5", "a number of at least 0"),
    ("beam", "length_penalty", "", "a number of at least 0"),
    ("sample", "temperature", "0", "a number above 0"),
    ("sample", "temperature", "1e-60", "a number above 0"),  # 0 in the graph's precision
    ("sample", "temperature", "1e60", "a number above 0"),  # infinite in it
    ("sample", "top_p", "0", "a number above 0 and at most 1"),
    ("sample", "top_p", "1.5", "a number above 0 and at most 1"),
    ("sample", "top_p", "nan", "a number above 0 and at most 1"),
    ("sample", "top_k", "-1", "an integer of at least 0"),
    ("sample", "seed", "-1", "an integer from 0 to 2147483647"),
    ("sample", "seed", str(2**31), "an integer from 0 to 2147483647"),
]


@pytest.mark.parametrize(("strategy", "name", "value", "what"), OUT_OF_RANGE)
def test_a_setting_out_of_its_range_is_refused(
    strategy: str, name: str, value: str, what: str, app: Run, models: Path
) -> None:
    done = app(models / f"dates-{strategy}.onnx", f"--{name}={value}", "1 May 2025")
    assert_refused(done, f"--{name} must be {what}, given ", f"{value}")


@pytest.mark.parametrize(
    ("strategy", "settings"),
    [
        ("beam", {"max_length": "1", "min_length": "0", "length_penalty": "0"}),
        ("sample", {"temperature": "0.01", "top_p": "1", "top_k": "0", "seed": "0"}),
        ("sample", {"top_p": "0.001", "seed": str(2**31 - 1)}),
    ],
)
def test_a_setting_at_the_edge_of_its_range_works(
    strategy: str, settings: dict[str, str], app: Run, models: Path
) -> None:
    done = app(models / f"dates-{strategy}.onnx", *(f"--{name}={value}" for name, value in settings.items()), "1 May")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1


def test_a_setting_that_the_file_lacks_is_refused(app: Run, models: Path) -> None:
    assert_refused(app(models / "dates-beam.onnx", "--seed=3", "1 May"), "no setting", "seed", "length_penalty")


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["--max_length", "5"], "write --max_length=5\n"),
        (["--prefix", "two words"], "write --prefix=VALUE\n"),
        (["--max_length", "--min_length=2"], "write --max_length=VALUE\n"),
        (["--max_length"], "write --max_length=VALUE\n"),
    ],
)
def test_a_setting_without_its_value_is_told_how_to_write_it(
    arguments: list[str], advice: str, app: Run, models: Path
) -> None:
    assert_refused(app(models / "dates-beam.onnx", "1 May 2025", *arguments), advice)


def test_a_file_that_takes_ids_is_refused(app: Run, exported: Callable[..., Path]) -> None:
    done = app(exported("greedy", choices={"input": "ids", "settings": "required"}), "ab")
    assert_refused(done, "takes ids, not text; export it with --input text")


def test_what_is_no_exported_file_is_refused(app: Run, tmp_path: Path) -> None:
    missing, text, other = tmp_path / "missing.onnx", tmp_path / "text.onnx", tmp_path / "other.onnx"
    text.write_text("no model", encoding="utf-8")
    source, same = (helper.make_tensor_value_info(name, TensorProto.STRING, ["B"]) for name in ("source", "same"))
    graph = helper.make_graph([helper.make_node("Identity", ["source"], ["same"])], "other", [source], [same])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9), other)
    assert_refused(app(tmp_path, "ab"), str(tmp_path), "is a folder")
    assert_refused(app(missing, "ab"), str(missing), "does not exist")
    assert_refused(app("--max_length=3"), "MODEL is missing")
    assert_refused(app(text, "ab"), str(text))
    assert_refused(app(other, "ab"), str(other), "is not a file that `s2s export` wrote")


@pytest.mark.parametrize("name", ["python", "node"])
def test_commands_of_the_readme_run(
    name: str, install: Callable[[str], Path], run_app: Run, program: Callable[[str], str]
) -> None:
    """Those that translate; the others install what is there already."""
    if name == "node":
        install("node")
    page = (APPS / name / "README.md").read_text(encoding="utf-8")
    commands = [line for line in page.split("```sh\n")[1].split("```")[0].splitlines() if "translate." in line]
    assert len(commands) == 2
    for command in commands:
        place = f"PATH='{Path(sys.executable).parent}':$PATH; cd '{APPS / name}'"
        done = run_app(program("sh"), "-c", f"{place}; {command}")
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("\n") == 2
