"""`s2s plugins new`: what is written is named after what was asked for, and what can't be written is refused."""

import keyword
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import s2s_toolkit
from s2s_toolkit.components import ANY, Component
from s2s_toolkit.errors import S2SError
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.plugins import load_registry, register_plugin
from s2s_toolkit.registry import Registry
from s2s_toolkit.scaffold.naming import MAX_LENGTH, Names


def test_what_to_type_next_is_printed(s2s, folder):
    lines = s2s("plugins", "new", "sharp").stdout.splitlines()
    assert lines == [
        *("s2s-sharp: the attention scorer sharp", ""),
        *("next:", "  cd s2s-sharp", '  pip install -e ".[test]"', "  pytest"),
        *("  s2s plugins check s2s-sharp", "  s2s plugins show sharp", ""),
        *("to use it, in a config:", "  [model.attention]", '  name = "sharp"', "  temperature = 0.5"),
    ]


def test_names_follow_from_the_one_that_is_given(s2s, tmp_path):
    assert s2s("plugins", "new", "local_dot-scorer", "--output", tmp_path / "new").exit_code == 0
    project = tomllib.loads((tmp_path / "new" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == "s2s-local-dot-scorer"
    assert project["entry-points"] == {"s2s_toolkit": {"local_dot_scorer": "s2s_local_dot_scorer.plugin"}}
    assert project["dependencies"] == [f"s2s-toolkit>={s2s_toolkit.__version__}"]
    assert "license" not in project
    package = tmp_path / "new" / "s2s_local_dot_scorer"
    assert "class LocalDotScorer:\n" in (package / "local_dot_scorer.py").read_text(encoding="utf-8")
    assert 'name="local_dot-scorer"' in (package / "plugin.py").read_text(encoding="utf-8")


@given(st.from_regex(r"[a-z][a-z0-9]*([-_][a-z0-9]+){0,3}", fullmatch=True))
def test_a_name_makes_valid_names_or_is_refused(name):
    try:
        names = Names(name)
    except S2SError:
        assert len(name) > MAX_LENGTH or name.startswith("s2s") or keyword.iskeyword(name) or name == "plugin"
        return
    assert names.module.isidentifier()
    assert (names.package, names.words.isidentifier()) == (f"s2s_{names.module}", True)
    assert re.fullmatch(r"s2s(-[a-z0-9]+)+", names.distribution)
    Component(names.part, ANY, f"{names.package}.{names.module}:{names.words}", "a part")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Sharp",
        "2-gram",
        "a--b",
        "a-",
        "naïve",
        "a b",
        "a/b",
        "../a",
        "class",
        "plugin",
        "s2s-sharp",
        "w" * (MAX_LENGTH + 1),
    ],
)
def test_name_that_can_not_be_used_is_refused_in_one_line(name, s2s, folder):
    before = sorted(folder.iterdir())
    assert_refused(s2s("plugins", "new", name), name.removeprefix("s2s-"))
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("made", [Path.mkdir, Path.touch, lambda path: path.symlink_to("nowhere")])
def test_what_exists_is_not_replaced(made, s2s, folder):
    made(folder / "s2s-sharp")
    before = sorted(folder.rglob("*"))
    assert_refused(s2s("plugins", "new", "sharp"), "s2s-sharp exists; choose another place with --output")
    assert sorted(folder.rglob("*")) == before


def test_missing_folder_around_it_is_refused(s2s, folder):
    assert_refused(s2s("plugins", "new", "sharp", "--output", "missing/sharp"), "there is no folder missing")
    assert not (folder / "missing").exists()


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("attention-scorer", "dot", "attention scorer 'dot' is offered by s2s-toolkit"),
        ("command", "train", "command 'train' is offered by s2s-toolkit"),
        ("metric", "toolkit", "s2s-toolkit is another plugin, which is installed"),
        ("metric", "other", "s2s-other is another plugin, which is installed"),
    ],
)
def test_name_that_is_taken_is_refused(kind, name, said, s2s, folder, other):
    assert_refused(s2s("plugins", "new", name, "--kind", kind, parts=other), said)
    assert not (folder / f"s2s-{name}").exists()


@pytest.mark.parametrize("kind", ["decoding-strategy", "decoding strategy"])
def test_a_kind_is_said_as_everywhere(kind, s2s, folder):
    done = s2s("plugins", "new", "sharp", "--kind", kind)
    assert done.stdout.startswith("s2s-sharp: the decoding strategy sharp\n")


@pytest.mark.parametrize(
    ("kind", "said"), [("scorer", "'scorer' is no kind of part"), ("framework", "'framework' can't be written")]
)
def test_a_kind_without_a_package_is_refused_with_those_there_are(kind, said, s2s, folder):
    done = s2s("plugins", "new", "sharp", "--kind", kind)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{said}; kinds: attention-scorer, encoder, decoder, " in done.stderr
    assert not (folder / "s2s-sharp").exists()


def test_a_plugin_may_be_written_anew(s2s, folder, other):
    assert s2s("plugins", "new", "other", "--kind", "tokenizer", parts=other).exit_code == 0


@pytest.fixture
def other() -> Registry:
    """A registry with a plugin called s2s-other, which offers a tokenizer."""
    registry, component = load_registry(), Component("other", ANY, "math:sqrt", "for a test")
    register_plugin(registry, SimpleNamespace(s2s_tokenizers=hookimpl(lambda: [component])), "s2s-other")
    return registry


def assert_refused(result: Any, said: str) -> None:
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("s2s: ")
    assert said in line
