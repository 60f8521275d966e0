"""The pages say what the code does: generated parts are up to date, tables are complete, and marked examples run."""

import importlib
import importlib.util
import json
import os
import re
import shlex
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from click.testing import CliRunner
from pydantic_core import PydanticUndefined

from s2s_toolkit import hookspecs
from s2s_toolkit.arrays import FUNCTIONS
from s2s_toolkit.batches import make_batch
from s2s_toolkit.cli import cli
from s2s_toolkit.components import ANY, HOOKS
from s2s_toolkit.config import Config, DecodingConfig, ModelConfig, PartConfig, Section, parse_config
from s2s_toolkit.exporter import find_exporter
from s2s_toolkit.loading import build_model, load_translator, make_strategy
from s2s_toolkit.model import ModelPlan, build_parts, declared_weights
from s2s_toolkit.options import option_parameters
from s2s_toolkit.registry import Registry, load_registry, register_plugin
from s2s_toolkit.run import Run, create_run, save_checkpoint
from s2s_toolkit.search import search
from s2s_toolkit.text import TextSide
from s2s_toolkit.tokenizers import Characters
from s2s_toolkit.translator import Translator
from s2s_toolkit.vocabulary import Vocabulary
from s2s_toolkit.weights import initial_weights

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path.name for path in DOCS.glob("*.md"))
FRAMEWORKS = ("torch", "tensorflow")
TEXTS = ["25 december 2024", "", "1 May", "dd"]
SYMBOLS = sorted(set("0123456789 -adeMbcmrnuyr"))
EXAMPLE = re.compile(r"<!-- runs(?:: (\S+))? -->\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \| .+ \|$")

every_page = pytest.mark.parametrize("page", PAGES)
EXAMPLE_PARTS = {
    "encoder": {"encoder": {"name": "bag", "size": 6}},
    "attention scorer": {"attention": {"name": "cosine"}},
    "decoder": {"decoder": {"name": "markov", "size": 6}},
}

every_hook = pytest.mark.parametrize("hook", HOOKS.values())


