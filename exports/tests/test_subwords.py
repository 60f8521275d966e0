"""Models of subwords as files: the text form, the form that takes ids and the steps form are the run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.translator import Translator
from s2s_toolkit.config_sections import PartConfig
from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import DataError, ModelFileError
from s2s_toolkit.evaluation import evaluate, sides_of
from s2s_toolkit.loading import load_translator
from s2s_toolkit.metrics import ser
from s2s_toolkit.opening import open_translator
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run, open_run
from s2s_toolkit.segmentation import MARK
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.untrained_runs import assert_translations_agree, write_run

LESSONS = ["low lower lowest", "newer newest 한글 low", "wide wider widest 한글"] * 2
TEXTS = ["low newer", "", "widest  쀍 \t한글", f"{MARK}new{MARK}", "lower " * 9, "e\u0301\U0001f44d"]
PREFIXES = ["new low", "", "한글 x", "w", "low", ""]
FORMS = {
    "text": {},
    "ids": {"input": "ids"},
    "steps": {"form": "steps"},
    "lowest": {"opset": 20},
    "highest": {"opset": 26},
}


@pytest.fixture(scope="module")
def subword_run(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Run:
    require("tokenizers")
    sides = {"source": PartConfig(name="bpe", size=40), "target": PartConfig(name="unigram", size=36)}
    symbols = [MARK, MARK + "low", "er", "est", "n", "e", "w", MARK + "wid", "한", "글"]
    path = tmp_path_factory.mktemp("subwords") / "run"
    return write_run(path, registry, **sides, source_symbols=symbols, target_symbols=symbols[:-1], lessons=LESSONS)


@pytest.fixture(scope="module")
def file(subword_run: Run, registry: Registry) -> Callable[[str], Path]:
    """The run as a file, or a folder, of each form; made once."""

    def make(form: str) -> Path:
        path = subword_run.path / f"model-{form}.onnx"
        if not path.exists():
            exporter = OnnxExporter(**FORMS[form])
            exporter.export(subword_run, path, registry, framework="", strategy="", options={})
        return path

    return make


@pytest.mark.parametrize("form", FORMS)
def test_every_form_translates_as_the_run(form: str, file: Callable, subword_run: Run, registry: Registry) -> None:
    opened, model = open_translator(file(form), registry), load_translator(subword_run, registry)
    assert_translations_agree(opened(TEXTS), model(TEXTS), form)
    assert_translations_agree(opened(TEXTS, PREFIXES), model(TEXTS, PREFIXES), f"{form} with prefixes")


@pytest.mark.parametrize("form", ["text", "ids"])
def test_a_file_is_opened_without_the_toolkits_plugins(form: str, file: Callable, subword_run: Run) -> None:
    found = Translator(file(form))(TEXTS)
    assert [one.source_symbols[:-1] for one in found] == [tuple(subword_run.source.split(text)) for text in TEXTS]


def test_an_opened_run_cuts_as_the_one_that_was_written(subword_run: Run, registry: Registry) -> None:
    opened = open_run(subword_run.path, registry)
    for text in TEXTS:
        assert opened.source.split(text) == subword_run.source.split(text)
        assert opened.target.split(text) == subword_run.target.split(text)


def test_an_evaluated_file_cuts_references_as_the_run(file: Callable, subword_run: Run, registry: Registry) -> None:
    translator = open_translator(file("text"), registry)
    for side, ours in zip(sides_of(translator, registry), (subword_run.source, subword_run.target), strict=True):
        assert [side.split(text) for text in TEXTS] == [ours.split(text) for text in TEXTS]
    assert evaluate(translator, [Pair("low", "low")], [ser], registry).pairs == 1


def test_the_limit_is_of_pieces(file: Callable, subword_run: Run) -> None:
    count = len(subword_run.source.split("newest low"))
    translator = Translator(file("text"), max_source_length=count)
    assert len(translator(["newest low"])) == 1
    with pytest.raises(DataError, match=rf"has {count + 1} symbols, the limit is {count}"):
        translator(["newest low low"])


def test_batches_are_as_single_texts(file: Callable) -> None:
    together, alone = Translator(file("text")), Translator(file("text"), batch_size=1)
    for one, other in zip(together(TEXTS), alone(TEXTS), strict=True):
        assert (one.text, one.source_symbols) == (other.text, other.source_symbols)
        np.testing.assert_allclose(one.score, other.score, rtol=1e-5)


def test_damaged_metadata_is_named() -> None:
    from s2s_onnx.counting import symbol_counter

    metadata = {"source_separators": [" "], "source_segmentation": {"merges": [["a"]]}}
    with pytest.raises(ModelFileError, match=r"^m\.onnx has damaged metadata \(source: .*\); export it again$"):
        symbol_counter(metadata | {"source_normalization": "", "source_lowercase": False}, "source", "m.onnx")
