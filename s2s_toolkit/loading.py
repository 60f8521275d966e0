"""From a run directory to a model and a translator."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from s2s_toolkit.blame import blaming
from s2s_toolkit.checks.strategies import check_strategy
from s2s_toolkit.contracts import DecodingModel, Framework, FrameworkModel, PlacedFramework
from s2s_toolkit.devices import CPU
from s2s_toolkit.ensemble import require_alike, together
from s2s_toolkit.errors import ConfigError, RunError, UnsupportedError
from s2s_toolkit.model import ModelPlan, build_parts
from s2s_toolkit.options import create_part, option_parameters
from s2s_toolkit.registry import CORE, Registry
from s2s_toolkit.run import Run, load_checkpoint
from s2s_toolkit.strategies.contract import DecodingStrategy
from s2s_toolkit.strategies.lengths import LENGTHS, require_lengths
from s2s_toolkit.translator import Translator


def plan_of(run: Run) -> ModelPlan:
    """What the run's model is."""
    return ModelPlan(run.config.model, len(run.source.vocabulary), len(run.target.vocabulary))


def framework_on(device: str, name: str, registry: Registry, *, devices: int = 1) -> Framework:
    """A framework on a device, or on several to train there; UnsupportedError where it can't be."""
    framework: Framework = registry.load("framework", name)()
    if hasattr(framework, "on"):
        placed: PlacedFramework = framework.on(device, devices)
        return placed
    if (device, devices) != (CPU, 1):
        raise UnsupportedError(f"{name} computes on one {CPU} only, given device {device!r} and {devices} devices")
    return framework


def build_model(
    plan: ModelPlan, registry: Registry, framework: str, *, device: str = CPU, devices: int = 1
) -> FrameworkModel:
    """Build a model in a framework, on a device, or on several to be trained there; its weights are not set yet."""
    builder = framework_on(device, framework, registry, devices=devices)
    with builder.scope() if hasattr(builder, "scope") else nullcontext():
        return builder.build(plan, build_parts(plan.config, registry, framework))


def load_model(run: Run, registry: Registry, framework: str, device: str = CPU) -> FrameworkModel:
    """Build the run's model in a framework, which need not be the one it was trained in, and load its checkpoint."""
    model = build_model(plan_of(run), registry, framework, device=device)
    path = run.weights_path()
    model.load_weights(fitting_weights(load_checkpoint(path).weights, model, path))
    return model


def load_weights(run: Run, registry: Registry, framework: str) -> dict[str, np.ndarray]:
    """The weights of the run's checkpoint, known to fit its model in a framework."""
    path = run.weights_path()
    return fitting_weights(load_checkpoint(path).weights, build_model(plan_of(run), registry, framework), path)


def fitting_weights(weights: dict[str, np.ndarray], model: FrameworkModel, path: Path) -> dict[str, np.ndarray]:
    """The weights, once their names and shapes are known to be the model's."""
    for name, expected in model.weights().items():
        if name not in weights:
            raise RunError(f"{path} lacks weight {name!r}; it belongs to another config")
        if weights[name].shape != expected.shape:
            shapes = f"{weights[name].shape}, the config says {expected.shape}"
            raise RunError(f"{path}: weight {name!r} has shape {shapes}; it belongs to another config")
    if strange := sorted(weights.keys() - model.weights().keys()):
        raise RunError(
            f"{path} holds weight {strange[0]!r}, which the config's model lacks; it belongs to another config"
        )
    return weights


def make_strategy(name: str, options: Mapping[str, Any], registry: Registry) -> DecodingStrategy:
    """A decoding strategy by name, its options checked; `LENGTHS` may stand among them and are none.

    PluginError where it breaks its contract.
    """
    part, offer = registry.load("decoding strategy", name), registry.find_offer("decoding strategy", name)
    own = {option: value for option, value in options.items() if option not in LENGTHS}
    with blaming("decoding strategy", offer):
        made: DecodingStrategy = create_part(part, options=own, where="decoding", beside=("strategy", *LENGTHS))
    if offer.plugin != CORE:
        check_strategy(made, offer)
    return made


@dataclass(frozen=True)
class Decoding:
    """A strategy, chosen.

    Attributes:
        name: What a config calls it.
        strategy: The strategy itself.
        settings: What may vary from call to call, `LENGTHS` among them.
        fixed: The options it was made with that may not.
    """

    name: str
    strategy: DecodingStrategy
    settings: dict[str, int | float]
    fixed: dict[str, Any]


def choose_decoding(
    run: Run, registry: Registry, strategy: str = "", options: Mapping[str, Any] | None = None
) -> Decoding:
    """The decoding that is asked for.

    Args:
        run: Whose config says what is chosen where nothing is asked for.
        registry: Where strategies are found.
        strategy: A strategy; by default the config's, with its options.
        options: Options of the strategy, which overlay the config's if the strategy is the same, and `LENGTHS`.
    """
    config = run.config.decoding
    name = strategy or config.strategy
    chosen = {**(config.options if name == config.strategy else {}), **(options or {})}
    lengths = {length: chosen.pop(length, getattr(config, length)) for length in LENGTHS}
    for length, value in lengths.items():
        if isinstance(value, bool) or not isinstance(value, int):
            raise ConfigError(f"{length} must be an integer, given {value!r}")
    require_lengths(**lengths)
    made = make_strategy(name, chosen, registry)
    defaults = {o: p.default for o, p in option_parameters(type(made)).items()}
    fixed = {option: value for option, value in (defaults | chosen).items() if option not in made.settings}
    return Decoding(name, made, {**made.settings, **lengths}, fixed)


def load_models(runs: Sequence[Run], registry: Registry, framework: str = "", device: str = CPU) -> DecodingModel:
    """The model of a run, or of several runs one that decodes with all of them (`s2s_toolkit.ensemble`).

    Args:
        runs: At least one; ConfigError where their symbols differ.
        registry: Where parts are found.
        framework: What computes them; by default each is computed by what trained it.
        device: Where.
    """
    require_alike(runs[0], runs[1:])
    return together([load_model(run, registry, framework or run.config.framework, device) for run in runs])


def load_translator(
    run: Run,
    registry: Registry,
    *,
    framework: str = "",
    strategy: str = "",
    options: Mapping[str, Any] | None = None,
    others: Sequence[Run] = (),
    device: str = CPU,
    max_source_length: int | None = None,
) -> Translator:
    """A translator for a run.

    Args:
        run: Whose config says what is not said here.
        registry: Where parts are found.
        framework: What computes it; by default what trained it.
        strategy: As `choose_decoding` has it.
        options: Likewise.
        others: Runs whose models decode together with the run's, as an ensemble.
        device: Where it is computed.
        max_source_length: Symbols of a source at most; None for any number.
    """
    decoding = choose_decoding(run, registry, strategy, options)
    model = load_models([run, *others], registry, framework, device)
    sides = run.source, run.target
    how = decoding.strategy, decoding.settings
    return Translator(model.stepper(), *sides, *how, max_source_length=max_source_length)
