"""A run whose weights were drawn and not trained: enough to export it, and to compare what the file translates."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from s2s_toolkit.config import Config
from s2s_toolkit.config_sections import ModelConfig, PartConfig, TextConfig
from s2s_toolkit.loading import plan_of
from s2s_toolkit.model import REFERENCE, ModelPlan, build_parts, declared_weights
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, create_run, save_checkpoint
from s2s_toolkit.testing.agreement import assert_close
from s2s_toolkit.text import load_side
from s2s_toolkit.translation import Translation
from s2s_toolkit.vocabulary import Vocabulary
from s2s_toolkit.weights import initial_weights

MODEL = ModelConfig.model_validate(
    {
        "embedding_size": 5,
        "encoder": {"name": "gru", "size": 3},
        "attention": {"name": "general"},
        "decoder": {"name": "luong", "size": 7},
    }
)
SOURCE_SYMBOLS = "abcdefg"
TARGET_SYMBOLS = [f"t{number}" for number in range(9)]
TEXTS = ["abcdefg", "", "gaz", "b", "ffeeddccbbaa"]
"""Sources to translate: one empty, one with an unknown symbol."""

TOLERANCE = 1e-4
"""How far the numbers of a file may be from those of its run."""

SPREAD = 0.6
"""How far weights lie around those of a training's start: enough for targets to depend on their sources."""


def write_run(
    path: Path,
    registry: Registry,
    *,
    framework: str = REFERENCE,
    model: ModelConfig = MODEL,
    weights: Mapping[str, np.ndarray] | None = None,
    source: str | PartConfig | TextConfig = "characters",
    target: str | PartConfig | TextConfig = "separator",
    source_symbols: Iterable[str] = SOURCE_SYMBOLS,
    target_symbols: Iterable[str] = TARGET_SYMBOLS,
    lessons: Sequence[str] = (),
) -> Run:
    """Write a run directory of a small model that nothing has trained; its data is gone.

    Args:
        path: The directory.
        registry: Where parts are found.
        framework: What the config says that trained it.
        model: What the model is.
        weights: Its weights, by default drawn for the parts of the numpy reference.
        source: The source's tokenizer, or all that is said of the source.
        target: The target's.
        source_symbols: The vocabularies, of which the special symbols are no part.
        target_symbols: Likewise.
        lessons: What tokenizers that learn learn from.
    """
    config = Config.model_validate(
        {
            "framework": framework,
            "data": {"train": "gone.tsv", "dev": "gone.tsv"},
            "source": _side(source),
            "target": _side(target),
            "decoding": {"strategy": "greedy", "max_length": 9},
        }
    )
    sides = (
        load_side(text, registry, Vocabulary.build([list(symbols)])).taught(lessons)
        for text, symbols in ((config.source, source_symbols), (config.target, target_symbols))
    )
    run = Run(path, config.model_copy(update={"model": model}), *sides)
    create_run(run)
    save_checkpoint(run.checkpoint_path("best"), dict(weights or _drawn(plan_of(run), registry)))
    return run


def _side(said: str | PartConfig | TextConfig) -> TextConfig | dict[str, str | PartConfig]:
    return said if isinstance(said, TextConfig) else {"tokenizer": said}


def _drawn(plan: ModelPlan, registry: Registry) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    first = initial_weights(declared_weights(plan, build_parts(plan.config, registry, REFERENCE)), seed=1)
    return {name: (w + rng.normal(0, SPREAD, w.shape)).astype(np.float32) for name, w in first.items()}


def assert_translations_agree(found: Sequence[Translation], expected: Sequence[Translation], claim: str) -> None:
    """The same targets with the same numbers, alternatives included; else one line that begins with the claim.

    A file may leave out numbers; those that it gives are compared.
    """
    __tracebackhide__ = True
    for translation, wanted in zip(found, expected, strict=True):
        results, right = (translation, *translation.alternatives), (wanted, *wanted.alternatives)
        for what in ("symbols", "text"):
            given, expected_ones = ([getattr(result, what) for result in each] for each in (results, right))
            if given != expected_ones:
                raise AssertionError(f"{claim}: {what} {given} for {wanted.source_symbols}, expected {expected_ones}")
        for one, other in zip(results, right, strict=True):
            for what in ("score", "token_log_probs", "attention"):
                if getattr(one, what) is not None:
                    numbers = getattr(one, what), getattr(other, what)
                    assert_close(*numbers, f"{claim}: {what} of {one.symbols}", tolerance=TOLERANCE)
