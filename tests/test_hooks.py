"""Each hook, used by a plugin: what it offers is found, loaded and put to work where the toolkit needs it."""

from dataclasses import replace

import click
import numpy as np
from click.testing import CliRunner

from s2s_toolkit.batches import source_arrays
from s2s_toolkit.cli import cli
from s2s_toolkit.components import ANY, HOOKS, Component
from s2s_toolkit.config_sections import ModelConfig, TextConfig
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.loading import build_model, make_strategy
from s2s_toolkit.model import ModelPlan, build_parts, declared_weights
from s2s_toolkit.observers import BatchStep, Observer
from s2s_toolkit.parts.decoders import BahdanauDecoder
from s2s_toolkit.parts.encoders import GruEncoder
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.reference import NumpyModel
from s2s_toolkit.search import search
from s2s_toolkit.strategies.greedy import Greedy
from s2s_toolkit.text import load_tokenizer
from s2s_toolkit.tokenizers import Characters
from s2s_toolkit.training.watching import make_observers
from s2s_toolkit.weights import Weight, initial_weights

SMALL = {"embedding_size": 5, "encoder": {"name": "gru", "size": 3}, "decoder": {"name": "bahdanau", "size": 7}}
SOURCES = source_arrays([[4, 5, 6], [7]])


def component(name, framework=ANY):
    """The component of the object that this module calls so."""
    return Component(name, framework, f"{__name__}:{name}", "for a test")


def offering(**components):
    """A plugin object with a hook for each component."""
    return type("Plugin", (), {hook: hookimpl(lambda self, c=c: [c]) for hook, c in components.items()})()


def registry_with(plugin):
    registry = load_registry()
    register_plugin(registry, plugin, "test-plugin")
    assert registry.failures == {}
    return registry


def model_with(registry, **sections):
    """A numpy model with parts of the registry, on its first weights."""
    plan = ModelPlan(ModelConfig.model_validate({**SMALL, **sections}), 11, 9)
    model = build_model(plan, registry, "numpy")
    declared = declared_weights(plan, build_parts(plan.config, registry, "numpy"))
    model.load_weights(initial_weights(declared, seed=1))
    return model


def greedy(model):
    return search(model.stepper(), Greedy(), *SOURCES, {"max_length": 5})


class Loud:
    """A framework: the reference whose models say that they are loud."""

    def build(self, plan, parts):
        model = NumpyModel(plan, parts)
        model.is_loud = True
        return model


def test_hook_s2s_frameworks():
    gru = Component("gru", "Loud", "s2s_toolkit.parts.encoders:GruEncoder", "the reference's")
    plugin = offering(s2s_frameworks=component("Loud"), s2s_encoders=gru)
    plan = ModelPlan(ModelConfig.model_validate(SMALL), 11, 9)
    assert build_model(plan, registry_with(plugin), "Loud").is_loud


class Backwards(GruEncoder):
    """An encoder that reads the source from its end, with one option."""

    def __init__(self, input_size: int, *, units: int = 3):
        super().__init__(input_size, size=units, bidirectional=False)
        self.directions = ("backward",)


def test_hook_s2s_encoders():
    plugin = offering(s2s_encoders=component("Backwards", "numpy"))
    model = model_with(registry_with(plugin), encoder={"name": "Backwards", "units": 11})
    assert model.weights()["encoder.layers.0.backward.recurrent_kernel"].shape == (11, 33)
    assert greedy(model).attention.shape[-1] == 4


class Last:
    """A scorer that prefers later positions; its one weight says by how much."""

    def __init__(self, query_size: int, memory_size: int):
        pass

    def weights(self):
        return {"slope": Weight((1, 1))}

    def keys(self, xp, weights, memory):
        return xp.cumulative_sum(xp.ones_like(memory[..., :1]), axis=1) @ abs(weights["slope"])  # (B, S, 1)

    def score(self, xp, weights, query, keys):
        return xp.matmul(xp.ones_like(query[..., :1]), xp.matrix_transpose(keys)) * 1000.0


