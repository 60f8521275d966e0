"""What tests of observers share: observers that note, interrupt or end, and a small training that tells them."""

import sys
from functools import partialmethod
from types import ModuleType, SimpleNamespace

import pytest

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.config import read_config
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.observers import EndTraining, Observer
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.training import train


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


@pytest.fixture(scope="session")
def noting():
    """An observer that notes what it is told, as a class."""
    return Noting


@pytest.fixture(scope="session")
def interrupted_at():
    """One that interrupts the training, likewise."""
    return InterruptedAt


@pytest.fixture(scope="session")
def ending_at_second():
    """One that ends it at the second validation, likewise."""
    return Ending


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
