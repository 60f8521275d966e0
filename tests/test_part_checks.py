"""The check of a model's parts: what keeps the contract passes, whatever its sizes; what breaks it is told."""

import sys
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2s_toolkit.checks.parts import check_parts
from s2s_toolkit.checks.rehearsal import rehearse
from s2s_toolkit.components import ANY, HOOKS, Component
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.errors import PluginError, UnsupportedError
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.model import REFERENCE, SECTIONS
from s2s_toolkit.parts.decoders import BahdanauDecoder
from s2s_toolkit.parts.scorers import GeneralScorer
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.registry import CORE, Registry
from s2s_toolkit.testing.requirements import require

SMALL = {"encoder": {"name": "gru", "size": 3}, "decoder": {"name": "bahdanau", "size": 6}}
BUILT_IN = [
    (kind, offer.component.name)
    for kind in SECTIONS
    for offer in load_registry().offers[kind]
    if offer.plugin == CORE and offer.component.framework in (ANY, REFERENCE)
]


def config_of(**sections):
    return ModelConfig.model_validate({"embedding_size": 5, **SMALL, **sections})


@pytest.fixture
def registry_with(monkeypatch):
    """A registry with a portable part that a plugin "s2s-mine" calls "mine"."""

    def make(kind, part):
        module = ModuleType("mine_for_a_test")
        module.Part = part
        monkeypatch.setitem(sys.modules, module.__name__, module)
        registry = load_registry()
        component = Component("mine", ANY, f"{module.__name__}:Part", "")
        plugin = type("Plugin", (), {HOOKS[kind]: hookimpl(lambda self: [component])})()
        register_plugin(registry, plugin, "s2s-mine", "1.0")
        return registry

    return make


@pytest.mark.parametrize("framework", ["numpy", "torch", "tensorflow"])
@pytest.mark.parametrize(("kind", "name"), BUILT_IN)
def test_built_in_parts_pass(kind, name, framework, registry):
    require(framework)
    sections = {SECTIONS[kind]: {"name": name}}
    if (kind, name) == ("attention scorer", "dot"):  # which wants a query as large as the memory
        sections |= {"encoder": {"name": "gru", "size": 3}, "decoder": {"name": "luong", "size": 6}}
    check_parts(config_of(**sections), registry, framework)


@settings(max_examples=20)
@given(
    embedding_size=st.integers(1, 4),
    encoder=st.fixed_dictionaries({"name": st.just("gru"), "size": st.integers(1, 4), "bidirectional": st.booleans()}),
    decoder=st.fixed_dictionaries({"name": st.sampled_from(["bahdanau", "luong"]), "size": st.integers(1, 6)}),
)
def test_no_size_is_taken_for_a_mistake(embedding_size, encoder, decoder):
    """Also where sizes equal each other or those of the example: 3 sources, 5 and 2 symbols."""
    config = ModelConfig.model_validate({"embedding_size": embedding_size, "encoder": encoder, "decoder": decoder})
    check_parts(config, load_registry(), REFERENCE)


class SizesOfItsOwn(GeneralScorer):
    """A scorer whose keys are of rank four and whose arguments have other names."""

    def keys(self, xp, w, m):
        return xp.expand_dims(super().keys(xp, w, m), axis=-1)  # (B, S, Q, 1)

    def score(self, xp, w, q, k, *, unused=None):
        return super().score(xp, w, q, k[..., 0])


def test_keys_may_have_any_rank_and_arguments_any_name(registry_with):
    check_parts(config_of(attention={"name": "mine"}), registry_with("attention scorer", SizesOfItsOwn), REFERENCE)


class CountingDecoder(BahdanauDecoder):
    """A decoder whose state counts in integers, and which attends twice in a step."""

    def start(self, xp, weights, summary):
        steps = xp.zeros_like(summary[:, :1], dtype=xp.int64)
        return {**super().start(xp, weights, summary), "steps": steps}

    def step(self, xp, weights, previous, state, attend):
        own = {name: array for name, array in state.items() if name != "steps"}
        attend(own["hidden_0"])
        readout, attention, own = super().step(xp, weights, previous, own, attend)
        return readout, attention, {**own, "steps": state["steps"] + 1}


def test_state_may_hold_integers_and_a_portable_decoder_attend_twice(registry_with):
    check_parts(config_of(decoder={"name": "mine", "size": 6}), registry_with("decoder", CountingDecoder), REFERENCE)


class Forgetful(CountingDecoder):
    """Its integers become floats on the way."""

    def step(self, xp, weights, previous, state, attend):
        readout, attention, new = super().step(xp, weights, previous, state, attend)
        return readout, attention, {**new, "steps": new["steps"][0]}


def test_state_that_changes_its_shape_is_refused(registry_with):
    said = r"^decoder 'mine' of s2s-mine: `step` gives next steps of shape \(1,\), expected \(3, 1\) for a batch"
    with pytest.raises(PluginError, match=said):
        check_parts(config_of(decoder={"name": "mine", "size": 6}), registry_with("decoder", Forgetful), REFERENCE)


class Overflowing(GeneralScorer):
    """A scorer that is not finite, of which numpy would warn."""

    def score(self, xp, weights, query, keys):
        return super().score(xp, weights, query, keys) / 0.0


def test_value_that_is_not_finite_is_told_and_numpy_says_nothing_beside(registry_with, recwarn):
    registry = registry_with("attention scorer", Overflowing)
    with pytest.raises(PluginError, match="`score` gives scores with a value that is not finite"):
        check_parts(config_of(attention={"name": "mine"}), registry, REFERENCE)
    assert [str(warning.message) for warning in recwarn] == []


def test_bug_in_a_part_of_the_core_is_raised_as_it_is(monkeypatch, registry):
    monkeypatch.setattr(GeneralScorer, "score", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        check_parts(config_of(attention={"name": "general"}), registry, REFERENCE)


class Cusp(GeneralScorer):
    """Finite everywhere, with a gradient that is not: the root of zero."""

    def keys(self, xp, weights, memory):
        return super().keys(xp, weights, memory + xp.sqrt(memory * 0.0))


@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_gradient_that_is_not_finite_is_told_by_rehearsing(framework, registry_with):
    require(framework)
    registry, config = registry_with("attention scorer", Cusp), config_of(attention={"name": "mine"})
    check_parts(config, registry, framework)
    said = r"^attention scorer 'mine' of s2s-mine: the gradient of weight 'source_embedding' is not finite in "
    with pytest.raises(PluginError, match=said):
        rehearse(config, registry, framework)


def test_core_is_not_rehearsed(registry):
    """It would cost a traced graph in TensorFlow; here the framework would refuse."""
    rehearse(config_of(), registry, "numpy")
    core = Registry({kind: [o for o in offers if o.plugin == CORE] for kind, offers in registry.offers.items()})
    rehearse(config_of(), core, REFERENCE)


def test_plugins_part_is_rehearsed(registry_with):
    with pytest.raises(UnsupportedError, match="computes no gradients"):
        rehearse(config_of(attention={"name": "mine"}), registry_with("attention scorer", SizesOfItsOwn), REFERENCE)
