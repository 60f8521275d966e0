"""`name=value` on the command line: values as TOML has them, laid over a config before it is checked."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from s2s_toolkit.errors import ConfigError

Assignment = tuple[str, Any]
"""A name and its value."""

PARTS = ("encoder", "attention", "decoder")
"""Sections under `[model]` that may go without it on the command line."""


def parse_assignment(text: str) -> Assignment:
    """`beam_size=5` -> ("beam_size", 5); a value is a TOML number, boolean, list or quoted string, or bare text."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name:
        raise ConfigError(f"expected name=value, found {text!r}")
    return name, _value(value)


def full_key(name: str) -> str:
    """A dotted key with the `model.` that a part's section may go without."""
    return f"model.{name}" if name.partition(".")[0] in PARTS else name


def overlay(content: Mapping[str, Any], assignments: Iterable[Assignment]) -> dict[str, Any]:
    """A config's content with values set by dotted key, such as `training.batch_size`; sections are made as needed."""
    result = dict(content)
    for name, value in assignments:
        key, dot, rest = name.partition(".")
        result[key] = overlay(_section(result, key), [(rest, value)]) if dot else value
    return result


def _section(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = content.get(key, {})
    if not isinstance(found, Mapping):
        raise ConfigError(f"{key!r} is a value, not a section; found {found!r}")
    return found


def _value(text: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError) as error:
        if text[:1] in ('"', "'", "[", "{"):
            raise ConfigError(f"{text} is not a TOML value: {error}") from error
        return text
    is_plain = parsed.keys() == {"value"} and isinstance(parsed["value"], bool | int | float | str | list | dict)
    return parsed["value"] if is_plain else text  # a date is text here
