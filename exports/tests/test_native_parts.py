"""Parts of plugins in the exported file: portable ones, native ones that their framework exports, and own graphs."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.translator import Translator
from s2s_toolkit.components import ANY, HOOKS, Component
from s2s_toolkit.config import Config
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.loading import build_model, load_translator, plan_of
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, create_run, save_checkpoint
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.untrained_runs import assert_translations_agree
from s2s_toolkit.text import TextSide, load_tokenizer
from s2s_toolkit.vocabulary import Vocabulary

PLUGINS = Path(__file__).parent / "plugins"
DOCS = Path(__file__).parents[2] / "docs/plugin_hooks.md"
TEXTS = ["abc", "", "ddédd fg a", "é"]
STRATEGIES: dict[str, dict[str, Any]] = {"greedy": {}, "beam": {"beam_size": 4, "n_best": 3}}

PORTABLE = {
    "encoder": {"name": "gru", "size": 3},
    "attention": {"name": "general"},
    "decoder": {"name": "luong", "size": 6},
}
NATIVE = {"encoder": {"name": "stacked", "size": 3}, "attention": {"name": "bilinear"}, "decoder": {"name": "cell"}}
OWN = {"encoder": {"name": "symbols"}, "attention": {"name": "general"}, "decoder": {"name": "counting"}}

every_framework = pytest.mark.parametrize("framework", ["torch", "tensorflow"])


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry with the parts of `plugins/`, offered by a plugin called "test"."""
    monkeypatch.syspath_prepend(PLUGINS)
    offered = {
        "encoder": [Component("symbols", ANY, "own_graphs:SymbolEncoder", "")],
        "decoder": [Component("counting", ANY, "own_graphs:CountingDecoder", "")],
        "attention scorer": [
            Component("beside", "onnx", "own_graphs:RisingScorer", ""),
            Component("refused", ANY, "own_graphs:RefusedScorer", ""),
        ],
    }
    for framework in ("torch", "tensorflow"):
        module = f"native_{framework}"
        offered["encoder"].append(Component("stacked", framework, f"{module}:StackedEncoder", ""))
        offered["decoder"].append(Component("cell", framework, f"{module}:CellDecoder", ""))
        offered["attention scorer"] += [
            Component("bilinear", framework, f"{module}:BilinearScorer", ""),
            Component("rising", framework, f"{module}:RisingScorer", ""),
            Component("beside", framework, f"{module}:RisingScorer", ""),
            Component("own", framework, f"{module}:RisingScorerWithGraphs", ""),
        ]
    return with_parts(load_registry(), offered)


def with_parts(registry: Registry, offered: dict[str, list[Component]]) -> Registry:
    hooks = {HOOKS[kind]: hookimpl(lambda components=components: components) for kind, components in offered.items()}
    register_plugin(registry, SimpleNamespace(**hooks), "test")
    assert registry.failures == {}
    return registry


@pytest.fixture
def make_run(registry: Registry, tmp_path: Path) -> Callable[..., Run]:
    """Write a run of a framework whose weights were drawn; its parts may be native alone."""

    def make(framework: str, *, name: str = "run", **model: Any) -> Run:
        content = {
            "framework": framework,
            "data": {"train": "gone.tsv", "dev": "gone.tsv"},
            "target": {"tokenizer": "words"},
            "model": {"embedding_size": 5, **PORTABLE, **model},
            "decoding": {"max_length": 9},
        }
        config = Config.model_validate(content)
        source = TextSide(load_tokenizer(config.source, registry), Vocabulary("abcdefgé "))
        target = TextSide(load_tokenizer(config.target, registry), Vocabulary(["uv", "w", "x", "y", "für"]))
        run = Run(tmp_path / name, config, source, target)
        create_run(run)
        shapes = build_model(plan_of(run), registry, framework).weights()
        rng = np.random.default_rng(0)
        weights = {name: rng.normal(0, 0.7, array.shape).astype(np.float32) for name, array in shapes.items()}
        save_checkpoint(run.checkpoint_path("best"), weights)
        return run

    return make


def export(run: Run, registry: Registry, strategy: str) -> Path:
    path = run.path / f"{strategy}.onnx"
    OnnxExporter().export(run, path, registry, framework="", strategy=strategy, options=STRATEGIES[strategy])
    return path


def assert_exported(run: Run, registry: Registry, strategy: str) -> None:
    """The file translates as the run does: alone, in a batch, nothing and unknown symbols too."""
    file = Translator(export(run, registry, strategy))
    model = load_translator(run, registry, strategy=strategy, options=STRATEGIES[strategy])
    for texts in (TEXTS, *([text] for text in TEXTS)):
        for found, expected in zip(file(texts), model(texts), strict=True):
            for one, other in zip((found, *found.alternatives), (expected, *expected.alternatives), strict=True):
                assert one.text == other.text
                assert one.score == pytest.approx(other.score, abs=1e-5)
                np.testing.assert_allclose(one.attention, other.attention, atol=1e-5)


