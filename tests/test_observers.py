"""Who is told of a training: what, in which order, and what becomes of an observer that fails."""

import json
import sys
import tomllib
from functools import partialmethod
from types import ModuleType, SimpleNamespace

import pytest

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.config import read_config
from s2s_toolkit.errors import ConfigError, PluginError, S2SError, UnknownComponentError
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.observers import BatchStep, EndTraining, Observer
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.run import load_checkpoint
from s2s_toolkit.training import train
from s2s_toolkit.training.watching import Observers


class Noting(Observer):
    """Notes the name of each event and what it is told, then raises an error if the event has one."""

    def __init__(self, **errors):
        self.notes, self.errors = [], errors

    def note(self, name, what):
        self.notes.append((name, what))
        if name in self.errors:
            raise self.errors[name]

    on_start = partialmethod(note, "on_start")
    on_step = partialmethod(note, "on_step")
    on_validation = partialmethod(note, "on_validation")
    on_checkpoint = partialmethod(note, "on_checkpoint")
    on_end = partialmethod(note, "on_end")
    on_error = partialmethod(note, "on_error")
    on_warning = partialmethod(note, "on_warning")

    @property
    def names(self):
        return [name for name, _ in self.notes]

    def told(self, name):
        return [what for noted, what in self.notes if noted == name]


