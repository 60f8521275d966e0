import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2s_toolkit.components import ANY, Component
from s2s_toolkit.errors import ConfigError, PluginError, S2SError
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.metrics import Metric, Tally, cer, closest, exact_match, load_metric, ser, wer, word_edit_rate
from s2s_toolkit.metrics.loading import parse_metric
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.testing.requirements import require

METRICS = [exact_match, wer, ser]
SYMBOLS = st.lists(st.sampled_from(["a", "b", "tʃ", "ɑ̃", "<unk>"]), min_size=1, max_size=7)
ENTRIES = st.lists(st.tuples(SYMBOLS, SYMBOLS), min_size=1, max_size=5)
SEVERAL = st.lists(st.tuples(SYMBOLS, st.lists(SYMBOLS, min_size=1, max_size=3)), min_size=1, max_size=5)
TEXTS = ["the cat sat on the mat .", "Hello there", "a very short one, isn't it?"]
REFERENCES = [["The cat sat on a mat."], ["hello there", "Hello over there!"], ["A very short one; isn't it?"]]


def distance(hypothesis, reference):
    """Levenshtein's distance from its definition, row after row."""
    row = list(range(len(reference) + 1))
    for count, symbol in enumerate(hypothesis, start=1):
        new = [count]
        for position, wanted in enumerate(reference):
            new.append(min(row[position] + (symbol != wanted), row[position + 1] + 1, new[position] + 1))
        row = new
    return row[-1]


def one_each(references):
    return [[reference] for reference in references]


def test_metrics_by_hand():
    references = one_each([["k", "æ", "t"], ["d", "ɒ", "g", "z"], ["aɪ"], ["b", "i"]])
    hypotheses = [["k", "æ", "t"], ["d", "ɒ", "g"], ["a", "ɪ"], []]  # distances 0, 1, 2, 2
    assert exact_match(hypotheses, references) == 25
    assert wer(hypotheses, references) == 75
    assert ser(hypotheses, references) == 50


def test_of_several_references_the_closest_counts_by_hand():
    references = [[["t", "ə"], ["t", "uː", "l"]], [["d", "ə", "z"], ["d", "ɒ", "g"]]]
    hypotheses = [["t", "uː"], ["d", "ɒ", "g"]]  # distances 1 and 1, then 2 and 0
    assert wer(hypotheses, references) == 50
    assert exact_match(hypotheses, references) == 50
    assert ser(hypotheses, references) == pytest.approx(100 / 6)  # of equally close references, the longer one


@pytest.mark.parametrize(
    ("references", "found"),
    [
        (["abd", "xyz"], (1, "abd")),
        (["ab", "abcd"], (1, "abcd")),
        (["abx", "ayc"], (1, "abx")),
        (["", "abc"], (0, "abc")),
    ],
)
def test_closest_reference_is_the_longest_then_the_first_of_equally_close_ones(references, found):
    assert closest("abc", references) == found


def test_symbols_are_compared_whole():
    assert ser([["tʃ", "i"]], [[["t", "ʃ", "i"]]]) == pytest.approx(200 / 3)


def test_the_symbol_error_rate_weighs_references_by_length():
    assert ser([["x"], ["b"] * 9], [[["a"]], [["b"] * 9]]) == 10


def test_the_symbol_error_rate_may_exceed_a_hundred():
    assert ser([["a", "b", "c"]], [[["x"]]]) == 300


@given(ENTRIES)
def test_metrics_are_what_they_are_defined_to_be(entries):
    hypotheses, references = zip(*entries, strict=True)
    distances = [distance(hypothesis, reference) for hypothesis, reference in entries]
    wanted = one_each(references)
    assert ser(hypotheses, wanted) == pytest.approx(100 * sum(distances) / sum(map(len, references)))
    assert wer(hypotheses, wanted) == pytest.approx(100 * sum(map(bool, distances)) / len(entries))
    assert wer(hypotheses, wanted) == pytest.approx(100 - exact_match(hypotheses, wanted))


@given(SEVERAL)
def test_more_references_never_raise_the_word_error_rate_nor_a_distance(entries):
    hypotheses, references = zip(*entries, strict=True)
    fewer = [each[:1] for each in references]
    assert wer(hypotheses, references) <= wer(hypotheses, fewer)
    for hypothesis, each in entries:
        assert closest(hypothesis, each)[0] == min(distance(hypothesis, reference) for reference in each)


@given(SEVERAL)
def test_order_of_references_changes_nothing(entries):
    hypotheses, references = zip(*entries, strict=True)
    turned = [each[::-1] for each in references]
    assert [metric(hypotheses, references) for metric in METRICS] == [m(hypotheses, turned) for m in METRICS]


@given(st.lists(SYMBOLS, min_size=1))
def test_references_are_perfect_hypotheses(references):
    wanted = one_each(references)
    assert [metric(references, wanted) for metric in METRICS] == [100, 0, 0]


def test_character_errors_by_hand():
    assert cer()(["ab cd"], [["ab ce", "xxxxx"]]) == 20
    assert cer()(["AB"], [["ab"]]) == 100
    assert cer(lowercase=True)(["AB"], [["ab"]]) == 0


