"""A metric by its name, with its options; a plugin's is tried when it is loaded, and watched whenever it computes."""

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from s2s_toolkit.assignments import parse_assignment
from s2s_toolkit.blame import blaming, named
from s2s_toolkit.errors import PluginError
from s2s_toolkit.metrics.contract import Metric, References, Sequences, Tally
from s2s_toolkit.options import create_part
from s2s_toolkit.registry import CORE, Offer, Registry


def load_metric(name: str, registry: Registry, options: Mapping[str, Any] | None = None) -> Metric:
    """A metric by name; PluginError where it is none. A plugin's is tried, and watched whenever it computes."""
    part, offer = registry.load("metric", name), registry.find_offer("metric", name)
    metric = _made(part, offer, options or {})
    if offer.plugin == CORE:
        return metric
    watched = replace(metric, name=name, compute=_watched(metric.compute, offer))
    example: list[Any] = ["a b"] if metric.on_text else [["a", "b"]]
    watched(example, [example])  # what fails on any target should not fail only after an epoch
    return watched


def parse_metric(text: str, registry: Registry) -> Metric:
    """A metric as the command line names it, `chrf` or `sacrebleu:lowercase=true,tokenize=char`; so it is called."""
    name, _, said = text.partition(":")
    options = dict(map(parse_assignment, said.split(","))) if said else {}
    return replace(load_metric(name, registry, options), name=text)


def _made(part: Any, offer: Offer, options: Mapping[str, Any]) -> Metric:
    """What is offered: a metric, or what makes one of its options."""
    name = offer.component.name
    if isinstance(part, Metric):
        create_part(lambda: part, options=options, where=name)  # which refuses any option
        return part
    made = part
    if _is_maker(part):
        with blaming("metric", offer):
            made = create_part(part, options=options, where=name)
    if not isinstance(made, Metric):
        raise PluginError(f"{named('metric', offer)} is a {type(made).__name__}, not a s2s_toolkit.metrics.Metric")
    return made


def _is_maker(part: Any) -> bool:
    """Whether it may be called with options alone; a function of hypotheses and references may not."""
    return callable(part) and all(p.kind is p.KEYWORD_ONLY for p in inspect.signature(part).parameters.values())


def _watched(compute: Any, offer: Offer) -> Any:
    """The definition of a plugin's metric, whose results are looked at."""
    if isinstance(compute, Tally):
        return Tally(partial(_count, compute, offer), partial(_score, compute, offer))
    return partial(_compute, compute, offer)


def _compute(compute: Any, offer: Offer, hypotheses: Sequences, references: References) -> float:
    with blaming("metric", offer):
        value = compute(hypotheses, references)
    entries = f"{len(references):,} entr{'ies' if len(references) > 1 else 'y'}"
    return _number(value, offer, f"for {entries}")


def _count(
    tally: Tally, offer: Offer, hypothesis: Sequence[str], references: Sequence[Sequence[str]]
) -> Sequence[float]:
    with blaming("metric", offer):
        counted = list(tally.count(hypothesis, references))
    return [_number(value, offer, "among the counts of an entry") for value in counted]


def _score(tally: Tally, offer: Offer, sums: Sequence[float]) -> float:
    with blaming("metric", offer):
        value = tally.score(sums)
    return _number(value, offer, "for the sums of its counts")


def _number(value: Any, offer: Offer, what: str) -> float:
    if not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise PluginError(f"{named('metric', offer)} gives {value!r:.40} {what}, expected a finite number")
    return float(value)
