"""Who raised: the part whose module an error came out of, whatever called it and whatever it called."""

import json
import subprocess
import sys

import pytest

from s2s_toolkit.blame import blame, blaming, culprit, is_ours
from s2s_toolkit.errors import ConfigError, PluginError, one_line
from s2s_toolkit.plugins import load_registry, register_files
from s2s_toolkit.registry import CORE

PLUGIN = """
import json

class First:
    def fail(self):
        return helper()

class Second:
    def fail(self, other):
        return other()

    class Inner:
        def fail(self):
            return json.loads("{")

def helper():
    return json.loads("{")

@hookimpl
def s2s_tokenizers():
    return [Component(name.lower(), ANY, f"{__name__}:{name}", "") for name in ("First", "Second")]
"""


@pytest.fixture
def registry(write_plugin):
    registry = load_registry()
    register_files(registry, [write_plugin("several.py", PLUGIN)])
    return registry


@pytest.fixture
def raised(registry):
    """What a function of a plugin's module raises."""

    def catch(function):
        try:
            function(sys.modules["several"])
        except Exception as error:
            return error
        return pytest.fail("it raised nothing")

    return catch


@pytest.mark.parametrize(
    ("function", "name", "line"),
    [
        (lambda module: module.First().fail(), "first", 22),
        (lambda module: module.Second().fail(module.helper), "second", 22),
        (lambda module: module.Second().fail(module.First().fail), "first", 22),
        (lambda module: module.Second.Inner().fail(), "second", 19),
        (lambda module: module.Second().fail(lambda: 1 / 0), "second", 15),
    ],
)
def test_innermost_part_is_to_blame(function, name, line, raised, registry):
    error = raised(function)
    kind, offer = culprit(error, registry)
    assert (kind, offer.component.name) == ("tokenizer", name)
    said = str(blame(error, kind, offer))
    assert said == f"tokenizer '{name}' of several.py fails: {one_line(error)} (several.py, line {line})"


def test_error_that_passed_no_part_has_no_culprit(raised, registry):
    assert culprit(raised(lambda module: json.loads("{")), registry) is None


def test_part_that_the_core_calls_back_is_not_to_blame(raised, registry):
    """The core's own part raised, though a plugin's called it."""

    def call(module):
        module.Second().fail(lambda: registry.load("tokenizer", "words")().split(None))

    assert culprit(raised(call), registry) is None


def test_errors_for_users_and_those_of_the_core_pass(registry):
    mine, core = registry.find_offer("tokenizer", "first"), registry.find_offer("tokenizer", "words")
    with pytest.raises(ConfigError, match=r"^mend it$"), blaming("tokenizer", mine):
        raise ConfigError("mend it")
    with pytest.raises(LookupError), blaming("tokenizer", core):
        raise LookupError
    said = r"^tokenizer 'first' of several.py fails: LookupError$"
    with pytest.raises(PluginError, match=said) as caught, blaming("tokenizer", mine):
        raise LookupError
    assert isinstance(caught.value.__cause__, LookupError)


@pytest.mark.parametrize(
    ("plugin", "ours"),
    [(CORE, True), ("s2s-torch", True), ("s2s-onnx", True), ("s2s-stranger", False), ("torch", False), ("", False)],
)
def test_ours_is_what_the_extras_install(plugin, ours):
    assert is_ours(plugin) is ours


def test_another_error_is_one_short_line_without_colours():
    assert one_line(ValueError("\x1b[1mtwo\x1b[0m\n  lines")) == "ValueError: two lines"
    assert one_line(ValueError("x" * 10_000)).endswith("xx…")
    assert len(one_line(ValueError("x" * 10_000))) < 500
    assert one_line(LookupError()) == "LookupError"
    assert one_line(PluginError("x" * 10_000)) == "x" * 10_000


def test_bug_of_ours_ends_in_a_traceback(folder):
    """In a process of its own, where nothing stands between the command line and the user."""
    code = (
        "from s2s_toolkit import cli, commands; import s2s_toolkit.commands.translate as t\n"
        "t.DecodingRequest.open = lambda *a, **k: {}['ours']\n"
        "cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "translate", "run"], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert done.stderr.endswith("KeyError: 'ours'\n")
