"""docs/plugin_hooks.md: every hook has a section and an example, and what the examples say of themselves is so."""

import importlib
import inspect
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from s2s_toolkit import hookspecs, observers
from s2s_toolkit.arrays import FUNCTIONS
from s2s_toolkit.batches import Batch, make_batch
from s2s_toolkit.components import HOOKS
from s2s_toolkit.loading import load_model, load_translator, make_strategy
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.scaffold.kinds import KINDS
from s2s_toolkit.search import search
from s2s_toolkit.testing.requirements import require

PAGE = "docs/plugin_hooks.md"
CHECKED = ("bag.py", "markov.py", "unechoed.py", "features.py", "spelt.py", "prefix.py", "bare.py", "outcome.py")
"""Examples of parts that `s2s plugins check` knows what to expect of, but for `distance.py`, whose test is a page's."""

Page = Callable[[str], str]
Section = Callable[[str, str], str]
MakeRun = Callable[..., Run]
Require = Callable[..., None]
AssertSame = Callable[..., None]
Table = Callable[..., list[list[str]]]

every_hook = pytest.mark.parametrize("hook", HOOKS.values())


def test_every_hook_belongs_to_a_kind_of_part() -> None:
    specified = {name for name in vars(hookspecs) if name.startswith("s2s_")}
    assert specified == set(HOOKS.values())


@every_hook
def test_hook_has_a_heading_that_is_its_signature_and_an_example(hook: str, section: Section) -> None:
    assert re.search(
        rf"<!-- runs: \w+\.py -->\n```python\n(?:(?!```).)*def {hook}\(\):", described(hook, section), re.S
    )


def described(hook: str, section: Section) -> str:
    return section(PAGE, f"## {hook}()")


@every_hook
def test_hook_has_a_test(hook: str, root: Path) -> None:
    tests = (path.read_text(encoding="utf-8") for path in (root / "tests").glob("test_*.py"))
    assert any(f"\ndef test_hook_{hook}(" in test for test in tests)


def test_list_of_functions_is_the_namespace(page: Page) -> None:
    _, _, after = page(PAGE).partition("<!-- functions -->")
    cells = [line.split("|")[2] for line in after.strip().partition("\n\n")[0].splitlines()[2:]]
    names = [re.match(r"\w+", code)[0] for cell in cells for code in re.findall(r"`([^`]+)`", cell)]
    assert sorted(names) == sorted(FUNCTIONS)


def test_example_framework_computes_as_the_reference(plugins: Registry, small_run: MakeRun) -> None:
    run = small_run(plugins)
    (expected, _), (logits, _) = (load_model(run, plugins, f).teacher_forced(batch()) for f in ("numpy", "double"))
    assert logits.dtype == np.float64
    np.testing.assert_allclose(logits, expected, atol=1e-5)


@pytest.mark.parametrize("name", CHECKED)
def test_example_passes_its_suite(name: str, files: Path, require: Require) -> None:
    require("torch", "tensorflow", "onnx", "onnxruntime", "spox")
    typed(f"s2s plugins check {name}", files)


def test_example_native_scorer_is_used_and_computes_as_the_portable_one(
    plugins: Registry, small_run: MakeRun, require: Require
) -> None:
    require("torch")
    assert plugins.load("attention scorer", "distance", "torch").__module__ == "distance_torch"
    run, given = small_run(plugins, attention={"name": "distance", "size": 7}), batch()
    arrays = zip(*(load_model(run, plugins, f).teacher_forced(given) for f in ("torch", "numpy")), strict=True)
    for found, expected in arrays:
        np.testing.assert_allclose(found[given.target_mask], expected[given.target_mask], atol=1e-5)


def test_example_strategy_avoids_a_symbol_after_itself(
    plugins: Registry, small_run: MakeRun, assert_file_is_the_model: AssertSame
) -> None:
    run = small_run(plugins)
    stepper, given = load_model(run, plugins, "numpy").stepper(), batch()
    echoes = []
    for penalty in (-50.0, 50.0):
        strategy = make_strategy("unechoed", {"echo_penalty": penalty}, plugins)
        ids = search(stepper, strategy, given.source_ids, given.source_lengths, {"max_length": 9}).ids
        echoes.append(int(np.sum((ids[..., 1:] == ids[..., :-1]) & (ids[..., 1:] > 0))))
    assert echoes[0] > 0
    assert echoes[1] == 0
    assert_file_is_the_model(run, plugins, "unechoed", echo_penalty=50.0)


def test_example_metric_counts_symbols_before_the_first_error(plugins: Registry) -> None:
    prefix = plugins.load("metric", "prefix")
    assert prefix(["abc", "xy"], [["abd"], ["xyz", "yxz"]]) == pytest.approx(100 * 4 / 6)


