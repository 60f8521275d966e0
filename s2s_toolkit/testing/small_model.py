"""A small model around a part, on random weights, in every framework; what the tests of one class share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from s2s_toolkit.batches import Batch, make_batch
from s2s_toolkit.checks.parts import check_parts
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.contracts import FrameworkModel, Optimizer, OptimizerOptions
from s2s_toolkit.loading import build_model
from s2s_toolkit.model import SECTIONS, ModelPlan, build_parts, complete_declaration, declared_weights, reference_parts
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.symbols import SPECIAL
from s2s_toolkit.testing.alone import Alone, part_alone
from s2s_toolkit.testing.requirements import require_framework
from s2s_toolkit.testing.untrained_runs import SOURCE_SYMBOLS, TARGET_SYMBOLS, write_run
from s2s_toolkit.weights import initial_weights, under

EMBEDDING_SIZE = 5
LENGTHS = [(7, 8), (3, 2), (5, 4), (0, 1)]
"""Symbols of source and target without their ends; with them, no two axes of the model have one size."""
SPREAD = 0.8
"""Deviation of the noise on each weight: small weights hide mistakes in the linear range of what squashes them."""
FREELY = 4
"""How long an axis of a weight may be before `SPREAD` shrinks."""


@dataclass(frozen=True)
class SmallModel:
    """A model, built once in each framework, since TensorFlow traces each model anew.

    Attributes:
        registry: Where its parts are found.
        plan: What it is.
        kind: The kind of the part that is tested.
        frameworks: Where the part runs.
    """

    registry: Registry
    plan: ModelPlan
    kind: str
    frameworks: tuple[str, ...]
    _models: dict[str, FrameworkModel] = field(default_factory=dict)
    _optimizers: dict[str, tuple[Optimizer, dict[str, np.ndarray]]] = field(default_factory=dict)
    _alone: dict[str, Alone] = field(default_factory=dict)

    @property
    def section(self) -> str:
        """What the names of the part's weights start with."""
        return SECTIONS[self.kind]

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """Every weight of the model, none of them zero."""
        framework, rng = self.frameworks[0], np.random.default_rng(3)
        declared = declared_weights(self.plan, reference_parts(self.plan.config, self.registry, framework))
        shapes = {name: array.shape for name, array in self._built(framework).weights().items()}
        drawn = initial_weights(complete_declaration(declared, shapes), seed=1)
        return {name: array + _noise(array.shape, rng) for name, array in drawn.items()}

    def model(self, framework: str) -> FrameworkModel:
        """The model in a framework, on `weights`."""
        model = self._built(framework)
        model.load_weights(self.weights)
        return model

    def another(self, framework: str) -> FrameworkModel:
        """A model built anew, on no weights."""
        return build_model(self.plan, self.registry, framework)

    def optimizer(self, framework: str) -> Optimizer:
        """The optimizer of `model`, after one step and with `weights` put back, each time the same."""
        model = self.model(framework)
        if framework not in self._optimizers:
            optimizer = model.optimizer(OptimizerOptions(clip_norm=1.0))
            optimizer.step([batch()], learning_rate=0.01, seeds=[0])
            self._optimizers[framework] = optimizer, optimizer.state()
            model.load_weights(self.weights)
        optimizer, state = self._optimizers[framework]
        optimizer.load_state(state)
        return optimizer

    def trained(self, framework: str) -> dict[str, np.ndarray]:
        """The weights of `model` after three more steps."""
        optimizer = self.optimizer(framework)
        for step in range(3):
            optimizer.step([batch()], learning_rate=0.01, seeds=[step])
        return self._models[framework].weights()

    def gradients(self, framework: str) -> dict[str, np.ndarray]:
        """Of the loss of `batch` per target token."""
        return self.model(framework).gradients(batch())

    def alone(self, framework: str) -> Alone:
        """The part without the model."""
        require_framework(framework, self.registry)
        if framework not in self._alone:
            config, parts = self.plan.config, build_parts(self.plan.config, self.registry, framework)
            part, sizes = {
                "encoder": (parts.encoder, (EMBEDDING_SIZE,)),
                "attention scorer": (parts.scorer, (parts.decoder.query_size, parts.encoder.memory_size)),
                "decoder": (parts.decoder, (EMBEDDING_SIZE, parts.encoder.memory_size)),
            }[self.kind]
            self._alone[framework] = part_alone(
                self.kind,
                getattr(config, self.section).name,
                part,
                sizes=sizes,
                weights=under(self.weights, self.section),
                framework=framework,
                registry=self.registry,
            )
        return self._alone[framework]

    def run(self, folder: Path, framework: str) -> Run:
        """The model as a run directory."""
        model = self.plan.config
        return write_run(folder / "run", self.registry, framework=framework, model=model, weights=self.weights)

    def _built(self, framework: str) -> FrameworkModel:
        if framework not in self._models:
            require_framework(framework, self.registry)
            check_parts(self.plan.config, self.registry, framework)  # whose one line tells more than what would follow
            self._models[framework] = self.another(framework)
            self._models[framework].teacher_forced(batch())  # a layer may make its weights when it is first called
        return self._models[framework]


def small_model(
    kind: str, sections: Mapping[str, Mapping[str, Any]], frameworks: Sequence[str], registry: Registry
) -> SmallModel:
    """A model of the parts that the sections of a config name; dropout is on, which only training may notice."""
    config = ModelConfig.model_validate({"embedding_size": EMBEDDING_SIZE, "dropout": 0.3, **sections})
    plan = ModelPlan(config, *(len(SPECIAL) + len(symbols) for symbols in (SOURCE_SYMBOLS, TARGET_SYMBOLS)))
    return SmallModel(registry, plan, kind, tuple(frameworks))


def batch() -> Batch:
    """Padded sources and targets; one source is empty, so it has nothing but its end."""
    return make_batch(_examples())


def singles() -> list[Batch]:
    """The rows of `batch`, each alone and without padding."""
    return [make_batch([example]) for example in _examples()]


def draw(*shape: int, seed: int = 1) -> np.ndarray:
    """Normal float32 values."""
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def _noise(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """For a weight; less for a large one, since a recurrent one would make chaos of rounding."""
    spread = SPREAD * min(1, FREELY / max(shape, default=1)) ** 0.5
    return rng.normal(0, spread, shape).astype(np.float32)


def _examples() -> list[tuple[list[int], list[int]]]:
    rng = np.random.default_rng(5)
    return [(rng.integers(4, 11, s).tolist(), rng.integers(4, 13, t).tolist()) for s, t in LENGTHS]
