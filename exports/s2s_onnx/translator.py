"""Translate with an exported file: numpy and onnxruntime, nothing else."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np

from s2s_onnx.counting import SourceSymbols, symbol_counter
from s2s_onnx.metadata import decode_metadata
from s2s_onnx.session import Device, first_line, open_session
from s2s_onnx.settings import Settings
from s2s_onnx.translations import Found, text_translation
from s2s_toolkit.batches import length_groups
from s2s_toolkit.errors import DataError, ModelFileError, TextError
from s2s_toolkit.strategies.lengths import beginning, require_room
from s2s_toolkit.translation import Translation


class Reader(Protocol):
    """Texts to a graph's inputs, and its outputs to translations."""

    outputs: ClassVar[tuple[str, ...]]

    def feed(self, texts: Sequence[str], prefixes: Sequence[str]) -> dict[str, np.ndarray]:
        """The inputs beside the settings."""

    def translation(self, found: Found, row: int, text: str) -> Translation:
        """The results for one source."""


class Translator:
    """Text in, translations out; safe to call from several threads.

    >>> Translator("model.onnx")(["25 December 2024"])[0].text
    '2024-12-25'

    Args:
        path: A file that `s2s export --format onnx` wrote.
        settings: What overlays the file's defaults: `max_length`, `min_length` and the settings of its strategy.
        batch_size: Sources decoded together.
        num_threads: Threads of onnxruntime; 0 leaves the number to it.
        device: "cpu", "cuda", or "auto", which is the CPU.
        max_source_length: Symbols of a source at most; by default as many as the model was trained with.
        make_tokenizer: Makes a tokenizer by its name, and its options by theirs if it has any, for a file that takes
            ids and was trained with a plugin's.

    Attributes:
        metadata: What the file says of itself.
        defaults: Name -> default of each setting.
        settings: Name -> what a call has unless it says otherwise, as graph inputs.
        reader: What stands between texts and the graph.
    """

    def __init__(
        self,
        path: str | Path,
        settings: Mapping[str, int | float] | None = None,
        *,
        batch_size: int = 32,
        num_threads: int = 0,
        device: Device = "auto",
        max_source_length: int | None = None,
        make_tokenizer: Callable[..., Any] | None = None,
    ) -> None:
        self.path, self.batch_size = Path(path), batch_size
        self.session = open_session(self.path, num_threads, device)
        self.metadata = decode_metadata(self.session.get_modelmeta().custom_metadata_map, str(path))
        self.defaults: dict[str, int | float] = self.metadata["settings"]
        self._symbols = SourceSymbols(self.metadata, max_source_length, str(path))
        self._target_symbols = symbol_counter(self.metadata, "target", str(path))
        self.reader = self._make_reader(make_tokenizer)
        self._check_graph()
        self._known = Settings(str(path), self.metadata["strategy"], self.defaults, self.metadata["fixed"])
        self.settings = self._known.checked(self.defaults)
        self.settings |= self._known.checked(settings or {}, self.settings)

    def __call__(
        self, texts: Sequence[str], prefixes: Sequence[str] = (), **settings: int | float
    ) -> list[Translation]:
        """Translate texts, in their order.

        Args:
            texts: Any number of them.
            prefixes: What the target of each begins with, or none at all.
            settings: Overlay those of the translator for this call.

        Raises:
            DataError: There is not one prefix for each, or what is given is no list of texts.
            TextError: A text or a prefix is no Unicode text, or too long.
            ConfigError: A setting is unknown, fixed in the file, or can't work.
            ModelFileError: onnxruntime can't run the file.
        """
        _check_texts(texts, "source")
        _check_texts(prefixes, "prefix")
        if prefixes and len(prefixes) != len(texts):
            raise DataError(f"expected a prefix for each of {len(texts)} texts, or none at all; given {len(prefixes)}")
        chosen = self.settings | self._known.checked(settings, self.settings)
        require_room(prefixes, map(self._target_symbols, prefixes), int(chosen["max_length"]))
        results: dict[int, Translation] = {}
        for numbers in length_groups(self._symbols.count(texts), batch_size=self.batch_size):
            batch = [texts[number] for number in numbers]
            found = self._run(batch, [prefixes[number] for number in numbers] if prefixes else [""], chosen)
            for row, number in enumerate(numbers):
                results[number] = self.reader.translation(found, row, texts[number])
        return [results[number] for number in range(len(texts))]

    def _run(self, texts: list[str], prefixes: list[str], settings: dict[str, np.ndarray]) -> Found:
        feed = self.reader.feed(texts, prefixes) | settings
        try:
            outputs = self.session.run(self._outputs, feed)
        except Exception as error:  # onnxruntime's own classes share no base but Exception
            raise ModelFileError(f"{self.path} can't translate {len(texts)} texts: {first_line(error)}") from error
        return dict(zip(self._outputs, outputs, strict=True))

    def _make_reader(self, make_tokenizer: Callable[..., Any] | None) -> Reader:
        if self.metadata["input"] == "text":
            return TextReader()
        from s2s_onnx.ids import IdsReader  # which needs more of the toolkit than a file of text does

        return IdsReader(self.metadata, str(self.path), make_tokenizer)

    def _check_graph(self) -> None:
        """The outputs that are asked for are those of the file that a translation is made of."""
        given = {value.name for value in self.session.get_outputs()}
        taken = {value.name for value in (*self.session.get_inputs(), *self.session.get_overridable_initializers())}
        self._outputs = [name for name in self.reader.outputs if name in given]
        needed = {"scores", *self.reader.feed([], [""]), *self.defaults}
        if missing := sorted(needed - given - taken):
            raise ModelFileError(f"{self.path} is damaged: its graph has no {missing[0]!r}; export it again")


class TextReader:
    """For a graph that takes text and gives it."""

    outputs: ClassVar[tuple[str, ...]] = (
        "text",
        "symbols",
        "scores",
        "lengths",
        "token_log_probs",
        "attention",
        "alignment",
        "source_symbols",
    )

    def feed(self, texts: Sequence[str], prefixes: Sequence[str]) -> dict[str, np.ndarray]:
        return {"source": np.asarray(texts, dtype=object), "prefix": np.asarray(prefixes, dtype=object)}

    def translation(self, found: Found, row: int, text: str) -> Translation:
        return text_translation(found, row)


def _check_texts(texts: Sequence[str], what: str) -> None:
    """Refuse what is no list of texts, before any of it is translated."""
    if isinstance(texts, str | bytes):
        raise DataError(f"expected a list of texts, given one alone: {texts!r:.60}; put it in brackets")
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise DataError(f"expected a list of texts; one of them is {text!r:.60}")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            told = f"{what} {beginning(text)} holds half of a surrogate pair, which is no text"
            raise TextError(place, told) from error
