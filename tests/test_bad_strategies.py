"""Decoding strategies that break their contract: a line that names the plugin, before anything is decoded."""

from textwrap import indent

import pytest

from s2s_toolkit.plugins import load_registry

STRATEGY = """
from s2s_toolkit.strategies.contract import Advance
from s2s_toolkit.strategies.greedy import Greedy

class Bad(Greedy):
{body}

@hookimpl
def s2s_decoding_strategies():
    return [Component("bad", ANY, f"{{__name__}}:Bad", "")]
"""
ADVANCE = """
def advance(self, xp, step, search, settings):
    found = super().advance(xp, step, search, settings)
    return {given}
"""


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("def __init__(self): raise OSError('no beam')", " fails: OSError: no beam (bad.py, line 11)"),
        ("rows = 0", ": its `rows` is 0, expected a number of at least 1"),
        ("num_results = None", ": its `num_results` is None, expected a number of at least 1"),
        ("settings = property(lambda self: {'size': 'big'}, lambda self, value: None)", ": its `settings` are {'size'"),
        ("def start(self, xp, source_ids): pass", ": its `start` gives None, expected a dict of arrays"),
        (
            "def start(self, xp, source_ids): return {'finished': xp.zeros_like(source_ids[0])}",
            ": `start` gives 'finished' of shape (4,), expected (3,)",
        ),
        ("def advance(self, xp, step, search): pass", " fails: TypeError: Bad.advance() takes 4 positional"),
        (ADVANCE.format(given="found.ids"), ": its `advance` gives array([["),
        (
            ADVANCE.format(given="Advance(found.ids[:, 0], found.parents, found.search)"),
            ": `advance` gives ids of shape (3,), expected (3, 1)",
        ),
        (
            ADVANCE.format(given="Advance(found.ids * 1.0, found.parents, found.search)"),
            ": `advance` gives ids of type float64, expected int64",
        ),
        (
            ADVANCE.format(given="Advance(found.ids + step.log_probs.shape[-1], found.parents, found.search)"),
            ": `advance` gives ids with 1",
        ),
        (
            ADVANCE.format(given="Advance(found.ids, found.parents - 1, found.search)"),
            ": `advance` gives parents with -1 among them, expected 0 to 0",
        ),
        (
            ADVANCE.format(given="Advance(found.ids, found.parents, {})"),
            ": its search is finished, scores at first, and after a step nothing",
        ),
        (
            ADVANCE.format(given="Advance(found.ids, found.parents, {**found.search, 'scores': found.ids})"),
            ": `advance` gives 'scores' of type int64, expected float32",
        ),
        (
            "def __init__(self):\n    super().__init__()\n    self.settings = {'strange': 1.0}",
            ": its setting 'strange' is no option of its constructor, as every setting is",
        ),
        (
            "def done(self, xp, search, settings): return xp.all(search['finished'])",
            ": `done` gives sources of shape (), expected (3,)",
        ),
        (
            "def finish(self, xp, search, settings): return search['scores']",
            ": its `finish` gives array(",
        ),
        (
            "def finish(self, xp, search, settings): return xp.asarray([[1], [1], [1]]), search['scores']",
            ": `finish` gives rows with 1 among them, expected 0 to 0",
        ),
        (
            "def finish(self, xp, search, settings):\n"
            "    return super().finish(xp, search, settings)[0], search['scores'] / 0",
            ": `finish` gives scores with a value that is not finite",
        ),
    ],
)
def test_strategy_is_refused(body, line, run, write_plugin, refusal, s2s):
    path = write_plugin("bad.py", STRATEGY.format(body=indent(body.strip(), "    ")))
    translate = ("translate", run, "dev.tsv", "--plugin", path, "--framework", "numpy")
    assert refusal(*translate, "--strategy", "bad").startswith(f"decoding strategy 'bad' of bad.py{line}")
    assert s2s(*translate, "--strategy", "greedy", parts=load_registry()).exit_code == 0


def test_strategy_is_refused_before_a_training(write_plugin, refusal):
    path = write_plugin("bad.py", STRATEGY.format(body="    rows = 0"))
    train = ("train", "tiny.toml", "--plugin", path, "--set", "decoding={strategy='bad'}")
    assert refusal(*train) == "decoding strategy 'bad' of bad.py: its `rows` is 0, expected a number of at least 1"
