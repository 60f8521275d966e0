"""A part's options as options of a command: names, types and defaults from its constructor, help from its docstring."""

import inspect
import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click

from s2s_toolkit.options import option_parameters

_ARGUMENT = re.compile(r"^ {4}(\w+): ", re.MULTILINE)


def click_options(part: Any) -> list[click.Option]:
    """An option for each option of a part; one that is not given stays None, and the part's default holds."""
    texts = option_texts(part)
    return [_option(name, parameter, texts.get(name, "")) for name, parameter in option_parameters(part).items()]


def option_texts(part: Any) -> dict[str, str]:
    """Name -> what the "Args:" of a part's docstring say of it, in one line; what a class leaves out, its bases say."""
    documented = reversed(inspect.getmro(part)) if inspect.isclass(part) else [part]
    texts: dict[str, str] = {}
    for each in documented:
        texts |= _argument_texts(inspect.cleandoc(each.__doc__ or ""))
    return texts


def _argument_texts(docstring: str) -> dict[str, str]:
    _, _, arguments = docstring.partition("Args:\n")
    arguments = re.split(r"\n\n|\n(?=\S)", arguments, maxsplit=1)[0]
    pieces = _ARGUMENT.split(arguments)[1:]
    return {name: " ".join(text.split()) for name, text in zip(pieces[::2], pieces[1::2], strict=True)}


def _option(name: str, parameter: inspect.Parameter, text: str) -> click.Option:
    default = parameter.default
    shown = None if default in ("", inspect.Parameter.empty) else default
    flag = f"--{name.replace('_', '-')}"
    if parameter.annotation is bool:
        return click.Option([flag, name], is_flag=True, default=None, help=text)
    help_text = f"{text} [default: {shown}]" if shown is not None else text
    return click.Option([flag, name], type=_type(parameter.annotation), default=None, help=help_text)


def _type(annotation: Any) -> Any:
    """The type that click checks; None may be one of several and means that nothing is given."""
    if get_origin(annotation) is Literal:
        return click.Choice([str(choice) for choice in get_args(annotation)])
    alternatives = [kind for kind in get_args(annotation) if kind is not type(None)]
    kind = alternatives[0] if alternatives else annotation
    return click.Path(path_type=Path) if kind is Path else kind
