"""Which decoding is chosen: what a call asks for, over what the run's config says, over the defaults."""

import pytest

from s2s_toolkit.errors import ConfigError
from s2s_toolkit.loading import choose_decoding
from s2s_toolkit.run import open_run


@pytest.fixture
def choose(run, registry):
    """Of the tiny run, whose config says beam, 3 rows and at most 7 symbols."""
    opened = open_run(run, registry)
    return lambda strategy="", **options: choose_decoding(opened, registry, strategy, options)


def test_defaults_are_the_configs(choose):
    decoding = choose()
    assert decoding.name == "beam"
    assert decoding.settings == {"max_length": 7, "min_length": 0, "length_penalty": 0.0}
    assert decoding.fixed == {"beam_size": 3, "n_best": 1, "coverage_penalty": 0.0, "no_repeat_ngram_size": 0}


def test_a_call_goes_before_the_config(choose):
    decoding = choose(max_length=9, min_length=4, coverage_penalty=0.2, no_repeat_ngram_size=3)
    assert (decoding.settings["max_length"], decoding.settings["min_length"]) == (9, 4)
    assert (decoding.fixed["coverage_penalty"], decoding.fixed["no_repeat_ngram_size"]) == (0.2, 3)
    assert decoding.strategy.no_repeat_ngram_size == 3


def test_another_strategy_takes_the_lengths_of_the_config_and_not_its_options(choose):
    decoding = choose("greedy", min_length=2)
    assert decoding.settings == {"max_length": 7, "min_length": 2}
    assert decoding.fixed == {"no_repeat_ngram_size": 0}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_length": 8}, "min_length must lie between 0 and max_length, which is 7; given 8"),
        ({"min_length": True}, "min_length must be an integer, given True"),
        ({"min_length": 1.0}, "min_length must be an integer, given 1.0"),
        ({"max_length": "9"}, "max_length must be an integer, given '9'"),
        ({"no_repeat_ngram_size": -1}, "no_repeat_ngram_size must be at least 0"),
        ({"min_lenght": 3}, "unknown key 'decoding.min_lenght'; did you mean 'min_length'?"),
    ],
)
def test_what_can_not_work_is_refused(options, message, choose):
    with pytest.raises(ConfigError) as caught:
        choose(**options)
    assert message in str(caught.value)
