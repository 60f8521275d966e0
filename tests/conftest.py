"""Fixtures that tests share.

Models small enough to check by hand and padded sources for them; a tiny trained run, the command line called in this
process, a registry with one more part, and plugins in files.
"""

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from s2s_toolkit.batches import source_arrays
from s2s_toolkit.cli import cli
from s2s_toolkit.components import ANY, Component
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.fonts import FONT_PACKAGES
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.model import ModelPlan, Parts, build_parts, declared_weights
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.progress import Lines
from s2s_toolkit.reference import NumpyModel, NumpyStepper
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.requirements import require, require_distribution
from s2s_toolkit.testing.tiny_training import train_tiny, write_tiny
from s2s_toolkit.weights import initial_weights

SMALL = {
    "encoder": {"name": "gru", "size": 3},
    "attention": {"name": "additive", "size": 7},
    "decoder": {"name": "bahdanau", "size": 5},
}


@dataclass(frozen=True)
class TinyModel:
    """A reference model on random weights, with what it was built from."""

    plan: ModelPlan
    parts: Parts
    weights: dict[str, np.ndarray]
    model: NumpyModel

    @property
    def stepper(self) -> NumpyStepper:
        return self.model.stepper()


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="session")
def tiny_model(registry: Registry) -> Callable[..., TinyModel]:
    """Build a tiny model; `sections` replace those of `SMALL`, `spread` makes targets depend on their sources."""

    def build(
        *, source_size: int = 11, target_size: int = 7, seed: int = 5, spread: float = 1.0, **sections: Any
    ) -> TinyModel:
        config = ModelConfig.model_validate({"embedding_size": 5, **SMALL, **sections})
        plan, parts = ModelPlan(config, source_size, target_size), build_parts(config, registry, "numpy")
        rng = np.random.default_rng(seed)
        drawn = initial_weights(declared_weights(plan, parts), seed)
        weights = {name: (w + rng.normal(0, spread, w.shape)).astype(np.float32) for name, w in drawn.items()}
        model = NumpyModel(plan, parts)
        model.load_weights(weights)
        return TinyModel(plan, parts, weights, model)

    return build


@pytest.fixture(scope="session")
def tiny_sources() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Draw sources of given lengths and append EOS: ids (B, S) and lengths (B,), as models take them."""

    def draw(lengths: Sequence[int], *, source_size: int = 11, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        return source_arrays([rng.integers(4, source_size, length).tolist() for length in lengths])

    return draw


TINY = {
    "training": {"batch_size": 8, "max_epochs": 1, "metric": "loss"},
    "decoding": {"strategy": "beam", "beam_size": 3},
}
"""What differs from a config of `write_tiny`: one epoch, of three steps, and beam search."""


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory beside its data, trained for an epoch with PyTorch; no test changes it."""
    require("torch")
    return train_tiny(write_tiny(tmp_path_factory.mktemp("tiny"), **TINY), Lines(), {}).path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of a test: tiny.toml and its data, for commands that train with PyTorch."""
    require("torch")
    write_tiny(tmp_path, **TINY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path, tiny_run: Path) -> Path:
    """A copy of the tiny run in the working directory, to be spoilt."""
    return Path(shutil.copytree(tiny_run, folder / "run")).relative_to(folder)


@pytest.fixture
def s2s(registry: Registry) -> Callable[..., Result]:
    """Call the command line in this process; what is not meant for users is raised."""

    def call(*arguments: object, stdin: str | bytes = "", parts: Registry = registry) -> Result:
        result = CliRunner().invoke(cli, [str(argument) for argument in arguments], input=stdin, obj=parts)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture
def with_part(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Registry]:
    """Make a registry with one more part, offered by a plugin called "fake"."""

    def add(hook: str, name: str, part: Any) -> Registry:
        module = ModuleType(f"fake_{name}")
        module.part = part  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        registry = load_registry()
        component = Component(name, ANY, f"{module.__name__}:part", f"a fake {name}")
        register_plugin(registry, SimpleNamespace(**{hook: hookimpl(lambda: [component])}), "fake")
        return registry

    return add


@pytest.fixture(scope="session")
def font_packages() -> None:
    """What the extra `fonts` installs; without it a laptop skips and CI fails."""
    for package in FONT_PACKAGES:
        require_distribution(package)


PLUGIN = """
import numpy as np

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
"""


@pytest.fixture
def write_plugin(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Path]]:
    """Write a plugin's file into the working directory; what is imported from there is forgotten afterwards."""
    modules, search_path = set(sys.modules), list(sys.path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(name: str, source: str) -> Path:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(PLUGIN + textwrap.dedent(source), encoding="utf-8")
        return Path(name)

    yield write
    sys.path[:] = search_path
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(folder)):
            del sys.modules[name]


@pytest.fixture
def refusal(s2s: Callable[..., Result], folder: Path) -> Callable[..., str]:
    """Call the command line with what it must refuse: one line, which is given, exit code 2, nothing left."""

    def call(*arguments: object, parts: Registry | None = None) -> str:
        before = _contents(folder)
        done = s2s(*arguments, parts=parts or load_registry())
        assert (done.exit_code, done.stdout) == (2, ""), done.stderr
        assert done.stderr.startswith("s2s: ")
        assert done.stderr.count("\n") == 1, done.stderr
        assert _contents(folder) == before
        return done.stderr.removeprefix("s2s: ").rstrip("\n")

    return call


def _contents(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}
