"""The observers of a training together: one that fails is told of, and disturbs neither the others nor the training."""

from collections.abc import Mapping
from typing import Any

from s2s_toolkit.blame import blaming, named
from s2s_toolkit.errors import FOREIGN, PluginError, one_line
from s2s_toolkit.observers import BatchStep, End, EndTraining, Observer, Saved, Start, Validation
from s2s_toolkit.options import create_part
from s2s_toolkit.registry import Registry

_METHODS = [name for name in vars(Observer) if name.startswith("on_")]


class Observers(Observer):
    """Several observers as one; one that fails on the way is left out, since training matters more.

    One that can't start refuses the training, before it has cost anything: PluginError.

    Args:
        first: Who is told first, of the others' failures too; it may not fail.
        others: The rest, by what they are called in messages.
    """

    def __init__(self, first: Observer, others: Mapping[str, Observer]) -> None:
        self.first, self.others = first, dict(others)

    def on_start(self, event: Start) -> None:
        """Tell the others first: nobody is to say that training starts where it does not."""
        waiting, self.others = self.others, {}
        try:
            for name, observer in waiting.items():
                _start(name, observer, event)
                self.others[name] = observer
            self.first.on_start(event)
        except BaseException as error:  # those that have started are to end
            self.on_error(error)
            raise

    def on_step(self, event: BatchStep) -> None:
        self._tell("on_step", event)

    def on_validation(self, event: Validation) -> None:
        """Tell everybody; EndTraining afterwards, where one of them raised it."""
        if wishes := self._tell("on_validation", event):
            raise wishes[0]

    def on_checkpoint(self, event: Saved) -> None:
        self._tell("on_checkpoint", event)

    def on_end(self, event: End) -> None:
        self._tell("on_end", event)

    def on_error(self, error: BaseException) -> None:
        self._tell("on_error", error)

    def on_warning(self, message: str) -> None:
        self._tell("on_warning", message)

    def _tell(self, name: str, what: Any) -> list[EndTraining]:
        """Call a method of each; who wants the training to end."""
        wishes = _call(self.first, name, what)
        for observer in list(self.others):
            if observer not in self.others:  # another one failed meanwhile, and this one when it was told of that
                continue
            try:
                wishes += _call(self.others[observer], name, what)
            except FOREIGN as error:
                del self.others[observer]
                self.on_warning(f"{observer} is left out, its {name} failed: {one_line(error)}")
        return wishes


def _call(observer: Observer, name: str, what: Any) -> list[EndTraining]:
    """Call a method, and take its `EndTraining` for a wish where it may have one."""
    try:
        getattr(observer, name)(what)
    except EndTraining as wish:
        if name != "on_validation":
            raise
        return [wish]
    return []


def _start(name: str, observer: Observer, event: Start) -> None:
    try:
        observer.on_start(event)
    except FOREIGN as error:
        raise PluginError(f"{name} can't start: {one_line(error)}") from error


def make_observers(first: Observer, sections: Mapping[str, Mapping[str, Any]], registry: Registry) -> Observers:
    """The observers that a config's `[observers.NAME]` sections ask for, behind another one."""
    others = {}
    for name, options in sections.items():
        part, offer = registry.load("training observer", name), registry.find_offer("training observer", name)
        told = named("training observer", offer)
        with blaming("training observer", offer):
            others[told] = create_part(part, options=options, where=f"observers.{name}")
        if unknown := [name for name in dir(others[told]) if name.startswith("on_") and name not in _METHODS]:
            raise PluginError(f"{told} has a method `{unknown[0]}`, which nothing calls; events: {', '.join(_METHODS)}")
        if missing := [method for method in _METHODS if not callable(getattr(others[told], method, None))]:
            raise PluginError(f"{told} has no method `{missing[0]}`; let it inherit s2s_toolkit.observers.Observer")
    return Observers(first, others)
