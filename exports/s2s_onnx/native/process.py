"""Export a native part in a process of its own: whatever a framework's exporter does there, it does not do here."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.run import save_checkpoint


@dataclass(frozen=True)
class Request:
    """A native part to be exported.

    Attributes:
        kind: Its kind.
        framework: "module:object" of the framework that it is made for.
        part: "module:object" of its class.
        sizes: What its constructor is given.
        options: Its options.
        where: The config section that they come from.
    """

    kind: str
    framework: str
    part: str
    sizes: tuple[int, ...]
    options: Mapping[str, Any]
    where: str


def export_part(request: Request, weights: Mapping[str, np.ndarray]) -> dict[str, onnx.ModelProto]:
    """The graphs of the part's functions, its weights inside; UnsupportedError with the reason where there are none."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "request.json").write_text(json.dumps(asdict(request)), encoding="utf-8")
        save_checkpoint(folder / "weights.safetensors", weights)
        command = [sys.executable, "-P", "-m", "s2s_onnx.native", str(folder)]  # -P: no module of the working folder
        ended = subprocess.run(
            command, env=_environment(), capture_output=True, text=True, errors="replace", check=False
        )
        if ended.returncode:
            raise UnsupportedError(_reason(folder, ended))
        return {path.stem: onnx.load(path) for path in sorted(folder.glob("*.onnx"))}


def _environment() -> dict[str, str]:
    """What this process can import, the other can; this one may hold the GPU's memory, so the other goes without."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": "-1"}


def _reason(folder: Path, ended: subprocess.CompletedProcess[str]) -> str:
    told = folder / "error.txt"
    if told.is_file():
        return told.read_text(encoding="utf-8")
    last = ended.stderr.strip().splitlines()[-1:] or ["it said nothing"]
    return f"the exporting process ended with {ended.returncode}: {last[0]}"
