"""A model's plan, which parts and how large, and the making of its parts for a framework.

What can't work is refused here, without a framework being imported.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s2s_toolkit.blame import blaming, named
from s2s_toolkit.config_sections import ModelConfig, PartConfig
from s2s_toolkit.errors import ConfigError, PluginError
from s2s_toolkit.options import create_part
from s2s_toolkit.registry import Offer, Registry, resolve
from s2s_toolkit.weights import Weight, guess_weight, prefixed

SECTIONS = {"encoder": "encoder", "attention scorer": "attention", "decoder": "decoder"}
"""Kind of part -> its section under `[model]`, with which the names of its weights start."""

REFERENCE = "numpy"
"""The framework of the reference parts, which are there without any plugin."""


@dataclass(frozen=True)
class ModelPlan:
    """All that says what a model is.

    Attributes:
        config: The parts and their options.
        source_size: Number of source symbols.
        target_size: Number of target symbols, V; with tied embeddings the same.
    """

    config: ModelConfig
    source_size: int
    target_size: int

    def __post_init__(self) -> None:
        if self.config.tied_embeddings and self.source_size != self.target_size:
            raise ConfigError(
                "model.tied_embeddings needs one vocabulary for both sides, given one of "
                f"{self.source_size} and one of {self.target_size} symbols; train with it, or set it to false"
            )


@dataclass(frozen=True)
class Making:
    """How a part was made, in plain values: another process makes the same one of it.

    Attributes:
        target: "module:object" of its class.
        sizes: What the pipeline gave.
        options: What the config said.
    """

    target: str
    sizes: tuple[int, ...]
    options: Mapping[str, Any]

    def make(self) -> Any:
        """Make the part; what its class was found by is asked again."""
        return create_part(resolve(self.target), *self.sizes, options=self.options, where=self.target)


@dataclass(frozen=True)
class Parts:
    """The three parts, each made for one framework or portable; and how, where `build_parts` made them."""

    encoder: Any
    scorer: Any
    decoder: Any
    makings: tuple[Making, ...] = ()


def part_offers(config: ModelConfig, registry: Registry, framework: str) -> dict[str, Offer]:
    """Kind -> what is offered under the name that a config says, for a framework."""
    return {
        kind: registry.find_offer(kind, getattr(config, section).name, framework) for kind, section in SECTIONS.items()
    }


def build_parts(config: ModelConfig, registry: Registry, framework: str) -> Parts:
    """Make the parts that a config names; what can't work together is refused with the reason and what would work."""
    return _build(config, registry, lambda kind, name: framework)


def reference_parts(config: ModelConfig, registry: Registry, framework: str) -> Parts:
    """The reference part of each kind where there is one, else the framework's own; refused as by `build_parts`.

    What a config can't mean is known from them without the framework being imported, unless a part is native alone.
    """

    def preferred(kind: str, name: str) -> str:
        registry.find(kind, name, framework)
        return REFERENCE if registry.has(kind, name, REFERENCE) else framework

    return _build(config, registry, preferred)


def _build(config: ModelConfig, registry: Registry, framework_of: Callable[[str, str], str]) -> Parts:
    """Make each part for the framework that is given for its kind and name."""

    makings: dict[str, Making] = {}

    def make(kind: str, section: str, part: PartConfig, *sizes: int, needs: Sequence[str] = ()) -> Any:
        framework = framework_of(kind, part.name)
        offer, part_class = registry.find_offer(kind, part.name, framework), registry.load(kind, part.name, framework)
        with blaming(kind, offer):
            made = create_part(part_class, *sizes, options=part.options, where=f"model.{section}", beside=("name",))
        for name in needs:
            size = getattr(made, name, None)
            if not isinstance(size, int) or size < 1:
                told = f"no number {name!r}" if size is None else f"{name} = {size!r}"
                raise PluginError(f"{named(kind, offer)} has {told}, which says how large its outputs are, at least 1")
        makings[section] = Making(offer.component.target, sizes, part.options)
        return made

    encoder = make("encoder", "encoder", config.encoder, config.embedding_size, needs=["memory_size"])
    sizes = config.embedding_size, encoder.memory_size
    decoder = make("decoder", "decoder", config.decoder, *sizes, needs=["query_size", "readout_size"])
    if config.tied_softmax and decoder.readout_size != config.embedding_size:
        raise ConfigError(
            "[model] tied_softmax needs a readout as large as an embedding, given "
            f"{decoder.readout_size} and {config.embedding_size}; "
            f"set model.decoder.readout_size = {config.embedding_size}, or tied_softmax = false"
        )
    sizes = decoder.query_size, encoder.memory_size
    scorer = make("attention scorer", "attention", config.attention, *sizes)
    return Parts(encoder, scorer, decoder, tuple(makings[section] for section in SECTIONS.values()))


def remade(makings: Sequence[Making]) -> Parts:
    """The parts once more, in another process."""
    encoder, scorer, decoder = (making.make() for making in makings)
    return Parts(encoder, scorer, decoder, tuple(makings))


def declared_weights(plan: ModelPlan, parts: Parts) -> dict[str, Weight]:
    """The weights of a model of portable or reference parts; native parts declare none.

    What is tied to the target embedding has no array of its own.
    """
    config = plan.config
    declared = {
        "source_embedding": Weight((plan.source_size, config.embedding_size), "embedding"),
        "target_embedding": Weight((plan.target_size, config.embedding_size), "embedding"),
        "output.kernel": Weight((parts.decoder.readout_size, plan.target_size)),
        "output.bias": Weight((plan.target_size,), "zeros"),
    }
    if config.tied_embeddings:
        del declared["source_embedding"]
    if config.tied_softmax:
        del declared["output.kernel"]
    for name, part in {"encoder": parts.encoder, "attention": parts.scorer, "decoder": parts.decoder}.items():
        if callable(getattr(part, "weights", None)):
            declared |= prefixed(part.weights(), name)
    return declared


def complete_declaration(declared: Mapping[str, Weight], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Weight]:
    """The declaration of every array that a built model has; a shape that differs from the declared one is refused."""
    for name, weight in declared.items():
        if name in shapes and tuple(shapes[name]) != weight.shape:
            raise ConfigError(
                f"weight {name!r} has shape {tuple(shapes[name])}, the reference part declares {weight.shape}"
            )
    return {name: declared.get(name) or guess_weight(name, tuple(shape)) for name, shape in shapes.items()}
