"""A file of another format is refused in one line, which names the version that reads it."""

import json
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import s2s_toolkit
from s2s_toolkit.errors import RunError, S2SError
from s2s_toolkit.formats import require_format
from s2s_toolkit.run import load_checkpoint, save_checkpoint
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.tuning.place import Place

HERE = s2s_toolkit.__version__
LATER = {"format": 2, "toolkit": "7.3.1"}
SAID = f"has format 2, written by s2s-toolkit 7.3.1; this is s2s-toolkit {HERE} and reads format 1; "
REMEDY = "install s2s-toolkit>=7.3.1\n"


def refusal(found: object, known: int = 3, writer: object = "") -> str:
    with pytest.raises(RunError) as caught:
        require_format(found, known, "run/run.json", error=RunError, writer=writer)
    return str(caught.value)


def test_the_format_that_is_known_passes() -> None:
    require_format(3, 3, "run/run.json", error=S2SError, writer="9.9")


@given(found=st.integers(min_value=1), known=st.integers(1, 9))
def test_every_other_number_is_refused_with_both_numbers(found: int, known: int) -> None:
    if found == known:
        return
    message = refusal(found, known)
    assert f"has format {found}; " in message
    assert f"reads format {known}; " in message
    assert message.endswith("install a newer s2s-toolkit" if found > known else "install an older s2s-toolkit")


@pytest.mark.parametrize("found", [None, "3", 3.0, True, 0, -1, [3], {"format": 3}, "x" * 900])
def test_what_is_no_number_is_damage(found: object) -> None:
    message = refusal(found)
    assert message.startswith("run/run.json is damaged (its format is ")
    assert len(message) < 150


@pytest.mark.parametrize("writer", [None, 7, ["1"], "", "soon", "1; rm -rf /", "1\n2", "1 2", "1" * 90])
def test_a_writer_that_is_no_version_is_not_repeated(writer: object) -> None:
    """A file may be anybody's, and what is said stands before a command for pip."""
    assert refusal(4, writer=writer) == (
        f"run/run.json has format 4; this is s2s-toolkit {HERE} and reads format 3; install a newer s2s-toolkit"
    )


@given(writer=st.text(string.printable))
def test_whatever_wrote_it_the_refusal_is_one_line(writer: str) -> None:
    assert "\n" not in refusal(4, writer=writer)


def test_a_run_of_a_later_version(s2s, folder, run) -> None:
    """Nothing of it is read before its format: not what it says of its plugins either, which may lie elsewhere then."""
    (run / "run.json").write_text(json.dumps({**LATER, "plugins": 3, "sha256": 4}))
    for command in (("translate", run), ("export", run), ("train", "tiny.toml", "-o", run, "--resume")):
        done = s2s(*command)
        assert (done.exit_code, done.stderr) == (2, f"s2s: run/run.json {SAID}{REMEDY}")


def test_a_config_of_a_later_version_is_told_before_the_keys_that_are_unknown(s2s, folder) -> None:
    config = folder / "tiny.toml"
    config.write_text('format = 2\nlanguage = "de"\n' + config.read_text())
    done = s2s("train", "tiny.toml", "-o", "run")
    expected = (
        f"s2s: tiny.toml has format 2; this is s2s-toolkit {HERE} and reads format 1; install a newer s2s-toolkit\n"
    )
    assert (done.exit_code, done.stderr, Path("run").exists()) == (2, expected, False)


def test_a_config_is_kept_with_its_format(s2s, folder, run) -> None:
    assert (run / "config.toml").read_text().startswith("format = 1\n")
    config = folder / "tiny.toml"
    config.write_text("format = 1\n" + config.read_text())
    assert s2s("train", "tiny.toml", "--print-config").stdout.startswith("format = 1\n")


def test_a_checkpoint_of_a_later_version(tmp_path) -> None:
    path = tmp_path / "best.safetensors"
    save_checkpoint(path, {"bias": np.ones(3, np.float32)})
    save_file(load_file(path), path, {"format": "2"})
    with pytest.raises(RunError, match=r"best\.safetensors has format 2; .* install a newer s2s-toolkit$"):
        load_checkpoint(path)


def test_a_vocabulary_of_a_later_version(s2s, folder) -> None:
    require("torch")
    (folder / "kept").mkdir()
    (folder / "kept/source.vocabulary.json").write_text(json.dumps({"format": 2, "ids": {}}))
    done = s2s("train", "tiny.toml", "-o", "run", "--set", "source.vocabulary=kept")
    assert done.exit_code == 2
    assert "kept/source.vocabulary.json has format 2; " in done.stderr


def test_a_search_of_a_later_version(tmp_path) -> None:
    (tmp_path / "search.json").write_text(json.dumps(LATER))
    with pytest.raises(RunError) as caught:
        Place(tmp_path).check(None, [], resume=True, force=False)
    assert str(caught.value) + "\n" == f"{tmp_path / 'search.json'} {SAID}{REMEDY}"
