"""Write verified ONNX files from a run, and open such files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2s_onnx.choices import (
    HIGHEST_OPSET,
    LOWEST_OPSET,
    OPSET,
    Choices,
    Form,
    Gate,
    Input,
    Precision,
    Settings,
)
from s2s_onnx.session import Device
from s2s_onnx.sides import tokenizers_of
from s2s_onnx.translator import Translator
from s2s_toolkit.errors import ConfigError, UnsupportedError
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.registry import Registry

if TYPE_CHECKING:
    from s2s_toolkit.run import Run

NEEDED = ("onnx", "spox")
SUFFIX = ".onnx"


class OnnxExporter:
    """The format "onnx".

    Args:
        precision: Weights in 32 bits, in 16 bits and widened when the file is opened, or in 8 bits and calculated with.
        input: Whether the file takes and gives text, or the ids of symbols.
        form: One file with the decoding loop inside, or a folder of its parts, which take ids, for an app that has its
            own loop.
        outputs: What the file gives beside the text (or ids), its symbols and its score, parted by commas; "all", or
            "" for nothing.
        settings: Whether the inputs beside the source may be left out. JavaScript can't set one that may.
        opset: The version of the standard operators that the file declares.
        external_data: Put the weights beside the file; more than 1.9 GB always go there.
        max_drop: Write nothing if the metric gets worse by more than this, in its own unit.
        metric: The metric for that; by default the one that chose the best checkpoint, or ser if that was the loss.
        dev: The pairs (TSV) for that; by default the run's dev pairs.
    """

    def __init__(
        self,
        *,
        precision: Precision = "fp32",
        input: Input = "text",  # noqa: A002
        form: Form = "single",
        outputs: str = "all",
        settings: Settings = "optional",
        opset: int = OPSET,
        external_data: bool = False,
        max_drop: float | None = None,
        metric: str = "",
        dev: Path | None = None,
    ) -> None:
        if not LOWEST_OPSET <= opset <= HIGHEST_OPSET:
            raise ValueError(f"opset must lie between {LOWEST_OPSET} and {HIGHEST_OPSET}, given {opset}")
        if max_drop is None and (metric or dev):
            raise ValueError("a metric and dev pairs are for max_drop; give it as well")
        if max_drop is not None and not max_drop >= 0:
            raise ValueError(f"max_drop must be at least 0, given {max_drop}")
        self.form: Form = form
        self.choices = Choices(precision, input, outputs, settings, opset, external_data)
        self.gate = None if max_drop is None else Gate(max_drop, metric, dev)

    def export(
        self, run: "Run", path: Path, registry: Registry, *, framework: str, strategy: str, options: Mapping[str, Any]
    ) -> str:
        """Write a run's model, which is verified against the framework before it gets its name."""
        return self.export_ensemble([run], path, registry, framework=framework, strategy=strategy, options=options)

    def export_ensemble(
        self,
        runs: "Sequence[Run]",
        path: Path,
        registry: Registry,
        *,
        framework: str,
        strategy: str,
        options: Mapping[str, Any],
    ) -> str:
        """Write the models of runs that decode together, verified likewise; the first one's config decides."""
        if path.suffix != SUFFIX:
            raise ConfigError(f"an exported model is known by its name: let it end in {SUFFIX}, given {path.name}")
        from s2s_toolkit.loading import choose_decoding  # opening needs nothing of it

        run, *others = runs
        decoding = choose_decoding(run, registry, strategy, options)
        try:
            from s2s_onnx.single import SingleFile
            from s2s_onnx.steps import StepFiles
        except ImportError as error:
            if error.name not in NEEDED:
                raise
            raise UnsupportedError(f'exporting needs {error.name}; pip install "s2s-onnx[export]"') from error
        form = StepFiles if self.form == "steps" else SingleFile
        return form(run, registry, decoding, self.choices, self.gate, others=others).write(path, framework)

    def open(
        self, path: Path, registry: Registry, settings: Mapping[str, int | float], *, device: Device = "auto"
    ) -> TextTranslator:
        """Open a file, or the folder of the steps form; `settings` overlay the defaults that it holds."""
        if path.is_dir():
            from s2s_onnx.manifest import open_steps

            return open_steps(path, registry, settings, device=device)
        return Translator(path, settings, device=device, make_tokenizer=tokenizers_of(registry))

    def graph_digest(self, path: Path) -> str:
        """What two files have in common whose graphs are the same but for their weights."""
        from s2s_onnx.digest import graph_digest

        return graph_digest(path)
