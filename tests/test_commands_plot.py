import sys

import pytest

from s2s_toolkit.opening import open_translator

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


def test_characters_without_a_glyph_are_refused_in_one_line_or_spelt(s2s, run, folder):
    arguments = ("plot", run, "a\U00018b00\U00018b01", "--framework", "numpy", "-o", "a.png")
    done = s2s(*arguments)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("s2s: no font here has Khitan \U00018b00 (U+18B00), \U00018b01 (U+18B01): ")
    assert not (folder / "a.png").exists()
    assert s2s(*arguments, "--missing-glyphs", "code-points").exit_code == 0
    assert (folder / "a.png").read_bytes().startswith(PNG)


def test_curves_of_a_run_are_drawn(s2s, run, folder):
    done = s2s("plot", run, "--curves")
    assert (done.exit_code, done.stdout) == (0, "curves.png\n")
    assert (folder / "curves.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("arguments", [("--curves", "text"), ()])
def test_either_a_text_or_the_curves_are_drawn(s2s, run, folder, arguments):
    done = s2s("plot", run, *arguments)
    assert done.exit_code == 2
    assert "give a TEXT to translate, or --curves" in done.stderr
    assert not list(folder.glob("*.png"))


def test_an_exported_file_has_no_curves(s2s, folder):
    (folder / "model.onnx").write_bytes(b"")
    done = s2s("plot", "model.onnx", "--curves")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "give the run" in done.stderr


def test_without_matplotlib_it_is_told_what_to_install(s2s, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = s2s("plot", run, "12 ab", "--framework", "numpy")
    assert done.exit_code == 2
    assert done.stderr.endswith('pip install "s2s-toolkit[plot]"\n')
    assert done.stderr.count("\n") == 1
