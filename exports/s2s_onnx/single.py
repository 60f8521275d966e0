"""The whole model as one file: made, measured against the model it comes from, and only then given its name."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx

from s2s_onnx.beside import beside_of
from s2s_onnx.choices import Choices, Gate
from s2s_onnx.describing import describe
from s2s_onnx.gate import Comparison, chosen_for, compare
from s2s_onnx.graph.assembly import assemble
from s2s_onnx.graph.interface import IdsInterface, Interface, TextInterface
from s2s_onnx.graph.opset import declare
from s2s_onnx.graph.parts import PartGraphs, part_graphs
from s2s_onnx.storage.store import store
from s2s_onnx.storage.writing import is_large, move_out, write_model
from s2s_onnx.verification.cases import dev_cases, sample_cases
from s2s_onnx.verification.verify import NUM_PAIRS, verify
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.files import atomic_files
from s2s_toolkit.loading import Decoding, load_weights, plan_of
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.search import typed_settings


class SingleFile:
    """Makes the file.

    Args:
        run: Whose best model is exported.
        registry: Where parts are found.
        decoding: The strategy in the file.
        choices: How it is stored.
        gate: What it has to pass, if anything.
    """

    def __init__(
        self, run: Run, registry: Registry, decoding: Decoding, choices: Choices, gate: Gate | None = None
    ) -> None:
        self.run, self.registry, self.decoding, self.choices, self.gate = run, registry, decoding, choices, gate
        sides = run.source, run.target
        self.interface: Interface = TextInterface(*sides) if choices.input == "text" else IdsInterface(*sides)
        self.outputs = _outputs(self.interface, choices.outputs)

    def write(self, path: Path, framework: str) -> str:
        """Write the file; one line that says what was verified and measured."""
        if self.gate:
            chosen_for(self.gate, self.run, self.registry)
        weights = load_weights(self.run, self.registry, framework)
        parts = part_graphs(
            plan_of(self.run), weights, self.registry, self.run.config.framework, copies=self.decoding.strategy.rows
        )
        open_model = self.assembled(parts)
        sources = [case.pair.source for case in sample_cases(self.run, NUM_PAIRS)]
        model = store(open_model, parts.weights, self.choices.precision, self._feeds(sources))
        metadata = describe(self.run, self.decoding, self.choices)
        old = beside_of(path) if path.is_file() else None
        with atomic_files(path) as temporary:
            self._move_out(model, metadata, temporary)
            self._write(model, metadata, temporary)
            report = verify(temporary, self.run, self.registry, framework=framework)
            metadata["verification"] = report.as_dict()
            told = [f"verified against {framework}: {report}"]
            if not dev_cases(self.run, 1):
                told.append("the dev pairs can't be read, so all sources were random")
            if "external_data" in metadata:
                beside = temporary.with_name(metadata["external_data"]["file"])
                told.insert(0, f"its weights are in {beside.name}, {beside.stat().st_size / 1e6:,.2f} MB")
            if self.gate:
                comparison = self._compare(store(open_model, parts.weights), temporary, self.gate)
                metadata["comparison"] = comparison.as_dict()
                told.append(str(comparison))
            self._write(model, metadata, temporary)
        if old and old.name != metadata.get("external_data", {}).get("file"):
            old.unlink(missing_ok=True)
        return "; ".join(told)

    def _move_out(self, model: onnx.ModelProto, metadata: dict[str, Any], path: Path) -> None:
        """Put the weights beside the file where they have to be or are wanted there."""
        if self.choices.external_data or is_large(model):
            metadata["external_data"] = move_out(model, path)

    def _write(self, model: onnx.ModelProto, metadata: dict[str, Any], path: Path) -> None:
        declare(model, self.choices.opset)
        write_model(model, metadata, path)

    def _feeds(self, sources: Sequence[str]) -> list[dict[str, np.ndarray]]:
        typed = typed_settings(self.decoding.strategy, self.decoding.settings)
        return [{**self.interface.optional, **typed, **feed} for feed in self.interface.feeds(sources)]

    def _compare(self, whole: onnx.ModelProto, path: Path, gate: Gate) -> Comparison:
        """Compare the file with one whose weights are as they were trained."""
        with TemporaryDirectory() as folder:
            before, metadata = Path(folder) / "fp32.onnx", describe(self.run, self.decoding, self.choices)
            self._move_out(whole, metadata, before)
            self._write(whole, metadata, before)
            return compare(before, path, self.run, self.registry, gate)

    def assembled(self, parts: PartGraphs) -> onnx.ModelProto:
        """The graph, its weights still inputs."""
        defaults = self.choices.settings == "optional"
        decoding = self.decoding
        return assemble(parts, decoding.strategy, decoding.settings, self.interface, self.outputs, defaults=defaults)


def _outputs(interface: Interface, wanted: str) -> list[str]:
    """The outputs of a file, in the order of the interface."""
    if wanted == "all":
        return list(interface.outputs)
    names = {name.strip() for name in wanted.split(",")} - {""}
    if unknown := sorted(names - interface.outputs.keys()):
        known = ", ".join(name for name in interface.outputs if name not in interface.needed)
        raise ConfigError(f"there is no output {unknown[0]!r}; what can be left out or named: {known}")
    if names & {"attention", "alignment"}:
        names.add("source_symbols")  # which say where a source ends in a batch
    return [name for name in interface.outputs if name in names or name in interface.needed]