def test_word_edits_by_hand():
    """One substituted and one deleted of five; white space is no matter, unless none parts the words."""
    assert word_edit_rate()(["the  cat sit on"], [["the cat sat on it"]]) == 40
    assert word_edit_rate(lowercase=True)(["The\tCat"], [["the cat"]]) == 0


def test_bleu_by_hand(registry):
    """All n-grams of the first are right, and it is a fifth too short; one that shares no symbol has none."""
    require("sacrebleu")
    bleu, reference = load_metric("bleu", registry), ["a", "b", "c", "d", "e"]
    assert bleu([reference[:4]], [[reference]]) == pytest.approx(100 * math.exp(1 - 5 / 4))
    assert bleu([reference], [[reference]]) == pytest.approx(100)
    assert bleu([["x", "y", "z", "v", "w"]], [[reference]]) == 0
    assert bleu([reference[:4]], [[reference, reference[:4]]]) == pytest.approx(100)


@pytest.mark.parametrize(
    ("name", "scorer", "options"),
    [
        ("sacrebleu", "BLEU", {}),
        ("sacrebleu:lowercase=true", "BLEU", {"lowercase": True}),
        ("sacrebleu:tokenize=char,lowercase=true", "BLEU", {"tokenize": "char", "lowercase": True}),
        ("chrf", "CHRF", {}),
        ("chrf:word_order=2", "CHRF", {"word_order": 2}),
        ("ter", "TER", {}),
        ("ter:normalized=true,case_sensitive=true", "TER", {"normalized": True, "case_sensitive": True}),
    ],
)
def test_metrics_of_text_are_those_of_sacrebleu(name, scorer, options, registry):
    """Value and signature, with another number of references for each entry."""
    require("sacrebleu")
    import sacrebleu

    metric, theirs = parse_metric(name, registry), getattr(sacrebleu, scorer)(**options)
    streams = [[each[0] for each in REFERENCES], [None, REFERENCES[1][1], None]]
    assert metric(TEXTS, REFERENCES) == pytest.approx(theirs.corpus_score(TEXTS, streams).score, abs=1e-9)
    assert metric.signature(REFERENCES) == str(theirs.get_signature())
    one = theirs.corpus_score(TEXTS, streams[:1])
    assert metric(TEXTS, one_each(streams[0])) == pytest.approx(one.score, abs=1e-9)
    assert metric.signature(one_each(streams[0])) == str(theirs.get_signature())


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_better_hypotheses_are_preferred(metric):
    references = one_each([["a"], ["b"]])
    better, worse = metric([["a"], ["x"]], references), metric([["y"], ["x"]], references)
    assert (better > worse) == metric.higher_is_better
    assert metric.unit == "%"


def test_a_rate_per_reference_symbol_needs_one():
    with pytest.raises(S2SError, match="ser: every reference is empty"):
        ser([["a"]], [[[]]])
    assert exact_match([[]], [[[]]]) == 100


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ser:lowercase=true", "unknown key 'ser.lowercase'; known: none"),
        ("cer:lower=true", "unknown key 'cer.lower'; did you mean 'lowercase'"),
        ("cer:lowercase=often", "'cer.lowercase': input should be a valid boolean"),
        ("cer:lowercase", "expected name=value, found 'lowercase'"),
    ],
)
def test_options_that_a_metric_lacks_are_refused(text, message, registry):
    with pytest.raises(ConfigError, match=message):
        parse_metric(text, registry)


def test_options_that_sacrebleu_lacks_are_refused(registry):
    require("sacrebleu")
    with pytest.raises(ConfigError, match="no tokenizer 'klingon'; known: 13a, char"):
        parse_metric("sacrebleu:tokenize=klingon", registry)
    with pytest.raises(ConfigError, match="word_order must be at least 0, given -1"):
        parse_metric("chrf:word_order=-1", registry)


def share(*, of: int = 2):
    """A metric of a plugin that has an option."""
    return Metric("share", True, "", Tally(lambda one, references: [len(one) / of], sum))


word = Metric("word", True, "", Tally(lambda one, references: ["one"], sum))
endless = Metric("endless", True, "", Tally(lambda one, references: [1], lambda sums: math.inf))


def plugin_registry(name):
    component = Component(name, ANY, f"{__name__}:{name}", "for a test")
    plugin = type("Plugin", (), {"s2s_metrics": hookimpl(lambda self: [component])})()
    registry = load_registry()
    register_plugin(registry, plugin, "test-plugin")
    return registry


def test_a_plugins_metric_may_have_options():
    registry = plugin_registry("share")
    assert load_metric("share", registry)(["abc"], [["x"]]) == 1.5
    assert parse_metric("share:of=4", registry)(["abc", "a"], [["x"], ["y"]]) == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [("word", "gives 'one' among the counts of an entry"), ("endless", "gives inf for the sums of its counts")],
)
def test_a_plugins_tally_that_gives_no_numbers_is_told_by_name(name, message):
    with pytest.raises(PluginError, match=f"metric '{name}' of test-plugin {message}, expected a finite number"):
        load_metric(name, plugin_registry(name))
