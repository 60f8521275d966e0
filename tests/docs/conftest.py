"""What tests of the pages share: their text and examples, a small untrained run, and a file held to its run."""

import re
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2s_toolkit.config import Config
from s2s_toolkit.exporter import find_exporter
from s2s_toolkit.loading import load_translator, plan_of
from s2s_toolkit.model import build_parts, declared_weights
from s2s_toolkit.options import option_parameters
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, create_run, save_checkpoint
from s2s_toolkit.testing import requirements
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import Characters
from s2s_toolkit.vocabulary import Vocabulary
from s2s_toolkit.weights import initial_weights

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"<!-- runs(?:: (\S+))? -->\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SYMBOLS = sorted(set("0123456789 -adeMbcmrnuyr"))
MODEL = {
    "embedding_size": 5,
    "encoder": {"name": "gru", "size": 3},
    "attention": {"name": "additive", "size": 7},
    "decoder": {"name": "luong", "size": 4},
}


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def page() -> Callable[[str], str]:
    """Read a page by its path in the repository."""
    return lambda path: (ROOT / path).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def section(page: Callable[[str], str]) -> Callable[[str, str], str]:
    """Read what stands under a heading, up to the next one of its level."""

    def find(path: str, heading: str) -> str:
        _, *sections = re.split(rf"^{heading.split()[0]} ", page(path), flags=re.MULTILINE)
        (found,) = (text for text in sections if text.partition("\n")[0] == heading.partition(" ")[2])
        return found

    return find


@pytest.fixture(scope="session")
def table(section: Callable[[str, str], str]) -> Callable[..., list[list[str]]]:
    """Read the rows of all tables under a heading that have so many columns, as lists of cells; heads are left out."""

    def find(path: str, heading: str, *, columns: int = 2) -> list[list[str]]:
        lines = section(path, heading).splitlines()
        tables = [lines[i + 1 :] for i, line in enumerate(lines) if line == "|" + " --- |" * columns]
        rows = [row for rest in tables for row in takewhile(lambda line: line.startswith("|"), rest)]
        return [[cell.strip() for cell in row[1:-1].split("|")] for row in rows]

    return find


@pytest.fixture(scope="session")
def examples(page: Callable[[str], str]) -> Callable[[str], list[tuple[str, str]]]:
    """Find the examples of a page that are marked to run: file name, if it is told, and code."""
    return lambda path: EXAMPLE.findall(page(path))


@pytest.fixture(scope="session")
def require() -> Callable[..., None]:
    """Skip where a package is not installed; in CI it has to be."""

    def check(*modules: str) -> None:
        for module in modules:
            requirements.require(module)

    return check


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Sources of several lengths."""
    return ["25 december 2024", "", "1 May", "dd"]


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """Write a run directory of a small model whose weights were drawn; `parts` replace those of `MODEL`."""

    def write(registry: Registry, **parts: dict[str, Any]) -> Run:
        path = tmp_path_factory.mktemp("docs") / "run"
        content = {
            "framework": "numpy",
            "data": {"train": "gone.tsv", "dev": "gone.tsv"},
            "model": MODEL | parts,
            "decoding": {"strategy": "greedy", "max_length": 9},
        }
        side = TextSide(Characters(), Vocabulary(SYMBOLS))
        run = Run(path, Config.model_validate(content), side, side)
        create_run(run)
        plan, rng = plan_of(run), np.random.default_rng(3)
        drawn = initial_weights(declared_weights(plan, build_parts(plan.config, registry, "numpy")), seed=1)
        weights = {name: (w + rng.normal(0, 0.4, w.shape)).astype(np.float32) for name, w in drawn.items()}
        save_checkpoint(run.checkpoint_path("best"), weights)
        return run

    return write


@pytest.fixture(scope="session")
def untrained_run(small_run: Callable[..., Run], registry: Registry) -> Run:
    return small_run(registry)


@pytest.fixture(scope="session")
def files(
    small_run: Callable[..., Run],
    registry: Registry,
    require: Callable[..., None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Path]:
    """Export one run with a strategy, its options and choices of the exporter; the same ones give the same file."""
    require("onnx", "onnxruntime", "spox")
    choosable = option_parameters(registry.load("exporter", "onnx"))
    run = small_run(registry, attention={"name": "additive", "size": 300})  # one matrix is worth storing in 8 bits
    folder, made = tmp_path_factory.mktemp("files"), dict[tuple[Any, ...], Path]()

    def export(strategy: str = "greedy", **given: Any) -> Path:
        key = (strategy, *sorted(given.items()))
        if key not in made:
            exporter = find_exporter("onnx", registry, {n: value for n, value in given.items() if n in choosable})
            options = {name: value for name, value in given.items() if name not in choosable}
            path = folder / f"{len(made)}.onnx"
            exporter.export(run, path, registry, framework="numpy", strategy=strategy, options=options)
            made[key] = path
        return made[key]

    return export


@pytest.fixture(scope="session")
def open_file() -> Callable[[Path], Any]:
    """Open a file with onnxruntime."""

    def session(path: Path) -> Any:
        from s2s_onnx.session import open_session

        return open_session(path)

    return session


@pytest.fixture(scope="session")
def run_file(open_file: Callable[[Path], Any]) -> Callable[..., dict[str, np.ndarray]]:
    """All outputs of a file by name; texts may be given as a list."""

    def run(path: Path, **inputs: Any) -> dict[str, np.ndarray]:
        session = open_file(path)
        feed = {name: np.array(value, object) if isinstance(value, list) else value for name, value in inputs.items()}
        return dict(zip((value.name for value in session.get_outputs()), session.run(None, feed), strict=True))

    return run


@pytest.fixture
def assert_file_is_the_model(
    tmp_path: Path, texts: list[str], require: Callable[..., None]
) -> Callable[[Run, Registry], None]:
    """Export a run, which verifies the file, and translate with both."""

    def check(run: Run, registry: Registry, strategy: str = "greedy", **options: Any) -> None:
        require("onnx", "onnxruntime", "spox")
        path, exporter = tmp_path / "model.onnx", find_exporter("onnx", registry)
        exporter.export(run, path, registry, framework="numpy", strategy=strategy, options=options)
        model = load_translator(run, registry, framework="numpy", strategy=strategy, options=options)
        found, expected = exporter.open(path, registry, {}, device="cpu")(texts), model(texts)
        assert [t.text for t in found] == [t.text for t in expected]
        np.testing.assert_allclose([t.score for t in found], [t.score for t in expected], atol=1e-5)

    return check
