"""Which plugin a run's parts came from is written down, told where it is missing, and never loaded by itself."""

import json
import sys
from types import SimpleNamespace

import pytest

from s2s_toolkit.components import ANY, HOOKS, Component
from s2s_toolkit.config import Config
from s2s_toolkit.distributions import ONLY
from s2s_toolkit.errors import UnknownComponentError
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.origins import Origin, expect, origins_of
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.requirements import require

PLUGIN = """
from s2s_toolkit.metrics import Metric
from s2s_toolkit.observers import Observer
from s2s_toolkit.parts.scorers import GeneralScorer
from s2s_toolkit.strategies.greedy import Greedy
from s2s_toolkit.tokenizers import Characters

class Scorer(GeneralScorer):
    pass

class Strategy(Greedy):
    pass

class Tokenizer(Characters):
    pass

class Watcher(Observer):
    pass

rate = Metric("rate", True, "%", lambda hypotheses, references: 7)

@hookimpl
def s2s_attention_scorers():
    return [Component("mine", ANY, f"{__name__}:Scorer", "for a test")]

@hookimpl
def s2s_decoding_strategies():
    return [Component("mine", ANY, f"{__name__}:Strategy", "for a test")]

@hookimpl
def s2s_tokenizers():
    return [Component("mine", ANY, f"{__name__}:Tokenizer", "for a test")]

@hookimpl
def s2s_metrics():
    return [Component("mine", ANY, f"{__name__}:rate", "for a test")]

@hookimpl
def s2s_training_observers():
    return [Component("mine", ANY, f"{__name__}:Watcher", "for a test")]
"""
CHANGES = {
    "attention scorer": "model.attention={name='mine'}",
    "decoding strategy": "decoding={strategy='mine', max_length=7}",
    "tokenizer": "target.tokenizer=mine",
}
FOR_TRAINING = {"metric": "training.metric=mine", "training observer": "observers.mine={}"}
CHANGED = CHANGES | FOR_TRAINING
COMMANDS = (
    ("translate", "run", "dev.tsv", "--framework", "numpy"),
    ("evaluate", "run", "--framework", "numpy"),
    ("plot", "run", "12 ab", "--framework", "numpy"),
    ("export", "run"),
)


def registry_of(*components, kind="attention scorer", plugin="s2s-mine", version="1.2"):
    """The core with a plugin of some components."""
    registry = load_registry()
    implementation = {HOOKS[kind]: hookimpl(lambda self: components)}
    register_plugin(registry, type("Plugin", (), implementation)(), plugin, version)
    return registry


def config_of(**sections):
    return Config.model_validate({"framework": "numpy", "data": {"train": "a.tsv", "dev": "b.tsv"}, **sections})


def test_a_model_of_the_core_has_no_origins():
    assert origins_of(config_of(), load_registry()) == []


def test_a_plugins_part_has_an_origin_and_is_named_once():
    registry = registry_of(Component("mine", ANY, "string:capwords", ""), kind="tokenizer")
    both = {"source": {"tokenizer": "mine"}, "target": {"tokenizer": "mine"}}
    assert origins_of(config_of(**both), registry) == [Origin("tokenizer", "mine", "s2s-mine", "1.2")]


def test_metric_and_observers_have_origins_too():
    registry = registry_of(Component("mine", ANY, "string:capwords", ""), kind="metric", plugin="s2s-metric")
    observers = hookimpl(lambda: [Component("mine", ANY, "string:capwords", "")])
    register_plugin(registry, SimpleNamespace(s2s_training_observers=observers), "mine.py")
    config = config_of(training={"metric": "mine"}, observers={"mine": {}})
    expected = [Origin("metric", "mine", "s2s-metric", "1.2"), Origin("training observer", "mine", "mine.py", "")]
    assert origins_of(config, registry) == expected


def test_second_plugin_of_a_distribution_is_recorded_as_what_pip_knows():
    registry = registry_of(Component("mine", ANY, "string:capwords", ""), kind="tokenizer", plugin="s2s-mine:two")
    assert origins_of(config_of(source={"tokenizer": "mine"}), registry)[0].plugin == "s2s-mine"


