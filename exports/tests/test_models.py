"""The reference files: whatever runs them today gives what was written down when they were made."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from s2s_onnx import Translator

MODELS = Path(__file__).parents[1] / "models"
LISTED = json.loads((MODELS / "models.json").read_text(encoding="utf-8"))["models"]
NAMES = [entry["file"].removesuffix(".onnx") for entry in LISTED]
GREATEST_SIZE = 2_000_000
TYPES = {"tensor(string)": object, "tensor(int64)": np.int64, "tensor(float)": np.float32}
CLOSE = {"rtol": 0, "atol": 1e-4}
ROUGHLY = {"rtol": 0, "atol": 1e-2}

each_model = pytest.mark.parametrize("name", NAMES)
each_exact_model = pytest.mark.parametrize("name", [name for name in NAMES if "int8" not in name])


@cache
def expected(name: str) -> dict[str, Any]:
    return json.loads((MODELS / f"{name}.expected.json").read_text(encoding="utf-8"))


def test_every_file_is_listed_and_small() -> None:
    files = {path.name: path.stat().st_size for path in MODELS.glob("*.onnx")}
    assert sorted(files) == sorted(entry["file"] for entry in LISTED)
    assert max(files.values()) < GREATEST_SIZE


@each_model
def test_list_tells_what_the_file_tells(name: str) -> None:
    entry = LISTED[NAMES.index(name)]
    metadata = Translator(MODELS / entry["file"]).metadata
    assert {key: entry[key] for key in ("strategy", "precision", "settings")} == {
        key: metadata[key] for key in ("strategy", "precision", "settings")
    }


@each_model
def test_settings_are_inputs_that_javascript_can_feed(name: str) -> None:
    session = onnxruntime.InferenceSession(MODELS / f"{name}.onnx")
    assert {value.name for value in session.get_inputs()} >= {"source", *expected(name)["settings"]}
    assert session.get_overridable_initializers() == []


@pytest.mark.parametrize("name", [name for name in NAMES if "sample" not in name])
def test_dates_are_read_right(name: str) -> None:
    known = [(case["date"], case["text"][0]) for case in expected(name)["cases"] if case["date"]]
    assert len(known) >= 14
    assert [found for _, found in known] == [date for date, _ in known]


def run(name: str, texts: list[str]) -> dict[str, np.ndarray]:
    """Outputs for one batch, by plain onnxruntime."""
    session = onnxruntime.InferenceSession(MODELS / f"{name}.onnx")
    given = {"prefix": [""], "source": texts} | expected(name)["settings"]
    feed = {i.name: np.array(given[i.name], TYPES[i.type]) for i in session.get_inputs()}
    names = ["text", "ids", "scores", "token_log_probs", "attention"]
    return dict(zip(names, session.run(names, feed), strict=True))


@each_exact_model
def test_onnxruntime_gives_the_same(name: str) -> None:
    for case in expected(name)["cases"]:
        found = run(name, [case["source"]])
        assert found["text"][0].tolist() == case["text"]
        assert found["ids"][0].tolist() == case["ids"]
        for output in ("scores", "token_log_probs", "attention"):
            np.testing.assert_allclose(found[output][0], np.array(case[output]), **CLOSE, err_msg=case["source"])


@each_exact_model
def test_one_batch_gives_the_same(name: str) -> None:
    cases = expected(name)["cases"]
    found = run(name, [case["source"] for case in cases])
    assert found["text"].tolist() == [case["text"] for case in cases]
    np.testing.assert_allclose(found["scores"], [case["scores"] for case in cases], **CLOSE)


@each_exact_model
def test_translator_gives_the_same(name: str) -> None:
    cases, settings = expected(name)["cases"], expected(name)["settings"]
    translations = Translator(MODELS / f"{name}.onnx")([case["source"] for case in cases], **settings)
    for case, best in zip(cases, translations, strict=True):
        results = [best, *best.alternatives]
        assert [result.text for result in results] == case["text"]
        np.testing.assert_allclose([result.score for result in results], case["scores"], **CLOSE)
        for number, result in enumerate(results):
            steps = len(result.symbols)
            np.testing.assert_allclose(result.token_log_probs, case["token_log_probs"][number][:steps], **CLOSE)
            np.testing.assert_allclose(result.attention, case["attention"][number][:steps], **CLOSE)


@pytest.mark.parametrize("name", [name for name in NAMES if "int8" in name])
def test_8_bits_read_dates_the_same(name: str) -> None:
    """Processors round products of 8 bits differently, which is enough to change what is a guess."""
    cases = [case for case in expected(name)["cases"] if case["date"]]
    plain = run(name, [case["source"] for case in cases])
    translations = Translator(MODELS / f"{name}.onnx")([case["source"] for case in cases])
    for texts in (plain["text"][:, 0].tolist(), [translation.text for translation in translations]):
        assert texts == [case["text"][0] for case in cases]
    for scores in (plain["scores"][:, 0], [translation.score for translation in translations]):
        np.testing.assert_allclose(scores, [case["scores"][0] for case in cases], **ROUGHLY)