def test_hook_s2s_attention_scorers():
    plugin = offering(s2s_attention_scorers=component("Last"))
    model = model_with(registry_with(plugin), attention={"name": "Last"})
    assert model.weights()["attention.slope"].shape == (1, 1)
    found = greedy(model)
    np.testing.assert_allclose(found.attention[:, 0, 0], [[0, 0, 0, 1], [0, 1, 0, 0]], atol=1e-6)


class Doubled(BahdanauDecoder):
    """A decoder that doubles its readout."""

    def step(self, xp, weights, previous, state, attend):
        readout, attention, state = super().step(xp, weights, previous, state, attend)
        return 2 * readout, attention, state


def test_hook_s2s_decoders():
    plugin = offering(s2s_decoders=component("Doubled"))
    registry = registry_with(plugin)
    logits = []
    for name in ("bahdanau", "Doubled"):
        stepper = model_with(registry, decoder={"name": name, "size": 7}).stepper()
        logits.append(stepper.step(np.array([2, 2]), stepper.start(*SOURCES, 1))[0])
    np.testing.assert_allclose(2 * logits[0], logits[1], rtol=1e-5)


class Runaway(Greedy):
    """Greedy, but for the end, which it never takes."""

    def advance(self, xp, step, search, settings):
        log_probs = step.log_probs - 100.0 * (xp.arange(step.log_probs.shape[-1]) == 3)
        return super().advance(xp, replace(step, log_probs=log_probs), search, settings)


def test_hook_s2s_decoding_strategies():
    plugin = offering(s2s_decoding_strategies=component("Runaway"))
    registry = registry_with(plugin)
    found = search(model_with(registry).stepper(), make_strategy("Runaway", {}, registry), *SOURCES, {"max_length": 11})
    assert found.lengths.tolist() == [[11], [11]]


class Reversed(Characters):
    """A tokenizer for those who write from right to left."""

    def split(self, text):
        return super().split(text)[::-1]


def test_hook_s2s_tokenizers():
    plugin = offering(s2s_tokenizers=component("Reversed"))
    assert load_tokenizer(TextConfig(tokenizer="Reversed"), registry_with(plugin)).split("abc") == ["c", "b", "a"]


def length_match(hypotheses, references):
    """Per cent of targets of a right length."""
    pairs = zip(hypotheses, references, strict=True)
    return 100 * np.mean([len(hypothesis) in map(len, wanted) for hypothesis, wanted in pairs])


def test_hook_s2s_metrics():
    plugin = offering(s2s_metrics=component("length_match"))
    assert (
        registry_with(plugin).load("metric", "length_match")([["a", "b"], ["c"]], [[["x", "y"]], [[], ["x", "y"]]])
        == 50
    )


class Paper:
    """An exporter."""

    suffix = ".paper"


def test_hook_s2s_exporters():
    plugin = offering(s2s_exporters=component("Paper"))
    assert registry_with(plugin).load("exporter", "Paper").suffix == ".paper"


@click.command()
@click.argument("name")
def greet(name):
    """Say hello."""
    click.echo(f"hello {name}")


def test_hook_s2s_add_commands():
    plugin = offering(s2s_add_commands=component("greet"))
    registry = registry_with(plugin)
    assert CliRunner().invoke(cli, ["greet", "you"], obj=registry).output == "hello you\n"
    assert "greet" in CliRunner().invoke(cli, ["--help"], obj=registry).output


class Counting(Observer):
    """An observer that counts steps."""

    def __init__(self, *, start: int = 0):
        self.count = start

    def on_step(self, event):
        self.count += 1


def test_hook_s2s_training_observers():
    registry = registry_with(offering(s2s_training_observers=component("Counting")))
    observers = make_observers(Observer(), {"Counting": {"start": 5}}, registry)
    observers.on_step(BatchStep(1, 6.0, 3, 0.1))
    (counting,) = observers.others.values()
    assert counting.count == 6


def test_every_hook_has_its_test():
    assert {name for name in globals() if name.startswith("test_hook_")} == {f"test_hook_{h}" for h in HOOKS.values()}
