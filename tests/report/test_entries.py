import numpy as np
import pytest

from s2s_toolkit.batches import make_batch
from s2s_toolkit.corpus import Pair
from s2s_toolkit.errors import DataError
from s2s_toolkit.loading import load_model, load_translator
from s2s_toolkit.report.entries import Entry, read_entries, reference_losses
from s2s_toolkit.run import open_run
from s2s_toolkit.testing.requirements import require
from s2s_toolkit.translation import Translation

EXAMPLES = [([4, 5, 6], [4, 5]), ([7], [5, 6, 4, 4, 7]), ([4, 4], [6])]


@pytest.fixture(params=["numpy", "torch", "tensorflow"])
def framework(request):
    if request.param != "numpy":
        require(request.param)
    return request.param


def test_losses_of_symbols_sum_to_the_loss_of_the_model(tiny_run, registry, framework):
    model = load_model(open_run(tiny_run, registry), registry, framework)
    found = reference_losses(model, EXAMPLES)
    assert [loss.shape for loss in found] == [(3,), (6,), (2,)]
    for example, losses in zip(EXAMPLES, found, strict=True):
        assert losses.sum() == pytest.approx(model.loss(make_batch([example])), rel=1e-4)
    assert sum(map(np.sum, found)) == pytest.approx(model.loss(make_batch(EXAMPLES)), rel=1e-4)


def test_every_pair_with_symbols_has_an_entry_in_its_place(tiny_run, registry):
    run = open_run(tiny_run, registry)
    translator = load_translator(run, registry, framework="numpy", options={"beam_size": 1})
    pairs = [Pair("12 ab", "x12"), Pair("", "x"), Pair("1", ""), Pair("1", "??")]
    entries = read_entries(load_model(run, registry, "numpy"), translator, pairs)
    assert [(entry.line, entry.pair) for entry in entries] == [(1, pairs[0]), (4, pairs[3])]
    assert [entry.reference for entry in entries] == [("x", "1", "2"), ("?", "?")]
    for entry in entries:
        assert entry.translation.text == translator([entry.pair.source])[0].text
        assert entry.loss == pytest.approx(entry.losses.sum() / (len(entry.reference) + 1))


def test_a_translation_is_right_where_every_symbol_is():
    for symbols, is_right in ((("a", "b", "</s>"), True), (("a", "b"), True), (("a", "</s>"), False)):
        translation = Translation("ab", 0.0, symbols, ("x", "</s>"))
        assert Entry(1, Pair("x", "ab"), ("a", "b"), translation, np.ones(3)).is_right is is_right


def test_no_pair_at_all_is_refused(tiny_run, registry):
    run = open_run(tiny_run, registry)
    translator = load_translator(run, registry, framework="numpy")
    with pytest.raises(DataError, match="no pair to report on"):
        read_entries(load_model(run, registry, "numpy"), translator, [Pair("", "x")])
