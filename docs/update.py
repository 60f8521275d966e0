"""Bring the generated parts of the pages up to date: `python docs/update.py`.

A generated part begins with a comment that says what it is and ends with `<!-- end -->`:

    <!-- source: s2s_toolkit/parts/scorers.py::AdditiveScorer.score -->
        the code of a class, function or method
    <!-- weights: 11 13 -->
        the weights of the model in the TOML block above, for so many source and target symbols
    <!-- dependencies: s2s-torch -->
        what a distribution and its extras require, with the licence of each
    <!-- checks: ModelPartSuite -->
        the tests that a class of the conformance suites has, with the first line of what each says of itself

`tests/docs/test_pages.py` fails where a page differs from what this makes.
A page that shows code says `<!-- fmt: off -->` once: code taken out of its class is not for ruff to format again.
"""

import ast
import inspect
import re
import sys
import textwrap
import tomllib
from pathlib import Path

import licences

from s2s_toolkit import testing
from s2s_toolkit.config_sections import ModelConfig
from s2s_toolkit.model import REFERENCE, ModelPlan, build_parts, declared_weights
from s2s_toolkit.plugins import load_registry
from s2s_toolkit.weights import Weight

ROOT = Path(__file__).parents[1]
PART = re.compile(r"<!-- (?P<kind>source|weights|dependencies|checks): (?P<what>[^>]+) -->\n.*?<!-- end -->", re.DOTALL)
TOML = re.compile(r"^```toml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def updated(page: str) -> str:
    """A page with its generated parts made anew."""

    def made(match: re.Match) -> str:
        kind, what = match["kind"], match["what"]
        if kind == "weights":
            block = _weights(page[: match.start()], *map(int, what.split()))
        else:
            block = {"source": _source, "dependencies": _dependencies, "checks": _checks}[kind](what)
        return f"<!-- {kind}: {what} -->\n{block}\n<!-- end -->"

    return PART.sub(made, page)


def _source(place: str) -> str:
    file, _, name = place.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    node: ast.AST = ast.parse(text)
    for step in name.split("."):
        inner = [child for child in ast.iter_child_nodes(node) if getattr(child, "name", None) == step]
        if not inner:
            raise LookupError(f"{file} has no {name}")
        node = inner[0]
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    code = textwrap.dedent("\n".join(text.splitlines()[first - 1 : node.end_lineno]))
    return f"```python\n{code}\n```"


def _weights(before: str, source_size: int, target_size: int) -> str:
    config = ModelConfig.model_validate(tomllib.loads(TOML.findall(before)[-1])["model"])
    plan = ModelPlan(config, source_size, target_size)
    declared = declared_weights(plan, build_parts(config, load_registry(), REFERENCE))
    rows = [
        (f"`{name}`", " × ".join(map(str, weight.shape)), _drawn(weight)) for name, weight in sorted(declared.items())
    ]
    return _table(("name", "shape", "first values"), rows)


def _drawn(weight: Weight) -> str:
    return weight.initial + (f", {weight.blocks} blocks" if weight.blocks > 1 else "")


def _dependencies(name: str) -> str:
    rows = [
        (f"`{each.name}`", f"`{each.specifier}`", extra and f"`{extra}`", licences.licence(each.name))
        for extra in ("", *licences.extras(name))
        for each in sorted(licences.dependencies(name, extra), key=lambda each: each.name)
        if not each.name.startswith("s2s-")
    ]
    return _table(("package", "versions", "extra", "licence"), rows)


def _checks(name: str) -> str:
    bases = (base for suite in testing.__all__ for base in getattr(testing, suite).__mro__)
    found = vars(next(base for base in bases if base.__name__ == name))
    tests = {test: inspect.getdoc(found[test]) or "" for test in found if test.startswith("test_")}
    return _table(("test", "what it checks"), [(f"`{test}`", says.partition("\n")[0]) for test, says in tests.items()])


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in [head, ("---",) * len(head), *rows]]
    return "\n".join(["", *lines, ""])


def main() -> None:
    """Rewrite the pages that changed, and name them."""
    for path in sorted((ROOT / "docs").glob("*.md")):
        page = path.read_text(encoding="utf-8")
        if updated(page) != page:
            path.write_text(updated(page), encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
