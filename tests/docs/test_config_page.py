"""docs/config.md: its tables hold every key and option, with type and default."""

import json
import re
import tomllib
import typing
from collections.abc import Callable
from pathlib import Path

from pydantic_core import PydanticUndefined

from s2s_toolkit.assignments import parse_assignment
from s2s_toolkit.commands.changed_config import read_changed_config
from s2s_toolkit.components import ANY, HOOKS
from s2s_toolkit.config import Config
from s2s_toolkit.config_sections import (
    Column,
    DataConfig,
    DecodingConfig,
    ModelConfig,
    PartConfig,
    PluginsConfig,
    Section,
)
from s2s_toolkit.options import option_parameters
from s2s_toolkit.registry import Registry

PAGE = "docs/config.md"
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \| .+ \|$")

Page = Callable[[str], str]


def test_config_keys_are_documented_with_type_and_default(page: Page) -> None:
    tables = config_tables(page(PAGE))
    for place, section in {
        "## Top": Config,
        "## `[data]`": Config.model_fields["data"].annotation,
        "## `[source]` and `[target]`": Config.model_fields["source"].annotation,
        "## `[model]`": ModelConfig,
        "## `[training]`": Config.model_fields["training"].annotation,
        "## `[decoding]`": DecodingConfig,
        "## `[plugins]`": PluginsConfig,
    }.items():
        fields = {name: field for name, field in section.model_fields.items() if not is_section(field.annotation)}
        expected = [(name, type_name(field.annotation), default_text(field.default)) for name, field in fields.items()]
        assert tables[place] == expected, place


def test_options_of_every_built_in_part_are_documented(page: Page, registry: Registry) -> None:
    documented: dict[str, set[str]] = {}
    for place, rows in config_tables(page(PAGE)).items():
        if not place.startswith("options: "):
            continue
        kind = next(kind for kind in HOOKS if place.startswith(f"options: {kind} "))
        names = place.removeprefix(f"options: {kind} ").split()
        documented.setdefault(kind, set()).update(names)
        for name in names:
            parameters = option_parameters(load_any(registry, kind, name)).items()
            assert rows == [(n, type_name(p.annotation), default_text(p.default)) for n, p in parameters], name
    for kind in ("encoder", "attention scorer", "decoder", "decoding strategy"):
        ours = {offer.component.name for offer in registry.offers[kind] if offer.plugin == "s2s-toolkit"}
        assert documented[kind] == ours, kind


def test_observers_are_named_with_options_that_they_have(page: Page, registry: Registry) -> None:
    _, _, text = page(PAGE).partition("## `[observers.NAME]`")
    (example,) = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    config = Config.model_validate({"data": {"train": "a", "dev": "b"}, **tomllib.loads(example)})
    for name, options in config.observers.items():
        assert options.keys() <= option_parameters(registry.load("training observer", name)).keys()


def test_parts_of_the_model_are_set_without_its_name(page: Page, tmp_path: Path) -> None:
    short, full = re.search(r"`--set (\S+)` is `--set (\S+)`", page(PAGE)).groups()
    path = tmp_path / "config.toml"
    path.write_text('[data]\ntrain = "train.tsv"\ndev = "dev.tsv"\n\n[model.attention]\nname = "concat"\n')
    configs = [read_changed_config(path, [parse_assignment(change)]) for change in (short, full)]
    assert configs[0].model.attention.options == {"size": 64}
    assert configs[0] == configs[1]


def config_tables(text: str) -> dict[str, list[tuple[str, ...]]]:
    """Heading or options marker -> its rows (key, type, default)."""
    tables: dict[str, list[tuple[str, ...]]] = {}
    place = ""
    for line in text.splitlines():
        if line.startswith("#"):
            place = line
        elif marker := re.fullmatch(r"<!-- (options: .+) -->", line):
            place = marker[1]
        row = ROW.match(line)
        tables.setdefault(place, []).extend([row.groups()] if row else [])
    return tables


def load_any(registry: Registry, kind: str, name: str) -> type:
    return registry.load(kind, name, "numpy" if kind == "encoder" else ANY)


def is_section(annotation: object) -> bool:
    if typing.get_origin(annotation) is dict:  # of sections, by name
        return True
    return isinstance(annotation, type) and issubclass(annotation, Section | DecodingConfig)


def type_name(annotation: object) -> str:
    if annotation == str | PartConfig:
        return "text or section"
    plain = {int: "integer", float: "number", str: "text", bool: "true or false", PartConfig: "section"}
    if annotation in plain:
        return plain[annotation]
    if typing.get_origin(annotation) is typing.Literal:
        return " or ".join(f'"{value}"' for value in typing.get_args(annotation))
    if annotation == tuple[Column, ...]:
        return "list of columns"
    if annotation == DataConfig.model_fields["train"].annotation:
        return "path or pair of paths or tables"
    assert Path in typing.get_args(annotation)
    return "list of paths" if typing.get_args(annotation) == (Path, ...) else "path or pair of paths"


def default_text(default: object) -> str:
    if default is PydanticUndefined:
        return "required"
    return f'`{{ name = "{default.name}" }}`' if isinstance(default, PartConfig) else f"`{json.dumps(default)}`"
