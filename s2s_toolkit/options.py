"""A part's options are the keyword-only, typed arguments of its constructor; here they are read, checked and passed."""

import difflib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, Field, PydanticUserError, ValidationError, create_model

from s2s_toolkit.errors import ConfigError


def create_part(part: Any, *sizes: int, options: Mapping[str, Any], where: str, beside: Sequence[str] = ()) -> Any:
    """Call a part's constructor with the sizes that the pipeline gives and the options from a config.

    Args:
        part: The class; its positional arguments are sizes, its keyword-only arguments are options.
        sizes: What the pipeline gives.
        options: What the config says; unknown names and wrong types are refused.
        where: The config section, for the error message.
        beside: Keys of that section that are no options, for the error message too.
    """
    checked = check_options(part, options, where, beside)
    _require_sizes(part, len(sizes))
    try:
        return part(*sizes, **checked)
    except ValueError as error:
        raise ConfigError(f"[{where}] {error}") from error


def _require_sizes(part: Any, count: int) -> None:
    """TypeError, which is the plugin's mistake, where a constructor takes others than so many sizes."""
    parameters = inspect.signature(part).parameters.values()
    sizes = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if 0 < count < len(sizes) and sizes[count].default is not inspect.Parameter.empty:
        raise TypeError(f"its option {sizes[count].name!r} can't be set by name alone; put `*` before it")
    signature = inspect.Signature([p for p in parameters if p.kind is not p.KEYWORD_ONLY])
    try:
        signature.bind(*range(count))
    except TypeError as error:
        given = f"{count} size{'s' * (count != 1)}"
        raise TypeError(
            f"its constructor takes {inspect.signature(part)}, and is given {given} and its options by name"
        ) from error


def check_options(part: Any, options: Mapping[str, Any], where: str, beside: Sequence[str] = ()) -> dict[str, Any]:
    """The options with their types checked against the constructor's annotations."""
    fields: dict[str, Any] = {
        name: (Any if p.annotation is p.empty else p.annotation, Field(... if p.default is p.empty else p.default))
        for name, p in option_parameters(part).items()
    }
    try:
        schema = create_model(
            "Options", __config__=ConfigDict(extra="forbid", protected_namespaces=(), strict=True), **fields
        )
    except PydanticUserError as error:
        raise TypeError(f"an option has a type that no config can say; {str(error).splitlines()[0]}") from error
    try:
        given = schema.model_validate(dict(options))
    except ValidationError as error:
        raise ConfigError(explain(error, {where: [*fields, *beside]}, prefix=where)) from error
    return {name: getattr(given, name) for name in fields if name in given.model_fields_set}


def option_parameters(part: Any) -> dict[str, inspect.Parameter]:
    """Name -> parameter of each option."""
    parameters = inspect.signature(part, eval_str=True).parameters
    return {name: p for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY}


def explain(error: ValidationError, known: Mapping[str, Iterable[str]], prefix: str = "") -> str:
    """The first problem as one line: the key, what was wrong, what was given, what would work."""
    first = error.errors()[0]
    *section, key = [str(place) for place in first["loc"] if "[" not in str(place)] or [""]  # pydantic names types too
    section_name = ".".join(filter(None, [prefix, *section]))
    full = ".".join(filter(None, [section_name, key]))
    if first["type"] == "extra_forbidden":
        table = ".".join(
            place for place in section_name.split(".") if not place.isdigit()
        )  # one of a list has a number
        names = sorted(known.get(table, ()))
        close = difflib.get_close_matches(key, names, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return f"unknown key {full!r}; {hint}known: {', '.join(names) or 'none'}"
    if first["type"] == "missing":
        return f"{full!r} is missing"
    message = first["msg"].removeprefix("Value error, ")
    return f"{full!r}: {message[:1].lower()}{message[1:]}, given {first['input']!r}"
