import json

import pytest

from s2s_toolkit.errors import S2SError
from s2s_toolkit.files import atomic_path


class FakeExporter:
    """Writes what it was asked to export; opens nothing."""

    def export(self, run, path, registry, *, framework, strategy, options):
        if strategy == "broken":
            raise S2SError("verification failed")
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps([str(run.path), framework, strategy, options]))
        return "verified"


@pytest.fixture
def export(s2s, run, with_part):
    parts = with_part("s2s_exporters", "fake", FakeExporter)
    return lambda *arguments: s2s("export", run, "--format", "fake", *arguments, parts=parts)


def test_the_file_goes_into_the_run_directory(export, run):
    done = export()
    assert done.stdout == "run/model.fake: 0.00 MB; verified\n"
    assert json.loads((run / "model.fake").read_text()) == ["run", "", "", {}]


def test_what_is_asked_for_is_passed_on(export, folder):
    export("-o", "a.fake", "--framework", "numpy", "--strategy", "beam", "-O", "beam_size=2", "--max-length", 9)
    asked = json.loads((folder / "a.fake").read_text())
    assert asked == ["run", "numpy", "beam", {"beam_size": 2, "max_length": 9}]


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
