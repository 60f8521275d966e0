"""A run whose pairs are hostile, the page about it, and what a parser makes of that."""

from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest

from s2s_toolkit.metrics import load_metric
from s2s_toolkit.report.writing import Choices, write_report
from s2s_toolkit.run import open_run

VOID = {"meta", "br", "link", "img", "input", "hr"}
HOSTILE = [
    ("12 ab", "x12"),
    ("<script>alert(1)</script>", "</style><script>alert(2)</script>"),
    ('" onmouseover="alert(3)', "' onclick='alert(4)"),
    ("1 & 2 &lt; 3 {{ 7 * 7 }} {% raw %}", "{# 1 #} ${2} &#38;"),
    ("\u202eevil\u2066", "bell\x07 end\u200d"),
    ("한국어", "السلام क्षत्रिय"),
    ("", "nothing"),
    ("12", "12345678901234567890"),
]


class Element:
    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent = tag, dict(attributes), parent
        self.children, self.pieces = [], []

    @property
    def text(self):
        return "".join(piece if isinstance(piece, str) else piece.text for piece in self.pieces)

    @property
    def classes(self):
        return (self.attributes.get("class") or "").split()

    def all(self, tag="", css=""):
        found = [self] if (not tag or self.tag == tag) and (not css or css in self.classes) else []
        return found + [e for child in self.children for e in child.all(tag, css)]


class Tree(HTMLParser):
    """Elements; what is closed otherwise than it was opened is an error."""

    def __init__(self):
        super().__init__()
        self.root = self.at = Element("", [], None)

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice"
        element = Element(tag, attrs, self.at)
        self.at.children.append(element)
        self.at.pieces.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.pieces.append(data)


def parse(html):
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert tree.at is tree.root
    return tree.root


@pytest.fixture(scope="session")
def hostile(tiny_run, registry, tmp_path_factory):
    """What was written of `HOSTILE`: `content`, `html`, the parsed `page`."""
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    folder = tmp_path_factory.mktemp("report")
    pairs, path = folder / "<pairs>.tsv", folder / "report.html"
    pairs.write_text("".join(f"{source}\t{target}\n" for source, target in HOSTILE), encoding="utf-8")
    metrics = [load_metric(name, registry) for name in ("exact_match", "ser")]
    choices = Choices(pairs, limit=4, examples=2, framework="numpy")
    content = write_report(open_run(tiny_run, registry), path, registry, metrics, choices)
    html = Path(path).read_text(encoding="utf-8")
    return SimpleNamespace(content=content, html=html, page=parse(html))


@pytest.fixture(scope="session")
def parsed():
    """What makes elements of HTML."""
    return parse