@pytest.mark.parametrize(
    ("plugin", "version"),
    [("s2s-mine", "1.2"), ("S2S_mine.x", "1!2.0rc1+local.3"), ("3d", ""), ("mine.py", ""), ("_über.py", "")],
)
def test_origin_is_a_distribution_or_a_file(plugin, version):
    assert Origin("attention scorer", "mine", plugin, version).plugin == plugin


@pytest.mark.parametrize(
    ("plugin", "version"),
    [
        ("--index-url http:evil x", ""),
        ("--pre", ""),
        ("s2s-mine http:evil", ""),
        ("http:evil", ""),
        ("", ""),
        ("s2s-mine\n", ""),
        ("../mine.py", ""),
        ("-r.py", ""),
        ("s2s-mine", "1 --index-url"),
        ("s2s-mine", "--pre"),
        ("s2s-mine", "1\n"),
    ],
)
def test_origin_that_would_be_more_than_a_name_to_pip_is_refused(plugin, version):
    with pytest.raises(ValueError, match=r"^'.*' (names no plugin|is no version)$"):
        Origin("attention scorer", "mine", plugin, version)


def test_part_that_is_made_for_the_framework_is_what_counts():
    registry = registry_of(Component("dot", "numpy", "string:capwords", ""))
    config = config_of(model={"attention": {"name": "dot"}})
    assert origins_of(config, registry) == [Origin("attention scorer", "dot", "s2s-mine", "1.2")]
    assert origins_of(config.model_copy(update={"model": config_of().model}), registry) == []


@pytest.mark.parametrize(
    ("plugin", "version", "remedy"),
    [
        ("s2s-mine", "1.2", "s2s-mine 1.2: pip install s2s-mine"),
        ("mine.py", "", "mine.py: load it with --plugin .../mine.py"),
        ("pytest", "0.1", "pytest 0.1: version {pytest} is installed, which has none; pip install pytest==0.1"),
    ],
)
def test_missing_part_is_told_with_its_plugin(plugin, version, remedy):
    registry = load_registry()
    expect([Origin("tokenizer", "mine", plugin, version)], registry)
    with pytest.raises(UnknownComponentError) as caught:
        registry.find("tokenizer", "mine")
    installed = "bpe, characters, separator, tagged, unigram, words"
    start = f"no tokenizer called 'mine'; installed: {installed}; the run was trained with that of "
    assert str(caught.value) == start + remedy.format(pytest=pytest.__version__)
    with pytest.raises(UnknownComponentError, match=r"^no tokenizer called 'other'; installed: [\w, ]*$"):
        registry.find("tokenizer", "other")


def test_plugin_that_is_left_out_or_broken_is_not_to_be_installed():
    registry = Registry(failures={"pytest": "ImportError"})
    expect([Origin("tokenizer", "mine", "pytest", "1")], registry)
    assert registry.origins["tokenizer", "mine"].endswith("pytest 1: it is installed, and failed to load")
    registry = Registry(left_out={"pytest"})
    expect([Origin("tokenizer", "mine", "pytest", "1")], registry)
    assert registry.origins["tokenizer", "mine"].endswith("pytest 1: it is installed, and S2S_PLUGINS leaves it out")


def test_part_that_another_plugin_offers_now_is_used():
    registry = registry_of(Component("mine", ANY, "string:capwords", ""))
    expect([Origin("attention scorer", "mine", "gone.py", "")], registry)
    assert registry.origins == {}
    assert registry.find_offer("attention scorer", "mine").plugin == "s2s-mine"


@pytest.fixture
def trained(write_plugin, s2s):
    """Train with a part of a plugin's file, whose name the config holds too; then the file must not be touched."""
    require("torch")

    def train(kind):
        path = write_plugin("mine.py", PLUGIN)
        files = ("--set", f"plugins.files=['{path}']")
        done = s2s("train", "tiny.toml", *files, "-o", "run", "--set", CHANGED[kind], parts=load_registry())
        assert done.exit_code == 0, done.stderr
        sys.modules.pop("mine")
        path.write_text("raise RuntimeError('nobody asked for me')\n")
        return path

    return train


