"""Whatever a plugin's part raises becomes one line that names the part, the plugin and the place."""

import functools
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

from s2s_toolkit.errors import FOREIGN, PluginError, S2SError, one_line
from s2s_toolkit.registry import CORE, Offer, Registry

MACHINERY = frozenset({"framework", "exporter", "command"})
"""Kinds through which the errors of others pass."""


@contextmanager
def blaming(kind: str, offer: Offer) -> Iterator[None]:
    """PluginError for what is raised within; errors for users pass, and so do bugs of our own."""
    try:
        yield
    except S2SError:
        raise
    except FOREIGN as error:
        if is_ours(offer.plugin):
            raise
        raise blame(error, kind, offer) from error


def blame(error: BaseException, kind: str, offer: Offer, failed: str = "fails") -> PluginError:
    """The one line about an error that a part raised."""
    return PluginError(f"{named(kind, offer)} {failed}: {one_line(error)}{place(error, _file(offer))}")


def named(kind: str, offer: Offer) -> str:
    """A part and its plugin, for a message."""
    return f"{kind} {offer.component.name!r} of {offer.plugin}"


def culprit(error: Exception, registry: Registry) -> tuple[str, Offer] | None:
    """Kind and offer of the part that raised, as the traceback tells; None for one of our own.

    For errors out of a whole model, where no caller knows the part. The innermost module that holds parts counts: what
    lies within are libraries, and what lies around only called it.
    """
    holders = _holders(registry)
    passed = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename in holders]
    if not passed:
        return None
    file = passed[-1].f_code.co_filename
    owners = [frame.f_code.co_qualname.partition(".")[0] for frame in passed if frame.f_code.co_filename == file]
    found = max(holders[file], key=lambda held: _last(owners, held[1].component.target.partition(":")[2]))
    return None if is_ours(found[1].plugin) else found


def is_ours(plugin: str) -> bool:
    """Whether a plugin is the toolkit's own, the core or what its extras install: what it raises is a bug of ours."""
    try:
        required = requires(CORE) or []
    except PackageNotFoundError:  # the core is used without being installed
        required = []
    return plugin in {CORE, *(re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in required)}


def place(error: BaseException, file: str | None) -> str:
    """The last line of a file that an error passed, in brackets; nothing if it passed none."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f" ({Path(str(file)).name}, line {lines[-1]})" if lines else ""


class Blamed:
    """A part whose methods are called within a context; all else is the part's own.

    Args:
        part: The part.
        watch: Gives the context of a call, such as `blaming`.
    """

    def __init__(self, part: Any, watch: Callable[[], AbstractContextManager[None]]) -> None:
        self._part, self._watch = part, watch

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._part, name)
        return self._watched(attribute) if callable(attribute) else attribute

    def _watched(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._watch():
                return method(*args, **kwargs)

        return call


def _holders(registry: Registry) -> dict[str, list[tuple[str, Offer]]]:
    """File -> the parts whose targets lie there, of the modules that are loaded."""
    holders: dict[str, list[tuple[str, Offer]]] = {}
    for kind, offers in registry.offers.items():
        for offer in offers:
            if kind not in MACHINERY and (file := _file(offer)):
                holders.setdefault(file, []).append((kind, offer))
    return holders


def _file(offer: Offer) -> str | None:
    module = sys.modules.get(offer.component.target.partition(":")[0])
    return getattr(module, "__file__", None)


def _last(owners: Sequence[str], owner: str) -> int:
    """Where an owner of calls stands last, from the outermost call; -1 where it does not."""
    return max((place for place, name in enumerate(owners) if name == owner), default=-1)
