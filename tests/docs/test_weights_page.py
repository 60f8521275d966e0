"""docs/weights.md: what is loaded from a file of weights calculates what the model does."""

import runpy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from s2s_toolkit.batches import source_arrays
from s2s_toolkit.exporter import find_exporter
from s2s_toolkit.loading import load_model
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run


def test_the_example_loads_an_encoder_that_encodes_alike(
    untrained_run: Run,
    registry: Registry,
    examples: Callable[[str], list[tuple[str, str]]],
    require: Callable[..., None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    require("torch")
    ((_, code),) = examples("docs/weights.md")
    monkeypatch.chdir(tmp_path)
    find_exporter("safetensors", registry).export(
        untrained_run, Path("model.safetensors"), registry, framework="", strategy="", options={}
    )
    Path("example.py").write_text(code)
    memory = runpy.run_path("example.py")["memory"].detach().numpy()
    expected = load_model(untrained_run, registry, "numpy").encode(*source_arrays([untrained_run.source.encode("abc")]))
    np.testing.assert_allclose(memory, expected, atol=1e-6)
