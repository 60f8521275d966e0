import pytest

from s2s_toolkit.assignments import overlay, parse_assignment
from s2s_toolkit.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n=5", 5),
        ("n = -5 ", -5),
        ("n=0.5", 0.5),
        ("n=2e-3", 0.002),
        ("n=true", True),
        ("n=gru", "gru"),
        ('n="5"', "5"),
        ("n=[1, 2]", [1, 2]),
        ("n={name = 'lstm', size = 3}", {"name": "lstm", "size": 3}),
        ("n=", ""),
        ("n=a=b", "a=b"),
        ("n=True", "True"),
        ("n=2024-12-25", "2024-12-25"),
        ("n=data/train.tsv", "data/train.tsv"),
        ("n=1\nm=2", "1\nm=2"),
        ("n=1 # one", 1),
    ],
)
def test_values_are_read_as_toml_has_them(text, value):
    name, found = parse_assignment(text)
    assert (name, found, type(found)) == ("n", value, type(value))


@pytest.mark.parametrize("text", ["", "n", "=5", " =5"])
def test_what_assigns_nothing_is_refused(text):
    with pytest.raises(ConfigError, match="expected name=value, found"):
        parse_assignment(text)


@pytest.mark.parametrize("value", ['"a', "[1", "{a}", "'", "[" * 5000])
def test_half_a_value_is_refused(value):
    with pytest.raises(ConfigError, match="is not a TOML value"):
        parse_assignment(f"n={value}")


def test_values_are_laid_over_by_their_dotted_keys():
    content = {"seed": 1, "model": {"encoder": {"name": "gru", "size": 3}}}
    changes = [("seed", 2), ("model.encoder.size", 5), ("model.dropout", 0.1), ("training.batch_size", 7), ("seed", 3)]
    assert overlay(content, changes) == {
        "seed": 3,
        "model": {"encoder": {"name": "gru", "size": 5}, "dropout": 0.1},
        "training": {"batch_size": 7},
    }
    assert content == {"seed": 1, "model": {"encoder": {"name": "gru", "size": 3}}}


def test_a_value_is_no_section():
    with pytest.raises(ConfigError, match="'seed' is a value, not a section; found 1"):
        overlay({"seed": 1}, [("seed.deep", 2)])
