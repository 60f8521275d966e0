"""Definitions: nothing of a file is lost, and what belongs together stands in one row."""

from pathlib import Path

import s2s_toolkit
from s2s_toolkit.comparison.alignment import aligned
from s2s_toolkit.comparison.definitions import IMPORTS, definitions, imported_modules, needed_for
from s2s_toolkit.comparison.highlighting import shown_row

FILES = sorted(Path(s2s_toolkit.__file__).parent.rglob("*.py"))

ONE = '''
"""A file."""

import first
from second import third  # what for

LEAST = 3
"""How few."""


class Cell(third):
    """A cell."""

    size = 7

    # why it is cached
    @property
    def width(self):
        return LEAST * self.size

    def forward(self, inputs, state):
        return _gate(inputs) + _gate(state)


def _gate(x):
    return first.sigmoid(x)


def unrelated():
    return Cell
'''
OTHER = """
import first

class Layer(first.Layer):
    def width(self):
        return 3 * self.size

    def call(self, inputs, state):
        return _gate(inputs) + _gate(state)

def _gate(x):
    return first.sigmoid(x)

def another():
    pass
"""


def lines_of(found):
    for each in found:
        yield from each.code.splitlines()
        yield from lines_of(each.inner)


def test_every_line_of_a_file_is_there_in_its_order():
    for path in FILES:
        source = path.read_text(encoding="utf-8")
        expected = [line.strip() for line in source.splitlines() if line.strip()]
        assert [line.strip() for line in lines_of(definitions(source)) if line.strip()] == expected, path


def test_methods_constants_and_imports_are_definitions():
    found = definitions(ONE)
    assert [each.name for each in found] == ["", IMPORTS, "LEAST", "Cell", "_gate", "unrelated"]
    cell = found[3]
    assert cell.code.endswith("size = 7")
    assert [each.name for each in cell.inner] == ["width", "forward"]
    assert cell.inner[0].code.startswith("# why it is cached\n@property\ndef width")
    assert found[2].code == 'LEAST = 3\n"""How few."""'


def test_what_a_class_uses_comes_with_it_and_nothing_else():
    names = [each.name for each in needed_for("Cell", definitions(ONE))]
    assert names == [IMPORTS, "LEAST", "Cell", "_gate"]
    assert imported_modules(ONE) == ["first", "second", "second.third"]


def test_one_name_is_one_row_and_so_are_likenesses_under_two():
    rows = aligned([definitions(ONE), definitions(OTHER)])
    assert [(row.name, row.depth) for row in rows] == [
        ("", 0),
        (IMPORTS, 0),
        ("LEAST", 0),
        ("Cell / Layer", 0),
        ("width", 1),
        ("forward / call", 1),
        ("_gate", 0),
        ("unrelated", 0),
        ("another", 0),
    ]
    alone = {row.name: row.cells[0] is not None for row in rows if None in row.cells}
    assert alone == {"": True, "LEAST": True, "unrelated": True, "another": False}


def test_three_files_have_three_columns():
    rows = aligned([definitions(text) for text in (OTHER, ONE, OTHER)])
    assert {len(row.cells) for row in rows} == {3}
    call = next(row for row in rows if row.name == "call / forward")
    assert [cell.name for cell in call.cells] == ["call", "forward", "call"]


def test_marked_code_has_every_character_and_knows_what_is_common():
    source = 'def f(x):\n    """Less: <b>, &amp;.\n\n    More."""\n    return x < 3\n'
    (row,) = aligned([definitions(source), definitions(source.replace("3", "5"))])
    lines, _ = shown_row(row).cells
    assert [line.indent for line in lines] == [0, 4, 0, 4, 4]
    assert [line.is_common for line in lines] == [True, True, True, True, False]
    html = "\n".join(line.html for line in lines)
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
    assert "&amp;amp;" in html
    assert all(line.html.count("<span") == line.html.count("</span>") for line in lines)
