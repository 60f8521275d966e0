import sys

import pytest

from s2s_toolkit.commands.plot import plot_text
from s2s_toolkit.exporter import open_translator

pytest.importorskip("matplotlib")
PNG = b"\x89PNG\r\n\x1a\n"


def test_a_picture_is_drawn_and_the_text_told(s2s, run, folder, registry):
    done = s2s("plot", run, "12 ab", "--framework", "numpy", "--max-length", 3)
    text = open_translator(run, registry, framework="numpy", options={"max_length": 3})(["12 ab"])[0].text
    assert (done.exit_code, done.stdout) == (0, f"attention.png: {text}\n")
    assert (folder / "attention.png").read_bytes().startswith(PNG)


def test_an_existing_picture_is_replaced_when_forced(s2s, run, folder):
    (folder / "a.svg").write_text("old")
    arguments = ("plot", run, "12 ab", "--framework", "numpy", "-o", "a.svg")
    assert s2s(*arguments).exit_code == 2
    assert (folder / "a.svg").read_text() == "old"
    assert s2s(*arguments, "--force").exit_code == 0
    assert "<svg" in (folder / "a.svg").read_text()


def test_characters_without_a_glyph_are_warned_of_in_one_line(tiny_run, registry, tmp_path, capsys):
    plot_text(open_translator(tiny_run, registry, framework="numpy"), "a\U00018b00\U00018b01", tmp_path / "a.png")
    line = capsys.readouterr().err
    assert line.startswith("s2s: warning: no installed font has \U00018b00 \U00018b01; install one that does")
    assert line.count("\n") == 1


def test_without_matplotlib_it_is_told_what_to_install(s2s, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = s2s("plot", run, "12 ab", "--framework", "numpy")
    assert done.exit_code == 2
    assert done.stderr.endswith('pip install "s2s-toolkit[plot]"\n')
    assert done.stderr.count("\n") == 1
