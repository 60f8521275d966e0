"""Which plugin each part of a run came from: recorded, and named where the part is missing; never loaded by itself."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from importlib.metadata import PackageNotFoundError, version

from s2s_toolkit.config import Config
from s2s_toolkit.plugins import ONLY
from s2s_toolkit.registry import CORE, Registry


@dataclass(frozen=True)
class Origin:
    """A part that a run was trained with, and the plugin that offered it.

    Attributes:
        kind: Of the part.
        name: Of the part.
        plugin: A distribution, or the name of a file.
        version: The distribution's; a file has none.
    """

    kind: str
    name: str
    plugin: str
    version: str

    def __post_init__(self) -> None:
        for text in astuple(self):
            if not re.fullmatch(r"[\w .+!:-]*", text):  # it may be read from a stranger's run, and is shown
                raise ValueError(f"{text!r:.40} names no part and no plugin")


def origins_of(config: Config, registry: Registry) -> list[Origin]:
    """Where the parts of a config come from, those of the core left out."""
    used = dict.fromkeys(_used_parts(config))
    offers = [(kind, registry.find_offer(kind, name, framework)) for kind, name, framework in used]
    return [Origin(k, o.component.name, o.plugin, o.version) for k, o in offers if o.plugin != CORE]


def expect(origins: Iterable[Origin], registry: Registry) -> None:
    """Tell a registry what to say where a part of a run is missing."""
    for origin in origins:
        if any(offer.component.name == origin.name for offer in registry.offers.get(origin.kind, ())):
            continue
        plugin = " ".join(filter(None, [origin.plugin, origin.version]))
        said = f"the run was trained with that of {plugin}: {_remedy(origin, registry)}"
        registry.origins[origin.kind, origin.name] = said


def _remedy(origin: Origin, registry: Registry) -> str:
    if origin.plugin.endswith(".py"):
        return f"load it with --plugin .../{origin.plugin}"
    try:
        installed = version(origin.plugin)
    except PackageNotFoundError:
        return f"pip install {origin.plugin}"
    if origin.plugin in registry.failures:
        return "it is installed, and failed to load"
    if ONLY in os.environ:
        return f"it is installed, and {ONLY} leaves it out"
    return f"version {installed} is installed, which has none; pip install {origin.plugin}=={origin.version}"


def _used_parts(config: Config) -> Iterator[tuple[str, str, str]]:
    """Kind, name and framework of each part that a run needs."""
    model, framework = config.model, config.framework
    yield "framework", framework, framework
    yield "encoder", model.encoder.name, framework
    yield "attention scorer", model.attention.name, framework
    yield "decoder", model.decoder.name, framework
    yield "decoding strategy", config.decoding.strategy, framework
    yield "tokenizer", config.source.tokenizer, framework
    yield "tokenizer", config.target.tokenizer, framework
