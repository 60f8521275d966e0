"""Translate text with a model of any framework; `s2s_onnx.Translator` does the same with an exported file."""

from collections.abc import Mapping, Sequence

import numpy as np

from s2s_toolkit.batches import length_groups, padded, source_arrays
from s2s_toolkit.contracts import Stepper
from s2s_toolkit.errors import DataError
from s2s_toolkit.search import Hypotheses, search, typed_settings
from s2s_toolkit.strategies.contract import DecodingStrategy
from s2s_toolkit.strategies.lengths import require_room, require_short
from s2s_toolkit.symbols import EOS, SPECIAL
from s2s_toolkit.text import TextSide
from s2s_toolkit.translation import Translation, best_first


class Translator:
    """Text in, translations out.

    Args:
        stepper: The model.
        source: Reads the source.
        target: Writes the target.
        strategy: Chooses among the targets.
        settings: The strategy's settings and `LENGTHS`.
        batch_size: Sources decoded together.
        max_source_length: Symbols of a source at most; None for any number.
        limited_by: Where that number stands, for the error message.
    """

    def __init__(
        self,
        stepper: Stepper,
        source: TextSide,
        target: TextSide,
        strategy: DecodingStrategy,
        settings: Mapping[str, int | float],
        *,
        batch_size: int = 32,
        max_source_length: int | None = None,
        limited_by: str = "data.max_source_length in the run's config.toml",
    ) -> None:
        self.stepper, self.source, self.target = stepper, source, target
        self.strategy, self.settings, self.batch_size = strategy, settings, batch_size
        self.max_source_length, self.limited_by = max_source_length, limited_by

    def __call__(self, texts: Sequence[str], prefixes: Sequence[str] = ()) -> list[Translation]:
        """Translate texts, in their order; they are decoded in batches of similar length.

        Args:
            texts: Any number of them.
            prefixes: What the target of each begins with, or none at all.

        Raises:
            DataError: There is not one prefix for each.
            TextError: A source or a prefix is too long.
        """
        sources = [self.source.encode(text) for text in texts]
        if self.max_source_length is not None:
            remedy = f"split it, or change {self.limited_by}"
            require_short(texts, map(len, sources), self.max_source_length, remedy)
        begun = self._begun(prefixes, len(texts))
        results: dict[int, Translation] = {}
        for numbers in length_groups([len(source) for source in sources], batch_size=self.batch_size):
            source_ids, source_lengths = source_arrays([sources[number] for number in numbers])
            prefix_ids, _ = padded([begun[number] for number in numbers])
            found = search(self.stepper, self.strategy, source_ids, source_lengths, self.settings, prefix_ids)
            for row, number in enumerate(numbers):
                results[number] = self._translation(found, row, texts[number])
        return [results[number] for number in range(len(texts))]

    def _begun(self, prefixes: Sequence[str], count: int) -> list[list[int]]:
        """The ids of each prefix, with room for a symbol after it; DataError unless there is one for each text."""
        if isinstance(prefixes, str) or len(prefixes) not in (0, count):
            given = f"the one text {prefixes!r}" if isinstance(prefixes, str) else len(prefixes)
            raise DataError(f"expected a prefix for each of {count} texts, or none at all; given {given}")
        max_length = int(typed_settings(self.strategy, self.settings)["max_length"])
        begun = [self.target.encode(prefix) for prefix in prefixes] or [[] for _ in range(count)]
        if prefixes:
            require_room(prefixes, map(len, begun), max_length)
        return begun

    def _translation(self, found: Hypotheses, row: int, text: str) -> Translation:
        source_symbols = (*self.source.split(text), SPECIAL[EOS])
        return best_first(found.scores[row], lambda number: self._result(found, row, number, source_symbols))

    def _result(self, found: Hypotheses, row: int, result: int, source_symbols: tuple[str, ...]) -> Translation:
        length = found.lengths[row, result]
        ids = found.ids[row, result, :length]
        steps = min(length + 1, found.ids.shape[2])  # with the EOS, unless the target was cut off
        end = (SPECIAL[EOS],) if steps > length else ()
        return Translation(
            text=self.target.decode(ids),
            score=float(found.scores[row, result]),
            symbols=(*self.target.vocabulary.decode(ids), *end),
            source_symbols=source_symbols,
            token_log_probs=found.token_log_probs[row, result, :steps],
            attention=np.asarray(found.attention[row, result, :steps, : len(source_symbols)]),
            alignment=tuple(found.alignment[row, result, :steps].tolist()),
        )
