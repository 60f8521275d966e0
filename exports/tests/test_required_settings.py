"""Files whose settings may not be left out, for bindings that can't set an input that may."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from s2s_onnx.translator import Translator

Exported = Callable[..., Path]
REQUIRED = {"settings": "required"}
TEXTS = ["abc", "", "g f e d c b a"]
OPTIONS: dict[str, dict[str, Any]] = {"greedy": {}, "beam": {"n_best": 2}, "sample": {"num_samples": 2}}
SETTINGS = {
    "greedy": {"max_length": np.int64, "min_length": np.int64},
    "beam": {"max_length": np.int64, "min_length": np.int64, "length_penalty": np.float32},
    "sample": {
        "max_length": np.int64,
        "min_length": np.int64,
        "temperature": np.float32,
        "top_k": np.int64,
        "top_p": np.float32,
        "seed": np.int64,
    },
}
KINDS = {"tensor(int64)": np.int64, "tensor(float)": np.float32, "tensor(string)": np.object_}


@pytest.mark.parametrize("kind", ["text", "ids"])
@pytest.mark.parametrize("strategy", SETTINGS)
def test_every_input_is_listed(exported: Exported, strategy: str, kind: str) -> None:
    path = exported(strategy, choices=REQUIRED | {"input": kind}, **OPTIONS[strategy])
    session = onnxruntime.InferenceSession(path)
    assert session.get_overridable_initializers() == []
    found = {value.name: KINDS[value.type] for value in session.get_inputs()}
    others = (
        {"source": np.object_, "prefix": np.object_}
        if kind == "text"
        else {"source_ids": np.int64, "prefix_ids": np.int64}
    )
    assert found == SETTINGS[strategy] | others
    assert all(value.shape == [] for value in session.get_inputs() if value.name in SETTINGS[strategy])


@pytest.mark.parametrize("kind", ["text", "ids"])
@pytest.mark.parametrize("strategy", SETTINGS)
def test_the_translator_gives_them_all(exported: Exported, strategy: str, kind: str) -> None:
    files = [
        Translator(exported(strategy, choices=choices | {"input": kind}, **OPTIONS[strategy]))
        for choices in (REQUIRED, {})
    ]
    required, optional = files
    assert required.defaults == optional.defaults
    assert (required.metadata["settings_optional"], optional.metadata["settings_optional"]) == (False, True)
    for settings in ({}, {"max_length": 3}):
        found, expected = (file(TEXTS, ["", "uv", "x"], **settings) for file in files)
        for one, other in zip(found, expected, strict=True):
            assert (one.text, one.score, one.symbols) == (other.text, other.score, other.symbols)


def test_onnxruntime_asks_for_what_is_left_out(exported: Exported) -> None:
    session = Translator(exported("greedy", choices=REQUIRED)).session
    with pytest.raises(ValueError, match=r"Required inputs .*max_length"):
        session.run(["text"], {"source": np.array(["ab"], object), "prefix": np.array([""], object)})
