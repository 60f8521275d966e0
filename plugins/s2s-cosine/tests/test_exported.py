"""Both parts in an exported file do what they do in numpy."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from s2s_toolkit.config import Config
from s2s_toolkit.exporter import find_exporter
from s2s_toolkit.loading import load_translator, plan_of
from s2s_toolkit.model import build_parts, declared_weights
from s2s_toolkit.opening import open_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, create_run, save_checkpoint
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.text import load_side
from s2s_toolkit.translation import Translation
from s2s_toolkit.vocabulary import Vocabulary
from s2s_toolkit.weights import initial_weights

CONFIG = {
    "framework": "numpy",
    "data": {"train": "gone.tsv", "dev": "gone.tsv"},
    "model": {
        "embedding_size": 5,
        "encoder": {"name": "gru", "size": 3},
        "attention": {"name": "cosine", "size": 7},
        "decoder": {"name": "luong", "size": 4},
    },
    "decoding": {"strategy": "diverse_beam", "beam_size": 6, "num_groups": 3, "n_best": 6, "max_length": 7},
}
TEXTS = ["abc", "", "ddddddde", "cab", "e"]
PREFIXES = ["v", "", "yx", "wwwww", ""]


@pytest.fixture(scope="module")
def run(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run on random weights, from the letters a to e to the letters v to z."""
    config = Config.model_validate(CONFIG)
    sides = (
        load_side(config.source, registry, Vocabulary("abcde")),
        load_side(config.target, registry, Vocabulary("vwxyz")),
    )
    run = Run(tmp_path_factory.mktemp("runs") / "run", config, *sides)
    create_run(run)
    rng, plan = np.random.default_rng(1), plan_of(run)
    drawn = initial_weights(declared_weights(plan, build_parts(config.model, registry, "numpy")), seed=1)
    weights = {name: (w + rng.normal(0, 0.5, w.shape)).astype(np.float32) for name, w in drawn.items()}
    save_checkpoint(run.checkpoint_path("best"), weights)
    return run


@pytest.fixture(scope="module")
def exported(run: Run, registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("s2s_onnx", "onnxruntime", "onnx", "spox"):
        require(package)
    path = tmp_path_factory.mktemp("exported") / "model.onnx"
    find_exporter("onnx", registry).export(run, path, registry, framework="", strategy="", options={})
    return path


def every_result(translations: list[Translation]) -> Iterator[Translation]:
    for translation in translations:
        yield from (translation, *translation.alternatives)


@pytest.mark.parametrize("prefixes", [PREFIXES, ()], ids=["prefixes", "no prefixes"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"diversity_penalty": 0.0},
        {"diversity_penalty": 4.0, "length_penalty": 0.8},
        {"diversity_penalty": 1e30, "min_length": 4},
        {"max_length": 6, "min_length": 6},
    ],
)
def test_the_file_finds_what_numpy_finds(
    run: Run, exported: Path, registry: Registry, settings: dict[str, float], prefixes: list[str]
) -> None:
    numpy_translator = load_translator(run, registry)
    numpy_translator.settings |= settings
    file_translator = open_translator(exported, registry, options=settings)
    found, expected = (translator(TEXTS, prefixes) for translator in (file_translator, numpy_translator))
    assert [len(one.alternatives) for one in found] == [len(one.alternatives) for one in expected]
    for one, other in zip(every_result(found), every_result(expected), strict=True):
        assert one.text == other.text
        assert one.score == pytest.approx(other.score, abs=1e-5)
        np.testing.assert_allclose(one.attention, other.attention, atol=1e-5)


def test_groups_of_the_file_give_other_results_under_a_penalty(exported: Path, registry: Registry) -> None:
    def results(penalty: float) -> list[set[str]]:
        translations = open_translator(exported, registry, options={"diversity_penalty": penalty})(TEXTS)
        return [{one.text for one in every_result([translation])} for translation in translations]

    for alike, diverse in zip(results(0.0), results(4.0), strict=True):
        assert len(alike) == 2  # three groups with the same two targets
        assert len(diverse) > 2
