"""Encoders, scorers and decoders that break their contract: a line that names the plugin, before a training starts."""

import json

import pytest

from s2s_toolkit.plugins import load_registry
from s2s_toolkit.testing.requirements import require

OFFER = """
@hookimpl
def s2s_{hook}():
    return [Component("bad", {framework}, f"{{__name__}}:Bad", "")]
"""
SCORER = """
from s2s_toolkit.parts.scorers import GeneralScorer

class Bad(GeneralScorer):
"""
ENCODER = """
from s2s_toolkit.weights import Weight

class Bad:
    memory_size = 8
    def __init__(self, input_size: int):
        self.input_size = input_size
    def weights(self):
        return {"kernel": Weight((self.input_size, 8))}
    def encode(self, xp, weights, inputs, lengths):
        memory = xp.matmul(inputs, weights["kernel"])
        return memory, xp.sum(memory, axis=1)
"""
DECODER = """
from s2s_toolkit.parts.decoders import BahdanauDecoder

class Bad(BahdanauDecoder):
    def __init__(self, embedding_size: int, memory_size: int):
        super().__init__(embedding_size, memory_size, size=8)
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
        return {score}
"""


def method(signature, body):
    return f"    def {signature}:\n        {body}\n"


@pytest.fixture
def train_bad(write_plugin, refusal):
    """Train with a part that must be refused; the line."""
    require("torch")

    def train(source, section, *, framework="torch", native="ANY"):
        hook = {"attention": "attention_scorers", "encoder": "encoders", "decoder": "decoders"}[section]
        path = write_plugin("bad.py", source + OFFER.format(hook=hook, framework=native))
        part = f"model.{section}={{name='bad'}}"
        return refusal("train", "tiny.toml", "--plugin", path, "--set", part, "--framework", framework)

    return train


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            method("__init__(self, query_size: int)", "super().__init__(query_size, 16)"),
            "fails: TypeError: its constructor takes (query_size: int), and is given 2 sizes and its options by name",
        ),
        (
            method("__init__(self, query_size: int, memory_size: int)", "self.size = query_siz"),
            "fails: NameError: name 'query_siz' is not defined (bad.py, line 11)",
        ),
        (
            method("__init__(self, query_size: int, memory_size: int, *, kernel: np.ndarray = None)", "pass"),
            "fails: TypeError: an option has a type that no config can say; "
            "Unable to generate pydantic-core schema for <class 'numpy.ndarray'>.",
        ),
        (
            method("weights(self)", "return {'kernel': (3, 5)}"),
            ": its `weights` must return a dict of Weights by name; it returns {'kernel': (3, 5)}",
        ),
        (
            method("weights(self)", "return ['kernel']"),
            ": its `weights` must return a dict of Weights by name; it returns ['kernel']",
        ),
        ("    weights = None\n", ": it has no method `weights`, which is given ()"),
        ("    score = None\n", ": it has no method `score`, which is given (xp, weights, query, keys)"),
        (
            method("score(self, query, keys)", "return query"),
            ": its `score` takes (query, keys), and is given (xp, weights, query, keys)",
        ),
        (method("keys(self, xp, weights, memory)", "memory"), ": `keys` gives keys None, expected an array"),
        (
            method("score(self, xp, weights, query, keys)", "return xp.matmul(keys, xp.matrix_transpose(query))"),
            ": `score` gives scores of shape (3, 5, 2), expected (3, 2, 5) for a batch, source and target of 3, 5, 2",
        ),
        (
            method("keys(self, xp, weights, memory)", "return xp.matrix_transpose(memory)"),
            ": `keys` gives keys of shape (3, 16, 5), expected (3, 5, …) for a batch, source and target of 3, 5, 2",
        ),
        (
            method("score(self, xp, weights, query, keys)", "return super().score(xp, weights, query, keys) > 0"),
            ": `score` gives scores of type bool, expected float32",
        ),
        (
            method("score(self, xp, weights, query, keys)", "return np.float64(1) * query @ xp.matrix_transpose(keys)"),
            ": `score` gives scores of type float64, expected float32",
        ),
        (
            method("keys(self, xp, weights, memory)", "return xp.sqrt(-xp.abs(super().keys(xp, weights, memory)))"),
            ": `keys` gives keys with a value that is not finite",
        ),
        (
            method("score(self, xp, weights, query, keys)", "return xp.einsum('btq,bsq->bts', query, keys)"),
            "fails: AttributeError: the array namespace has no 'einsum'; it has: abs, all, ",
        ),
        (
            method("score(self, xp, weights, query, keys)", "return xp.matmul(query, keys)"),
            "fails: ValueError: matmul: Input operand 1 has a mismatch in its core dimension 0",
        ),
    ],
)
def test_scorer_is_refused(body, line, train_bad):
    said = train_bad(SCORER + body, "attention")
    assert said.startswith(f"attention scorer 'bad' of bad.py{'' if line[0] == ':' else ' '}{line}")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("    memory_size = None\n", " has no number 'memory_size', which says how large its outputs are"),
        (
            "    memory_size = 0\n",
            " has memory_size = 0, which says how large its outputs are, at least 1",
        ),
        (
            "    memory_size = 9\n",
            ": `encode` gives memory of shape (3, 5, 8), expected (3, 5, 9) for a batch, source and target of 3, 5, 2",
        ),
        (
            method("encode(self, xp, weights, inputs, lengths)", "return xp.matmul(inputs, weights['kernel'])"),
            ": its `encode` must return memory and summary, a tuple; it returns array(",
        ),
        (
            method("encode(self, xp, weights, inputs, lengths)", "return inputs, weights['kernle']"),
            " fails: KeyError: 'kernle' (bad.py, line 19)",
        ),
    ],
)
def test_encoder_is_refused(body, line, train_bad):
    assert train_bad(ENCODER + body, "encoder").startswith(f"encoder 'bad' of bad.py{line}")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (method("start(self, xp, weights, summary)", "return summary"), "its `start` must return a state, a dict of"),
        (
            method("step(self, xp, weights, previous, state, attend)", "return previous, state"),
            "its `step` must return readout and attention and state, a tuple; it returns (array(",
        ),
        (
            method(
                "step(self, xp, weights, previous, state, attend)",
                "return *super().step(xp, weights, previous, state, attend)[:2], {'cell': previous}",
            ),
            "its state is hidden_0 at first, and after a step cell",
        ),
        (
            method(
                "step(self, xp, weights, previous, state, attend)",
                "return *super().step(xp, weights, previous, state, attend)[:2], {'hidden_0': previous[:, :3]}",
            ),
            "`step` gives next hidden_0 of shape (3, 3), expected (3, 8) for a batch, source and target of 3, 5, 2",
        ),
    ],
)
def test_decoder_is_refused(body, line, train_bad):
    assert train_bad(DECODER + body, "decoder").startswith(f"decoder 'bad' of bad.py: {line}")


