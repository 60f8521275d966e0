"""Values from outside are checked by pydantic; what it finds is told in one line."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, Field, PydanticUserError, ValidationError, create_model

from s2s_toolkit.errors import ConfigError
from s2s_toolkit.options import option_parameters

GREATEST = 2**31 - 1
"""A whole number that counts or measures something is no greater: frameworks keep such in 32 or 64 bits."""


def check_options(part: Any, options: Mapping[str, Any], where: str, beside: Sequence[str] = ()) -> dict[str, Any]:
    """The options with their types and ranges checked, against the constructor's annotations."""
    require_representable(options, "", where)
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


def require_representable(content: Mapping[str, Any], where: str, section: str = "") -> None:
    """ConfigError, which `where` begins, if a whole number in some tables is beyond what frameworks can hold."""
    for key, value in content.items():
        name = ".".join(filter(None, [section, key]))
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                require_representable(each, where, name)
            elif isinstance(each, int) and abs(each) > GREATEST:
                raise ConfigError(f"{where}{name!r}: a whole number is at most {GREATEST:,}, given {each!r:.40}")


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
