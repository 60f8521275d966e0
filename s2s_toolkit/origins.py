"""Which plugin each part of a run came from: recorded, and named where the part is missing; never loaded by itself."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from s2s_toolkit.components import ANY
from s2s_toolkit.config import Config
from s2s_toolkit.metrics import LOSS
from s2s_toolkit.registry import CORE, Registry
from s2s_toolkit.remedies import way_to

_PART = re.compile(r"[\w-]+( [\w-]+)*")
_DISTRIBUTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+!_-]*|")


@dataclass(frozen=True)
class Origin:
    """A part that a run was trained with, and the plugin that offered it.

    It may be read from a stranger's run, and is shown in a command for pip: ValueError where it names none of these.

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
        for part in (self.kind, self.name):
            if not _PART.fullmatch(part):
                raise ValueError(f"{part!r:.40} names no part")
        is_file = self.plugin.endswith(".py") and self.plugin.removesuffix(".py").isidentifier()
        if not is_file and not _DISTRIBUTION.fullmatch(self.plugin):
            raise ValueError(f"{self.plugin!r:.40} names no plugin")
        if not _VERSION.fullmatch(self.version):
            raise ValueError(f"{self.version!r:.40} is no version")


def origins_of(config: Config, registry: Registry) -> list[Origin]:
    """Where the parts of a config come from, those of the core left out."""
    used = dict.fromkeys(_used_parts(config))
    offers = [(kind, registry.find_offer(kind, name, framework)) for kind, name, framework in used]
    return [Origin(k, o.component.name, o.distribution, o.version) for k, o in offers if o.plugin != CORE]


def expect(origins: Iterable[Origin], registry: Registry) -> None:
    """Tell a registry what to say where a part of a run is missing."""
    for origin in origins:
        if any(offer.component.name == origin.name for offer in registry.offers.get(origin.kind, ())):
            continue
        plugin = " ".join(filter(None, [origin.plugin, origin.version]))
        way = way_to(origin.plugin, origin.version, registry.failures, registry.left_out)
        registry.origins[origin.kind, origin.name] = f"the run was trained with that of {plugin}: {way}"


def _used_parts(config: Config) -> Iterator[tuple[str, str, str]]:
    """Kind, name and framework of each part that a training uses; what only decodes needs fewer."""
    model, framework = config.model, config.framework
    yield "framework", framework, framework
    yield "encoder", model.encoder.name, framework
    yield "attention scorer", model.attention.name, framework
    yield "decoder", model.decoder.name, framework
    yield "decoding strategy", config.decoding.strategy, framework
    yield "tokenizer", config.source.tokenizer_part.name, framework
    yield "tokenizer", config.target.tokenizer_part.name, framework
    if config.training.metric != LOSS:
        yield "metric", config.training.metric, ANY
    yield from (("training observer", name, ANY) for name in config.observers)
