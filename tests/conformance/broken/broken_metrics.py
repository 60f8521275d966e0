"""Metrics that each fail the test they are called like; the summary is what the failure says."""

import itertools

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.metrics import Metric, Tally

CALLS = itertools.count()


class Unchecked(Metric):
    """It compares what there is."""

    def __call__(self, hypotheses, references):
        return self.compute(hypotheses, references)


def agreed(hypotheses, references):
    """Entries that are right."""
    pairs = zip(hypotheses, references, strict=False)
    return sum(list(one) in map(list, wanted) for one, wanted in pairs)


def each(hypotheses, references):
    return agreed(hypotheses, references) if len(references) == 1 else [0.0] * len(references)


def per_symbol(hypotheses, references):
    return agreed(hypotheses, references) / sum(map(len, hypotheses))


def length(hypotheses, references):
    return sum(map(len, hypotheses))


def nothing(hypotheses, references):
    return 0


def first(hypotheses, references):
    return agreed(hypotheses[:1], references[:1])


def only_the_first(hypotheses, references):
    return sum(list(one) == list(wanted[0]) for one, wanted in zip(hypotheses, references, strict=True))


def like_the_first(hypotheses, references):
    """Entries that are right, and a hair more where the first of the references is the longest."""
    longest = sum(len(wanted[0]) == max(map(len, wanted)) for wanted in references)
    return agreed(hypotheses, references) + longest / 1000


def later_ones_more(hypothesis, references):
    return [agreed([hypothesis], [references]) + next(CALLS)]


def same_lists(hypotheses, references):
    return sum(one in wanted for one, wanted in zip(hypotheses, references, strict=True))


def emptied(hypotheses, references):
    return len([hypothesis.clear() for hypothesis in hypotheses])


BROKEN = {
    "test_it_says_what_it_is": (agreed, "its unit is None"),
    "test_set_has_one_number": (each, "expected a finite number"),
    "test_any_hypothesis_has_a_number": (per_symbol, "ZeroDivisionError"),
    "test_nothing_is_better_than_perfect": (length, "of the references themselves"),
    "test_wrong_is_worse_than_perfect": (nothing, "wrong ones have 0.0, no worse than 0.0"),
    "test_any_of_the_references_is_perfect": (only_the_first, "the last references have"),
    "test_order_of_references_changes_nothing": (like_the_first, "where the references stand otherwise"),
    "test_resampling_changes_nothing": (Tally(later_ones_more, sum), "is drawn twice"),
    "test_order_of_entries_changes_nothing": (first, "where the last entry stands first"),
    "test_symbols_may_stand_in_any_sequence": (same_lists, "where hypotheses are tuples"),
    "test_entries_are_left_as_they_are": (emptied, "the entries were changed"),
    "test_what_cannot_be_compared_is_refused": (agreed, "is not refused"),
}

parts = {
    test: (Unchecked if "refused" in test else Metric)(test, True, None if "says" in test else "", compute)
    for test, (compute, _) in BROKEN.items()
}
globals().update(parts)


@hookimpl
def s2s_metrics():
    return [Component(test, ANY, f"{__name__}:{test}", said) for test, (_, said) in BROKEN.items()]
