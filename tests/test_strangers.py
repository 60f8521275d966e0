"""Nothing is imported because a run directory says so, and nothing outside of it is read to open it."""

import json
import sys

import pytest

from s2s_toolkit.errors import RunError
from s2s_toolkit.run import open_run

TRAP = """
from pathlib import Path

(Path(__file__).parent / "sprung").touch()
"""

COMMANDS = {
    "translate": ("translate", "run"),
    "evaluate": ("evaluate", "run", "dev.tsv"),
    "plot": ("plot", "run", "12 ab", "-o", "attention.png"),
    "export": ("export", "run", "-o", "model.onnx"),
    "average": ("average", "run", "best"),
    "report": ("report", "run"),
    "show": ("plugins", "list"),
}


@pytest.fixture
def trap(folder, run, monkeypatch):
    """A plugin in the run and beside it, which the run's config names."""
    monkeypatch.syspath_prepend(str(folder))  # as `python -m` does
    for place in (run, folder):
        (place / "trap.py").write_text(TRAP, encoding="utf-8")
    config = run / "config.toml"
    text = config.read_text(encoding="utf-8")
    assert "[plugins]\nfiles = []\n" in text
    config.write_text(text.replace("files = []", 'files = ["trap.py", "run/trap.py"]'), encoding="utf-8")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_a_runs_plugins_are_not_imported(trap, s2s, command):
    done = s2s(*COMMANDS[command], stdin="12 ab\n")
    assert done.exit_code == 0, done.stderr
    assert not list(trap.rglob("sprung"))
    assert "trap" not in sys.modules


@pytest.mark.parametrize("plugin", ["trap.py", "trap"])
def test_a_part_of_a_plugin_that_is_not_there_is_named(trap, s2s, run, plugin):
    about = json.loads((run / "run.json").read_text(encoding="utf-8"))
    about["plugins"].append({"kind": "attention scorer", "name": "trap", "plugin": plugin, "version": ""})
    (run / "run.json").write_text(json.dumps(about), encoding="utf-8")
    text = (run / "config.toml").read_text(encoding="utf-8")
    (run / "config.toml").write_text(text.replace('"additive"', '"trap"'), encoding="utf-8")
    done = s2s("translate", run, stdin="12 ab\n")
    assert done.exit_code == 2
    assert "the run was trained with that of trap" in done.stderr
    assert not list(trap.rglob("sprung"))


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "..", "a/../../secret", ""])
def test_digests_are_of_files_in_the_run_alone(run, registry, name):
    (run.parent / "secret").write_text("secret", encoding="utf-8")
    about = json.loads((run / "run.json").read_text(encoding="utf-8"))
    about["sha256"][name] = "0"
    (run / "run.json").write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(RunError, match=r"run\.json is damaged \(a digest of .*, which is no file of the run\)"):
        open_run(run, registry)
