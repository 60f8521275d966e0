"""How a run directory or an exported file becomes a translator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2s_toolkit.blame import blaming, named
from s2s_toolkit.components import ANY
from s2s_toolkit.devices import AUTO, CPU
from s2s_toolkit.errors import ModelFileError, PluginError, UnsupportedError
from s2s_toolkit.exporter import TextTranslator, find_exporter
from s2s_toolkit.registry import Offer, Registry
from s2s_toolkit.translation import Translation

if TYPE_CHECKING:
    from s2s_toolkit.run import Run


@dataclass(frozen=True)
class Opened:
    """The translator of an exported file, watched: what it raises, or gives, that it may not is told with its format.

    Attributes:
        translator: What the format's `open` returned.
        offer: The format.
    """

    translator: TextTranslator
    offer: Offer

    def __call__(
        self, texts: Sequence[str], prefixes: Sequence[str] = (), **settings: int | float
    ) -> list[Translation]:
        """As every `TextTranslator`; a format's own may take settings, and checks them."""
        with blaming("exporter", self.offer):
            found = self.translator(texts, prefixes, **settings)
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
    others: "Sequence[Run]" = (),
    limited: bool = False,
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
        limited: Whether a run refuses sources that are longer than those it was trained with, as an exported file does.
    """
    if not registry.has("exporter", path.suffix.removeprefix("."), ANY) and (path.is_dir() or not path.suffix):
        from s2s_toolkit.loading import load_translator  # of which an exported file needs nothing
        from s2s_toolkit.run import open_run

        run = open_run(path, registry, checkpoint=checkpoint)
        longest = [each.config.data.max_source_length for each in (run, *others)]
        return load_translator(
            run,
            registry,
            framework=framework,
            strategy=strategy,
            options=options,
            others=others,
            device=device or CPU,
            max_source_length=min(longest) if limited else None,
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