class InterruptedAt(Noting):
    """A user who presses Ctrl-C after a step."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_step(self, event):
        super().on_step(event)
        if event.step == self.step:
            raise KeyboardInterrupt


class Ending(Noting):
    """Wants the training to end at one of its validations."""

    def on_validation(self, event):
        super().on_validation(event)
        if len(self.told("on_validation")) == 2:
            raise EndTraining("enough")


@pytest.fixture
def registry_with(monkeypatch):
    """Make a registry of a plugin called "fake" that offers observers by name."""

    def make(**observers):
        module = ModuleType("fake_observers")
        vars(module).update(observers)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        components = [Component(name, ANY, f"{module.__name__}:{name}", "a fake") for name in observers]
        registry = load_registry()
        register_plugin(registry, SimpleNamespace(s2s_training_observers=hookimpl(lambda: components)), "fake")
        return registry

    return make


@pytest.fixture
def train_tiny(folder, tiny_run, registry_with):
    """Train for two epochs, three steps each; keywords are observers beside the first one."""

    def run(first, *, path="run", resume=False, force=False, training=(), **others):
        config = read_config(folder / "tiny.toml")
        changed = config.training.model_copy(update={"max_epochs": 2, **dict(training)})
        config = config.model_copy(update={"training": changed, "observers": {name: {} for name in others}})
        registry = registry_with(**{name: lambda observer=observer: observer for name, observer in others.items()})
        return train(config, folder / path, registry, first, resume=resume, force=force)

    return run


def test_events_come_in_order_and_none_is_missing(train_tiny):
    seen = Noting()
    train_tiny(seen)
    epochs = [
        [*["on_step"] * 3, *["on_checkpoint"] * (1 + v.best), "on_validation"] for v in seen.told("on_validation")
    ]
    assert seen.names == ["on_start", *epochs[0], *epochs[1], "on_end"]


def test_the_start_tells_what_is_trained(train_tiny):
    seen = Noting()
    run = train_tiny(seen)
    (start,) = seen.told("on_start")
    assert (start.run.path, start.step, start.total_steps) == (run.path, 0, 6)
    assert (start.train.pairs, len(start.dev.pairs)) == (20, 5)
    weights = load_checkpoint(run.checkpoint_path("last")).weights
    assert start.num_parameters == sum(array.size for array in weights.values())


def test_steps_tell_of_every_batch(train_tiny):
    seen = Noting()
    train_tiny(seen)
    steps, validations = seen.told("on_step"), seen.told("on_validation")
    assert [event.step for event in steps] == [1, 2, 3, 4, 5, 6]
    assert sum(event.tokens for event in steps) == 2 * 20 * len([*"x10", "</s>"])
    assert {event.learning_rate for event in steps} == {0.001}
    for epoch, validation in zip((steps[:3], steps[3:]), validations, strict=True):
        mean = sum(event.loss for event in epoch) / sum(event.tokens for event in epoch)
        assert validation.train_loss == pytest.approx(mean)


def test_validations_are_the_lines_of_the_log(train_tiny):
    seen = Noting()
    run = train_tiny(seen)
    lines = run.metrics_path.read_text().splitlines()
    assert [vars(event) for event in seen.told("on_validation")] == [json.loads(line) for line in lines]


def test_checkpoints_are_written_when_they_are_told_of(train_tiny):
    class Opening(Noting):
        def on_checkpoint(self, event):
            super().on_checkpoint(event)
            assert load_checkpoint(event.path).weights

    seen = Opening()
    run = train_tiny(seen)
    (*_, best) = (event for event in seen.told("on_checkpoint") if event.best)
    (*_, last) = (event for event in seen.told("on_checkpoint") if not event.best)
    assert (best.path, last.path) == (run.checkpoint_path("best"), run.checkpoint_path("last"))
    assert last.step == 6


def test_the_end_tells_what_was_best(train_tiny):
    seen = Noting()
    train_tiny(seen)
    (end,) = seen.told("on_end")
    best = min(seen.told("on_validation"), key=lambda event: event.value)
    assert (end.step, end.best_value, end.best_epoch) == (6, best.value, best.epoch)
    assert end.seconds == seen.told("on_validation")[-1].seconds


def test_an_interruption_is_told_and_resuming_goes_on_from_the_validation(train_tiny):
    interrupted, resumed = InterruptedAt(step=5), Noting()
    with pytest.raises(KeyboardInterrupt) as caught:
        train_tiny(interrupted)
    assert interrupted.notes[-1] == ("on_error", caught.value)
    assert "on_end" not in interrupted.names
    train_tiny(resumed, resume=True)
    assert resumed.told("on_start")[0].step == 3
    assert [event.step for event in resumed.told("on_step")] == [4, 5, 6]


@pytest.mark.parametrize("place", ["first", "other"])
def test_an_observer_ends_a_training_after_all_have_been_told(place, train_tiny):
    ending, watching = Ending(), Noting()
    how = {"training": {"max_epochs": 5}}
    if place == "first":
        run = train_tiny(ending, watching=watching, **how)
    else:
        run = train_tiny(watching, ending=ending, **how)
    assert ending.names == watching.names
    assert [event.epoch for event in watching.told("on_validation")] == [1, 2]
    (end,) = watching.told("on_end")
    assert (end.step, end.reason) == (6, "enough")
    assert watching.names[-1] == "on_end"
    assert load_checkpoint(run.checkpoint_path("last")).progress["epoch"] == 2


def test_a_training_that_was_ended_goes_on_as_if_it_had_not_been(train_tiny):
    train_tiny(Noting(), path="whole", training={"max_epochs": 3})
    train_tiny(Ending(), training={"max_epochs": 3})
    seen = Noting()
    run = train_tiny(seen, resume=True, training={"max_epochs": 3})
    (start,), (end,) = seen.told("on_start"), seen.told("on_end")
    assert (start.step, end.reason) == (6, "")
    expected = load_checkpoint(run.path.with_name("whole") / "checkpoints" / "last.safetensors").weights
    for name, array in load_checkpoint(run.checkpoint_path("last")).weights.items():
        assert (array == expected[name]).all(), name


def test_wanting_the_end_between_validations_is_a_failure(train_tiny):
    seen = Noting()
    train_tiny(seen, other=Noting(on_step=EndTraining("now")))
    (warning,) = seen.told("on_warning")
    assert "left out, its on_step failed: EndTraining: now" in warning
    assert seen.names[-1] == "on_end"


def test_an_error_is_told_and_raised(train_tiny):
    seen, other = Noting(), Noting()
    with pytest.raises(S2SError, match="diverged") as caught:
        train_tiny(seen, training={"learning_rate": 1e38}, other=other)
    assert seen.notes[-1] == other.notes[-1] == ("on_error", caught.value)
    assert "on_end" not in seen.names


@pytest.mark.parametrize("event", ["on_step", "on_validation", "on_checkpoint", "on_end"])
@pytest.mark.parametrize("error", [RuntimeError("the disk\nis full"), SystemExit(0)])
def test_training_goes_on_without_an_observer_that_fails(event, error, train_tiny):
    first, failing, other = Noting(), Noting(**{event: error}), Noting()
    run = train_tiny(first, failing=failing, other=other)
    left_out = f"training observer 'failing' of fake is left out, its {event} failed"
    warning = f"{left_out}: {' '.join(f'{type(error).__name__}: {error}'.split())}"
    assert first.told("on_warning") == other.told("on_warning") == [warning]
    assert failing.names[-1] == event
    assert failing.names.count(event) == 1
    assert sorted(first.names) == sorted(other.names)
    assert first.names[-1] == ("on_warning" if event == "on_end" else "on_end")
    assert load_checkpoint(run.checkpoint_path("last")).progress["epoch"] == 2


@pytest.mark.parametrize("error", [ConnectionError("no\nserver"), SystemExit(0)])
def test_an_observer_that_can_not_start_refuses_the_training(error, train_tiny, folder):
    first, started, failing, last = Noting(), Noting(), Noting(on_start=error), Noting()
    with pytest.raises(PluginError) as caught:
        train_tiny(first, started=started, failing=failing, last=last)
    said = " ".join(f"{type(error).__name__}: {error}".split())
    assert str(caught.value) == f"training observer 'failing' of fake can't start: {said}"
    assert (started.names, last.names) == (["on_start", "on_error"], [])
    assert first.names == ["on_error"]
    assert not (folder / "run").exists()


def test_an_interruption_while_observers_start_leaves_nothing_either(train_tiny, folder):
    started, slow = Noting(), Noting(on_start=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        train_tiny(Noting(), started=started, slow=slow)
    assert started.names == ["on_start", "on_error"]
    assert not (folder / "run").exists()


@pytest.mark.parametrize("how", [{"resume": True}, {"force": True}])
def test_a_run_stays_as_it_was_where_an_observer_can_not_start(how, train_tiny, folder):
    with pytest.raises(KeyboardInterrupt):
        train_tiny(InterruptedAt(step=5))
    path = folder / "run" / "metrics.jsonl"
    path.write_text(path.read_text() + '{"epoch": 2, "step": 6')  # as a kill leaves it
    before = contents(folder)
    with pytest.raises(PluginError, match="can't start"):
        train_tiny(Noting(), training={"max_epochs": 3}, failing=Noting(on_start=OSError("full")), **how)
    assert contents(folder) == before


def test_a_folder_that_was_there_stays_and_those_above_a_run_go(train_tiny, folder):
    (folder / "empty").mkdir()
    for run in ("empty", "new/and/deep"):
        with pytest.raises(PluginError, match="can't start"):
            train_tiny(Noting(), path=run, failing=Noting(on_start=OSError("full")))
    assert (folder / "empty").is_dir()
    assert not (folder / "new").exists()


def test_a_forced_training_replaces_the_run(train_tiny, folder):
    train_tiny(Noting())
    (folder / "run" / "old").touch()
    train_tiny(Noting(), force=True)
    assert not (folder / "run" / "old").exists()
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_ended_a_training_is_raised_though_an_observer_fails_over_it(train_tiny):
    first, failing, other = InterruptedAt(step=1), Noting(on_error=RuntimeError("no")), Noting()
    with pytest.raises(KeyboardInterrupt):
        train_tiny(first, failing=failing, other=other)
    assert other.names == ["on_start", "on_warning", "on_error"]
    assert first.names[-2:] == ["on_error", "on_warning"]


def test_observers_that_fail_over_the_failure_of_another_are_left_out_too():
    first, second = Noting(), Noting(on_warning=RuntimeError("second"))
    third = Noting(on_warning=RuntimeError("third"))
    observers = Observers(first, {"failing": Noting(on_step=RuntimeError("first")), "b": second, "c": third})
    for step in (1, 2):
        observers.on_step(BatchStep(step, 1.0, 1, 0.1))
    assert [message.partition(" is left out")[0] for message in first.told("on_warning")] == [
        "failing",
        "b",
        "c",
    ]
    assert first.names.count("on_step") == 2
    assert observers.others == {}


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


def test_the_command_line_names_observers_and_sets_their_options(s2s, folder, tiny_run, registry_with):
    registry = registry_with(labelled=Labelled, other=Noting)
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
