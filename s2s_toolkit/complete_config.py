"""A config with all that it leaves unsaid: the defaults of the sections and those of every part's options."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from s2s_toolkit.blame import blaming
from s2s_toolkit.components import ANY
from s2s_toolkit.config import Config
from s2s_toolkit.config_sections import DecodingConfig, ModelConfig, PartConfig
from s2s_toolkit.model import REFERENCE, SECTIONS, reference_parts
from s2s_toolkit.options import option_parameters
from s2s_toolkit.origins import origins_of
from s2s_toolkit.registry import Registry
from s2s_toolkit.strategies.lengths import LENGTHS
from s2s_toolkit.validation import check_options

_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


def complete(config: Config, registry: Registry) -> tuple[Config, list[str]]:
    """The config with every option of every part, and the sections whose options could not be looked up.

    They are looked up in the reference parts, so no framework is imported, and a part that is native alone stays as it
    is given. What a config can't mean is refused as far as it is known without a framework. An option whose default is
    None can't be said in TOML, and is left out.
    """
    origins_of(config, registry)  # every part that is named is there
    model, unknown = complete_model(config.model, registry)
    if not unknown:
        reference_parts(config.model, registry, config.framework)
    observers = {
        name: _all_options("training observer", name, options, registry, where=f"observers.{name}")
        for name, options in config.observers.items()
    }
    changes = {"model": model, "decoding": _decoding(config.decoding, registry), "observers": observers}
    return config.model_copy(update=changes), unknown


def complete_model(model: ModelConfig, registry: Registry) -> tuple[ModelConfig, list[str]]:
    """`[model]` with every option of its parts, and the sections whose options could not be looked up."""
    sections, unknown = {}, []
    for kind, section in SECTIONS.items():
        part: PartConfig = getattr(model, section)
        if registry.has(kind, part.name, REFERENCE):
            options = _all_options(kind, part.name, part.options, registry, where=f"model.{section}", beside=("name",))
            sections[section] = PartConfig(name=part.name, **options)
        else:
            unknown.append(f"model.{section}")
    return model.model_copy(update=sections), unknown


def _decoding(given: DecodingConfig, registry: Registry) -> DecodingConfig:
    beside = ("strategy", *LENGTHS)
    options = _all_options(
        "decoding strategy", given.strategy, given.options, registry, where="decoding", beside=beside
    )
    lengths = {length: getattr(given, length) for length in LENGTHS}
    return DecodingConfig(strategy=given.strategy, **lengths, **options)


def _all_options(
    kind: str, name: str, given: Mapping[str, Any], registry: Registry, *, where: str, beside: Sequence[str] = ()
) -> dict[str, Any]:
    """The options of a part as a config may say them: those given, the others by default."""
    framework = REFERENCE if kind in SECTIONS else ANY
    part, offer = registry.load(kind, name, framework), registry.find_offer(kind, name, framework)
    with blaming(kind, offer):
        check_options(part, given, where, beside)
        defaults = {option: p.default for option, p in option_parameters(part).items()}
    said = {option: default for option, default in defaults.items() if default not in (None, inspect.Parameter.empty)}
    chosen = {**said, **given}
    return {option: _ANYTHING.dump_python(chosen[option], mode="json") for option in defaults if option in chosen}