def assert_refused(run: Run, registry: Registry, message: str) -> None:
    """One line, and nothing is written."""
    before = sorted(run.path.rglob("*"))
    with pytest.raises(UnsupportedError, match=message) as caught:
        export(run, registry, "greedy")
    assert "\n" not in str(caught.value)
    assert sorted(run.path.rglob("*")) == before


@every_framework
def test_native_parts_alone_are_exported(framework: str, make_run: Callable[..., Run], registry: Registry) -> None:
    require_exporter(framework)
    assert_exported(make_run(framework, **NATIVE), registry, "beam")


def test_parts_of_graphs_decode_together_with_others(make_run: Callable[..., Run], registry: Registry) -> None:
    """A member's own graphs, with weights inside, lie in the ensemble's beside another's traced parts."""
    runs = [make_run("numpy", **OWN), make_run("numpy", name="other", decoder={"name": "bahdanau", "size": 7})]
    path, how = runs[0].path / "both.onnx", {"strategy": "beam", "options": STRATEGIES["beam"]}
    OnnxExporter().export_ensemble(runs, path, registry, framework="", **how)
    model = load_translator(runs[0], registry, others=runs[1:], **how)
    assert_translations_agree(Translator(path)(TEXTS), model(TEXTS), "the file")


@every_framework
def test_a_native_decoder_attends_with_any_scorer(
    framework: str, make_run: Callable[..., Run], registry: Registry
) -> None:
    require_exporter(framework)
    run = make_run(framework, attention={"name": "own"}, decoder=NATIVE["decoder"])
    assert_exported(run, registry, "greedy")


@every_framework
@pytest.mark.parametrize("scorer", ["own", "beside"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_native_scorer_brings_its_graphs_or_another_class_does(
    framework: str, scorer: str, strategy: str, make_run: Callable[..., Run], registry: Registry
) -> None:
    require(framework)
    assert_exported(make_run(framework, attention={"name": scorer}), registry, strategy)


@pytest.mark.parametrize("framework", ["numpy", "torch", "tensorflow"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_portable_part_may_bring_its_graphs(
    framework: str, strategy: str, make_run: Callable[..., Run], registry: Registry
) -> None:
    require(framework)
    assert_exported(make_run(framework, **OWN), registry, strategy)


@every_framework
def test_portable_parts_of_a_plugin_are_traced(
    framework: str, make_run: Callable[..., Run], registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(framework)
    import own_graphs

    for part in (own_graphs.SymbolEncoder, own_graphs.CountingDecoder):
        monkeypatch.delattr(part, "to_onnx")
    assert_exported(make_run(framework, **OWN), registry, "beam")


def test_documented_scorer_is_exported(registry: Registry, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    require("torch")
    code = re.search(
        r"<!-- runs: rising_torch.py -->\n```python\n(.*?)^```$", DOCS.read_text(), re.DOTALL | re.MULTILINE
    )
    (tmp_path / "rising_torch.py").write_text(code.group(1))
    request.getfixturevalue("monkeypatch").syspath_prepend(tmp_path)
    component = Component("documented", "torch", "rising_torch:RisingScorer", "")
    with_parts(registry, {"attention scorer": [component]})
    run = request.getfixturevalue("make_run")("torch", attention={"name": "documented"})
    assert_exported(run, registry, "greedy")


@pytest.mark.parametrize(
    ("framework", "operator"), [("torch", "aten::logcumsumexp"), ("tensorflow", "CumulativeLogsumexp")]
)
def test_an_operator_that_has_no_form_is_named(
    framework: str, operator: str, make_run: Callable[..., Run], registry: Registry
) -> None:
    require_exporter(framework)
    named = f"^attention scorer 'rising' for {framework} of test can't be exported: "
    message = f"{named}.*{operator}.*; write it portable or give"
    assert_refused(make_run(framework, attention={"name": "rising"}), registry, message)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ("lacking", "it gives the graphs keys, where it needs keys, score"),
        ("raising", "its `to_onnx` fails, KeyError: 'absent'"),
        ("serialized", "its graph 'keys' is a bytes, and no onnx.ModelProto"),
    ],
)
def test_graphs_that_are_not_those_of_the_kind_are_refused(
    mistake: str, message: str, make_run: Callable[..., Run], registry: Registry
) -> None:
    run = make_run("numpy", attention={"name": "refused", "mistake": mistake})
    named = f"^attention scorer 'refused' of test can't be exported: {message}; docs/plugin_hooks.md says"
    assert_refused(run, registry, named)


def test_a_framework_that_exports_no_parts_is_named(make_run: Callable[..., Run], registry: Registry) -> None:
    component = Component("only", "numpy", "s2s_toolkit.parts.scorers:GeneralScorer", "")
    with_parts(registry, {"attention scorer": [component]})
    named = "^attention scorer 'only' for numpy of test can't be exported: "
    message = f"{named}numpy exports no parts of its own; write it portable"
    assert_refused(make_run("numpy", attention={"name": "only"}), registry, message)


def require_exporter(framework: str) -> None:
    require(framework)
    if framework == "tensorflow":
        require("tf2onnx")
