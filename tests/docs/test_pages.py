"""Every page: generated parts are up to date, links lead somewhere, and the commands shown can be typed."""

import importlib
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from s2s_toolkit.cli import cli
from s2s_toolkit.registry import Registry
from s2s_toolkit.testing.requirements import require_distribution

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    str(path.relative_to(ROOT))
    for folder in (".", "docs", "exports", "exports/apps/*", "plugins/*")
    for path in ROOT.glob(f"{folder}/*.md")
)
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]*))?\)")
REQUIRED = re.compile(r"^\| `([\w-]+)` \| `[<=>~!].*` \|", re.MULTILINE)
CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)

Page = Callable[[str], str]
every_page = pytest.mark.parametrize("path", PAGES)


def test_pages_are_found() -> None:
    assert {"README.md", "docs/design.md", "exports/README.md", "exports/apps/web/README.md"} <= set(PAGES)


@every_page
def test_generated_parts_are_up_to_date(path: str, page: Page, update: ModuleType) -> None:
    for package in REQUIRED.findall(page(path)):
        require_distribution(package)  # whose licence a table shows
    assert update.updated(page(path)) == page(path), "run: python docs/update.py"


@every_page
def test_links_lead_to_files_and_headings(path: str, page: Page) -> None:
    assert list(broken_links(ROOT / path, CODE.sub("", page(path)))) == []


@every_page
def test_commands_shown_can_be_parsed(path: str, page: Page, registry: Registry) -> None:
    parent = click.Context(cli, obj=registry, **cli.context_settings)
    for name, *arguments in shown_commands(page(path)):
        registry.load("command", name).make_context(name, arguments, parent=parent)


def broken_links(path: Path, text: str) -> Iterator[str]:
    for target, heading in LINK.findall(text):
        page = (path.parent / target).resolve() if target else path
        if not page.exists():
            yield target
        elif heading and heading not in anchors(page.read_text(encoding="utf-8")):
            yield f"{target}#{heading}"


def anchors(text: str) -> set[str]:
    """What headings are called in links, as GitHub makes it of them."""
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def shown_commands(text: str) -> list[list[str]]:
    lines = [line for block in SHELL.findall(text) for line in block.splitlines()]
    commands = [shlex.split(part, comments=True) for line in lines for part in line.split("|")]
    return [words[1:] for words in commands if words[:1] == ["s2s"]]


@pytest.fixture(scope="module")
def update() -> Iterator[ModuleType]:
    """`docs/update.py`, which makes the generated parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")
        yield importlib.import_module("update")
