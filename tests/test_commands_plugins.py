"""`s2s plugins list`, and the group that it belongs to."""

import json
from types import SimpleNamespace

import pytest

from s2s_toolkit.commands.plugins.list import COLUMNS, part_rows
from s2s_toolkit.components import ANY, HOOKS, Component
from s2s_toolkit.hookspecs import hookimpl
from s2s_toolkit.plugins import load_registry, register_plugin

FILE = """
from s2s_toolkit.components import ANY, Component
from s2s_toolkit.hookspecs import hookimpl


@hookimpl
def s2s_tokenizers():
    return [Component("vowels", ANY, f"{__name__}:Vowels", "cut before vowels")]
"""


def words_again():
    """A plugin whose tokenizer is called like one of ours."""
    component = Component("words", ANY, "elsewhere:Words", "other words")
    return SimpleNamespace(s2s_tokenizers=hookimpl(lambda: [component]))


def test_every_part_is_a_row(s2s, registry):
    header, *rows = [line.split("\t") for line in s2s("plugins", "list").stdout.splitlines()]
    assert header == list(COLUMNS)
    assert [tuple(row) for row in rows] == part_rows(registry, list(HOOKS))
    assert len(rows) == sum(map(len, registry.offers.values()))
    assert ["tokenizer", "words", "any", "s2s-toolkit", "0.1.0", "split at white space"] in rows
    assert {row[0] for row in rows} <= set(HOOKS)


def test_a_plugin_that_failed_is_listed_with_the_reason(s2s):
    parts = load_registry()
    parts.failures["broken"] = "ImportError: no module"
    last = s2s("plugins", "list", "--kind", "metric", parts=parts).stdout.splitlines()[-1]
    assert last == "failed\t\t\tbroken\t\tImportError: no module"
    assert json.loads(s2s("plugins", "list", "--json", parts=parts).stdout)["failures"] == parts.failures


def test_json_has_the_same_parts(s2s, registry):
    parts = json.loads(s2s("plugins", "list", "--json").stdout)["parts"]
    assert [tuple(part[column] for column in COLUMNS) for part in parts] == part_rows(registry, list(HOOKS))
    assert all(part["clashes_with"] == [] for part in parts)


@pytest.mark.parametrize("written", ["attention-scorer", "attention scorer"])
def test_one_kind_alone(s2s, written):
    _, *rows = s2s("plugins", "list", "--kind", written).stdout.splitlines()
    assert {row.split("\t")[0] for row in rows} == {"attention scorer"}


def test_an_unknown_kind_is_refused_with_those_there_are(s2s):
    done = s2s("plugins", "list", "--kind", "scorer")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "'scorer' is no kind of part; kinds: framework, encoder, attention-scorer," in done.stderr


def test_two_parts_of_one_name_are_marked(s2s):
    parts = load_registry()
    register_plugin(parts, words_again(), "s2s-again", "2.0")
    remarks = [line.split("\t")[-1] for line in s2s("plugins", "list", parts=parts).stdout.splitlines()]
    clashes = [remark for remark in remarks if remark.startswith("CLASH")]
    assert clashes == [
        f"CLASH: {other} offers it too, so it can't be used; uninstall or rename one"
        for other in ("s2s-again", "s2s-toolkit")
    ]
    listed = json.loads(s2s("plugins", "list", "--json", parts=parts).stdout)["parts"]
    assert {part["package"]: part["clashes_with"] for part in listed if part["name"] == "words"} == {
        "s2s-toolkit": ["s2s-again"],
        "s2s-again": ["s2s-toolkit"],
    }


def test_a_file_is_listed_by_its_name(s2s, tmp_path):
    path = tmp_path / "vowels_listed.py"
    path.write_text(FILE)
    stdout = s2s("plugins", "list", "--plugin", path, parts=load_registry()).stdout
    assert "tokenizer\tvowels\tany\tvowels_listed.py\t\tcut before vowels" in stdout.splitlines()


def test_a_broken_file_is_one_line(s2s, tmp_path):
    path = tmp_path / "broken_listed.py"
    path.write_text("import no_such_module")
    done = s2s("plugins", "list", "--plugin", path, parts=load_registry())
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    reason = "plugin broken_listed.py can't be imported: ModuleNotFoundError: No module named 'no_such_module'"
    assert done.stderr.startswith(f"s2s: {reason}")


@pytest.mark.parametrize("name", ["list", "show", "check", "new"])
def test_every_subcommand_has_help(s2s, name):
    assert f"\n  {name} " in s2s("plugins", "--help").stdout
    assert f"Usage: cli plugins {name} " in s2s("plugins", name, "--help").stdout
