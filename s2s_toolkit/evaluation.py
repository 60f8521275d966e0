"""Score a translator, or what was written already, on sources and their references."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from s2s_toolkit.config_sections import SOURCE_TARGET, Column, DataConfig, TextConfig
from s2s_toolkit.corpus import Pair
from s2s_toolkit.entries import Entries, Written, arguments, read_entries
from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.exporter import TextTranslator
from s2s_toolkit.metrics import Metric
from s2s_toolkit.metrics.measuring import Measurement
from s2s_toolkit.registry import Registry
from s2s_toolkit.symbols import EOS, SPECIAL
from s2s_toolkit.text import TextSide, load_side, with_state
from s2s_toolkit.translation import Translation
from s2s_toolkit.translator import Translator
from s2s_toolkit.validation import explain

CHUNK = 512
DESCRIBED = ("tokenizer", "normalization", "lowercase")
"""What the metadata of an exported file says of each side, as `source_tokenizer` and so on."""

Watch = Callable[[int, int], None]
"""Told how many sources are done, and of how many."""


@dataclass(frozen=True)
class Evaluation:
    """What came out.

    Attributes:
        entries: What was compared, and what was left out.
        hypotheses: The best result for each entry.
        measured: Metric -> what was measured.
        scores: Metric -> its value.
        seconds: Time to translate; 0 where nothing was.
    """

    entries: Entries
    hypotheses: Sequence[Written]
    measured: dict[str, Measurement]
    scores: dict[str, float]
    seconds: float

    @property
    def pairs(self) -> int:
        """Number of pairs compared: every reference of every source."""
        return self.entries.num_references

    @property
    def skipped(self) -> int:
        """Number of pairs left out since source or reference has no symbol."""
        return self.entries.skipped

    @property
    def sentences_per_second(self) -> float:
        """Speed of the translator."""
        return len(self.hypotheses) / self.seconds


def evaluate(
    translator: TextTranslator,
    pairs: Iterable[Pair],
    metrics: Sequence[Metric],
    registry: Registry,
    *,
    watch: Watch = lambda done, total: None,
) -> Evaluation:
    """Translate every source and compare the results with their references, a reference for each.

    No pair is too long, unlike in training. DataError if no pair is left.
    """
    return evaluate_entries(translator, read_entries(pairs, *sides_of(translator, registry)), metrics, watch=watch)


def evaluate_entries(
    translator: TextTranslator,
    entries: Entries,
    metrics: Sequence[Metric],
    *,
    watch: Watch = lambda done, total: None,
) -> Evaluation:
    """Translate the source of every entry, once, and compare the results with their references."""
    start = time.perf_counter()
    hypotheses = _hypotheses(translator, entries, watch)
    return score(hypotheses, entries, metrics, seconds=time.perf_counter() - start)


def score(
    hypotheses: Sequence[Written], entries: Entries, metrics: Sequence[Metric], *, seconds: float = 0.0
) -> Evaluation:
    """Compare what was written for each entry with its references."""
    measured = {m.name: Measurement(m, *arguments(m, hypotheses, entries.entries)) for m in metrics}
    scores = {name: each.value for name, each in measured.items()}
    return Evaluation(entries, hypotheses, measured, scores, seconds)


def sides_of(translator: TextTranslator, registry: Registry) -> tuple[TextSide, TextSide]:
    """The source's and the target's: a run's own, or as an exported file describes them in its metadata."""
    if isinstance(translator, Translator):
        return translator.source, translator.target
    metadata = getattr(translator, "metadata", {})
    if "target_tokenizer" not in metadata:
        raise UnsupportedError("this file does not say how its target is tokenized; evaluate the run that it came from")
    return _described(metadata, "source", registry), _described(metadata, "target", registry)


def described_columns(translator: TextTranslator) -> tuple[Column, ...]:
    """What the columns of a TSV file are for an exported file: those of the data that its model learned from."""
    columns = getattr(translator, "metadata", {}).get("columns", SOURCE_TARGET)
    try:
        return DataConfig.model_validate({"train": "", "dev": "", "columns": columns}).columns
    except ValidationError as error:
        raise UnsupportedError(f"this file has columns unknown to this version: {explain(error, {})}") from error


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


def _hypotheses(translator: TextTranslator, entries: Entries, watch: Watch) -> list[Written]:
    sources, respelt = [entry.source for entry in entries.entries], entries.target_side.respelt
    found: list[Written] = []
    for start in range(0, len(sources), CHUNK):
        translations = translator(sources[start : start + CHUNK])
        found += [Written(each.text, respelt(target_symbols(each))) for each in translations]
        watch(len(found), len(sources))
    return found
