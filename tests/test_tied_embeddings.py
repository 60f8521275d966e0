"""Tied embeddings: one table that is looked up and multiplied with, in every framework and in the exported file."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from s2s_toolkit.batches import make_batch
from s2s_toolkit.config import load_toml, parse_config
from s2s_toolkit.errors import ConfigError, RunError
from s2s_toolkit.loading import build_model, load_model, load_translator
from s2s_toolkit.run import load_checkpoint, open_run
from s2s_toolkit.testing.requirements import onnx_exporter, require
from s2s_toolkit.testing.tiny_training import Recorder, write_tiny
from s2s_toolkit.testing.untrained_runs import assert_translations_agree
from s2s_toolkit.training import train

FRAMEWORKS = ("torch", "tensorflow")
SIZE = 11
DECODER = {"name": "luong", "size": 6, "readout_size": 5}
TABLE, SOURCE_TABLE, KERNEL = "target_embedding", "source_embedding", "output.kernel"
TIES = {
    "softmax": ({"tied_softmax": True}, {KERNEL}),
    "embeddings": ({"tied_embeddings": True}, {SOURCE_TABLE}),
    "both": ({"tied_softmax": True, "tied_embeddings": True}, {KERNEL, SOURCE_TABLE}),
}

each_tie = pytest.mark.parametrize(("keys", "gone"), TIES.values(), ids=TIES)


@pytest.fixture(scope="module")
def models(registry, tiny_model):
    """Framework -> a tied model, and the same one where each use of the table has a table of its own."""

    @cache
    def build(framework):
        require(framework)
        tiny = tiny_model(source_size=SIZE, target_size=SIZE, decoder=DECODER, **TIES["both"][0])
        plain = tiny.plan.config.model_copy(update={"tied_softmax": False, "tied_embeddings": False})
        table = tiny.weights[TABLE]
        tied, untied = (
            build_model(replace(tiny.plan, config=c), registry, framework) for c in (tiny.plan.config, plain)
        )
        tied.load_weights(tiny.weights)
        untied.load_weights({**tiny.weights, SOURCE_TABLE: table, KERNEL: table.T})
        return tied, untied

    return build


@pytest.fixture
def pair(models, framework):
    return models(framework)


@pytest.fixture
def batch():
    rng, lengths = np.random.default_rng(5), [(7, 3), (2, 5)]
    return make_batch([(rng.integers(4, SIZE, s).tolist(), rng.integers(4, SIZE, t).tolist()) for s, t in lengths])


@each_tie
def test_what_is_tied_has_no_array_of_its_own(keys, gone, tiny_model):
    plain, tied = (tiny_model(source_size=SIZE, target_size=SIZE, decoder=DECODER, **each) for each in ({}, keys))
    assert plain.weights.keys() - tied.weights.keys() == gone
    assert tied.weights.keys() <= plain.weights.keys()


@pytest.mark.parametrize("framework", ["numpy", "torch"])
def test_a_tied_model_is_the_untied_one_with_equal_tables(pair, batch, framework):
    tied, untied = pair
    assert untied.weights().keys() - tied.weights().keys() == {KERNEL, SOURCE_TABLE}
    for found, expected in zip(tied.teacher_forced(batch), untied.teacher_forced(batch), strict=True):
        np.testing.assert_allclose(found[batch.target_mask], expected[batch.target_mask], atol=1e-5)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_gradient_of_the_table_is_the_sum_of_its_uses(pair, batch, framework):
    tied, untied = (model.gradients(batch) for model in pair)
    uses = [untied[TABLE], untied[SOURCE_TABLE], untied[KERNEL].T]
    assert min(np.abs(use).max() for use in uses) > 1e-3
    np.testing.assert_allclose(tied[TABLE], sum(uses), atol=1e-6)
    for name in tied.keys() - {TABLE}:
        np.testing.assert_allclose(tied[name], untied[name], atol=1e-6, err_msg=name)


def test_a_tied_run_goes_on_in_the_other_framework_and_back(registry, tmp_path):
    """Adam's state goes over too, so the losses are those of one framework alone."""
    keys, gone = TIES["both"]
    alone = trained(tmp_path, keys, registry, "torch", "alone", 3)
    trained(tmp_path, keys, registry, "torch", "run", 1)
    losses = trained(tmp_path, keys, registry, "tensorflow", "run", 2, resume=True)
    losses |= trained(tmp_path, keys, registry, "torch", "run", 3, resume=True)
    np.testing.assert_allclose(list(losses.values()), [alone[step] for step in losses], rtol=1e-3)
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoints" / "last.safetensors")
    assert not gone & checkpoint.weights.keys()
    assert {name.partition(".")[2] for name in checkpoint.optimizer} - {""} == checkpoint.weights.keys()


