"""The page: whole, alone, and safe from what stands in a corpus."""

import re

from s2s_toolkit.labels import shown_text

LOADING = {"src", "href", "xlink:href", "srcset", "action", "data", "poster", "background"}


def test_page_has_all_its_parts(hostile):
    sections = [section.attributes["id"] for section in hostile.page.all("section")]
    assert sections == ["scores", "curves", "lengths", "errors", "examples", "facts"]
    links = [a.attributes["href"] for a in hostile.page.all("nav")[0].all("a")]
    assert links == [f"#{section}" for section in sections]


def test_ids_stand_once(hostile):
    ids = [e.attributes["id"] for e in hostile.page.all() if "id" in e.attributes]
    assert len(ids) == len(set(ids)) > 6


def test_nothing_is_loaded(hostile):
    loaded = [e.attributes[name] for e in hostile.page.all() for name in LOADING & e.attributes.keys()]
    assert loaded
    assert all(address.startswith("#") for address in loaded)
    assert {e.tag for e in hostile.page.all()}.isdisjoint(
        {"script", "link", "img", "iframe", "object", "embed", "base"}
    )
    style = hostile.page.all("style")[0].text
    assert "@import" not in style
    assert all(address.startswith("data:font/woff;base64,") for address in re.findall(r"url\((.*?)\)", style))
    assert "http://" not in hostile.html
    assert "https://" not in hostile.html


def test_a_browser_is_told_to_load_and_run_nothing(hostile):
    (policy,) = [m.attributes["content"] for m in hostile.page.all("meta") if "http-equiv" in m.attributes]
    assert policy.startswith("default-src 'none';")
    assert "script" not in policy


def test_what_a_corpus_holds_is_text_and_never_markup(hostile):
    assert len(hostile.page.all("style")) == 1
    assert [e for e in hostile.page.all() for name in e.attributes if name.startswith("on")] == []
    assert "<script" not in hostile.html.lower()
    assert "<pairs>.tsv" in hostile.page.all("header")[0].text


def test_every_text_is_there_to_the_letter(hostile):
    shown = {int(e.attributes["data-line"]): e for e in hostile.page.all("details", "entry")}
    assert len(shown) == 6
    for entry in hostile.content.entries:
        if entry.line in shown:
            (source,), (reference,) = (shown[entry.line].all("span", side) for side in ("source", "reference"))
            assert source.text == shown_text(entry.pair.source)
            assert reference.text == shown_text("".join(entry.reference))


def test_control_characters_are_shown_and_not_sent(hostile):
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", hostile.html)
    assert "bellU+0007 end" in "".join(e.text for e in hostile.page.all("span", "reference"))


def test_text_keeps_its_direction_to_itself(hostile):
    for side in hostile.page.all("span", "text"):
        assert "right" in side.classes or [bdi.attributes["dir"] for bdi in side.all("bdi")] == ["auto"]


def test_listing_begins_with_the_greatest_loss(hostile):
    listed = next(e for e in hostile.page.all("section") if e.attributes["id"] == "errors").all("details", "entry")
    losses = [float(e.all("b")[0].text) for e in listed]
    assert losses == sorted(losses, reverse=True)
    assert losses == [round(entry.loss, 3) for entry in hostile.content.entries[:4]]
    assert [e.loss for e in hostile.content.entries] == sorted((e.loss for e in hostile.content.entries), reverse=True)


def test_examples_are_none_of_the_worst(hostile):
    lines = [e.attributes["data-line"] for e in hostile.page.all("details", "entry")]
    assert len(lines) == len(set(lines)) == 6


def test_empty_pairs_are_counted(hostile):
    assert hostile.content.skipped == 1
    assert "1 with an empty side are left out" in hostile.page.all("header")[0].text


def test_every_symbol_of_a_map_has_its_weight(hostile):
    (entry, *_) = hostile.content.entries
    table = hostile.page.all("table", "heat")[0]
    head, *rows = table.all("tr")
    assert len(head.all("th")) == len(entry.translation.source_symbols)
    assert len(rows) == len(entry.translation.symbols)
    for row, weights in zip(rows, entry.translation.attention, strict=True):
        cells = row.all("td")
        assert len(cells) == len(weights)
        for cell, weight in zip(cells, weights, strict=True):
            share = float(cell.attributes.get("style", "--a:0").removeprefix("--a:"))
            assert abs(share - weight) < 0.0051


def test_losses_of_the_symbols_make_the_loss_of_the_entry(hostile):
    for shown, entry in zip(hostile.page.all("details", "entry"), hostile.content.entries[:4], strict=False):
        losses = [float(item.all("small")[0].text) for item in shown.all("ol", "steps")[0].all("li")]
        assert len(losses) == len(entry.reference) + 1
        assert abs(sum(losses) / len(losses) - entry.loss) < 0.006


def test_config_is_there_without_observers(hostile):
    config = hostile.page.all("pre")[0].text
    assert 'name = "additive"' in config
    assert "observers" not in config