def test_example_exporter_writes_what_the_command_line_opens(
    plugins: Registry, untrained_run: Run, tmp_path: Path, texts: list[str], s2s: Callable[..., Result]
) -> None:
    path = tmp_path / "model.bare"
    export = s2s("export", untrained_run.path, "--format", "bare", "-o", path, "--about", "Dates.", parts=plugins)
    assert export.exit_code == 0
    assert (path / "ABOUT").read_text() == "Dates.\n"
    assert "gone.tsv" not in (path / "config.toml").read_text()
    lines = s2s("translate", path, stdin="\n".join(texts), parts=plugins).stdout.splitlines()
    assert lines == [t.text for t in load_translator(untrained_run, plugins)(texts)]


def test_example_command_runs(plugins: Registry, untrained_run: Run, s2s: Callable[..., Result]) -> None:
    result = s2s("symbols", untrained_run.path, parts=plugins)
    assert result.stdout.splitlines() == list(untrained_run.target.vocabulary.symbols)


def test_table_of_events_is_whole(table: Table) -> None:
    documented = {name: given for name, _, given in table(PAGE, "## s2s_training_observers()", columns=3)}
    methods = {f"`{name}`": method for name, method in vars(observers.Observer).items() if name.startswith("on_")}
    assert list(documented) == list(methods)
    for name, method in methods.items():
        event = inspect.signature(method).parameters.get("event")
        if event is not None:
            names = ", ".join(f"`{field.name}`" for field in fields(event.annotation))
            assert documented[name] == f"`{event.annotation.__name__}`: {names}"


def test_example_observer_tells_how_a_training_ended(
    folder: Path, plugins: Registry, s2s: Callable[..., Result], require: Callable[..., None]
) -> None:
    require("torch")
    train, outcome = ("train", "tiny.toml", "-o", "run", "--observer", "outcome"), folder / "run" / "outcome.txt"
    assert s2s(*train, parts=plugins).exit_code == 0
    assert re.fullmatch(r"finished after 3 steps, best loss \d\.\d{4} in epoch 1\n", outcome.read_text())
    further = "--set", "training.max_epochs=2", "--set", "training.learning_rate=1e38"
    assert s2s(*train, "--resume", *further, parts=plugins).exit_code == 2
    assert outcome.read_text().startswith("stopped: training diverged: ")


def test_every_kind_that_a_package_can_be_written_for_is_listed(section: Section) -> None:
    (kinds,) = re.findall(r"^Kinds are (.+?)\.$", section(PAGE, "## A plugin in a package"), re.DOTALL | re.MULTILINE)
    assert re.findall(r"`([\w-]+)`", kinds) == [kind.replace(" ", "-") for kind in KINDS]


def test_plugin_in_a_file_goes_from_training_to_a_model_file(
    files: Path, folder: Path, section: Section, require: Callable[..., None]
) -> None:
    require("torch", "onnx", "onnxruntime", "spox")
    shutil.copy(files / "distance.py", folder)
    (folder / "tiny.toml").rename(folder / "config.toml")
    (folder / "sources.txt").write_text("10 ab\n\n29 ab\n")
    commands = re.findall(r"^\$ (.+)$", section(PAGE, "## A plugin in one file"), re.MULTILINE)
    shown, _, run, _, file = (typed(command, folder) for command in commands)
    assert "minus the mean squared distance" in shown
    assert len(run.splitlines()) == 3
    assert file == run


def typed(command: str, folder: Path) -> str:
    """What a command prints that is typed in a folder."""
    program, *arguments = shlex.split(command)
    words = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def batch() -> Batch:
    rng = np.random.default_rng(5)
    lengths = [(7, 3), (0, 5), (3, 2)]
    return make_batch([(rng.integers(4, 11, s).tolist(), rng.integers(4, 13, t).tolist()) for s, t in lengths])


@pytest.fixture(scope="module")
def plugins(
    tmp_path_factory: pytest.TempPathFactory, examples: Callable[[str], list[tuple[str, str]]]
) -> Iterator[Registry]:
    """A registry with every example of the page, each in a file of its own."""
    require("torch")
    folder, registry = tmp_path_factory.mktemp("plugins"), load_registry()
    for name, code in examples(PAGE):
        (folder / name).write_text(code, encoding="utf-8")
    sys.path.insert(0, str(folder))
    names = {Path(name).stem: code for name, code in examples(PAGE)}
    for name, code in names.items():
        if "@hookimpl" in code:
            register_plugin(registry, importlib.import_module(name), name)
    assert registry.failures == {}
    yield registry
    sys.path.remove(str(folder))
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, examples: Callable[[str], list[tuple[str, str]]]) -> Path:
    """A folder with every example of the page."""
    folder = tmp_path_factory.mktemp("files")
    for name, code in examples(PAGE):
        (folder / name).write_text(code, encoding="utf-8")
    return folder
