"""What a part is, for people: where it runs, what its docstring says, its options, and how to use it."""

import inspect
import re
import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from s2s_toolkit.commands.part_options import option_texts
from s2s_toolkit.commands.plugins.snippets import snippet, toml_value
from s2s_toolkit.components import ANY
from s2s_toolkit.errors import PluginError, S2SError, one_line
from s2s_toolkit.metrics import Metric, Tally
from s2s_toolkit.model import REFERENCE
from s2s_toolkit.options import option_parameters
from s2s_toolkit.registry import Offer, Registry

TYPES = {bool: "true or false", int: "integer", float: "number", str: "text", Path: "path", dict: "section"}
"""Annotation -> what a person calls it."""

_SECTION = re.compile(r"^(Args|Arguments|Attributes|Returns|Raises|Examples?):[ ]*$", re.MULTILINE)


@dataclass(frozen=True)
class Option:
    """An option of a part.

    Attributes:
        name: The key in a config.
        type: What a person calls its type.
        required: Whether it has to be given.
        default: Its value where it is not given, as TOML or JSON can say it, else None.
        text: What the docstring says of it.
    """

    name: str
    type: str
    required: bool
    default: Any
    text: str


@dataclass(frozen=True)
class Description:
    """A part in all its forms.

    Attributes:
        kind: Of the part.
        name: Of the part.
        offers: Its forms, one for each framework.
        text: What the docstring says, without the sections of arguments and attributes.
        options: Its options.
        snippet: How it is used.
        problems: Why forms of it could not be loaded, a line each.
    """

    kind: str
    name: str
    offers: Sequence[Offer]
    text: str
    options: Sequence[Option]
    snippet: str
    problems: Sequence[str]


def describe(kind: str, name: str, registry: Registry) -> Description:
    """Describe a part by the first of its forms that loads: the portable one, the reference, then the others."""
    offers = [offer for offer in registry.offers[kind] if offer.component.name == name]
    frameworks = dict.fromkeys(offer.component.framework for offer in offers)
    problems: list[str] = []
    for framework in sorted(frameworks, key=lambda each: (each != ANY, each != REFERENCE)):
        try:
            part = registry.load(kind, name, framework)
            parameters = _parameters(part)
        except S2SError as error:
            problems.append(str(error))
            continue
        options = list(_options(part, parameters))
        used = snippet(kind, name, parameters)
        return Description(kind, name, offers, _text(part), options, used, problems)
    return Description(kind, name, offers, "", [], snippet(kind, name, {}), problems)


def type_words(annotation: Any) -> str:
    """A type as a person would say it: "integer", "text", '"a" or "b"'; None among others is left out."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in (Any, inspect.Parameter.empty):
        return "anything"
    if origin is typing.Literal:
        return " or ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_words(each) for each in arguments if each is not type(None))
    if origin in (list, tuple, set, frozenset) or getattr(origin, "__name__", "") == "Sequence":
        kinds = dict.fromkeys(type_words(each) for each in arguments if each is not Ellipsis)
        return f"list of {' or '.join(kinds)}"
    return str(TYPES.get(origin or annotation) or getattr(annotation, "__name__", annotation))


def _parameters(part: Any) -> dict[str, inspect.Parameter]:
    try:
        return option_parameters(part)
    except Exception as error:  # a third party's annotations may be anything
        raise PluginError(f"its options can't be read: {one_line(error)}") from error


def _options(part: Any, parameters: dict[str, inspect.Parameter]) -> Iterator[Option]:
    texts = option_texts(part)
    for name, parameter in parameters.items():
        is_required = parameter.default is parameter.empty
        default = None if is_required else toml_value(parameter.default)
        yield Option(name, type_words(parameter.annotation), is_required, default, texts.get(name, ""))


def _text(part: Any) -> str:
    """The part's own docstring up to its first section; one that is inherited speaks of something else."""
    if isinstance(part, click.Command):
        return inspect.cleandoc(part.help or "")
    if isinstance(part, Metric):
        better = "Higher" if part.higher_is_better else "Lower"
        definition = part.compute.count if isinstance(part.compute, Tally) else part.compute
        return "\n\n".join(filter(None, [inspect.getdoc(definition), f"{better} is better; in {part.unit}."]))
    return _SECTION.split(inspect.cleandoc(getattr(part, "__doc__", None) or ""))[0].strip()
