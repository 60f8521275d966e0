"""The conformance suite of metrics."""

import copy
import math
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.errors import UnsupportedError
from s2s_toolkit.metrics import Metric, load_metric
from s2s_toolkit.metrics.measuring import Measurement
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.refusals import refusing
from s2s_toolkit.testing.repeatable import REPEATABLE
from s2s_toolkit.testing.requirements import unavailable
from s2s_toolkit.testing.suite import Suite

SYMBOLS = st.sampled_from(["a", "b", "c", "tʃ", "ɑ̃", "<unk>", "ein Wort"])
REFERENCE = st.lists(SYMBOLS, min_size=4, max_size=8)
"""At least four symbols: a measure of n-grams needs as many as that to call a target perfect."""
HYPOTHESIS = st.lists(SYMBOLS, max_size=8)
RIGHT = REFERENCE.map(lambda reference: (list(reference), [reference]))
ENTRIES = st.lists(st.tuples(HYPOTHESIS, st.lists(REFERENCE, min_size=1, max_size=3)) | RIGHT, min_size=1, max_size=5)
"""Hypotheses, empty ones and right ones among them, and one to three references for each."""

Entries = list[tuple[list[str], list[list[str]]]]


def each_set(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test on sets of entries that hypothesis draws."""
    return REPEATABLE(given(entries=ENTRIES)(test))


class MetricSuite(Suite):
    """What is expected of a metric; `s2s_toolkit.metrics.Metric` says what it is."""

    kind = "metric"

    @pytest.fixture
    def metric(self, registry: Registry) -> Metric:
        """The metric; where it needs a package that is not installed, the test is skipped, and fails in CI."""
        try:
            return load_metric(self.name, registry)
        except UnsupportedError as error:
            unavailable(str(error))

    def test_it_says_what_it_is(self, metric: Metric) -> None:
        """Its name is the one that it is offered under; direction and unit are there to be printed."""
        assert metric.name == self.name, f"it calls itself {metric.name!r}, and a config {self.name!r}"
        assert isinstance(metric.higher_is_better, bool), f"higher_is_better is {metric.higher_is_better!r}"
        assert isinstance(metric.unit, str), f"its unit is {metric.unit!r}"
        assert "\n" not in metric.unit, "its unit has more than one line"

    @each_set
    def test_set_has_one_number(self, metric: Metric, entries: Entries) -> None:
        """A finite one, always the same, for one entry as for many, for empty hypotheses too."""
        hypotheses, references = columns(metric, entries)
        value = metric(hypotheses, references)
        assert isinstance(value, int | float), f"it gives a {type(value).__name__}"
        assert math.isfinite(value), f"it gives {value}"
        assert metric(hypotheses, references) == value, "the second time it gives another number"

    @pytest.mark.parametrize("hypothesis", [[], ["a"], ["a"] * 50], ids=["empty", "short", "long"])
    def test_any_hypothesis_has_a_number(self, metric: Metric, hypothesis: list[str]) -> None:
        """Where it is the only one, too."""
        value = metric(*columns(metric, [(hypothesis, [["a", "b", "c", "d"]])]))
        assert math.isfinite(value), f"it gives {value}"

    @each_set
    def test_nothing_is_better_than_perfect(self, metric: Metric, entries: Entries) -> None:
        """Of all hypotheses, the references themselves have the best value."""
        value, perfect = metric(*columns(metric, entries)), metric(*columns(metric, perfected(entries)))
        no_better = value == pytest.approx(perfect) or (perfect > value) == metric.higher_is_better
        assert no_better, f"{value} is better than {perfect} of the references themselves"

    @each_set
    def test_wrong_is_worse_than_perfect(self, metric: Metric, entries: Entries) -> None:
        """Hypotheses that share no symbol with their references."""
        wrong = [(["wrong"] * len(references[0]), references) for _, references in entries]
        value, perfect = metric(*columns(metric, wrong)), metric(*columns(metric, perfected(entries)))
        worse = value != pytest.approx(perfect) and (perfect > value) == metric.higher_is_better
        assert worse, f"wrong ones have {value}, no worse than {perfect} of the references themselves"

    @each_set
    def test_any_of_the_references_is_perfect(self, metric: Metric, entries: Entries) -> None:
        """The last one is no worse than the first, nor is a better one known."""
        first = metric(*columns(metric, perfected(entries)))
        last = metric(*columns(metric, [(references[-1], references) for _, references in entries]))
        assert last == pytest.approx(first), f"the last references have {last}, and the first {first}"

    def test_order_of_references_changes_nothing(self, metric: Metric) -> None:
        """An entry has a set of them; which of equally good ones counts is for the metric to say."""
        references = [["a", "b", "x", "d"], ["c", "c", "b", "a", "b"], ["a", "b", "c", "d", "e"]]
        hypothesis = ["a", "b", "c", "d"]
        value, *others = [metric(*columns(metric, [(hypothesis, list(each))])) for each in permutations(references)]
        for other in others:
            assert other == pytest.approx(value), f"{other} where the references stand otherwise, else {value}"

    @each_set
    def test_order_of_entries_changes_nothing(self, metric: Metric, entries: Entries) -> None:
        """It is about the set."""
        value, turned = metric(*columns(metric, entries)), metric(*columns(metric, entries[::-1]))
        assert turned == pytest.approx(value), f"{turned} where the last entry stands first, else {value}"

    @each_set
    def test_resampling_changes_nothing(self, metric: Metric, entries: Entries) -> None:
        """An interval is made of values of the metric: of entries drawn anew, as if these were the test set."""
        hypotheses, references = columns(metric, entries * 2)
        value = metric(hypotheses, references)
        drawn = Measurement(metric, *columns(metric, entries)).of([*range(len(entries))] * 2)
        assert drawn == pytest.approx(value), (
            f"{drawn} where each entry is drawn twice, {value} where it is there twice"
        )

    @each_set
    def test_symbols_may_stand_in_any_sequence(self, metric: Metric, entries: Entries) -> None:
        """An evaluation gives hypotheses as tuples and references as lists."""
        hypotheses, references = columns(metric, entries)
        for written in (hypotheses, [each[0] for each in references]):
            value = metric(written, references)
            of_tuples = metric(written if metric.on_text else list(map(tuple, written)), references)
            assert of_tuples == pytest.approx(value), f"{of_tuples} where hypotheses are tuples, else {value}"

    @each_set
    def test_entries_are_left_as_they_are(self, metric: Metric, entries: Entries) -> None:
        """Other metrics are given the same ones."""
        given = columns(metric, entries)
        before = copy.deepcopy(given)
        metric(*given)
        assert given == before, "the entries were changed"

    @pytest.mark.parametrize(
        ("hypotheses", "references"),
        [([], []), ([["a"]], []), ([], [[["a"]]]), ([["a"]], [[["a"]], [["b"]]]), ([["a"]], [[]])],
        ids=["nothing", "no references", "no hypothesis", "one too few", "none for an entry"],
    )
    def test_what_cannot_be_compared_is_refused(
        self, metric: Metric, hypotheses: list[list[str]], references: list[list[list[str]]]
    ) -> None:
        """In one line."""
        with refusing("what can't be compared"):
            metric(hypotheses, references)


def columns(metric: Metric, entries: Entries) -> tuple[Any, Any]:
    """The hypotheses and their references, as texts for a metric that compares those."""
    written: Callable[[list[str]], Any] = " ".join if metric.on_text else list
    return [written(one) for one, _ in entries], [list(map(written, references)) for _, references in entries]


def perfected(entries: Entries) -> Entries:
    """The same with the first reference for a hypothesis."""
    return [(references[0], references) for _, references in entries]
