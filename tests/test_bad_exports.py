"""Parts of plugins that train and can't be exported: a line that names the plugin, the part and the place."""

import pytest

from s2s_toolkit.plugins import load_registry
from s2s_toolkit.testing.requirements import require

SCORER = """
from s2s_toolkit.parts.scorers import GeneralScorer

class Bad(GeneralScorer):
    def score(self, xp, weights, query, keys):
        scores = xp.matmul(query, xp.matrix_transpose(keys))
        return {scores}

@hookimpl
def s2s_attention_scorers():
    return [Component("bad", ANY, f"{{__name__}}:Bad", "")]
"""
DECODER = """
from s2s_toolkit.parts.decoders import BahdanauDecoder

class Bad(BahdanauDecoder):
    def step(self, xp, weights, previous, state, attend):
        context, attention = attend(state["hidden_0"])
        if xp.sum(attention) > 2:
            return super().step(xp, weights, previous, state, attend)
        return super().step(xp, weights, previous, state, attend)

@hookimpl
def s2s_decoders():
    return [Component("bad", ANY, f"{__name__}:Bad", "")]
"""
STRATEGY = """
from s2s_toolkit.strategies.greedy import Greedy

class Bad(Greedy):
    def advance(self, xp, step, search, settings):
        if step.number == 0:
            return super().advance(xp, step, search, settings)
        return super().advance(xp, step, search, settings)

@hookimpl
def s2s_decoding_strategies():
    return [Component("bad", ANY, f"{__name__}:Bad", "")]
"""
NATIVE = """
import torch
from torch import nn

class Bad(nn.Module):
    def __init__(self, query_size: int, memory_size: int):
        super().__init__()
        self.key = nn.Linear(memory_size, query_size)
    def keys(self, memory):
        return self.key(memory)
    def score(self, query, keys):
        return {scores}

@hookimpl
def s2s_attention_scorers():
    return [Component("bad", "torch", f"{{__name__}}:Bad", "")]
"""
REMEDY = "; a portable part uses xp alone, branches on no array, and knows no size but those that its config fixes"


@pytest.fixture
def export_bad(write_plugin, refusal, s2s):
    """Train with a plugin, which goes well, and export, which must be refused; the line."""
    require("torch")
    require("spox")

    def export(source, change, *options):
        path = write_plugin("bad.py", source)
        train = ("train", "tiny.toml", "--plugin", path, "-o", "run", "--set", change)
        done = s2s(*train, parts=load_registry())
        assert done.exit_code == 0, done.stderr
        return refusal("export", "run", "--plugin", path, *options)

    return export


@pytest.mark.parametrize(
    ("scores", "line"),
    [
        (
            "scores if xp.max(scores) > 0 else scores * 2.0",
            "a graph value is not known while the graph is made; use xp.where in place of `if` (bad.py, line 12)",
        ),
        (
            "xp.stack([scores[:, :, place] for place in range(keys.shape[1])], axis=-1)",
            "TypeError: 'NoneType' object cannot be interpreted as an integer (bad.py, line 12)",
        ),
        (
            "xp.stack([*scores], axis=0)",
            "a graph value can't be iterated over; index it, or use a function over an axis",
        ),
        ("scores * float(xp.max(scores))", "TypeError: float() argument must be a string or a real number, not 'Onn"),
    ],
)
def test_portable_scorer_that_can_not_be_traced_is_named(scores, line, export_bad):
    said = export_bad(SCORER.format(scores=scores), "model.attention={name='bad'}")
    assert said.startswith(f"attention scorer 'bad' of bad.py can't be exported: {line}")
    assert said.endswith(f"(bad.py, line 12){REMEDY}")


def test_decoder_that_can_not_be_traced_is_named(export_bad):
    said = export_bad(DECODER, "model.decoder={name='bad', size=8}")
    assert said.startswith("decoder 'bad' of bad.py can't be exported: a graph value is not known while")
    assert said.endswith(f"(bad.py, line 12){REMEDY}")


def test_strategy_that_can_not_be_traced_is_named(export_bad):
    said = export_bad(STRATEGY, "decoding={strategy='bad', max_length=7}")
    assert said.startswith("decoding strategy 'bad' of bad.py can't be exported: a graph value is not known while")
    assert said.endswith(f"(bad.py, line 11){REMEDY}")


@pytest.mark.parametrize(
    ("scores", "line"),
    [
        ("torch.logcumsumexp(query @ keys.transpose(1, 2), dim=-1)", "logcumsumexp"),
        (
            "query @ keys.transpose(1, 2) * (1 / (keys.shape[1] - 7))",
            "ZeroDivisionError: division by zero (bad.py, line 17)",
        ),
        (
            "query @ keys.transpose(1, 2) * float(len(keys))",
            "the graph of 'score' gives another 'scores' than the part",
        ),
    ],
)
def test_native_scorer_that_can_not_be_exported_is_named(scores, line, export_bad):
    said = export_bad(NATIVE.format(scores=scores), "model.attention={name='bad'}")
    assert said.startswith("attention scorer 'bad' for torch of bad.py can't be exported: ")
    assert line in said
    assert said.endswith("; write it portable or give it a method `to_onnx`")


def test_run_that_can_not_be_exported_still_translates(export_bad, s2s):
    export_bad(STRATEGY, "decoding={strategy='bad', max_length=7}")
    assert s2s("translate", "run", "dev.tsv", "--plugin", "bad.py", parts=load_registry()).exit_code == 0
    assert s2s("export", "run", "--strategy", "greedy", parts=load_registry()).exit_code == 0
