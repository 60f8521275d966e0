"""The conformance suite of exporters."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from s2s_toolkit.commands.part_options import option_texts
from s2s_toolkit.errors import S2SError
from s2s_toolkit.exporter import Exporter, find_exporter
from s2s_toolkit.loading import load_translator
from s2s_toolkit.opening import open_translator
from s2s_toolkit.options import option_parameters
from s2s_toolkit.registry import CORE, Registry
from s2s_toolkit.run import Run, load_checkpoint, open_run, save_checkpoint
from s2s_toolkit.testing.contents import assert_nothing_in, contents, files_of
from s2s_toolkit.testing.little_room import little_room
from s2s_toolkit.testing.refusals import assert_one_line, refusing
from s2s_toolkit.testing.suite import Suite, registry_with
from s2s_toolkit.testing.untrained_runs import TEXTS, assert_translations_agree, write_run

LONG_AGO = 1_000_000_000
"""Seconds of the epoch, in 2001."""

WRONG: Mapping[str, Mapping[str, Any]] = {
    "a strategy that there is not": {"strategy": "no_such_strategy"},
    "an option that there is not": {"options": {"no_such_option": 1}},
    "a length that can't be": {"options": {"max_length": 0}},
    "a framework that there is not": {"framework": "no_such_framework"},
}
"""What an export may be asked for in vain."""


class ExporterSuite(Suite):
    """What is expected of an exporter; `s2s_toolkit.exporter.Exporter` says what it is.

    It exports a small run on random weights.
    """

    kind = "exporter"

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a test that takes a `strategy` with each one that is built in."""
        super().pytest_generate_tests(metafunc)
        if "strategy" in metafunc.fixturenames:
            offers = registry_with(*self.plugin_files).offers["decoding strategy"]
            metafunc.parametrize("strategy", [offer.component.name for offer in offers if offer.plugin == CORE])

    @pytest.fixture
    def exporter(self, registry: Registry) -> Exporter:
        """The exporter with its options."""
        return find_exporter(self.name, registry, self.options)

    @pytest.fixture
    def run(self, registry: Registry, tmp_path: Path) -> Run:
        """What is exported."""
        return write_run(tmp_path / "run", registry)

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        """Where it is exported to, in a folder where nothing else is."""
        folder = tmp_path / "exported"
        folder.mkdir()
        return folder / f"model.{self.name}"

    def test_options_are_documented(self, registry: Registry) -> None:
        """`s2s export --help` shows what the docstring says of each."""
        exporter = registry.load("exporter", self.name)
        for option in option_parameters(exporter):
            assert option_texts(exporter).get(option), f'"Args:" of its docstring say nothing of {option!r}'

    def test_one_file_and_nothing_else_is_written(
        self, exporter: Exporter, run: Run, path: Path, registry: Registry
    ) -> None:
        """One file or folder of the name given; the run stays as it is."""
        before = contents(run.path)
        export(exporter, run, path, registry)
        written = sorted(entry.name for entry in path.parent.iterdir())
        assert written == [path.name], f"{written} were written, not {path.name} alone"
        assert contents(path), "nothing is in it"
        assert contents(run.path) == before, "the run was changed"

    def test_report_is_one_line(self, exporter: Exporter, run: Run, path: Path, registry: Registry) -> None:
        """What the command prints after the name and the size."""
        report = export(exporter, run, path, registry)
        assert isinstance(report, str), f"the report is {report!r}"
        assert report.strip(), "the report is empty"
        assert "\n" not in report, f"the report has more than one line: {report!r}"

    def test_two_exports_are_the_same_bytes(
        self, exporter: Exporter, run: Run, path: Path, registry: Registry, tmp_path: Path
    ) -> None:
        """Wherever the run lies, and however old its files are."""
        moved, other = tmp_path / "moved", tmp_path / path.name
        for file in shutil.copytree(run.path, moved).rglob("*"):
            os.utime(file, (LONG_AGO, LONG_AGO))
        export(exporter, run, path, registry)
        export(find_exporter(self.name, registry, self.options), open_run(moved, registry), other, registry)
        assert contents(path) == contents(other), "the second file is not as the first"

    def test_file_translates_as_the_run_does(
        self, strategy: str, exporter: Exporter, run: Run, path: Path, registry: Registry
    ) -> None:
        """Opened by its suffix, with the strategy that it was exported with."""
        export(exporter, run, path, registry, strategy=strategy)
        found, expected = open_translator(path, registry), load_translator(run, registry, strategy=strategy)
        assert_translations_agree(found(TEXTS), expected(TEXTS), f"the file, {strategy}")

    def test_settings_are_heeded_or_refused(self, exporter: Exporter, run: Run, path: Path, registry: Registry) -> None:
        """What `open` is given overlays what the file holds; what it can't heed is an error in one line."""
        export(exporter, run, path, registry)
        with refusing("a setting that there is not"):
            exporter.open(path, registry, {"no_such_setting": 1}, device="cpu")(TEXTS)
        for settings in ({"max_length": 2}, {"min_length": 4}):
            try:
                found = exporter.open(path, registry, settings, device="cpu")
            except S2SError as error:
                assert_one_line(error)
            else:
                expected = load_translator(run, registry, options=settings)
                assert_translations_agree(found(TEXTS), expected(TEXTS), f"the file, opened with {settings}")

    def test_damaged_file_is_refused(self, exporter: Exporter, run: Run, path: Path, registry: Registry) -> None:
        """A file that was cut off, in one line."""
        export(exporter, run, path, registry)
        for file in files_of(path):
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        with refusing("a damaged file"):
            exporter.open(path, registry, {}, device="cpu")(TEXTS)

    def test_existing_file_is_replaced(
        self, exporter: Exporter, run: Run, path: Path, registry: Registry, tmp_path: Path
    ) -> None:
        """What another run was exported to becomes what is written where nothing was."""
        fresh = tmp_path / path.name
        export(exporter, run, fresh, registry)
        export(exporter, write_run(tmp_path / "other", registry, target_symbols="xyz"), path, registry)
        assert contents(path) != contents(fresh), "two runs give one file"
        export(exporter, run, path, registry)
        assert contents(path) == contents(fresh), "over an old file it does not write what it writes elsewhere"

    @pytest.mark.parametrize("wrong", WRONG)
    def test_wrong_request_leaves_nothing(
        self, wrong: str, exporter: Exporter, run: Run, path: Path, registry: Registry
    ) -> None:
        """It is refused in one line."""
        with refusing(wrong):
            export(exporter, run, path, registry, **WRONG[wrong])
        assert_nothing_in(path.parent)

    def test_missing_folder_is_refused(self, exporter: Exporter, run: Run, path: Path, registry: Registry) -> None:
        """In one line; it is not made."""
        with refusing("a missing folder"):
            export(exporter, run, path.parent / "absent" / path.name, registry)
        assert_nothing_in(path.parent)

    def test_run_without_checkpoint_leaves_nothing(
        self, exporter: Exporter, run: Run, path: Path, registry: Registry
    ) -> None:
        """It is refused in one line."""
        run.checkpoint_path("best").unlink()
        with refusing("a run without a checkpoint"):
            export(exporter, run, path, registry)
        assert_nothing_in(path.parent)

    def test_chosen_checkpoint_is_exported(self, exporter: Exporter, run: Run, path: Path, registry: Registry) -> None:
        """A run is opened with one of its checkpoints, and what lies at its `weights_path()` is written."""
        weights, chosen = load_checkpoint(run.weights_path()).weights, replace(run, checkpoint="chosen")
        written = []
        for sign in (1, -1):
            save_checkpoint(run.checkpoint_path("chosen"), {name: sign * array for name, array in weights.items()})
            export(exporter, chosen, path, registry)
            written.append(contents(path))
        assert written[0] != written[1], "another checkpoint than the chosen one is written"

    def test_failure_leaves_the_old_file(self, exporter: Exporter, run: Run, path: Path, registry: Registry) -> None:
        """Where there is no room for a file, the one that is there stays whole, and nothing lies beside it."""
        export(exporter, run, path, registry)
        before = contents(path.parent)
        with pytest.raises((S2SError, OSError)), little_room():
            export(exporter, run, path, registry)
        assert contents(path.parent) == before, "the old file is gone or damaged, or a part of the new one is left"


def export(
    exporter: Exporter,
    run: Run,
    path: Path,
    registry: Registry,
    *,
    framework: str = "",
    strategy: str = "",
    options: Mapping[str, Any] | None = None,
) -> str:
    """Export; what is not said is as in the run's config."""
    return exporter.export(run, path, registry, framework=framework, strategy=strategy, options=options or {})
