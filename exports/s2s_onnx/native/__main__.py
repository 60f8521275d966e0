"""`python -m s2s_onnx.native FOLDER`: export one native part. Called by `s2s_onnx.native.process`.

Reads request.json and weights.safetensors, writes <function>.onnx for each function of the part, or error.txt.
"""

import importlib
import json
import operator
import sys
from pathlib import Path
from typing import Any

import onnx

from s2s_onnx.native.export import export_functions
from s2s_onnx.session import first_line
from s2s_toolkit.blame import place
from s2s_toolkit.errors import S2SError
from s2s_toolkit.options import create_part
from s2s_toolkit.run import load_checkpoint


def main(folder: Path) -> int:
    """Answer the request in a folder; the exit code."""
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    try:
        exporter = _load(request["framework"])().part_exporter(_part(request))
        weights = load_checkpoint(folder / "weights.safetensors").weights
        models = export_functions(request["kind"], exporter, request["sizes"], weights)
    except Exception as error:  # whatever a third party's part and the framework's exporter raise
        told = str(error) if isinstance(error, S2SError) else f"{type(error).__name__}: {first_line(error)}"
        told += place(error, _file(request["part"]))
        (folder / "error.txt").write_text(told, encoding="utf-8")
        return 1
    for name, model in models.items():
        onnx.save(model, folder / f"{name}.onnx")
    return 0


def _part(request: dict[str, Any]) -> Any:
    return create_part(_load(request["part"]), *request["sizes"], options=request["options"], where=request["where"])


def _load(target: str) -> Any:
    module, _, attribute = target.partition(":")
    return operator.attrgetter(attribute)(importlib.import_module(module))


def _file(target: str) -> str | None:
    return getattr(sys.modules.get(target.partition(":")[0]), "__file__", None)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
