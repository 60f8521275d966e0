"""How a part is used: the section of a config, or the command, to copy."""

import inspect
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from s2s_toolkit.model import REFERENCE

Parameters = Mapping[str, inspect.Parameter]
"""The options of a part, by name."""


def snippet(kind: str, name: str, options: Parameters) -> str:
    """Lines of a config with every option at its default, or a command line, that use a part.

    An option without a default, or with one that TOML can't say (as None), stands in a comment.

    Args:
        kind: The kind of part, as in `HOOKS`.
        name: What a config or the command line calls it.
        options: Its options.
    """
    if kind == "command":
        return f"s2s {name} --help"
    if kind == "exporter":
        return shlex.join(["s2s", "export", "RUN", "--format", name, *_flags(options)])
    if (kind, name) == ("framework", REFERENCE):
        return f"s2s translate RUN --framework {name}"  # it trains nothing
    said = {option: toml_value(p.default) for option, p in options.items()}
    content = _content(kind, name, {option: value for option, value in said.items() if value is not None})
    unsaid = [f"# {option} = …" for option, value in said.items() if value is None]
    return "\n".join([tomli_w.dumps(content).rstrip(), *unsaid])


def toml_value(default: Any) -> Any:
    """A default as TOML can say it; None where it can't, or where there is none."""
    value = str(default) if isinstance(default, Path) else default
    try:
        tomli_w.dumps({"value": value})
    except TypeError:
        return None
    return value


def _content(kind: str, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    tokenizer = {"name": name, **options} if options else name
    contents: dict[str, dict[str, Any]] = {
        "framework": {"framework": name},
        "encoder": {"model": {"encoder": {"name": name, **options}}},
        "attention scorer": {"model": {"attention": {"name": name, **options}}},
        "decoder": {"model": {"decoder": {"name": name, **options}}},
        "decoding strategy": {"decoding": {"strategy": name, **options}},
        "tokenizer": {"source": {"tokenizer": tokenizer}, "target": {"tokenizer": tokenizer}},
        "metric": {"training": {"metric": name}},
        "training observer": {"observers": {name: dict(options)}},
    }
    return contents[kind]


def _flags(options: Parameters) -> list[str]:
    """Options of a command at their defaults; one that is off, or empty, is left out."""
    values = {f"--{option.replace('_', '-')}": toml_value(p.default) for option, p in options.items()}
    return [
        word
        for flag, value in values.items()
        if value not in (None, False, "")
        for word in ([flag] if value is True else [flag, str(value)])
    ]