def trained(folder, keys, registry, framework, name, epochs, *, resume=False):
    """The loss of each step."""
    require(framework)
    readout = {"name": "bahdanau", "size": 8, "readout_size": 8}
    path = write_tiny(folder, model={**keys, "decoder": readout}, training={"max_epochs": epochs, "metric": "loss"})
    config = parse_config({**load_toml(path), "framework": framework}, folder=folder, where=str(path))
    recorder = Recorder()
    train(config, folder / name, registry, recorder, resume=resume)
    return recorder.losses


def test_one_vocabulary_holds_the_symbols_of_both_sides(registry, tmp_path):
    """Sources are made of digits, space, a and b; targets of digits and x."""
    trained(tmp_path, {"tied_embeddings": True}, registry, "torch", "run", 1)
    run = open_run(tmp_path / "run", registry)
    assert run.source.vocabulary == run.target.vocabulary
    assert set(run.source.vocabulary.symbols[4:]) == set("0123456789 abx")
    model = load_model(run, registry, "numpy")
    assert model.weights()[TABLE].shape == (18, 8)


def test_a_tied_run_is_exported(registry, tmp_path):
    trained(tmp_path, {"tied_softmax": True, "tied_embeddings": True}, registry, "torch", "run", 1)
    run, path, exporter = open_run(tmp_path / "run", registry), tmp_path / "model.onnx", onnx_exporter(registry)
    exporter.export(run, path, registry, framework="torch", strategy="beam", options={"beam_size": 3})
    file, texts = exporter.open(path, registry, {}, device="cpu"), ["12 ab", "", "x3"]
    translate = load_translator(run, registry, strategy="beam", options={"beam_size": 3})
    assert_translations_agree(file(texts), translate(texts), "a tied model's file")


REFUSED = {
    "readout": (
        ("model.tied_softmax=true",),
        "[model] tied_softmax needs a readout as large as an embedding, given 5 and 8; "
        "set model.decoder.readout_size = 8, or tied_softmax = false",
    ),
    "no readout layer": (
        ("model.tied_softmax=true", "decoder.size=7", "decoder.readout_size=0"),
        "[model] tied_softmax needs a readout as large as an embedding, given 7 and 8; "
        "set model.decoder.readout_size = 8, or tied_softmax = false",
    ),
    "tokenizers": (
        ("model.tied_embeddings=true", "target.tokenizer=words"),
        "tiny.toml: model.tied_embeddings needs [source] and [target] alike, since one vocabulary serves both; given "
        "tokenizer = 'characters' and 'words'; set both to one value, or tied_embeddings = false",
    ),
    "sizes": (
        ("model.tied_embeddings=true", "source.max_size=30", "target.max_size=20"),
        "tiny.toml: model.tied_embeddings needs [source] and [target] alike, since one vocabulary serves both; given "
        "max_size = 30 and 20; set both to one value, or tied_embeddings = false",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_tied_is_refused(name, refusal):
    changes, expected = REFUSED[name]
    changes = [word for change in ("decoder.readout_size=5", *changes) for word in ("--set", change)]
    assert refusal("train", "tiny.toml", "-o", "new", *changes) == expected


def test_two_vocabularies_are_refused(tiny_model):
    with pytest.raises(ConfigError, match="given one of 11 and one of 7 symbols"):
        tiny_model(source_size=11, target_size=7, tied_embeddings=True)


def test_a_checkpoint_with_a_kernel_of_its_own_is_refused(registry, tmp_path):
    trained(tmp_path, {}, registry, "torch", "run", 1)
    config = tmp_path / "run" / "config.toml"
    config.write_text(config.read_text().replace("tied_softmax = false", "tied_softmax = true"))
    run = open_run(tmp_path / "run", registry)
    with pytest.raises(RunError, match=r"holds weight 'output\.kernel', which the config's model lacks"):
        load_model(run, registry, "numpy")
