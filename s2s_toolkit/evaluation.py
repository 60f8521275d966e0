"""Score a translator on pairs of source and reference."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from s2s_toolkit.config_sections import TextConfig
from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import DataError, UnsupportedError
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.metrics import Metric
from s2s_toolkit.options import explain
from s2s_toolkit.registry import Registry
from s2s_toolkit.symbols import EOS, SPECIAL
from s2s_toolkit.text import TextSide, load_side, with_state
from s2s_toolkit.translation import Translation
from s2s_toolkit.translator import Translator

CHUNK = 512
DESCRIBED = ("tokenizer", "normalization", "lowercase")
"""What the metadata of an exported file says of each side, as `source_tokenizer` and so on."""

Watch = Callable[[int, int], None]
"""Told how many sources are done, and of how many."""


@dataclass(frozen=True)
class Evaluation:
    """What came out.

    Attributes:
        scores: Metric -> its value on the best result for each source.
        pairs: Number of pairs compared.
        skipped: Number of pairs left out since source or reference has no symbol.
        seconds: Time to translate.
    """

    scores: dict[str, float]
    pairs: int
    skipped: int
    seconds: float

    @property
    def sentences_per_second(self) -> float:
        """Speed of the translator."""
        return self.pairs / self.seconds


def evaluate(
    translator: TextTranslator,
    pairs: Iterable[Pair],
    metrics: Sequence[Metric],
    registry: Registry,
    *,
    watch: Watch = lambda done, total: None,
) -> Evaluation:
    """Translate every source and compare its symbols with those of its reference.

    No pair is too long, unlike in training. DataError if no pair is left.
    """
    sources, references, skipped = _usable(pairs, *sides_of(translator, registry))
    if not sources:
        raise DataError(f"no pair to compare, {skipped} empty; give at least one")
    start = time.perf_counter()
    hypotheses = _hypotheses(translator, sources, watch)
    seconds = time.perf_counter() - start
    scores = {metric.name: metric(hypotheses, references) for metric in metrics}
    return Evaluation(scores, len(sources), skipped, seconds)


def sides_of(translator: TextTranslator, registry: Registry) -> tuple[TextSide, TextSide]:
    """The source's and the target's: a run's own, or as an exported file describes them in its metadata."""
    if isinstance(translator, Translator):
        return translator.source, translator.target
    metadata = getattr(translator, "metadata", {})
    if "target_tokenizer" not in metadata:
        raise UnsupportedError("this file does not say how its target is tokenized; evaluate the run that it came from")
    return _described(metadata, "source", registry), _described(metadata, "target", registry)


def _described(metadata: Mapping[str, Any], name: str, registry: Registry) -> TextSide:
    """A side without its vocabulary, of which references have no need."""
    given = {key: metadata[f"{name}_{key}"] for key in DESCRIBED if f"{name}_{key}" in metadata}
    if options := metadata.get(f"{name}_tokenizer_options"):
        given["tokenizer"] = {"name": given["tokenizer"], **options}
    try:
        side = load_side(TextConfig.model_validate(given), registry)
        state = metadata.get(f"{name}_state", metadata.get(f"{name}_segmentation"))
        return replace(side, tokenizer=with_state(side.tokenizer, state))
    except ValidationError as error:
        raise UnsupportedError(
            f"this file splits its {name} in a way unknown to this version: {explain(error, {}, prefix=name)}"
        ) from error
    except ValueError as error:
        raise UnsupportedError(f"this file does not say how its {name} is split: {error}; export it again") from error


def target_symbols(translation: Translation) -> tuple[str, ...]:
    """The symbols of a translation without "</s>"."""
    symbols = translation.symbols
    return symbols[:-1] if symbols[-1:] == (SPECIAL[EOS],) else symbols


def _usable(
    pairs: Iterable[Pair], source_side: TextSide, target_side: TextSide
) -> tuple[list[str], list[list[str]], int]:
    """Sources and the symbols of their references; and how many pairs lack either."""
    sources: list[str] = []
    references: list[list[str]] = []
    skipped = 0
    for source, target in pairs:
        reference = target_side.split(target)
        if reference and source_side.split(source):
            sources.append(source)
            references.append(reference)
        else:
            skipped += 1
    return sources, references, skipped


def _hypotheses(translator: TextTranslator, sources: Sequence[str], watch: Watch) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for start in range(0, len(sources), CHUNK):
        found += map(target_symbols, translator(sources[start : start + CHUNK]))
        watch(len(found), len(sources))
    return found