@pytest.mark.parametrize(
    ("score", "line"),
    [
        ("keys @ query.transpose(1, 2)", ": `score` gives scores of shape (3, 5, 2), expected (3, 2, 5) for a batch,"),
        ("query @ keys", " fails: RuntimeError: Expected size for first two dimensions of batch2 tensor to be: [3, 8]"),
        ("(query @ keys.transpose(1, 2)).log()", ": `score` gives scores with a value that is not finite"),
    ],
)
def test_native_scorer_is_refused(score, line, train_bad):
    said = train_bad(NATIVE.replace("{score}", score), "attention", native="'torch'")
    assert said.startswith(f"attention scorer 'bad' of bad.py{line}")


def test_native_scorer_that_is_no_module_is_refused(train_bad):
    source = NATIVE.replace("nn.Module", "object").replace("{score}", "query")
    line = "attention scorer 'bad' of bad.py: Bad is no nn.Module"
    assert train_bad(source, "attention", native="'torch'") == line


@pytest.mark.parametrize(
    ("framework", "score", "line"),
    [
        (
            "torch",
            "np.matmul(query, xp.matrix_transpose(keys))",
            "attention scorer 'bad' of bad.py fails in torch: RuntimeError: Can't call numpy() on Tensor",
        ),
        (
            "tensorflow",
            "xp.matmul(query, xp.matrix_transpose(keys)) * (1.0 if xp.sum(query) > 0 else 2.0)",
            "attention scorer 'bad' of bad.py fails in tensorflow: OperatorNotAllowedInGraphError: ",
        ),
        (
            "torch",
            "xp.sqrt(xp.matmul(query, xp.matrix_transpose(keys)) * 0.0)",
            "attention scorer 'bad' of bad.py: the gradient of weight 'source_embedding' is not finite in torch",
        ),
    ],
)
def test_part_that_fails_in_the_framework_alone_is_refused(framework, score, line, train_bad):
    require(framework)
    body = method("score(self, xp, weights, query, keys)", f"return {score}")
    assert train_bad(SCORER + body, "attention", framework=framework).startswith(line)


