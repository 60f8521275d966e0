import json

from s2s_toolkit.commands.plugins import COLUMNS, list_parts
from s2s_toolkit.components import HOOKS
from s2s_toolkit.registry import load_registry


def test_every_part_is_a_row(s2s, registry):
    header, *rows = [line.split("\t") for line in s2s("plugins", "list").stdout.splitlines()]
    assert header == list(COLUMNS)
    assert [tuple(row) for row in rows] == list_parts(registry)
    assert len(rows) == sum(map(len, registry.offers.values()))
    assert ["tokenizer", "words", "any", "s2s-toolkit", "split at white space"] in rows
    assert {row[0] for row in rows} == set(HOOKS)


def test_a_plugin_that_failed_is_listed_with_the_reason(s2s):
    parts = load_registry()
    parts.failures["broken"] = "ImportError: no module"
    assert s2s("plugins", "list", parts=parts).stdout.splitlines()[-1] == "failed\t\t\tbroken\tImportError: no module"
    assert json.loads(s2s("plugins", "list", "--json", parts=parts).stdout)["failures"] == parts.failures


def test_json_has_the_same_parts(s2s, registry):
    parts = json.loads(s2s("plugins", "list", "--json").stdout)["parts"]
    assert [tuple(part.values()) for part in parts] == list_parts(registry)
    assert list(parts[0]) == list(COLUMNS)
