"""From a run directory to the page about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from s2s_toolkit.corpus import read_pairs
from s2s_toolkit.devices import CPU
from s2s_toolkit.evaluation import Watch
from s2s_toolkit.files import atomic_path
from s2s_toolkit.fonts import fonts_for
from s2s_toolkit.learning_curves import panels, read_validations
from s2s_toolkit.loading import choose_decoding, load_model
from s2s_toolkit.metrics import Metric
from s2s_toolkit.plotting import require_matplotlib
from s2s_toolkit.registry import Registry
from s2s_toolkit.report.embedded_fonts import embedded_fonts
from s2s_toolkit.report.entries import Entry, read_entries
from s2s_toolkit.report.facts import facts_of, names_of, summary_of
from s2s_toolkit.report.page import Content, render, require_templates
from s2s_toolkit.report.scoring import score, score_lengths
from s2s_toolkit.report.showing import show
from s2s_toolkit.run import Run
from s2s_toolkit.translator import Translator


@dataclass(frozen=True)
class Choices:
    """What may be chosen of a report.

    Attributes:
        pairs: A file of pairs; by default the run's dev pairs.
        limit: How many of the pairs with the greatest loss are listed.
        examples: How many of the rest are shown, from all of its range.
        framework: What computes; by default what trained the run.
        strategy: As in `choose_decoding`.
        options: Likewise.
        device: Where it is computed.
    """

    pairs: Path | None = None
    limit: int = 50
    examples: int = 8
    framework: str = ""
    strategy: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    device: str = CPU


def write_report(
    run: Run,
    path: Path,
    registry: Registry,
    metrics: Sequence[Metric],
    choices: Choices,
    *,
    watch: Watch = lambda done, total: None,
) -> Content:
    """Translate pairs, and write what was found as one HTML file.

    Args:
        run: What is told of.
        path: The file, which appears whole or not at all.
        registry: Where parts are found.
        metrics: What is computed on all pairs.
        choices: The rest.
        watch: Told how many pairs are translated.
    """
    require_templates()
    require_matplotlib()
    with atomic_path(path) as temporary:  # a place that can't be written to is refused before minutes have passed
        content = _content(run, registry, metrics, choices, watch=watch)
        temporary.write_text(render(content), encoding="utf-8", newline="\n")
    return content


def _content(run: Run, registry: Registry, metrics: Sequence[Metric], choices: Choices, *, watch: Watch) -> Content:
    validations, framework = read_validations(run), choices.framework or run.config.framework
    paths = choices.pairs or run.config.data.dev
    texts = list(read_pairs(paths, run.config.data.columns))
    decoding = choose_decoding(run, registry, choices.strategy, choices.options)
    model = load_model(run, registry, framework, choices.device)
    translator = Translator(model.stepper(), run.source, run.target, decoding.strategy, decoding.settings)
    entries = read_entries(model, translator, texts, watch=watch)
    ranked = sorted(entries, key=lambda entry: (-entry.loss, entry.line))
    separator = run.target.tokenizer.separator
    worst = [show(entry, separator=separator) for entry in ranked[: choices.limit]]
    others = [show(entry, separator=separator) for entry in _spread(ranked[choices.limit :], choices.examples)]
    shown = [text for one in (*worst, *others) for text in one.texts]
    unit = next((metric.unit for metric in metrics if metric.name == validations[-1].metric), "")
    return Content(
        name=run.path.resolve().name,
        summary=summary_of(run, model),
        pairs=names_of(paths),
        skipped=len(texts) - len(entries),
        scores=score(entries, metrics, registry),
        by_length=score_lengths(entries),
        validations=validations,
        panels=panels(validations, unit=unit),
        facts=facts_of(run, registry, framework=framework, model=model, decoding=decoding, validations=validations),
        entries=ranked,
        worst=worst,
        others=others,
        fonts=embedded_fonts(shown),
        missing=fonts_for(shown).missing,
    )


def _spread(entries: Sequence[Entry], count: int) -> list[Entry]:
    """Some entries at equal distances, the last one first: that is the one with the smallest loss."""
    places = np.linspace(len(entries) - 1, 0, min(count, len(entries))).round().astype(int)
    return [entries[place] for place in places]
