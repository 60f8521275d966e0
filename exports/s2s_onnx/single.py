"""The whole model as one file: made, measured against the model it comes from, and only then given its name."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx

from s2s_onnx.beside import beside_of
from s2s_onnx.choices import Choices, Gate, Precision
from s2s_onnx.describing import describe
from s2s_onnx.gate import Comparison, chosen_for, compare
from s2s_onnx.graph.assembly import assemble
from s2s_onnx.graph.interface import IdsInterface, Interface, TextInterface
from s2s_onnx.graph.opset import declare
from s2s_onnx.graph.parts import PartGraphs
from s2s_onnx.graph.tracing import traced
from s2s_onnx.members import exported_graphs
from s2s_onnx.storage.store import store
from s2s_onnx.storage.writing import place_weights, write_model
from s2s_onnx.verification.cases import Case, dev_cases, random_cases
from s2s_onnx.verification.verify import NUM_PAIRS, verify
from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import ConfigError
from s2s_toolkit.files import atomic_files
from s2s_toolkit.loading import Decoding
from s2s_toolkit.metrics import Metric
from s2s_toolkit.registry import Registry
from s2s_toolkit.run import Run
from s2s_toolkit.search import typed_settings


class SingleFile:
    """Makes the file.

    Args:
        run: Whose model is exported.
        registry: Where parts are found.
        decoding: The strategy in the file.
        choices: How it is stored.
        gate: What it has to pass, if anything.
        others: Runs whose models decode together with the run's.
    """

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
        self.run, self.registry, self.decoding, self.choices, self.gate = run, registry, decoding, choices, gate
        self.runs = [run, *others]
        sides = run.source, run.target
        self.interface: Interface = TextInterface(*sides) if choices.input == "text" else IdsInterface(*sides)
        self.outputs = _outputs(self.interface, choices.outputs)

    def write(self, path: Path, framework: str) -> str:
        """Write the file; one line that says what was verified and measured."""
        measured = chosen_for(self.gate, self.run, self.registry) if self.gate else None
        parts = exported_graphs(self.runs, self.registry, framework, copies=self.decoding.strategy.rows)
        open_model = self.assembled(parts)
        given = dev_cases(self.run, NUM_PAIRS)
        model = self._stored(open_model, parts, self.choices.precision, given)
        metadata = describe(self.runs, self.decoding, self.choices)
        old = beside_of(path) if path.is_file() else None
        with atomic_files(path) as temporary:
            place_weights(model, metadata, temporary, beside=self.choices.external_data)
            write_model(model, metadata, temporary)
            pairs = [case.pair for case in given]
            report = verify(temporary, self.run, self.registry, framework=framework, pairs=pairs, others=self.runs[1:])
            metadata["verification"] = report.as_dict()
            told = [f"verified against {report.framework}: {report}"]
            if not given:
                told.append("the dev pairs can't be read, so all sources were random")
            if "external_data" in metadata:
                beside = temporary.with_name(metadata["external_data"]["file"])
                told.insert(0, f"its weights are in {beside.name}, {beside.stat().st_size / 1e6:,.2f} MB")
            if self.gate and measured:
                whole = self._stored(open_model, parts, "fp32", ())
                comparison = self._compare(whole, temporary, self.gate, *measured)
                metadata["comparison"] = comparison.as_dict()
                told.append(str(comparison))
            write_model(model, metadata, temporary)
        if old and old.name != metadata.get("external_data", {}).get("file"):
            old.unlink(missing_ok=True)
        return "; ".join(told)

    def _stored(
        self, open_model: onnx.ModelProto, parts: PartGraphs, precision: Precision, given: Sequence[Case]
    ) -> onnx.ModelProto:
        """The model with its weights, as the operator set that was chosen."""
        model = store(open_model, parts.weights, precision, self._feeds(given))
        declare(model, self.choices.opset)
        return model

    def _feeds(self, given: Sequence[Case]) -> Iterator[dict[str, np.ndarray]]:
        """Sources of dev pairs and random ones as inputs, made when they are asked for."""
        sources = [case.pair.source for case in (*given, *random_cases(self.run, NUM_PAIRS))]
        typed = typed_settings(self.decoding.strategy, self.decoding.settings)
        for feed in self.interface.feeds(sources):
            yield {**self.interface.optional, **typed, **feed}

    def _compare(
        self, whole: onnx.ModelProto, path: Path, gate: Gate, metric: Metric, pairs: Sequence[Pair]
    ) -> Comparison:
        """Compare the file with one whose weights are as they were trained."""
        with TemporaryDirectory() as folder:
            before, metadata = Path(folder) / "fp32.onnx", describe(self.runs, self.decoding, self.choices)
            place_weights(whole, metadata, before, beside=self.choices.external_data)
            write_model(whole, metadata, before)
            return compare(before, path, metric, pairs, gate, self.registry)

    def assembled(self, parts: PartGraphs) -> onnx.ModelProto:
        """The graph, its weights still inputs."""
        defaults = self.choices.settings == "optional"
        decoding = self.decoding
        offer = self.registry.find_offer("decoding strategy", decoding.name)
        strategy = traced(decoding.strategy, "decoding strategy", offer)
        return assemble(parts, strategy, decoding.settings, self.interface, self.outputs, defaults=defaults)


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
