"""The config of a run: a TOML file, checked in full when it is read."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, Field, ValidationError

from s2s_toolkit.config_paths import resolved, swapped
from s2s_toolkit.config_sections import (
    SOURCE,
    TAGS,
    TARGET,
    Column,
    CorpusConfig,
    DataConfig,
    DecodingConfig,
    ModelConfig,
    PluginsConfig,
    Section,
    TextConfig,
    TrainingConfig,
)
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.formats import require_format
from s2s_toolkit.validation import explain, require_representable

FORMAT = 1


class Config(Section):
    """A whole config. Every section but `[data]` has defaults.

    Attributes:
        format: Of the config itself; a later version may know another.
        observers: Training observer -> its options, `[observers.NAME]`; those named here are told of the training.
    """

    format: int = FORMAT
    framework: str = "torch"
    seed: int = Field(1, ge=0, lt=2**31)
    data: DataConfig
    source: TextConfig = TextConfig()
    target: TextConfig = TextConfig()
    model: ModelConfig = ModelConfig()
    training: TrainingConfig = TrainingConfig()
    decoding: DecodingConfig = DecodingConfig()
    plugins: PluginsConfig = PluginsConfig()
    observers: dict[str, dict[str, Any]] = Field(default_factory=dict)


def read_config(path: Path) -> Config:
    """Read a TOML file; relative paths in it are taken from the file's own folder, and become absolute."""
    return parse_config(load_toml(path), folder=path.parent, where=str(path))


def load_toml(path: Path) -> dict[str, Any]:
    """The content of a config, unchecked."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ConfigError(f"can't read config {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, a hundred tables in each other
        raise ConfigError(f"{path} is not valid TOML: {error}") from error


def parse_config(content: dict[str, Any], *, folder: Path, where: str) -> Config:
    """Check the content of a config; `where` names it in errors, `folder` is what its paths are relative to."""
    require_format(content.get("format", FORMAT), FORMAT, where, error=ConfigError)
    require_representable(content, f"{where}: ")
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{where}: {explain(error, known_keys())}") from error
    if problem := _untied(config):
        raise ConfigError(f"{where}: {problem}")
    folder = folder.absolute()
    data = config.data.with_files(lambda files: resolved(files, folder))
    if data.cache:
        data = data.model_copy(update={"cache": str(folder / data.cache)})
    plugins = PluginsConfig(files=tuple(folder / file for file in config.plugins.files))
    sides = {name: _with_vocabulary(getattr(config, name), folder) for name in (SOURCE, TARGET)}
    config = config.model_copy(update={"data": data, "plugins": plugins, **sides})
    return reversed_config(config, where) if data.reverse else config


def reversed_config(config: Config, where: str) -> Config:
    """The config of the other direction for the same files: what it says of one side it says of the other.

    It is a config like any other and says `reverse` no more. ConfigError where that has no meaning.
    """
    data = config.data.with_files(swapped)
    if TAGS in data.columns:
        raise ConfigError(f"{where}: 'data.reverse': tags belong to one direction; write a config for each")
    if config.source.vocabulary or config.target.vocabulary:
        raise ConfigError(f"{where}: 'data.reverse': a folder of vocabularies belongs to one direction; leave one out")
    others: dict[Column, Column] = {SOURCE: TARGET, TARGET: SOURCE}
    changed = {
        "max_source_length": data.max_target_length,
        "max_target_length": data.max_source_length,
        "columns": tuple(others.get(column, column) for column in data.columns),
        "reverse": False,
    }
    sides = {"source": config.target, "target": config.source}
    return config.model_copy(update={"data": data.model_copy(update=changed), **sides})


def _with_vocabulary(config: TextConfig, folder: Path) -> TextConfig:
    return config.model_copy(update={"vocabulary": str(folder / config.vocabulary) if config.vocabulary else ""})


def _untied(config: Config) -> str:
    """Why the two sides can't share a vocabulary where they are to; nothing where they can."""
    source, target = config.source.model_dump(), config.target.model_dump()
    unlike = [key for key in source if source[key] != target[key]]
    if not config.model.tied_embeddings or not unlike:
        return ""
    key = unlike[0]
    return (
        f"model.tied_embeddings needs [source] and [target] alike, since one vocabulary serves both; given {key} = "
        f"{source[key]!r} and {target[key]!r}; set both to one value, or tied_embeddings = false"
    )


def write_config(config: Config, path: Path) -> None:
    """Write a config as TOML, defaults included."""
    path.write_text(config_text(config), encoding="utf-8", newline="\n")


def config_text(config: Config) -> str:
    """A config as TOML, defaults included; its paths are absolute, so it means the same wherever it lies."""
    return tomli_w.dumps(config.model_dump(mode="json"))


def known_keys() -> dict[str, list[str]]:
    """Section -> the keys that it knows, for error messages; "" is the top."""
    known = {name: list(section.model_fields) for name, section in _sections("", Config)}
    return known | {"data.train": list(CorpusConfig.model_fields)}


def _sections(name: str, section: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    yield name, section
    for key, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _sections(".".join(filter(None, [name, key])), field.annotation)