def read(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


# ---------------------------------------------------------------- every page


@every_page
def test_generated_parts_are_up_to_date(page: str) -> None:
    update = module_from(DOCS / "update.py")
    assert update.updated(read(page)) == read(page), "run: python docs/update.py"


@every_page
def test_links_lead_to_files(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(page))
    assert [link for link in links if not (DOCS / link).exists()] == []


@every_page
def test_commands_shown_can_be_parsed(page: str, registry: Registry) -> None:
    for name, *arguments in shown_commands(read(page)):
        registry.load("command", name).make_context(name, arguments, obj=registry)


def shown_commands(page: str) -> list[list[str]]:
    lines = [line for block in SHELL.findall(page) for line in block.splitlines()]
    commands = [shlex.split(part, comments=True) for line in lines for part in line.split("|")]
    return [words[1:] for words in commands if words[:1] == ["s2s"]]


def module_from(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


# ---------------------------------------------------------------- plugin_hooks.md


def test_every_hook_belongs_to_a_kind_of_part() -> None:
    specified = {name for name in vars(hookspecs) if name.startswith("s2s_")}
    assert specified == set(HOOKS.values())


@every_hook
def test_hook_has_a_heading_that_is_its_signature_and_an_example(hook: str) -> None:
    _, *sections = re.split(r"^## ", read("plugin_hooks.md"), flags=re.MULTILINE)
    section = next(section for section in sections if section.startswith(f"{hook}()\n"))
    assert f"def {hook}():" in "".join(code for _, code in EXAMPLE.findall(section))


@every_hook
def test_hook_has_a_test(hook: str) -> None:
    tests = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    assert any(f"\ndef test_hook_{hook}(" in test for test in tests)


def test_list_of_functions_is_the_namespace() -> None:
    _, _, after = read("plugin_hooks.md").partition("<!-- functions -->")
    cells = [line.split("|")[2] for line in after.strip().partition("\n\n")[0].splitlines()[2:]]
    names = [re.match(r"\w+", code)[0] for cell in cells for code in re.findall(r"`([^`]+)`", cell)]
    assert sorted(names) == sorted(FUNCTIONS)


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry with every example of the page, each in a file of its own."""
    folder, registry = tmp_path_factory.mktemp("plugins"), load_registry()
    examples = EXAMPLE.findall(read("plugin_hooks.md"))
    for name, code in examples:
        (folder / name).write_text(code, encoding="utf-8")
    sys.path.insert(0, str(folder))
    names = [Path(name).stem for name, code in examples]
    for name, (_, code) in zip(names, examples, strict=True):
        if "@hookimpl" in code:
            register_plugin(registry, importlib.import_module(name), name)
    assert registry.failures == {}
    yield registry
    sys.path.remove(str(folder))
    for name in names:
        sys.modules.pop(name, None)


def test_example_framework_computes_as_the_reference(plugins: Registry) -> None:
    plan, weights = small_model(plugins)
    models = [build_model(plan, plugins, framework) for framework in ("numpy", "double")]
    for model in models:
        model.load_weights(weights)
    (expected, _), (logits, _) = (model.teacher_forced(small_batch()) for model in models)
    assert logits.dtype == np.float64
    np.testing.assert_allclose(logits, expected, atol=1e-5)


@pytest.mark.parametrize("framework", [*FRAMEWORKS, "onnx"])
@pytest.mark.parametrize("kind", EXAMPLE_PARTS)
def test_example_part_is_the_same_everywhere(plugins: Registry, framework: str, kind: str) -> None:
    plan, weights = small_model(plugins, **EXAMPLE_PARTS[kind])
    reference = build_model(plan, plugins, "numpy")
    reference.load_weights(weights)
    if framework == "onnx":
        assert_graph_equals(reference, plan, weights, plugins, "beam")
        return
    require_framework(framework)
    model = build_model(plan, plugins, framework)
    model.load_weights(weights)
    batch = small_batch()
    for found, expected in zip(model.teacher_forced(batch), reference.teacher_forced(batch), strict=True):
        np.testing.assert_allclose(found[batch.target_mask], expected[batch.target_mask], atol=1e-5)


def test_example_native_scorer_is_used(plugins: Registry) -> None:
    require_framework("torch")
    assert plugins.load("attention scorer", "cosine", "torch").__module__ == "cosine_torch"


def test_example_strategy_holds_back_the_end(plugins: Registry) -> None:
    plan, weights = small_model(plugins)
    reference = build_model(plan, plugins, "numpy")
    reference.load_weights(weights)
    batch, strategy = small_batch(), make_strategy("patient", {"min_length": 5}, plugins)
    found = search(reference.stepper(), strategy, batch.source_ids, batch.source_lengths, {"max_length": 9})
    assert found.lengths.min() >= 5
    assert_graph_equals(reference, plan, weights, plugins, "patient", min_length=5)


def test_example_tokenizer_splits_as_the_graph_does(plugins: Registry) -> None:
    text = pytest.importorskip("s2s_onnx.text")
    onnxruntime = pytest.importorskip("onnxruntime")
    tokenizer, texts = plugins.load("tokenizer", "features")(), ["V;PST;;3", "", ";", "N"]
    graph = text.reading_graph(TextSide(tokenizer, Vocabulary(["V", "N"])))
    (symbols,) = onnxruntime.InferenceSession(graph.SerializeToString()).run(
        ["source_symbols"], {"source": strings(texts)}
    )
    assert [[s for s in row if s] for row in symbols] == [[*tokenizer.split(text), "</s>"] for text in texts]
    assert tokenizer.join(tokenizer.split("V;PST;3")) == "V;PST;3"


def test_example_metric_counts_symbols_before_the_first_error(plugins: Registry) -> None:
    assert plugins.load("metric", "prefix")(["abc", "xy"], ["abd", "xyz"]) == pytest.approx(100 * 4 / 6)


def test_example_exporter_writes_what_it_opens(plugins: Registry, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    exporter = find_exporter("zip", plugins)
    exporter.export(run, path, plugins, framework="", strategy="", options={})
    expected = load_translator(run, plugins, framework="numpy")(TEXTS)
    assert [t.text for t in exporter.open(path, {})(TEXTS)] == [t.text for t in expected]


def test_example_command_runs(plugins: Registry, run: Run) -> None:
    result = CliRunner().invoke(cli, ["symbols", str(run.path)], obj=plugins)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == list(run.target.vocabulary.symbols)


def test_scorer_of_the_readme_is_the_same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = re.search(
        r"```python\n((?:(?!```).)*class NearestScorer.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )[1]
    (tmp_path / "nearest.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    registry = load_registry()
    register_plugin(registry, importlib.import_module("nearest"), "nearest")
    plan, weights = small_model(registry, attention={"name": "nearest"})
    reference = build_model(plan, registry, "numpy")
    reference.load_weights(weights)
    assert_graph_equals(reference, plan, weights, registry, "greedy")


# ---------------------------------------------------------------- config.md


def test_config_keys_are_documented_with_type_and_default() -> None:
    tables = config_tables()
    for place, section in {
        "## Top": Config,
        "## `[data]`": Config.model_fields["data"].annotation,
        "## `[source]` and `[target]`": Config.model_fields["source"].annotation,
        "## `[model]`": ModelConfig,
        "## `[training]`": Config.model_fields["training"].annotation,
        "## `[decoding]`": DecodingConfig,
    }.items():
        fields = {name: field for name, field in section.model_fields.items() if not is_section(field.annotation)}
        expected = [(name, type_name(field.annotation), default_text(field.default)) for name, field in fields.items()]
        assert tables[place] == expected, place


def test_options_of_every_built_in_part_are_documented(registry: Registry) -> None:
    documented: dict[str, set[str]] = {}
    for place, rows in config_tables().items():
        if not place.startswith("options: "):
            continue
        kind = next(kind for kind in HOOKS if place.startswith(f"options: {kind} "))
        names = place.removeprefix(f"options: {kind} ").split()
        documented.setdefault(kind, set()).update(names)
        for name in names:
            parameters = option_parameters(load_any(registry, kind, name)).items()
            assert rows == [(n, type_name(p.annotation), default_text(p.default)) for n, p in parameters], name
    for kind in ("encoder", "attention scorer", "decoder", "decoding strategy"):
        ours = {offer.component.name for offer in registry.offers[kind] if offer.plugin == "s2s-toolkit"}
        assert documented[kind] == ours, kind


def config_tables() -> dict[str, list[tuple[str, str, str]]]:
    """Heading or options marker -> its rows (key, type, default)."""
    tables: dict[str, list[tuple[str, str, str]]] = {}
    place = ""
    for line in read("config.md").splitlines():
        if line.startswith("#"):
            place = line
        elif marker := re.fullmatch(r"<!-- (options: .+) -->", line):
            place = marker[1]
        row = ROW.match(line)
        tables.setdefault(place, []).extend([row.groups()] if row else [])
    return tables


def load_any(registry: Registry, kind: str, name: str) -> type:
    return registry.load(kind, name, "numpy" if kind == "encoder" else ANY)


def is_section(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section | DecodingConfig)


def type_name(annotation: object) -> str:
    plain = {int: "integer", float: "number", str: "text", bool: "true or false", PartConfig: "section"}
    if annotation in plain:
        return plain[annotation]
    if typing.get_origin(annotation) is typing.Literal:
        return " or ".join(f'"{value}"' for value in typing.get_args(annotation))
    assert Path in typing.get_args(annotation)
    return "path or pair of paths"


def default_text(default: object) -> str:
    if default is PydanticUndefined:
        return "required"
    return f'`{{ name = "{default.name}" }}`' if isinstance(default, PartConfig) else f"`{json.dumps(default)}`"


# ---------------------------------------------------------------- onnx_format.md


def test_operator_sets_of_the_file_are_documented(exported: Path) -> None:
    model = pytest.importorskip("onnx").load(exported)
    domains = ", ".join(f"`{used.domain or 'ai.onnx'}` {used.version}" for used in model.opset_import)
    assert f"| operator sets | {domains}; IR version {model.ir_version} |" in read("onnx_format.md")


def test_outputs_of_the_file_are_documented(exported: Path) -> None:
    assembly = pytest.importorskip("s2s_onnx.assembly")
    section = read("onnx_format.md").partition("## Outputs")[2].partition("## What may vary")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| ((?:string|int64|float) \| \([BNTS, ]+\)) \|", section, re.MULTILINE))
    kinds = {o.name: o.type.removeprefix("tensor(").removesuffix(")") for o in session_of(exported).get_outputs()}
    assert rows == {name: f"{kinds[name]} | ({', '.join(axes)})" for name, axes in assembly.OUTPUTS.items()}


@pytest.mark.parametrize("strategy", ["greedy", "beam", "sample"])
def test_inputs_of_the_file_are_documented(strategy: str, registry: Registry) -> None:
    section = read("onnx_format.md").partition("## Inputs")[2].partition("## Outputs")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| \(B?\) \|.*\| (?:always|strategy `(\w+)`) \|$", section, re.MULTILINE)
    documented = {name: kind for name, kind, only in rows if only in ("", strategy)}
    settings = make_strategy(strategy, {}, registry).settings | {"max_length": 1}
    expected = {name: "int64" if isinstance(default, int) else "float" for name, default in settings.items()}
    assert documented == {"source": "string", **expected}


def test_metadata_of_the_file_is_documented(exported: Path) -> None:
    section = read("onnx_format.md").partition("## Metadata")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE)
    documented = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert documented == json.loads(session_of(exported).get_modelmeta().custom_metadata_map["s2s_toolkit"]).keys()


def test_examples_of_the_file_run(
    exported: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(exported.parent)
    examples = [code for _, code in EXAMPLE.findall(read("onnx_format.md"))]
    assert len(examples) == 2
    for code in examples:
        exec(compile(code, "onnx_format.md", "exec"), {})
        assert capsys.readouterr().out


def test_a_target_is_cut_off_as_documented(exported: Path) -> None:
    session = session_of(exported)
    names = [output.name for output in session.get_outputs()]
    feed = {"source": strings(TEXTS), "max_length": np.asarray(1)}
    found = dict(zip(names, session.run(names, feed), strict=True))
    cut_off = found["lengths"] == found["ids"].shape[2]
    assert cut_off.any()
    assert not cut_off.all()
    assert ((found["symbols"] == "</s>").any(axis=-1) == ~cut_off).all()


@pytest.fixture(scope="module")
def exported(run: Run, registry: Registry) -> Path:
    pytest.importorskip("spox")
    path = run.path / "model.onnx"
    find_exporter("onnx", registry).export(run, path, registry, framework="numpy", strategy="greedy", options={})
    return path


def session_of(path: Path) -> typing.Any:
    return pytest.importorskip("s2s_onnx.session").open_session(path)


# ---------------------------------------------------------------- a small model


def small_model(registry: Registry, **parts: dict) -> tuple[ModelPlan, dict[str, np.ndarray]]:
    small = {"encoder": {"name": "gru", "size": 3}, "decoder": {"name": "luong", "size": 4}}
    config = ModelConfig.model_validate({"embedding_size": 5, **small, **parts})
    plan = ModelPlan(config, len(SYMBOLS) + 4, len(SYMBOLS) + 4)
    drawn = initial_weights(declared_weights(plan, build_parts(config, registry, "numpy")), seed=1)
    rng = np.random.default_rng(3)
    return plan, {name: array + rng.normal(0, 0.4, array.shape).astype(np.float32) for name, array in drawn.items()}


def small_batch() -> typing.Any:
    rng = np.random.default_rng(5)
    return make_batch(
        [(rng.integers(4, 11, s).tolist(), rng.integers(4, 13, t).tolist()) for s, t in [(7, 3), (0, 5), (3, 2)]]
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, registry: Registry) -> Run:
    """A run directory whose weights were drawn and not trained."""
    plan, weights = small_model(registry)
    model = plan.config.model_dump(mode="json")
    content = {"data": {"train": "none.tsv", "dev": "none.tsv"}, "model": model, "decoding": {"max_length": 9}}
    side = TextSide(Characters(), Vocabulary(SYMBOLS))
    path = tmp_path_factory.mktemp("docs") / "run"
    run = Run(path, parse_config(content, folder=path, where="here"), side, side)
    create_run(run)
    save_checkpoint(run.checkpoint_path("best"), weights)
    return run


def assert_graph_equals(
    reference: typing.Any,
    plan: ModelPlan,
    weights: dict[str, np.ndarray],
    registry: Registry,
    strategy_name: str,
    **options: int,
) -> None:
    assembly, parts = (pytest.importorskip(f"s2s_onnx.{name}") for name in ("assembly", "parts"))
    onnxruntime = pytest.importorskip("onnxruntime")
    side, strategy = TextSide(Characters(), Vocabulary(SYMBOLS)), make_strategy(strategy_name, options, registry)
    graph = assembly.assemble(parts.part_graphs(plan, weights, registry), strategy, side, side, {"max_length": 9})
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    text, scores = session.run(["text", "scores"], {"source": strings(TEXTS)})
    expected = Translator(reference.stepper(), side, side, strategy, {"max_length": 9})(TEXTS)
    assert text[:, 0].tolist() == [translation.text for translation in expected]
    np.testing.assert_allclose(scores[:, 0], [translation.score for translation in expected], atol=1e-5)


def strings(texts: list[str]) -> np.ndarray:
    return np.asarray(texts, dtype=object)


def require_framework(framework: str) -> None:
    if importlib.util.find_spec(framework) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{framework} is not installed, and CI must test it")
        pytest.skip(f"{framework} is not installed")
