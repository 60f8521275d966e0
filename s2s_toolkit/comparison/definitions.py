"""A Python file as the definitions in it, to be set beside those of another."""

import ast
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Name = str
OPENING, IMPORTS = "", "imports"
"""What a file's docstring is called here, and all its imports."""


@dataclass(frozen=True)
class Definition:
    """A piece of code that has a name.

    Attributes:
        name: Of a class, a function, a constant; `OPENING` or `IMPORTS`.
        code: Its lines, not indented; of a class, only those before its first method.
        inner: The methods of a class.
        uses: The names that stand in it.
    """

    name: Name
    code: str
    inner: tuple["Definition", ...] = ()
    uses: frozenset[str] = frozenset()


def definitions(source: str) -> list[Definition]:
    """All of a file, in its order: no line is lost but empty ones between definitions."""
    lines = source.splitlines()
    return _merged(_cut(ast.parse(source).body, lines, start=0, end=len(lines)))


def needed_for(name: str, found: Sequence[Definition]) -> list[Definition]:
    """Of a file's definitions the one of a name, and whatever it uses of the file; with the imports."""
    known = {each.name: each for each in found}
    wanted, rest = set(), [name]
    while rest:
        name = rest.pop()
        if name in known and name not in wanted:
            wanted.add(name)
            rest += known[name].uses
    return [each for each in found if each.name in wanted or each.name == IMPORTS]


def imported_modules(source: str) -> list[str]:
    """The modules that a file imports from, in its order."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


def first_sentence(source: str) -> str:
    """What a file says that it holds, without marks."""
    said = ast.get_docstring(ast.parse(source)) or ""
    return " ".join(said.split("\n\n")[0].replace("`", "").split())


def _cut(nodes: Sequence[ast.stmt], lines: Sequence[str], *, start: int, end: int) -> Iterator[Definition]:
    """Each statement with the comments before it; `start` and `end` are the lines that all of them have."""
    for number, node in enumerate(nodes):
        last = end if number == len(nodes) - 1 else node.end_lineno or end
        name = _name(node)
        uses = frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name))
        if isinstance(node, ast.ClassDef) and any(_is_function(each) for each in node.body):
            yield _class(node, lines, start=start, end=last, uses=uses)
        else:
            yield Definition(name, _text(lines[start:last]), uses=uses)
        start = last


def _class(node: ast.ClassDef, lines: Sequence[str], *, start: int, end: int, uses: frozenset[str]) -> Definition:
    number = next(number for number, each in enumerate(node.body) if _is_function(each))
    head = node.body[number - 1].end_lineno if number else node.body[0].lineno - 1 - _decorators(node.body[0])
    inner = _merged(_cut(node.body[number:], lines, start=head or start, end=end))
    return Definition(node.name, _text(lines[start:head]), tuple(inner), uses)


def _merged(found: Iterator[Definition]) -> list[Definition]:
    """Imports become one definition; a docstring behind a constant goes with it."""
    merged: list[Definition] = []
    for each in found:
        if merged and (each.name == OPENING or each.name == merged[-1].name == IMPORTS):
            last = merged.pop()
            code = "\n".join([last.code, each.code])
            merged.append(Definition(last.name, code, last.inner, last.uses | each.uses))
        else:
            merged.append(each)
    return merged


def _name(node: ast.stmt) -> Name:
    match node:
        case ast.Import() | ast.ImportFrom():
            return IMPORTS
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return node.name
        case ast.Assign(targets=[ast.Name(id=name), *_]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=name), *_]), *_]):
            return name
    return OPENING


def _is_function(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _decorators(node: ast.stmt) -> int:
    """Lines of decorators before a function."""
    listed = getattr(node, "decorator_list", [])
    return node.lineno - min((each.lineno for each in listed), default=node.lineno)


def _text(lines: Sequence[str]) -> str:
    return textwrap.dedent("\n".join(lines)).strip("\n")
