"""For a graph that takes ids: text to ids before it, ids to text behind it, as the toolkit's own translator does it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from s2s_onnx.sides import MakeTokenizer, text_sides
from s2s_onnx.translations import Found, per_symbol
from s2s_toolkit.batches import padded
from s2s_toolkit.symbols import EOS, SPECIAL
from s2s_toolkit.translation import Translation, best_first


class IdsReader:
    """Texts to a graph's inputs, and its outputs to translations.

    Args:
        metadata: The file's.
        where: The file, for errors.
        make_tokenizer: Makes the tokenizers; the built-in ones need none.
    """

    outputs: ClassVar[tuple[str, ...]] = ("ids", "lengths", "scores", "token_log_probs", "attention", "alignment")

    def __init__(self, metadata: Mapping[str, Any], where: str, make_tokenizer: MakeTokenizer | None) -> None:
        self.source, self.target = text_sides(metadata, where, make_tokenizer)

    def feed(self, texts: Sequence[str], prefixes: Sequence[str]) -> dict[str, np.ndarray]:
        sources, begun = map(self.source.encode, texts), map(self.target.encode, prefixes)
        return {"source_ids": padded([*sources])[0], "prefix_ids": padded([*begun])[0]}

    def translation(self, found: Found, row: int, text: str) -> Translation:
        source_symbols = (*self.source.split(text), SPECIAL[EOS])

        def result(number: int) -> Translation:
            ids = found["ids"][row, number, : found["lengths"][row, number]]
            end = (SPECIAL[EOS],) if len(ids) < found["ids"].shape[2] else ()  # unless the target was cut off
            symbols = (*self.target.vocabulary.decode(ids), *end)
            return Translation(
                text=self.target.decode(ids),
                score=float(found["scores"][row, number]),
                symbols=symbols,
                source_symbols=source_symbols,
                **per_symbol(found, row, number, len(symbols), len(source_symbols)),
            )

        return best_first(found["scores"][row], result)
