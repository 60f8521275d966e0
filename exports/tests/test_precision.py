"""What a model computes with weights of less than 32 bits."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from s2s_onnx.choices import Precision
from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.storage.store import WORTH_IT
from s2s_onnx.translator import Translator
from s2s_toolkit.loading import load_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.symbols import EOS, SPECIAL
from s2s_toolkit.translation import Translation

OPTIONS: dict[str, Any] = {"beam_size": 3, "n_best": 2}
PRECISIONS: tuple[Precision, ...] = ("fp32", "fp16", "int8")
TOLERANCES = {"fp32": 1e-5, "fp16": 2e-3, "int8": 5e-2}
"""Of log-probabilities. fp32: sums in another order. fp16: each weight keeps 11 bits, so it is off by 2⁻¹² of itself at
most, and some twenty products follow each other. int8: 6 bits and a sign for a weight, 7 and a sign for a left side:
thirty times as much."""
FORCED = 6
"""Target symbols that are given, so that both calculate the same."""

Wide = Callable[[Precision], Path]


def texts_of(run: Run, count: int = 24) -> list[str]:
    rng = np.random.default_rng(2)
    symbols = run.source.vocabulary.symbols[len(SPECIAL) :]
    return ["".join(rng.choice(symbols, length)) for length in rng.integers(0, 20, count)]


def write(run: Run, path: Path, registry: Registry, precision: Precision) -> None:
    OnnxExporter(precision=precision).export(run, path, registry, framework="", strategy="beam", options=OPTIONS)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_probabilities_are_the_references_as_far_as_the_precision_goes(
    wide_file: Wide, wide_run: Run, registry: Registry, precision: Precision
) -> None:
    model = load_translator(wide_run, registry, strategy="beam", options=OPTIONS)
    assert_close(Translator(wide_file(precision)), model, texts_of(wide_run), TOLERANCES[precision])


def assert_close(file: Translator, model: Any, texts: Sequence[str], tolerance: float) -> None:
    """Both continue the same beginnings, and what is known of those is compared, however they go on."""
    prefixes = [" ".join([name for name in one.symbols if name != SPECIAL[EOS]][:FORCED]) for one in model(texts)]
    for one, other, prefix in zip(file(texts, prefixes), model(texts, prefixes), prefixes, strict=True):
        given = slice(len(prefix.split()))
        assert one.symbols[given] == other.symbols[given] == tuple(prefix.split())
        np.testing.assert_allclose(one.token_log_probs[given], other.token_log_probs[given], atol=tolerance)
        np.testing.assert_allclose(one.attention[given], other.attention[given], atol=tolerance)


MODELS = {
    "lstm encoder, two layers": {"encoder": {"name": "lstm", "size": 48, "num_layers": 2}},
    "one direction": {"encoder": {"name": "gru", "size": 48, "bidirectional": False}},
    "general": {"attention": {"name": "general"}},
    "scaled dot": {"attention": {"name": "scaled_dot", "size": 40}},
    "concat, whose matrix is cut": {"attention": {"name": "concat", "size": 40}},
    "bahdanau, two layers": {"decoder": {"name": "bahdanau", "size": 44, "num_layers": 2}},
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_every_built_in_part_can_be_stored_in_less(
    make_run: Callable[..., Run], registry: Registry, tmp_path: Path, name: str, precision: Precision
) -> None:
    middle = {
        "embedding_size": 36,
        "encoder": {"name": "gru", "size": 40},
        "attention": {"name": "additive", "size": 44},
        "decoder": {"name": "luong", "size": 52},
    }
    run = make_run(tmp_path / "run", spread=0.1, model=middle | MODELS[name])
    write(run, tmp_path / "model.onnx", registry, precision)
    model = load_translator(run, registry, strategy="beam", options=OPTIONS)
    assert_close(Translator(tmp_path / "model.onnx"), model, texts_of(run), 2 * TOLERANCES[precision])
    stored = onnx.load(tmp_path / "model.onnx").graph.initializer
    assert max(np.prod(one.dims) for one in stored if one.data_type == TensorProto.FLOAT) < WORTH_IT


TIED = {
    "embedding_size": 96,
    "tied_softmax": True,
    "tied_embeddings": True,
    "encoder": {"name": "gru", "size": 48, "layer_norm": True},
    "attention": {"name": "general"},
    "decoder": {"name": "bahdanau", "size": 96, "readout_size": 96, "layer_norm": True, "bridge": "copy"},
}


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_tied_and_normalized_model_holds_its_table_once_and_gives_what_the_reference_does(
    make_run: Callable[..., Run], registry: Registry, tmp_path: Path, precision: Precision
) -> None:
    words, sides = [f"w{number}" for number in range(150)], {"source": {"tokenizer": "words"}}
    run = make_run(tmp_path / "run", spread=0.05, source_symbols=words, target_symbols=words, model=TIED, **sides)
    write(run, tmp_path / "model.onnx", registry, precision)
    model = load_translator(run, registry, strategy="beam", options=OPTIONS)
    rng = np.random.default_rng(3)
    texts = [" ".join(rng.choice(words, length)) for length in rng.integers(0, 12, 12)]
    assert_close(Translator(tmp_path / "model.onnx"), model, texts, 2 * TOLERANCES[precision])
    stored = onnx.load(tmp_path / "model.onnx").graph.initializer
    (table,) = [one for one in stored if np.prod(one.dims) == 154 * 96]
    kinds = {"fp32": TensorProto.FLOAT, "fp16": TensorProto.FLOAT16, "int8": TensorProto.INT8}
    assert (table.name.partition(".")[0], table.data_type) == ("target_embedding", kinds[precision])


def test_in_8_bits_a_source_gives_the_same_in_any_batch(wide_file: Wide, wide_run: Run) -> None:
    """The steps of left sides are fixed in the file, and sums of integers have no rounding."""
    translator, texts = Translator(wide_file("int8"), num_threads=1), texts_of(wide_run)
    assert_alike(translator(texts), [translator([text])[0] for text in texts])


def assert_alike(together: Sequence[Translation], alone: Sequence[Translation]) -> None:
    for one, other in zip(together, alone, strict=True):
        for ours, theirs in zip((one, *one.alternatives), (other, *other.alternatives), strict=True):
            assert ours.text == theirs.text
            assert ours.score == pytest.approx(theirs.score, abs=1e-6)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_two_exports_are_byte_identical(
    wide_file: Wide, wide_run: Run, registry: Registry, tmp_path: Path, precision: Precision
) -> None:
    write(wide_run, tmp_path / "again.onnx", registry, precision)
    assert (tmp_path / "again.onnx").read_bytes() == wide_file(precision).read_bytes()
