"""The page of a comparison: whole, alone, and safe from what stands in a corpus."""

import re

import pytest

from s2s_toolkit.comparison.differences import QUANTITIES, Difference
from s2s_toolkit.comparison.in_step import ROUNDING, InStep
from s2s_toolkit.comparison.texts import different_texts
from s2s_toolkit.comparison.trained import Exported, Measured, Trained
from s2s_toolkit.comparison.writing import PAGE, PICTURE, write_comparison
from s2s_toolkit.corpus import Pair
from s2s_toolkit.observers import Validation
from s2s_toolkit.run import open_run
from s2s_toolkit.testing.requirements import require

FRAMEWORKS = ("torch", "tensorflow")
PAIRS = [
    (1, Pair("12 ab", "x12")),
    (3, Pair("<script>alert(1)</script>", "</style><b>2</b>")),
    (4, Pair("한국어 \x07", "' onclick='alert(4)")),
]
TEXTS = {"torch": ["x12", "<i>one</i>", ""], "tensorflow": ["x12", "<i>two</i>", "{{ 7 * 7 }}"]}


def trained(framework, run):
    validations = [
        Validation(
            epoch=epoch,
            step=2 * epoch,
            train_loss=3.0,
            dev_loss=2.5 / epoch,
            metric="ser",
            value=50.0,
            best=True,
            learning_rate=0.1,
            tokens_per_second=100.0 * epoch,
            seconds=9.0,
        )
        for epoch in (1, 2, 3)
    ]
    measured = Measured(
        framework,
        run.path,
        seconds=20.5,
        start_seconds=3.5,
        memory=123_000_000,
        parameters=4567,
        losses=[3.0, 2.0, 1.5, 1.25, 1.0, 0.5],
        validations=validations,
    )
    return Trained(measured, Exported(1.5, 2_000_000, "graph"), {"ser": 25.0}, TEXTS[framework])


@pytest.fixture(scope="module")
def written(tiny_run, registry, parsed, tmp_path_factory):
    """The page of a comparison in which everything differs, parsed, and its text."""
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    for framework in FRAMEWORKS:
        require(framework)
    run, folder = open_run(tiny_run, registry), tmp_path_factory.mktemp("comparison")
    differences = {quantity: [Difference(n, 0.5**n, "a<b", 2.0) for n in range(3)] for quantity in QUANTITIES}
    in_step = InStep(
        "torch",
        {name: [3.0, 2.0, 1.0] for name in (*FRAMEWORKS, ROUNDING)},
        {"tensorflow": differences, ROUNDING: differences},
    )
    found = [trained(framework, run) for framework in FRAMEWORKS]
    different, count = different_texts(PAIRS, found, run.target, limit=50)
    write_comparison(
        folder,
        run.config,
        registry,
        name="<config>",
        in_step=in_step,
        trained=found,
        different=different,
        num_different=count,
    )
    assert (folder / PICTURE).is_file()
    html = (folder / PAGE).read_text(encoding="utf-8")
    return parsed(html), html


def test_page_has_all_its_parts(written):
    page, _ = written
    sections = [section.attributes["id"] for section in page.all("section")]
    assert sections == ["in-step", "trained", "texts", "code", "facts"]
    assert [a.attributes["href"] for a in page.all("nav")[0].all("a")] == [f"#{section}" for section in sections]
    ids = [e.attributes["id"] for e in page.all() if "id" in e.attributes]
    assert len(ids) == len(set(ids))


def test_it_loads_and_runs_nothing(written):
    page, html = written
    loading = {"src", "href", "xlink:href", "srcset", "action", "data", "poster", "background"}
    assert all(e.attributes[name].startswith("#") for e in page.all() for name in loading & e.attributes.keys())
    assert {e.tag for e in page.all()}.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base"})
    assert [e for e in page.all() for name in e.attributes if name.startswith("on")] == []
    assert not re.search(r"https?://", html.replace(page.all("section", "code")[0].text, ""))
    (policy,) = [m.attributes["content"] for m in page.all("meta") if "http-equiv" in m.attributes]
    assert policy.startswith("default-src 'none';")


def test_what_a_corpus_holds_is_text(written):
    page, html = written
    assert "<script" not in html.lower()
    assert len(page.all("style")) == 1
    assert page.all("h1")[0].text == "<config>"
    shown = page.all("section", "texts")[0]
    assert [e.text for e in shown.all("span", "source")] == [PAIRS[1][1].source, "한국어 U+0007"]
    outputs = [e.text for e in shown.all("span", "hypothesis") if e.all("bdi")]
    assert outputs == ["<i>one</i>", "<i>two</i>", "nothing", "{{ 7 * 7 }}"]


def test_only_texts_that_differ_are_listed_and_marked_where_they_do(written):
    page, _ = written
    shown = page.all("section", "texts")[0]
    assert "2 of 3 dev pairs" in shown.text
    marked = ["".join(mark.text for mark in e.all("mark")) for e in shown.all("span", "hypothesis") if e.all("bdi")]
    assert marked[:2] == ["one", "two"]


def test_code_of_each_framework_stands_in_its_column(written):
    page, _ = written
    listings = {e.all("span", "what")[0].text: e for e in page.all("details", "file")}
    assert list(listings)[:3] == ["encoder gru", "attention scorer additive", "decoder bahdanau"]
    assert {"cells", "loss", "optimizer", "model"} <= set(listings)
    decoder = listings["decoder bahdanau"]
    assert "class BahdanauDecoder" in decoder.text
    assert "LuongDecoder" not in decoder.text
    cells = [e for e in decoder.all("div", "cell") if "class RecurrentDecoder" in e.text]
    assert [cell.attributes["data-framework"] for cell in cells] == list(FRAMEWORKS)
    assert "nn.Module" in cells[0].text
    assert "keras" in cells[1].text
    scorer = listings["attention scorer additive"]
    assert "the same code in every framework" in scorer.all("summary")[0].text
    assert len(scorer.all("span", "head")) == 1
    assert scorer.text.count("class AdditiveScorer") == 1


def test_figures_stand_in_their_tables(written):
    page, _ = written
    rows = {}
    for row in page.all("section")[1].all("tr")[1:]:
        rows[row.all("th")[0].text] = [cell.text for cell in row.all("td")]
    assert rows["first step after"] == ["3.5 s"] * 2
    assert rows["target symbols/s"] == ["200"] * 2
    assert rows["most memory"] == ["123 MB"] * 2
    assert rows["its graph, weights apart"] == ["the same"] * 2
