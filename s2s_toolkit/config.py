"""The config of a run: a TOML file, checked in full when it is read."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import BaseModel, Field, ValidationError

from s2s_toolkit.config_paths import resolved
from s2s_toolkit.config_sections import (
    DataConfig,
    DecodingConfig,
    ModelConfig,
    PluginsConfig,
    Section,
    TextConfig,
    TrainingConfig,
)
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.options import explain


class Config(Section):
    """A whole config. Every section but `[data]` has defaults.

    Attributes:
        observers: Training observer -> its options, `[observers.NAME]`; those named here are told of the training.
    """

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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error


def parse_config(content: dict[str, Any], *, folder: Path, where: str) -> Config:
    """Check the content of a config; `where` names it in errors, `folder` is what its paths are relative to."""
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{where}: {explain(error, known_keys())}") from error
    folder = folder.absolute()
    data = {"train": resolved(config.data.train, folder), "dev": resolved(config.data.dev, folder)}
    plugins = PluginsConfig(files=tuple(folder / file for file in config.plugins.files))
    sides = {name: _with_vocabulary(getattr(config, name), folder) for name in ("source", "target")}
    return config.model_copy(update={"data": config.data.model_copy(update=data), "plugins": plugins, **sides})


def _with_vocabulary(config: TextConfig, folder: Path) -> TextConfig:
    return config.model_copy(update={"vocabulary": str(folder / config.vocabulary) if config.vocabulary else ""})


def write_config(config: Config, path: Path) -> None:
    """Write a config as TOML, defaults included."""
    path.write_text(tomli_w.dumps(config.model_dump(mode="json")), encoding="utf-8", newline="\n")


def known_keys() -> dict[str, list[str]]:
    """Section -> the keys that it knows, for error messages; "" is the top."""
    return {name: list(section.model_fields) for name, section in _sections("", Config)}


def _sections(name: str, section: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    yield name, section
    for key, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _sections(".".join(filter(None, [name, key])), field.annotation)
