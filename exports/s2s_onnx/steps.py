"""The steps form: encoder and decoder step as files of their own, with a manifest, for an app that has its own loop."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx

from s2s_onnx.choices import Choices, Gate
from s2s_onnx.describing import describe
from s2s_onnx.graph.opset import declare
from s2s_onnx.graph.parts import PartGraph, PartGraphs
from s2s_onnx.manifest import MANIFEST, encode_manifest, read_manifest
from s2s_onnx.members import exported_graphs
from s2s_onnx.storage.slicing import split_slices
from s2s_onnx.storage.store import store
from s2s_onnx.storage.writing import place_weights, write_model
from s2s_onnx.verification.verify import verify
from s2s_toolkit.errors import ConfigError, S2SError
from s2s_toolkit.files import atomic_folder, file_digest
from s2s_toolkit.loading import Decoding
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run


class StepFiles:
    """Makes the folder; arguments as `s2s_onnx.single.SingleFile` has them."""

    def __init__(
        self,
        run: Run,
        registry: Registry,
        decoding: Decoding,
        choices: Choices,
        gate: Gate | None = None,
        *,
        others: Sequence[Run] = (),
    ) -> None:
        given = {
            "--precision int8": choices.precision == "int8",
            "--outputs": choices.outputs != "all",
            "--settings required": choices.settings == "required",
            "--max-drop": gate is not None,
        }
        if refused := [option for option, is_given in given.items() if is_given]:
            raise ConfigError(f"--form steps takes no {refused[0]}; leave it out, or use --form single")
        self.run, self.registry, self.decoding = run, registry, decoding
        self.runs, self.choices = [run, *others], replace(choices, input="ids")

    def write(self, path: Path, framework: str) -> str:
        """Write the folder; one line that says what was verified."""
        _require_own(path)
        parts = exported_graphs(self.runs, self.registry, framework)
        with atomic_folder(path) as folder:
            content = self._manifest(parts, folder)
            (folder / MANIFEST).write_text(encode_manifest(content), encoding="utf-8", newline="\n")
            report = verify(folder, self.run, self.registry, framework=framework, others=self.runs[1:])
            content["verification"] = report.as_dict()
            (folder / MANIFEST).write_text(encode_manifest(content), encoding="utf-8", newline="\n")
        return f"verified against {report.framework}: {report}"

    def _manifest(self, parts: PartGraphs, folder: Path) -> dict[str, Any]:
        files = {"encoder": parts.encoder, "decoder_step": parts.step}
        written = {name: self._written(part, parts, folder / f"{name}.onnx") for name, part in files.items()}
        described = describe(self.runs, self.decoding, self.choices)
        described.pop("settings_optional")
        return {**described, "files": written, "memory": parts.memory, "state": parts.state}

    def _written(self, part: PartGraph, parts: PartGraphs, path: Path) -> dict[str, Any]:
        """Write one of the two; its entry in the manifest."""
        open_model = onnx.ModelProto()
        open_model.CopyFrom(part.model)
        # of a weight that both files slice, each holds its own rows alone
        weights = split_slices(open_model.graph, {name: parts.weights[name] for name in part.weights})
        model = store(open_model, weights, self.choices.precision)
        declare(model, self.choices.opset)
        metadata: dict[str, Any] = {"part": path.stem}
        place_weights(model, metadata, path, beside=self.choices.external_data)
        write_model(model, metadata, path)
        return {"name": path.name, "sha256": file_digest(path)}


def _require_own(path: Path) -> None:
    """Refuse to replace what is not a folder of this form, or holds more than that."""
    if not path.exists():
        return
    if not path.is_dir():
        raise S2SError(f"{path} is a file, and --form steps writes a folder; choose another place with -o")
    own = {MANIFEST, *(entry["name"] for entry in read_manifest(path)["files"].values())}
    strange = [file.name for file in path.iterdir() if file.name not in own and file.suffix != ".data"]
    if strange:
        raise S2SError(f"{path} also holds {min(strange)!r}, which would be lost; choose another place with -o")
