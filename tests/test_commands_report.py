import sys

import pytest

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")


def test_a_run_is_reported_on_its_own_dev_pairs(s2s, run, folder):
    done = s2s("report", run, "--framework", "numpy", "--max-length", 5)
    assert (done.exit_code, done.stdout) == (0, "run/report.html: 5 pairs of dev.tsv\n")
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "<dt>max length</dt><dd>5</dd>" in page
    assert page.count('data-line="') == 5


def test_given_pairs_and_numbers_of_them_are_heeded(s2s, run, folder):
    (folder / "test.tsv").write_text("12\tx12\n" * 7 + "13 a\tx13\n")
    done = s2s("report", run, "test.tsv", "-o", "r.html", "--limit", 3, "--examples", 2, "--framework", "numpy")
    assert done.stdout == "r.html: 8 pairs of test.tsv\n"
    assert (folder / "r.html").read_text(encoding="utf-8").count('data-line="') == 5


def test_a_page_that_is_there_is_replaced_when_forced(s2s, run, folder):
    (folder / "r.html").write_text("old")
    arguments = ("report", run, "-o", "r.html", "--framework", "numpy")
    assert "give --force to replace it" in s2s(*arguments).stderr
    assert (folder / "r.html").read_text() == "old"
    assert s2s(*arguments, "--force").exit_code == 0
    assert "</html>" in (folder / "r.html").read_text(encoding="utf-8")


def test_an_exported_file_is_refused_in_one_line(s2s, folder):
    (folder / "model.onnx").write_bytes(b"")
    done = s2s("report", "model.onnx")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "model.onnx is an exported file and tells nothing of its training; give the run" in done.stderr


def test_a_run_without_a_validation_is_refused(s2s, run, folder):
    (run / "metrics.jsonl").write_text("")
    done = s2s("report", run, "--framework", "numpy")
    assert done.exit_code == 2
    assert "before its first validation" in done.stderr
    assert not (run / "report.html").exists()


def test_a_place_that_is_not_there_is_refused(s2s, run, folder):
    done = s2s("report", run, "-o", "nowhere/r.html", "--framework", "numpy")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "there is no folder nowhere" in done.stderr


def test_training_pairs_that_are_gone_are_said_to_be(s2s, run, folder):
    config = run / "config.toml"
    config.write_text(config.read_text().replace("train.tsv", "gone.tsv"))
    assert s2s("report", run, "--framework", "numpy").exit_code == 0
    assert "no longer there in gone.tsv" in (run / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("module", "extra"), [("jinja2", "report"), ("matplotlib", "plot")])
def test_without_its_packages_it_is_told_what_to_install(s2s, run, monkeypatch, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    done = s2s("report", run, "--framework", "numpy")
    assert done.exit_code == 2
    assert done.stderr.endswith(f'pip install "s2s-toolkit[{extra}]"\n')


def test_characters_that_no_font_here_has_are_warned_of(s2s, run, folder):
    (folder / "test.tsv").write_text("\U00018b00\tx12\n", encoding="utf-8")
    done = s2s("report", run, "test.tsv", "--framework", "numpy")
    assert done.exit_code == 0
    assert "s2s: warning: no font here has Khitan \U00018b00 (U+18B00)" in done.stderr
    assert done.stderr.count("warning") == 1
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "No font for 1 of the characters was at hand" in page
    assert "U+18B00 KHITAN SMALL SCRIPT CHARACTER-18B00" in page
