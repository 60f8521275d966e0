"""A format of exported model files: what it must offer, and how it is found."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from s2s_toolkit.blame import blaming
from s2s_toolkit.options import create_part, needs_nothing
from s2s_toolkit.registry import Registry
from s2s_toolkit.translation import Translation

if TYPE_CHECKING:  # opening a file needs no run, nor the configs behind it
    from s2s_toolkit.run import Run


class TextTranslator(Protocol):
    """What both `s2s_toolkit.translator.Translator` and an exported file's translator are."""

    def __call__(self, texts: Sequence[str], prefixes: Sequence[str] = ()) -> list[Translation]:
        """Translate texts, in their order; targets begin with the prefixes, one for each text or none at all."""


class AdjustableTranslator(TextTranslator, Protocol):
    """A translator whose settings may vary from call to call, as those of an exported file do.

    Attributes:
        defaults: Name -> default of each of them; int or float says the type.
    """

    defaults: Mapping[str, int | float]

    def __call__(
        self, texts: Sequence[str], prefixes: Sequence[str] = (), **settings: int | float
    ) -> list[Translation]:
        """As every translator, with settings laid over those that it was opened with; no text checks them alone."""


class Exporter(Protocol):
    """A format of model files; its name is also its suffix, so "onnx" writes and opens "*.onnx".

    The keyword-only arguments of its constructor are options of `s2s export`.
    """

    def export(
        self, run: "Run", path: Path, registry: Registry, *, framework: str, strategy: str, options: Mapping[str, Any]
    ) -> str:
        """Write a run's model to a file, which is verified against the framework before it gets its name.

        Args:
            run: What to export; its weights are those at `run.weights_path()`.
            path: The file; it does not exist or may be replaced.
            registry: Where parts are found.
            framework: Which framework the file is verified against.
            strategy: The decoding strategy in the file.
            options: Its options, and `max_length`.

        Returns:
            One line that says what was verified.
        """

    def open(
        self, path: Path, registry: Registry, settings: Mapping[str, int | float], *, device: str
    ) -> TextTranslator:
        """Open a file.

        Args:
            path: What `export` wrote.
            registry: Where parts are found.
            settings: What overlays the defaults that it holds.
            device: "cpu", "cuda", or "auto" for the format's own choice.
        """


class EnsembleExporter(Exporter, Protocol):
    """A format whose files can hold several models that decode together."""

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
        """As `export`, of several runs, which read and write the same symbols; the first one's config decides."""


class GraphExporter(Exporter, Protocol):
    """A format whose files hold graphs that can be told apart."""

    def graph_digest(self, path: Path) -> str:
        """A text that two files share if, and only if, they are the same but for the values of their weights."""


def find_exporter(format_name: str, registry: Registry, choices: Mapping[str, Any] | None = None) -> Exporter:
    """The exporter of a format; `choices` are the options of its constructor, checked."""
    exporter = registry.load("exporter", format_name)
    with blaming("exporter", registry.find_offer("exporter", format_name)):
        if not choices and needs_nothing(exporter):
            plain: Exporter = exporter()  # as files are opened: without what checks options
            return plain
        made: Exporter = create_part(exporter, options=choices or {}, where=f"--format {format_name}")
    return made