def test_file_whose_part_is_refused_still_trains_with_another(write_plugin, s2s):
    require("torch")
    good = """
    class Good(GeneralScorer):
        pass

    class Worse:
        pass

    @hookimpl
    def s2s_attention_scorers():
        return [Component(name.lower(), ANY, f"{__name__}:{name}", "") for name in ("Good", "Worse")]
    """
    path = write_plugin("mixed.py", "from s2s_toolkit.parts.scorers import GeneralScorer\n")
    path.write_text(path.read_text() + good.replace("\n    ", "\n"))
    train = ("train", "tiny.toml", "--plugin", path, "-o", "run", "--set")
    assert s2s(*train, "model.attention={name='worse'}", parts=load_registry()).exit_code == 2
    assert s2s(*train, "model.attention={name='good'}", parts=load_registry()).exit_code == 0


def test_run_that_is_refused_can_be_made_with_what_there_is(train_bad, s2s):
    train_bad(SCORER + "    score = None\n", "attention")
    assert s2s("train", "tiny.toml").exit_code == 0


def test_part_that_fails_later_is_named(write_plugin, s2s, refusal):
    """It passes every check, and the first epoch; then it translates."""
    require("torch")
    source = SCORER + method(
        "score(self, xp, weights, query, keys)",
        "return super().score(xp, weights, query, [keys][query.shape[0] // 7])",
    )
    path = write_plugin("late.py", source + OFFER.format(hook="attention_scorers", framework="ANY"))
    small = ("--set", "training.batch_size=2", "--set", "model.attention={name='bad'}")
    done = s2s("train", "tiny.toml", "--plugin", path, *small, parts=load_registry())
    assert done.exit_code == 0, done.stderr
    line = "attention scorer 'bad' of late.py fails: IndexError: list index out of range (late.py, line 11)"
    translate = ("translate", "runs/tiny-torch", "train.tsv", "--plugin", path)
    assert refusal(*translate) == line
    assert json.loads((path.parent / "runs/tiny-torch/run.json").read_text())["plugins"]


def test_bug_of_ours_is_no_plugins_fault(write_plugin, s2s, monkeypatch):
    """An error that a plugin's part had no part in keeps its traceback."""
    require("torch")
    path = write_plugin("fine.py", SCORER + "    pass\n" + OFFER.format(hook="attention_scorers", framework="ANY"))
    train = ("train", "tiny.toml", "--plugin", path, "--set", "model.attention={name='bad'}")
    assert s2s(*train, parts=load_registry()).exit_code == 0

    def broken(*arguments, **options):
        raise LookupError("ours")

    monkeypatch.setattr("s2s_toolkit.translator.search", broken)
    with pytest.raises(LookupError, match="ours"):
        s2s("translate", "runs/tiny-torch", "train.tsv", "--plugin", path, parts=load_registry())
