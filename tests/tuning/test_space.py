"""What may be tried, as the command line says it."""

import pytest

from s2s_toolkit.errors import ConfigError
from s2s_toolkit.tuning.space import Choice, Range, parse_trying


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model.dropout=0.1..0.5", Range("model.dropout", 0.1, 0.5, log=False)),
        ("training.learning_rate=1e-4..1e-2:log", Range("training.learning_rate", 1e-4, 1e-2, log=True)),
        ("training.batch_size=16..64", Range("training.batch_size", 16, 64, log=False)),
        ("encoder.size = 3 .. 7", Range("model.encoder.size", 3, 7, log=False)),
        ("model.attention.name=additive,general", Choice("model.attention.name", ("additive", "general"))),
        ("encoder.bidirectional=true,false", Choice("model.encoder.bidirectional", (True, False))),
        ("training.batch_size=16,32,64", Choice("training.batch_size", (16, 32, 64))),
        (
            "attention={name='dot'},{name='additive', size=5}",
            Choice("model.attention", ({"name": "dot"}, {"name": "additive", "size": 5})),
        ),
        ('data.train=["a..b", "c"],["d", "e"]', Choice("data.train", (["a..b", "c"], ["d", "e"]))),
    ],
)
def test_a_range_or_a_choice_is_read(text, expected):
    assert parse_trying(text) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("model.dropout", "expected KEY=VALUES, found 'model.dropout'; give LOW..HIGH"),
        ("model.dropout=", "expected KEY=VALUES, found 'model.dropout='"),
        ("model.dropout=0.5..0.1", "model.dropout: the range 0.5..0.1 is empty; give the lower end first"),
        ("model.dropout=0.5..0.5", "model.dropout: the range 0.5..0.5 is empty"),
        ("model.dropout=0.0..0.5:log", "model.dropout: a range with :log lies above 0, given 0.0..0.5"),
        ("model.dropout=0..inf", "model.dropout: the range 0..inf is empty"),
        ("model.dropout=0.5", "'model.dropout=0.5' leaves nothing to choose"),
        ("attention.name=dot,dot", "'attention.name=dot,dot' has a value twice"),
    ],
)
def test_what_is_no_range_and_no_choice_is_refused(text, line):
    with pytest.raises(ConfigError) as refused:
        parse_trying(text)
    assert line in str(refused.value)
