"""What a request may ask, and how it is refused."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s2s_toolkit.serving.asking import Asking
from s2s_toolkit.serving.limits import Limits
from s2s_toolkit.serving.refusals import RefusedError

ASKING = Asking(Limits(max_texts=3, max_characters=5), {"max_length": 12, "seed": 1, "temperature": 1.0})

BAD = {
    b"": (400, "the body is no JSON in UTF-8: EOF while parsing a value at line 1 column 0"),
    b'{"texts": ["a"]': (400, "EOF while parsing an object"),
    b'{"texts": ["\xff"]}': (400, "invalid unicode code point"),
    b'{"texts": ["\\ud800"]}': (400, "hex escape"),
    b'{"texts": ["a\\udc00"]}': (400, "surrogate"),
    b"[" * 5000: (400, "recursion limit"),
    b"9" * 5000: (400, "number out of range"),
    b"NaN": (422, "the body has to be an object with texts, given nan"),
    b'["a"]': (422, "the body has to be an object with texts, given ['a']"),
    b"{}": (422, "'texts' is missing"),
    b'{"texts": "a"}': (422, "'texts': input should be a valid array, given 'a'"),
    b'{"texts": ["a", 3]}': (422, "'texts.1': input should be a valid string, given 3"),
    b'{"texts": ["a", null]}': (422, "'texts.1': input should be a valid string, given None"),
    b'{"texts": ["a", "abcdef"]}': (422, "'texts.1': string should have at most 5 characters, given 'abcdef'"),
    b'{"texts": ["a", "a", "a", "a"]}': (422, "'texts': list should have at most 3 items"),
    b'{"texts": ["a"], "prefixes": ["a", "b"]}': (422, "given 2 prefixes for 1 texts; give one for each, or none"),
    b'{"texts": ["a"], "prefixes": ["abcdef"]}': (422, "'prefixes.0': string should have at most 5 characters"),
    b'{"texts": ["a"], "prefix": "b"}': (422, "unknown key 'prefix'; did you mean 'prefixes'?"),
    b'{"texts": ["a"], "attention": 1}': (422, "'attention': input should be a valid boolean, given 1"),
    b'{"texts": ["a"], "settings": []}': (422, "'settings': input should be an object, given []"),
    b'{"texts": ["a"], "settings": {"sed": 1}}': (422, "unknown key 'settings.sed'; did you mean 'seed'? known: max"),
    b'{"texts": ["a"], "settings": {"seed": true}}': (422, "'settings.seed': input should be a valid integer, given T"),
    b'{"texts": ["a"], "settings": {"seed": 1.5}}': (422, "'settings.seed': input should be a valid integer"),
    b'{"texts": ["a"], "settings": {"seed": 9223372036854775808}}': (422, "less than or equal to 9223372036854775807"),
    b'{"texts": ["a"], "settings": {"max_length": 13}}': (422, "less than or equal to 12, given 13"),
    b'{"texts": ["a"], "settings": {"max_length": 0}}': (422, "greater than or equal to 1, given 0"),
    b'{"texts": ["a"], "settings": {"temperature": NaN}}': (422, "should be a finite number, given nan"),
    b'{"texts": ["a"], "settings": {"temperature": 1e999}}': (422, "should be a finite number, given inf"),
    b'{"texts": ["a"], "settings": {"temperature": "1"}}': (422, "should be a valid number, given '1'"),
}


@pytest.mark.parametrize("body", BAD, ids=lambda body: body[:60].decode("latin-1") or "nothing")
def test_a_bad_body_is_refused_in_one_line(body):
    status, line = BAD[body]
    with pytest.raises(RefusedError) as refused:
        ASKING.read(body)
    assert (refused.value.status, line in str(refused.value)) == (status, True), refused.value
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) <= 401


TEXT = st.text("ab\ud800\udc00é\n\0", max_size=7)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["seed", "max_length"]) | TEXT, inner),
    max_leaves=8,
)
KEYS = st.sampled_from(["texts", "prefixes", "settings", "attention", "text", "\ud800"])
BODIES = st.dictionaries(KEYS, JSON, max_size=4).map(lambda made: json.dumps(made).encode()) | st.binary()


def read(body):
    """The status, and what was said or asked."""
    try:
        asked = ASKING.read(body)
    except RefusedError as refused:
        return refused.status, str(refused)
    assert set(json.loads(body)) <= {"texts", "prefixes", "settings", "attention"}
    assert asked.texts == json.loads(body)["texts"]
    return 200, json.dumps([*asked.texts, *asked.prefixes], ensure_ascii=False)


@pytest.mark.long
def test_any_body_is_read_or_refused(scale):
    @settings(max_examples=scale(200, 20_000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(BODIES)
    def check(body):
        status, said = read(body)
        assert status in (200, 400, 422)
        assert "\n" not in said
        assert said.encode()  # what holds half of a surrogate pair is no text to answer with

    check()


def test_what_is_left_out_is_not_set():
    asked = ASKING.read(b'{"texts": ["a"], "settings": {"temperature": 2}}')
    assert (asked.prefixes, asked.settings, asked.attention) == ([], {"temperature": 2.0}, False)
    assert isinstance(asked.settings["temperature"], float)


def test_a_model_without_settings_says_so():
    with pytest.raises(RefusedError, match="takes no settings with a request; leave them out") as refused:
        Asking(Limits(), {}).read(b'{"texts": ["a"], "settings": {"max_length": 5}}')
    assert refused.value.status == 422
    assert Asking(Limits(), {}).read(b'{"texts": ["a"], "settings": {}}').settings == {}
