"""Exporters that each fail the test they are called like; the summary is what the failure says."""

import json
import uuid
from pathlib import Path

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.files import atomic_path
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.loading import load_translator
from s2s_toolkit.run import open_run


class Whole:
    """Writes where the run is and opens that, which is enough but for a damaged file and another checkpoint."""

    def export(self, run, path, registry, *, framework, strategy, options):
        self.check(run, registry, framework=framework, strategy=strategy, options=options)
        self.write(path, json.dumps([str(run.path), strategy, dict(options), self.mark()]))
        return "verified"

    def open(self, path, registry, settings, *, device):
        folder, strategy, options, _ = json.loads(path.read_text())
        return self.translator(open_run(Path(folder), registry), registry, strategy, {**options, **settings})

    def check(self, run, registry, **asked):
        load_translator(run, registry, **asked)

    def write(self, path, content):
        with atomic_path(path) as temporary:
            temporary.write_text(content)

    def mark(self):
        return "a file that is longer than there is room for"

    def translator(self, run, registry, strategy, options):
        return load_translator(run, registry, strategy=strategy, options=options)


class Undocumented(Whole):
    def __init__(self, *, level: int = 1) -> None:
        self.level = level


class Beside(Whole):
    def write(self, path, content):
        super().write(path, content)
        path.with_suffix(".log").write_text(content)


class Talkative(Whole):
    def export(self, run, path, registry, **asked):
        return f"{super().export(run, path, registry, **asked)}\nas far as one can see"


class Numbered(Whole):
    def mark(self):
        return uuid.uuid4().hex


class Brief(Whole):
    def translator(self, run, registry, strategy, options):
        return super().translator(run, registry, strategy, {**options, "max_length": 1})


class Deaf(Whole):
    def translator(self, run, registry, strategy, options):
        return super().translator(run, registry, strategy, {})


class Appending(Whole):
    def write(self, path, content):
        super().write(path, (path.read_text() if path.exists() else "") + content)


class Hasty(Whole):
    """It writes first, and looks at what it was asked for then."""

    def export(self, run, path, registry, **asked):
        self.write(path, "")
        return super().export(run, path, registry, **asked)


class Helpful(Whole):
    def write(self, path, content):
        path.parent.mkdir(exist_ok=True)
        super().write(path, content)


class Trusting(Whole):
    def check(self, run, registry, **asked):
        pass


class InPlace(Whole):
    def write(self, path, content):
        path.write_text(content)


BROKEN = {
    "test_options_are_documented": (Undocumented, "say nothing of 'level'"),
    "test_one_file_and_nothing_else_is_written": (Beside, ".log"),
    "test_report_is_one_line": (Talkative, "more than one line"),
    "test_two_exports_are_the_same_bytes": (Numbered, "the second file is not as the first"),
    "test_file_translates_as_the_run_does": (Brief, ": symbols"),
    "test_settings_are_heeded_or_refused": (Deaf, "a setting that there is not is not refused"),
    "test_damaged_file_is_refused": (Whole, "JSONDecodeError"),
    "test_existing_file_is_replaced": (Appending, "it does not write what it writes elsewhere"),
    "test_wrong_request_leaves_nothing": (Hasty, "left behind: model."),
    "test_missing_folder_is_refused": (Helpful, "a missing folder is not refused"),
    "test_run_without_checkpoint_leaves_nothing": (Trusting, "a run without a checkpoint is not refused"),
    "test_chosen_checkpoint_is_exported": (Whole, "another checkpoint than the chosen one is written"),
    "test_failure_leaves_the_old_file": (InPlace, "the old file is gone or damaged"),
}


@hookimpl
def s2s_exporters():
    return [Component(test, ANY, f"{__name__}:{part.__name__}", said) for test, (part, said) in BROKEN.items()]
