import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.errors import S2SError
from s2s_toolkit.metrics import Metric, exact_match, ser, wer
from s2s_toolkit.metrics.loading import parse_metric
from s2s_toolkit.metrics.measuring import Measurement
from s2s_toolkit.metrics.resampling import Resampling, compare, confidence
from s2s_toolkit.testing.requirements import require

plain = Metric("plain", False, "%", wer.compute.__call__)
"""The word error rate as a function, which nothing is known of."""


def right_and_wrong(right, wrong):
    """So many entries that are right, then so many that are wrong."""
    return ["a"] * right + ["b"] * wrong, [["a"]] * (right + wrong)


def test_interval_is_that_of_the_share_of_right_entries():
    """Of 100 coin tosses the share has a standard deviation of 5 per cent, and the interval 1.96 on each side."""
    found = confidence(Measurement(exact_match, *right_and_wrong(50, 50)), Resampling(times=4000))
    assert found.low == pytest.approx(50 - 1.96 * 5, abs=1.2)
    assert found.high == pytest.approx(50 + 1.96 * 5, abs=1.2)


@pytest.mark.parametrize("metric", [exact_match, wer, ser, plain], ids=lambda metric: metric.name)
def test_interval_contains_the_value_and_is_the_same_for_the_same_seed(metric):
    measured = Measurement(metric, *right_and_wrong(17, 6))
    found = confidence(measured, Resampling(seed=3))
    assert found.low < measured.value < found.high
    assert confidence(measured, Resampling(seed=3)) == found


def test_a_metric_of_which_nothing_is_known_has_the_same_interval_and_difference_as_its_tally():
    hypotheses, references = right_and_wrong(17, 6)
    others = hypotheses[::-1]
    resampling = Resampling(times=200)
    found = [
        (
            confidence(Measurement(metric, hypotheses, references), resampling),
            compare(Measurement(metric, hypotheses, references), Measurement(metric, others, references), resampling),
        )
        for metric in (wer, plain)
    ]
    assert found[0] == found[1]


@given(st.lists(st.tuples(st.text("ab", max_size=3), st.text("ab", min_size=1, max_size=3)), min_size=1, max_size=7))
def test_resamples_are_metrics_of_the_entries_drawn(entries):
    hypotheses, references = [one for one, _ in entries], [[other] for _, other in entries]
    measured, last = Measurement(ser, hypotheses, references), len(entries) - 1
    drawn = [last, 0, last]
    expected = ser([hypotheses[i] for i in drawn], [references[i] for i in drawn])
    assert measured.of(drawn) == pytest.approx(expected)
    assert measured.value == pytest.approx(ser(hypotheses, references))


@pytest.mark.parametrize("metric", [exact_match, ser, plain], ids=lambda metric: metric.name)
def test_a_model_does_not_differ_from_itself(metric):
    measured = Measurement(metric, *right_and_wrong(3, 8))
    found = compare(measured, measured, Resampling(times=100))
    assert (found.value, found.interval.low, found.interval.high, found.better, found.p) == (0, 0, 0, 0.5, 1)


def test_probability_is_that_of_the_tosses():
    """The models differ in 7 entries, and one is right in all: of 2 ** 7 exchanges two make them differ as much."""
    references = [["a"]] * 11
    one, other = ["a"] * 11, ["a"] * 4 + ["b"] * 7
    found = compare(Measurement(wer, one, references), Measurement(wer, other, references), Resampling(times=20_000))
    assert found.p == pytest.approx(2 / 2**7, rel=0.2)
    assert found.value == pytest.approx(-700 / 11)
    assert found.interval.low < found.value < found.interval.high < 0
    assert found.better == pytest.approx(1, abs=0.001)


def test_comparison_the_other_way_round_is_its_mirror():
    references = [["abc"], ["de"], ["fghij"], ["k"], ["lm"]]
    one = Measurement(ser, ["abx", "de", "fghi", "", "lm"], references)
    other = Measurement(ser, ["abc", "d", "ghij", "kk", "x"], references)
    there, back = compare(one, other, Resampling(times=300)), compare(other, one, Resampling(times=300))
    assert there.value == -back.value
    assert (there.interval.low, there.interval.high) == pytest.approx((-back.interval.high, -back.interval.low))
    assert there.better == pytest.approx(1 - back.better)
    assert there.p == back.p


def test_intervals_of_sacrebleu_are_nearly_its_own(registry):
    """It draws other entries, and tells half the width around the mean."""
    require("sacrebleu")
    import sacrebleu

    rng, words = np.random.default_rng(5), "the cat sat on a mat and saw some more of it".split()
    wanted = [[" ".join(rng.choice(words, size=9))] for _ in range(90)]
    texts = [" ".join(word for word in each[0].split() if rng.random() < 0.85) for each in wanted]
    found = confidence(Measurement(parse_metric("sacrebleu", registry), texts, wanted), Resampling())
    theirs = sacrebleu.BLEU().corpus_score(texts, [[each[0] for each in wanted]], n_bootstrap=1000)
    assert (found.high - found.low) / 2 == pytest.approx(theirs._ci, rel=0.15)
    assert (found.high + found.low) / 2 == pytest.approx(theirs._mean, abs=theirs._ci / 5)


def test_probabilities_of_sacrebleu_are_nearly_its_own(registry):
    """It tosses other coins."""
    require("sacrebleu")
    import sacrebleu
    from sacrebleu.significance import PairedTest

    rng, words = np.random.default_rng(7), "the cat sat on a mat and saw some more of it".split()
    wanted = [" ".join(rng.choice(words, size=9)) for _ in range(70)]
    one, other = (
        [" ".join(word for word in text.split() if rng.random() < kept) for text in wanted] for kept in (0.85, 0.88)
    )
    metric = parse_metric("sacrebleu", registry)
    measured = [Measurement(metric, texts, [[text] for text in wanted]) for texts in (one, other)]
    found = compare(*measured, Resampling(times=2000))
    _, theirs = PairedTest(
        [("one", one), ("other", other)], {"BLEU": sacrebleu.BLEU()}, [wanted], test_type="ar", n_samples=2000
    )()
    assert 0.01 < found.p < 0.9
    assert found.p == pytest.approx(theirs["BLEU"][1].p_value, abs=0.05)


def test_nothing_drawn_is_refused():
    with pytest.raises(S2SError, match="at least one resample is needed, given 0"):
        Resampling(times=0)
    assert math.isfinite(confidence(Measurement(wer, ["a"], [["b"]]), Resampling(times=1)).low)
