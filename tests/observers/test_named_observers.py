"""Observers that a config or the command line names, with their options."""

import sys
import tomllib

import pytest

from s2s_toolkit.config import read_config
from s2s_toolkit.errors import ConfigError, PluginError, UnknownComponentError
from s2s_toolkit.observers import Observer
from s2s_toolkit.training import train


@pytest.mark.parametrize(
    ("observers", "error", "message"),
    [
        ({"labelled": {"lable": "x"}}, ConfigError, "unknown key 'observers.labelled.lable'; did you mean 'label'?"),
        ({"labelled": {"label": 3}}, ConfigError, "'observers.labelled.label': .* valid string, given 3"),
        ({"labelled": {"label": ""}}, ConfigError, r"\[observers.labelled\] a label has letters"),
        ({"labeled": {}}, UnknownComponentError, r"called 'labeled'; did you mean 'labelled'\? installed: "),
        (
            {"hasty": {}},
            PluginError,
            "'hasty' of fake has a method `on_begin`, which nothing calls; events: on_start, ",
        ),
        (
            {"broken": {}},
            PluginError,
            "training observer 'broken' of fake fails: ZeroDivisionError: ",
        ),
        ({"gone": {}}, PluginError, "training observer 'gone' of fake can't be loaded"),
    ],
)
def test_an_observer_that_can_not_be_made_ends_before_anything_is_written(
    observers, error, message, folder, registry_with
):
    registry = registry_with(labelled=Labelled, broken=Broken, hasty=Hasty, gone=None)
    del sys.modules["fake_observers"].gone
    config = read_config(folder / "tiny.toml").model_copy(update={"observers": observers})
    with pytest.raises(error, match=message):
        train(config, folder / "run", registry, Observer())
    assert not (folder / "run").exists()


class Labelled(Observer):
    """Writes a label into the run directory."""

    def __init__(self, *, label: str = "plain"):
        if not label:
            raise ValueError("a label has letters")
        self.label = label

    def on_start(self, event):
        (event.run.path / "label").write_text(f"{self.label} {event.step}")


class Hasty(Observer):
    """Has misread what a method is called."""

    def on_begin(self, event): ...


class Broken(Observer):
    """Can't be made."""

    def __init__(self):
        self.share = 1 / 0


def test_the_command_line_names_observers_and_sets_their_options(s2s, folder, tiny_run, registry_with, noting):
    registry = registry_with(labelled=Labelled, other=noting)
    train_with = ("train", "tiny.toml", "-o", "run", "--observer", "other", "--observer", "labelled")
    assert s2s(*train_with, "--set", "observers.labelled.label=x", parts=registry).exit_code == 0
    assert (folder / "run" / "label").read_text() == "x 0"
    written = tomllib.loads((folder / "run" / "config.toml").read_text())
    assert written["observers"] == {"labelled": {"label": "x"}, "other": {}}


def test_an_option_on_the_command_line_names_its_observer(s2s, folder, tiny_run, registry_with):
    changes = ("--set", "observers.labelled.label=y")
    assert s2s("train", "tiny.toml", "-o", "run", *changes, parts=registry_with(labelled=Labelled)).exit_code == 0
    assert (folder / "run" / "label").read_text() == "y 0"


def test_an_unknown_observer_is_one_line(s2s, folder):
    done = s2s("train", "tiny.toml", "-o", "run", "--observer", "nobody")
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert "no training observer called 'nobody'" in done.stderr
    assert not (folder / "run").exists()
