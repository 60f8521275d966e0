import json
from pathlib import Path
from typing import Literal

import pytest

from s2s_toolkit.errors import S2SError
from s2s_toolkit.files import atomic_path


class FakeExporter:
    """Writes what it was asked to export; opens nothing.

    Args:
        flavour: What it tastes
            of.
        copies: How many.
        notes: A file to put in.
        is_plain: Whether nothing is added.
    """

    def __init__(
        self,
        *,
        flavour: Literal["sweet", "sour"] = "sweet",
        copies: int = 1,
        notes: Path | None = None,
        is_plain: bool = False,
    ) -> None:
        if copies < 1:
            raise ValueError(f"copies must be at least 1, given {copies}")
        self.choices = {"flavour": flavour, "copies": copies, "notes": notes and str(notes), "is_plain": is_plain}

    def export(self, run, path, registry, *, framework, strategy, options):
        if strategy == "broken":
            raise S2SError("verification failed")
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps([str(run.path), framework, strategy, options, self.choices]))
        return "verified"


@pytest.fixture
def export(s2s, run, with_part):
    parts = with_part("s2s_exporters", "fake", FakeExporter)
    return lambda *arguments: s2s("export", run, "--format", "fake", *arguments, parts=parts)


def test_the_file_goes_into_the_run_directory(export, run):
    done = export()
    assert done.stdout == "run/model.fake: 0.00 MB; verified\n"
    assert json.loads((run / "model.fake").read_text())[:4] == ["run", "", "", {}]


def test_what_is_asked_for_is_passed_on(export, folder):
    export("-o", "a.fake", "--framework", "numpy", "--strategy", "beam", "-O", "beam_size=2", "--max-length", 9)
    asked = json.loads((folder / "a.fake").read_text())
    assert asked[:4] == ["run", "numpy", "beam", {"beam_size": 2, "max_length": 9}]


def test_an_existing_file_is_replaced_when_forced(export, folder):
    (folder / "a.fake").write_text("old")
    assert export("-o", "a.fake").exit_code == 2
    assert (folder / "a.fake").read_text() == "old"
    assert export("-o", "a.fake", "--force").exit_code == 0
    assert (folder / "a.fake").read_text() != "old"


def test_what_is_not_verified_is_not_there(export, run):
    done = export("--strategy", "broken")
    assert (done.exit_code, done.stderr) == (2, "s2s: verification failed\n")
    assert not (run / "model.fake").exists()


DEFAULTS = {"flavour": "sweet", "copies": 1, "notes": None, "is_plain": False}


def choices_in(path):
    return json.loads(path.read_text())[4]


def test_options_of_the_format_reach_its_constructor(export, folder):
    export("-o", "a.fake", "--flavour", "sour", "--copies", 3, "--notes", "notes.txt", "--is-plain")
    assert choices_in(folder / "a.fake") == {"flavour": "sour", "copies": 3, "notes": "notes.txt", "is_plain": True}


def test_options_that_are_not_given_have_the_formats_defaults(export, folder):
    export("-o", "a.fake", "--copies", 2)
    assert choices_in(folder / "a.fake") == DEFAULTS | {"copies": 2}


@pytest.mark.parametrize("form", [["--format", "fake"], ["--format=fake"]])
def test_help_shows_the_options_of_the_format(s2s, with_part, form):
    done = s2s("export", *form, "--help", parts=with_part("s2s_exporters", "fake", FakeExporter))
    text = " ".join(done.stdout.split())
    assert done.exit_code == 0
    assert "--flavour [sweet|sour] What it tastes of. [default: sweet]" in text
    assert "--copies INTEGER How many. [default: 1]" in text
    assert "--notes PATH A file to put in." in text
    assert "--is-plain Whether nothing is added." in text
    assert text.index("--force") < text.index("--flavour") < text.index("--help")


def test_options_of_one_format_are_none_of_another(s2s, with_part, folder):
    parts = with_part("s2s_exporters", "fake", FakeExporter)
    done = s2s("export", "run", "--flavour", "sour", parts=parts)
    assert done.exit_code == 2
    assert "No such option" in done.stderr


WRONG = [
    (["--flavour", "bitter"], "'bitter' is not one of 'sweet', 'sour'"),
    (["--copies", "two"], "'two' is not a valid integer"),
    (["--copies", "0"], "copies must be at least 1, given 0"),
    (["--flavor", "sour"], "No such option"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_a_value_that_the_format_can_not_take_is_refused(export, folder, arguments, message):
    done = export("-o", "a.fake", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "a.fake").exists()


@pytest.mark.parametrize("form", [["--format=unknown"], ["--format", "unknown"]])
def test_an_unknown_format_is_refused_in_one_line(s2s, run, form):
    done = s2s("export", run, *form)
    assert done.exit_code == 2
    assert done.stderr.startswith("s2s: no exporter called 'unknown'; installed: ")
    assert done.stderr.count("\n") == 1


def test_a_folder_that_was_exported_tells_its_size(s2s, run, with_part):
    class FolderExporter(FakeExporter):
        def export(self, run, path, registry, *, framework, strategy, options):
            (path / "inner").mkdir(parents=True)
            (path / "a").write_bytes(bytes(2_000_000))
            (path / "inner" / "b").write_bytes(bytes(1_500_000))
            return "verified"

    done = s2s("export", run, "--format", "fake", parts=with_part("s2s_exporters", "fake", FolderExporter))
    assert done.stdout == "run/model.fake: 3.50 MB; verified\n"
