"""A config and what the command line changes in it, the same for every command that trains."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from s2s_toolkit.assignments import Assignment, full_key, overlay
from s2s_toolkit.commands.decoding import FILE, assignments, device_option, framework_option
from s2s_toolkit.commands.gathering import gathered
from s2s_toolkit.commands.plugin_files import plugin_option
from s2s_toolkit.config import Config, load_toml, parse_config
from s2s_toolkit.plugins import register_files
from s2s_toolkit.registry import Registry


@dataclass(frozen=True)
class ChangedConfig:
    """A config's file, and what is laid over its content.

    Attributes:
        path: The file.
        changes: Values by dotted key.
    """

    path: Path
    changes: Sequence[Assignment]

    def read(self, registry: Registry, *, more: Sequence[Assignment] = (), observers: Sequence[str] = ()) -> Config:
        """Read and check it, with more changes; a registry gets the plugin files that it names."""
        config = read_changed_config(self.path, [*self.changes, *more], observers)
        register_files(registry, config.plugins.files)
        return config


def read_changed_config(path: Path, changes: Sequence[Assignment], observers: Sequence[str] = ()) -> Config:
    """Read a config and lay values over it, then check it; paths are relative to its folder either way.

    Args:
        path: The config.
        changes: Values by dotted key. The sections of the model's parts may go without their `model.`.
        observers: Training observers to name as well.
    """
    content = overlay(load_toml(path), [(full_key(name), value) for name, value in changes])
    for observer in observers:
        content = overlay(content, [(f"observers.{observer}", content.get("observers", {}).get(observer, {}))])
    return parse_config(content, folder=path.parent, where=str(path))


def config_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `CONFIG.toml` and what changes it, together as `config`, and `--plugin`.

    That is `--framework`, `--device`, `--devices`, `--seed` and `--set`.
    """
    command = gathered("config", gather_config)(command)
    for option in (
        device_option,
        click.option("--devices", type=click.IntRange(min=1), help="How many of this machine share each batch."),
        framework_option("What trains, instead of what the config says."),
    ):
        command = option(command)
    return _what_is_learnt(command)


def change_options(command: Callable[..., None]) -> Callable[..., None]:
    """As `config_options`, without what computes: the framework and its devices."""
    return _what_is_learnt(gathered("config", gather_config)(command))


def _what_is_learnt(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        plugin_option,
        click.option(
            "--set",
            "changes",
            multiple=True,
            metavar="SECTION.KEY=VALUE",
            callback=assignments,
            help="Change the config, as in training.batch_size=32 or attention.size=64; may be repeated.",
        ),
        click.option("--seed", type=int, help="Instead of the config's."),
        click.argument("config", metavar="CONFIG.toml", type=FILE),
    ):
        command = option(command)
    return command


def gather_config(
    config: Path,
    framework: str = "",
    *,
    device: str = "",
    devices: int | None = None,
    seed: int | None,
    changes: Sequence[Assignment],
) -> ChangedConfig:
    """The values of `config_options`, or of `change_options`, put together."""
    given: dict[str, Any] = {
        "framework": framework or None,
        "training.device": device or None,
        "training.devices": devices,
        "seed": seed,
    }
    return ChangedConfig(config, [*changes, *((key, value) for key, value in given.items() if value is not None)])
