"""Exported model files: what a format must offer, and how a run directory or a file becomes a translator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from s2s_toolkit.blame import blaming, named
from s2s_toolkit.components import ANY
from s2s_toolkit.devices import AUTO, CPU
from s2s_toolkit.errors import ModelFileError, PluginError, UnsupportedError
from s2s_toolkit.loading import load_translator
from s2s_toolkit.options import create_part
from s2s_toolkit.registry import Offer, Registry
from s2s_toolkit.run import Run, open_run
from s2s_toolkit.translation import Translation


class TextTranslator(Protocol):
    """What both `s2s_toolkit.translator.Translator` and an exported file's translator are."""

    def __call__(self, texts: Sequence[str], prefixes: Sequence[str] = ()) -> list[Translation]:
        """Translate texts, in their order; targets begin with the prefixes, one for each text or none at all."""


class Exporter(Protocol):
    """A format of model files; its name is also its suffix, so "onnx" writes and opens "*.onnx".

    The keyword-only arguments of its constructor are options of `s2s export`.
    """

    def export(
        self, run: Run, path: Path, registry: Registry, *, framework: str, strategy: str, options: Mapping[str, Any]
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
        runs: Sequence[Run],
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


@dataclass(frozen=True)
class Opened:
    """The translator of an exported file, watched: what it raises, or gives, that it may not is told with its format.

    Attributes:
        translator: What the format's `open` returned.
        offer: The format.
    """

    translator: TextTranslator
    offer: Offer

    def __call__(self, texts: Sequence[str], prefixes: Sequence[str] = ()) -> list[Translation]:
        """As every `TextTranslator`."""
        with blaming("exporter", self.offer):
            found = self.translator(texts, prefixes)
        is_list = isinstance(found, Sequence) and all(isinstance(each, Translation) for each in found)
        if not is_list or len(found) != len(texts):
            given = f"{len(found)} translations" if is_list else f"{found!r:.60}"
            told = f"{named('exporter', self.offer)}: its translator gives {given} for {len(texts)} texts"
            raise PluginError(f"{told}, expected a Translation for each")
        return list(found)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.translator, name)  # such as the metadata, which evaluation reads


def open_translator(
    path: Path,
    registry: Registry,
    *,
    framework: str = "",
    strategy: str = "",
    options: Mapping[str, Any] | None = None,
    device: str = "",
    checkpoint: str = "",
    others: Sequence[Run] = (),
) -> TextTranslator:
    """A translator for a run directory or an exported file.

    Args:
        path: Either.
        registry: Where parts and formats are found.
        framework: What computes a run; an exported file needs none and refuses it.
        strategy: A decoding strategy for a run; an exported file holds its own.
        options: Options of the strategy and `max_length`; for an exported file, the settings that it lets vary.
        device: Where it is computed; by default on the CPU, or where an exported file's format chooses.
        checkpoint: Which of a run's checkpoints serves, by default the best; an exported file holds one.
        others: Runs whose models decode together with a run's, as an ensemble; an exported file holds its own.
    """
    if not registry.has("exporter", path.suffix.removeprefix("."), ANY) and (path.is_dir() or not path.suffix):
        run = open_run(path, registry, checkpoint=checkpoint)
        return load_translator(
            run,
            registry,
            framework=framework,
            strategy=strategy,
            options=options,
            others=others,
            device=device or CPU,
        )
    if framework or strategy or checkpoint or others:
        raise UnsupportedError(
            f"{path} holds its own model and strategy; leave out --framework, --strategy, --checkpoint and --ensemble, "
            "or export anew"
        )
    if not path.exists():
        raise ModelFileError(f"there is no model file {path}")
    format_name = path.suffix.removeprefix(".")
    if not registry.has("exporter", format_name, ANY):
        formats = ", ".join(f".{name}" for name in registry.names("exporter")) or "none"
        raise ModelFileError(f"{path} is neither a run directory nor a model file; formats installed: {formats}")
    exporter, offer = find_exporter(format_name, registry), registry.find_offer("exporter", format_name)
    with blaming("exporter", offer):
        translator = exporter.open(path, registry, options or {}, device=device or AUTO)
    if not callable(translator):
        told = f"{named('exporter', offer)} opens a file as {translator!r:.60}"
        raise PluginError(f"{told}, expected a translator, which is called with texts")
    return Opened(translator, offer)


def find_exporter(format_name: str, registry: Registry, choices: Mapping[str, Any] | None = None) -> Exporter:
    """The exporter of a format; `choices` are the options of its constructor, checked."""
    exporter = registry.load("exporter", format_name)
    with blaming("exporter", registry.find_offer("exporter", format_name)):
        made: Exporter = create_part(exporter, options=choices or {}, where=f"--format {format_name}")
    return made
