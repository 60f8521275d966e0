"""Translate with an exported file: numpy and onnxruntime, nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from s2s_onnx.metadata import decode_metadata
from s2s_onnx.session import first_line, open_session
from s2s_onnx.settings import Settings
from s2s_toolkit.batches import length_groups
from s2s_toolkit.errors import DataError, ModelFileError
from s2s_toolkit.translation import Translation

SOURCE = "source"
FOUND = ("text", "symbols", "ids", "lengths", "scores", "token_log_probs", "attention", "source_symbols")
"""The outputs that a translation is made of."""


class Translator:
    """Text in, translations out; safe to call from several threads.

    >>> Translator("model.onnx")(["25 December 2024"])[0].text
    '2024-12-25'

    Args:
        path: A file that `s2s export --format onnx` wrote.
        settings: What overlays the file's defaults: `max_length` and the settings of its decoding strategy.
        batch_size: Sources decoded together.
        num_threads: Threads of onnxruntime; 0 leaves the number to it.

    Attributes:
        metadata: What the file says of itself.
        defaults: Name -> default of each setting.
    """

    def __init__(
        self,
        path: str | Path,
        settings: Mapping[str, int | float] | None = None,
        *,
        batch_size: int = 32,
        num_threads: int = 0,
    ) -> None:
        self.path, self.batch_size = Path(path), batch_size
        self.session = open_session(self.path, num_threads)
        self.metadata = decode_metadata(self.session.get_modelmeta().custom_metadata_map, str(path))
        self.defaults: dict[str, int | float] = self.metadata["settings"]
        self._check_graph()
        self._known = Settings(str(path), self.metadata["strategy"], self.defaults, self.metadata["fixed"])
        self._settings = self._known.checked(settings or {})

    def __call__(self, texts: Sequence[str], **settings: int | float) -> list[Translation]:
        """Translate texts, in their order; settings overlay those of the translator for this call."""
        _check_texts(texts)
        chosen = self._settings | self._known.checked(settings)
        results: dict[int, Translation] = {}
        for numbers in length_groups([len(text) for text in texts], batch_size=self.batch_size):
            found = self._run([texts[number] for number in numbers], chosen)
            results |= {number: _translation(found, row) for row, number in enumerate(numbers)}
        return [results[number] for number in range(len(texts))]

    def _run(self, texts: list[str], settings: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        try:
            outputs = self.session.run(FOUND, {SOURCE: np.asarray(texts, dtype=object), **settings})
        except Exception as error:  # onnxruntime's own classes share no base but Exception
            raise ModelFileError(f"{self.path} can't translate {len(texts)} texts: {first_line(error)}") from error
        return dict(zip(FOUND, outputs, strict=True))

    def _check_graph(self) -> None:
        names = {value.name for value in (*self.session.get_outputs(), *self.session.get_inputs())}
        names |= {value.name for value in self.session.get_overridable_initializers()}
        missing = sorted({SOURCE, *FOUND, *self.defaults} - names)
        if missing:
            raise ModelFileError(f"{self.path} is damaged: its graph has no {missing[0]!r}; export it again")


def _check_texts(texts: Sequence[str]) -> None:
    """Refuse what is no list of texts, before any of it is translated."""
    if isinstance(texts, str | bytes):
        raise DataError(f"expected a list of texts, given one alone: {texts!r}; put it in brackets")
    for text in texts:
        if not isinstance(text, str):
            raise DataError(f"expected a list of texts; one of them is {text!r}")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise DataError(f"a source holds half of a surrogate pair, which is no text: {text!r}") from error


def _translation(found: dict[str, np.ndarray], row: int) -> Translation:
    source_symbols = tuple(symbol for symbol in found["source_symbols"][row] if symbol)
    best, *others = (_result(found, row, number, source_symbols) for number in range(found["text"].shape[1]))
    return replace(best, alternatives=tuple(others))


def _result(found: dict[str, np.ndarray], row: int, number: int, source_symbols: tuple[str, ...]) -> Translation:
    steps = min(found["lengths"][row, number] + 1, found["ids"].shape[2])  # with the EOS, unless the target was cut off
    return Translation(
        text=found["text"][row, number],
        score=float(found["scores"][row, number]),
        symbols=tuple(found["symbols"][row, number, :steps]),
        source_symbols=source_symbols,
        token_log_probs=found["token_log_probs"][row, number, :steps],
        attention=found["attention"][row, number, :steps, : len(source_symbols)],
    )
