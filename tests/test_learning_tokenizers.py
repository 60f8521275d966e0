"""A plugin's tokenizer that learns or cuts words: what it gives is looked at, and told with its name."""

from collections import Counter

import pytest

from s2s_toolkit.config_sections import TextConfig
from s2s_toolkit.errors import PluginError
from s2s_toolkit.segmentation import Merges, Unigram
from s2s_toolkit.text import load_side
from s2s_toolkit.tokenizers import Words, learns, segmentation


class Known(Words):
    """Only words that stand in the texts more than `least` times are kept."""

    def __init__(self, *, least: int = 1) -> None:
        self.least, self.state = least, None

    def split(self, text):
        return [word for word in super().split(text) if not self.state or word in self.state["words"]]

    def learned(self, texts):
        counts = Counter(word for text in texts for word in super(Known, self).split(text))
        return self.restored({"words": [word for word, count in counts.items() if count > self.least]})

    def restored(self, state):
        if not isinstance(state["words"], list):
            raise ValueError("no list of words")
        other = type(self)(least=self.least)
        other.state = dict(state)
        return other


def side(part, with_part, **options):
    config = TextConfig.model_validate({"tokenizer": {"name": "known", **options}})
    return load_side(config, with_part("s2s_tokenizers", "known", part))


def test_a_plugins_tokenizer_learns_with_its_options(with_part):
    taught = side(Known, with_part, least=2).taught(["a b a", "a b c"])
    assert taught.split("a b c") == ["a"]
    assert taught.tokenizer.state == {"words": ["a"]}
    assert learns(taught.tokenizer)
    assert taught.taught(["b b b b"]) is taught


def test_texts_are_normalised_before_they_teach(with_part):
    config = TextConfig.model_validate({"tokenizer": "known", "lowercase": True})
    taught = load_side(config, with_part("s2s_tokenizers", "known", Known)).taught(["A b", "a c"])
    assert taught.split("A B") == ["a"]


def test_a_tokenizer_that_learns_nothing_is_left_alone(with_part):
    plain = side(Words, with_part)
    assert plain.taught(["a b"]) is plain
    assert not learns(plain.tokenizer)
    assert segmentation(plain.tokenizer) is None


def test_a_segmentation_of_a_plugin_is_passed_on(with_part):
    cutting = Unigram({"a": -1.0})
    part = type("Cutting", (Words,), {"segmentation": cutting})
    assert segmentation(side(part, with_part).tokenizer) is cutting


def test_a_state_that_is_none_is_a_value_error(with_part):
    with pytest.raises(ValueError, match=r"^no list of words$"):
        side(Known, with_part).tokenizer.restored({"words": 3})


def member(name, value):
    return type("Broken", (Known,), {name: value})


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (member("learned", lambda self, texts: 1 / 0), "fails: ZeroDivisionError: division by zero"),
        (member("learned", lambda self, texts: None), "gives None by learned, expected a tokenizer with a state"),
        (member("learned", lambda self, texts: self), "by learned, expected a tokenizer with a state"),
        (
            member("learned", lambda self, texts: Known.restored(self, {"words": [], 3: None})),
            "has the state {'words': [], 3: None}, expected a dict that JSON gives back as it was",
        ),
        (
            member("learned", lambda self, texts: Known.restored(self, {"words": [], "set": {3}})),
            "has the state {'words': [], 'set': {3}}, expected a dict that JSON gives back as it was",
        ),
        (type("Half", (Words,), {"learned": None}), "has no 'restored'; one that learns has learned, restored, state"),
        (
            type("Odd", (Words,), {"segmentation": "by heart"}),
            "has the segmentation 'by heart', expected Merges or Unigram of s2s_toolkit.segmentation, or None",
        ),
    ],
)
def test_what_a_plugin_does_wrong_is_told(part, said, with_part):
    with pytest.raises(PluginError) as caught:
        side(part, with_part).taught(["a b a"])
    assert str(caught.value).startswith("tokenizer 'known' of fake ")
    assert said in str(caught.value)


def test_merges_are_a_segmentation_too(with_part):
    part = type("Cutting", (Words,), {"segmentation": Merges(())})
    assert segmentation(side(part, with_part).tokenizer) == Merges(())