@pytest.mark.parametrize("kind", CHANGES)
def test_run_that_needs_a_file_names_it_and_loads_nothing(kind, trained, refusal):
    require("spox")
    trained(kind)
    for command in COMMANDS:
        said = refusal(*command)
        assert said.startswith(f"no {kind} called 'mine'")
        assert said.endswith("; the run was trained with that of mine.py: load it with --plugin .../mine.py")
    assert "mine" not in sys.modules


@pytest.mark.parametrize("kind", CHANGED)
def test_resuming_names_the_plugin_that_is_missing(kind, trained, refusal):
    trained(kind)
    said = refusal("train", "tiny.toml", "-o", "run", "--resume", "--set", CHANGED[kind])
    assert said.startswith(f"no {kind} called 'mine'")
    assert said.endswith("; the run was trained with that of mine.py: load it with --plugin .../mine.py")


@pytest.mark.parametrize("kind", FOR_TRAINING)
def test_what_only_training_uses_is_missed_nowhere_else(kind, trained, s2s):
    trained(kind)
    assert s2s("translate", "run", "dev.tsv", parts=load_registry()).exit_code == 0


def test_run_that_needs_a_file_works_with_it(trained, write_plugin, s2s):
    trained("attention scorer")
    path = write_plugin("mine.py", PLUGIN)
    assert s2s("translate", "run", "dev.tsv", "--plugin", path, parts=load_registry()).exit_code == 0


def test_run_whose_strategy_is_missing_decodes_with_another(trained, s2s):
    trained("decoding strategy")
    assert s2s("translate", "run", "dev.tsv", "--strategy", "greedy", parts=load_registry()).exit_code == 0


def test_resuming_writes_down_what_it_was_resumed_with(trained, write_plugin, s2s, folder):
    trained("attention scorer")
    path = write_plugin("moved.py", PLUGIN)
    resume = ("train", "tiny.toml", "-o", "run", "--resume", "--set", CHANGES["attention scorer"])
    assert s2s(*resume, "--plugin", path, parts=load_registry()).exit_code == 0
    plugins = {each["plugin"] for each in json.loads((folder / "run/run.json").read_text())["plugins"]}
    assert plugins == {"s2s-torch", "moved.py"}


def test_run_of_the_core_needs_no_plugin_but_its_framework(run, refusal, s2s, monkeypatch):
    monkeypatch.setenv(ONLY, "")
    core = load_registry()
    assert s2s("translate", run, "dev.tsv", "--framework", "numpy", parts=core).exit_code == 0
    said = refusal("translate", run, "dev.tsv", parts=core)
    assert said.startswith("no framework called 'torch'; installed: numpy; the run was trained with that of s2s-torch ")
    assert said.endswith(": it is installed, and S2S_PLUGINS leaves it out")


FOREIGN = {"kind": "encoder", "name": "gru", "plugin": "--index-url http:evil x", "version": ""}
UNSHOWN = {"kind": "encoder", "name": "gru\n\x1b[31m", "plugin": "s2s-mine", "version": ""}


@pytest.mark.parametrize(
    "plugins", ["mine", [1], [{"kind": "encoder"}], [{"kind": "a", "name": "b", "plugin": "c"}], [FOREIGN], [UNSHOWN]]
)
def test_damaged_origins_are_refused(plugins, run, refusal):
    (run / "run.json").write_text(json.dumps({"format": 1, "plugins": plugins}))
    assert refusal("translate", run, "dev.tsv", "--framework", "numpy").startswith("run/run.json is damaged (")


def test_run_of_an_earlier_version_says_nothing_of_plugins(run, s2s):
    (run / "run.json").write_text(json.dumps({"format": 1}))
    assert s2s("translate", run, "dev.tsv", "--framework", "numpy").exit_code == 0
