"""The classroom models under `examples/` do what their pages say, in both frameworks."""

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner

from s2s_toolkit.cli import cli
from s2s_toolkit.config import read_config
from s2s_toolkit.exporter import open_translator
from s2s_toolkit.loading import make_strategy
from s2s_toolkit.model import reference_parts
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import open_run
from s2s_toolkit.testing.requirements import require

EXAMPLES = Path(__file__).parents[1] / "examples"
DATA = Path(__file__).parents[2] / "shared" / "data"
FRAMEWORKS = ("torch", "tensorflow")

each_framework = pytest.mark.parametrize("framework", FRAMEWORKS, scope="module")


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_example_config_is_valid(path: Path, registry: Registry) -> None:
    config = read_config(path)
    reference_parts(config.model, registry, config.framework)
    make_strategy(config.decoding.strategy, config.decoding.options, registry)


@each_framework
def test_word_level_model_learns_every_pair(word_level: Path) -> None:
    found = json.loads(run_s2s("evaluate", word_level, "--metric", "exact_match", "--json"))
    assert found["pairs"] == 4
    assert found["metrics"]["exact_match"] == 100


@each_framework
def test_word_level_model_stops_at_the_end_symbol(word_level: Path, registry: Registry) -> None:
    config = read_config(word_level / "config.toml")
    for source, target in pairs(config.data.train):
        (translation,) = open_translator(word_level, registry)([source])
        assert translation.text == target
        assert translation.symbols == (*target.split(), "</s>")
        assert len(translation.symbols) < config.decoding.max_length


@each_framework
def test_word_level_model_draws_its_attention(word_level: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "attention.png"
    run_s2s("plot", word_level, "tensorflow is very fast changing", "-o", picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


@each_framework
def test_word_level_file_translates_alike(word_level: Path, tmp_path: Path, registry: Registry) -> None:
    pytest.importorskip("spox")
    file = tmp_path / "model.onnx"
    assert "verified" in run_s2s("export", word_level, "-o", file)
    sources = [source for source, _ in pairs(DATA / "toy-en-ko" / "train.tsv")]
    expected = open_translator(word_level, registry)(sources)
    assert [t.text for t in open_translator(file, registry)(sources)] == [t.text for t in expected]


@each_framework
def test_character_level_model_trains_and_samples(framework: str, tmp_path: Path, registry: Registry) -> None:
    """One epoch on a few hundred lines: enough to see that all of it runs, too little to learn."""
    require(framework)
    require_data("shakespeare-restore")
    changes = ["training.max_epochs=1", "decoding.max_length=40", "model.encoder.size=32", "model.decoder.size=48"]
    for name, count in {"train": 320, "dev": 32}.items():
        lines = (DATA / "shakespeare-restore" / f"{name}.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
        (tmp_path / f"{name}.tsv").write_text("".join(lines[:count]), encoding="utf-8")
        changes.append(f"data.{name}={tmp_path / name}.tsv")
    run = tmp_path / "run"
    settings = [argument for change in changes for argument in ("--set", change)]
    run_s2s("train", EXAMPLES / "character_level.toml", "--framework", framework, "-o", run, *settings)
    (line,) = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["dev_loss"] < math.log(len(open_run(run, registry).target.vocabulary))  # of equal chances
    first, again, other = (
        run_s2s("translate", run, "-O", f"seed={seed}", text="resolved.resolved.\n") for seed in (1, 1, 2)
    )
    assert first == again != other


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def word_level(framework: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the word-level example."""
    require(framework)
    require_data("toy-en-ko")
    run = tmp_path_factory.mktemp(framework) / "run"
    run_s2s("train", EXAMPLES / "word_level.toml", "--framework", framework, "-o", run)
    return run


def require_data(data: str) -> None:
    if not (DATA / data).is_dir():
        pytest.skip(f"the data is not there: ../shared/data/{data}, relative to the project")


def pairs(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]


def run_s2s(*arguments: object, text: str = "") -> str:
    """What a command writes to standard output."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], input=text)
    assert result.exit_code == 0, result.output
    return result.stdout
