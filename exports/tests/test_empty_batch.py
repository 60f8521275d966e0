"""A graph that is given no source gives no result, where onnxruntime's operators for text would fail or crash."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from s2s_onnx.exporter import OnnxExporter
from s2s_onnx.session import open_session
from s2s_toolkit.config_sections import PartConfig
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.testing.untrained_runs import write_run

NOTHING = np.array([], object)
PREFIXES = {"default": {}, "none": {"prefix": NOTHING}, "one for all": {"prefix": np.array(["t1 t2"], object)}}


def assert_nothing(path: Path, feed: dict[str, np.ndarray]) -> None:
    session = open_session(path)
    outputs = dict(zip([each.name for each in session.get_outputs()], session.run(None, feed), strict=True))
    assert outputs.keys() >= {"scores", "lengths", "attention"}
    assert {name: len(value) for name, value in outputs.items()} == dict.fromkeys(outputs, 0)
    assert [outputs[name].ndim for name in ("scores", "lengths", "attention")] == [2, 2, 4]


@pytest.mark.parametrize("prefixes", PREFIXES)
@pytest.mark.parametrize("tokenizer", ["characters", "words", "separator", "tagged", "bpe", "unigram"])
def test_no_text_is_no_translation(registry: Registry, tmp_path: Path, tokenizer: str, prefixes: str) -> None:
    learning = tokenizer in ("bpe", "unigram")
    if learning:
        require("tokenizers")
    source = PartConfig(name=tokenizer, size=30) if learning else tokenizer
    run = write_run(tmp_path / "run", registry, source=source, target=source, lessons=["ab abc cd"])
    path = tmp_path / "model.onnx"
    OnnxExporter().export(run, path, registry, framework="", strategy="", options={})
    assert_nothing(path, {"source": NOTHING, **PREFIXES[prefixes]})


@pytest.mark.parametrize("strategy", ["greedy", "beam", "sample"])
@pytest.mark.parametrize("symbols", [0, 1, 5])
def test_no_ids_are_no_translation(exported: Callable[..., Path], strategy: str, symbols: int) -> None:
    assert_nothing(
        exported(strategy, choices={"input": "ids"}),
        {"source_ids": np.zeros((0, symbols), np.int64), "prefix_ids": np.zeros((0, 2), np.int64)},
    )
