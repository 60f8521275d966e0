"""What is checked of parts for whose kind there is no suite: that they load, are documented, and can be called."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from s2s_toolkit.checks.findings import Finding
from s2s_toolkit.commands.part_options import option_texts
from s2s_toolkit.errors import S2SError, one_line
from s2s_toolkit.observers import Observer
from s2s_toolkit.options import option_parameters
from s2s_toolkit.registry import Offer, Registry

METHODS = {
    "framework": ["build"],
    "training observer": [name for name in vars(Observer) if name.startswith("on_")],
}
"""Kind -> what is called on a part of it."""


def basic_findings(kind: str, offer: Offer, registry: Registry) -> Iterator[Finding]:
    """Load a part and look at it, without making or calling it."""
    name, framework = offer.component.name, offer.component.framework

    def finding(check: str, problem: str) -> Finding:
        return Finding(f"{kind} {name}", framework, check, "fails" if problem else "holds", problem)

    try:
        part = registry.load(kind, name, framework)
    except S2SError as error:
        yield finding("can be loaded", str(error))
        return
    yield finding("can be loaded", "")
    if kind == "command":
        yield finding("is a click command", _not_a_command(part))
        yield finding("has a help text", "" if getattr(part, "help", None) else "it has no docstring")
        return
    yield finding("has every method that is called", _missing_methods(kind, part))
    yield finding("options have types and defaults", _told(_untyped_options, part))
    yield finding("it and its options are documented", _told(_undocumented, part))


def _not_a_command(part: Any) -> str:
    return "" if isinstance(part, click.Command) else f"it is a {type(part).__name__}, not a click command"


def _missing_methods(kind: str, part: Any) -> str:
    missing = [method for method in METHODS[kind] if not callable(getattr(part, method, None))]
    return f"it lacks {', '.join(missing)}" if missing else ""


def _told(check: Callable[[Any], str], part: Any) -> str:
    try:
        return check(part)
    except Exception as error:  # a third party's annotations may be anything
        return one_line(error)


def _untyped_options(part: Any) -> str:
    wrong = [n for n, p in option_parameters(part).items() if p.empty in (p.annotation, p.default)]
    return f"no type or no default: {', '.join(wrong)}" if wrong else ""


def _undocumented(part: Any) -> str:
    if not (getattr(part, "__doc__", None) or "").strip():
        return "it has no docstring"
    silent = option_parameters(part).keys() - option_texts(part).keys()
    return f'"Args:" of its docstring say nothing of {", ".join(sorted(silent))}' if silent else ""
