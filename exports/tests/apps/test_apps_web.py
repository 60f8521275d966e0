"""The web page in a real browser: what a visitor types, sees and can do, in onnxruntime for WebAssembly."""

import importlib
import json
import math
import os
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

if os.environ.get("CI"):
    sync_api = importlib.import_module("playwright.sync_api")
else:
    sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect

Page = Any
Given = Callable[..., list[tuple[str, float]]]

LISTED = json.loads((Path(__file__).parents[2] / "models/models.json").read_text(encoding="utf-8"))["models"]
PICTURES = Path(__file__).parents[3] / "build/web"
LONG = "Thursday, the 29th of Feb 2024"  # 30 symbols
PHONE = {"width": 360, "height": 740}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def address(install: Callable[[str], Path]) -> Iterator[str]:
    """Python's own server over the folder of apps and models."""
    folder = install("web").parents[1]
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/apps/web/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(program: Callable[[str], str]) -> Iterator[Any]:
    path = program("chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Any) -> Iterator[Callable[..., Page]]:
    """A blank page; no error of its scripts goes unseen."""
    contexts, errors = [], list[str]()

    def make(**options: Any) -> Page:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def visit(new_page: Callable[..., Page], address: str) -> Callable[..., Page]:
    """The page once its first model has shown its first result."""

    def open_page(**options: Any) -> Page:
        page = new_page(**options)
        page.goto(address)
        expect(page.locator("#map table")).to_be_visible(timeout=30_000)
        return page

    return open_page


def choose(page: Page, file: str) -> None:
    page.get_by_label("Model").select_option(next(entry["title"] for entry in LISTED if entry["file"] == file))
    expect(page.get_by_role("button", name="Translate")).to_be_enabled()


def translate(page: Page, text: str) -> None:
    page.get_by_label("Source").fill(text)
    page.get_by_label("Source").press("Enter")


def set_field(page: Page, label: str, value: str) -> None:
    """Type a setting, unfolding the settings first."""
    if not page.get_by_label(label).is_visible():
        page.get_by_text("Settings", exact=True).click()
    page.get_by_label(label).fill(value)


def results(page: Page) -> list[tuple[str, float]]:
    """What the list of alternatives says."""
    rows = page.locator("#choices li").all()
    titles = [row.locator(".score").get_attribute("title").replace("\u2212", "-") for row in rows]
    scores = [float(title.removeprefix("score ").removesuffix(", a natural logarithm")) for title in titles]
    return [(row.locator("bdi").text_content(), score) for row, score in zip(rows, scores, strict=True)]


def assert_same(found: list[tuple[str, float]], expected: list[tuple[str, float]]) -> None:
    assert [text for text, _ in found] == [text for text, _ in expected]
    assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=6e-4)  # 3 digits shown


# ---------------------------------------------------------------- results


def test_typed_text_gives_the_results_of_python(visit: Callable[..., Page], onnxruntime_gives: Given) -> None:
    page = visit()
    for text, date in ((LONG, "2024-02-29"), ("٢٥ ديسمبر ٢٠٢٣", "2023-12-25")):
        translate(page, text)
        expect(page.get_by_role("status").first).to_have_text(date)
        assert_same(results(page), onnxruntime_gives("dates-beam", text))


def test_heat_map_has_a_row_for_each_target_symbol_and_a_column_for_each_source_symbol(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    translate(page, LONG)
    expect(page.locator("#map thead th")).to_have_text([*LONG.replace(" ", "␣"), "end"])
    expect(page.locator("#map tbody th")).to_have_text([*"2024-02-29", "end"])
    weights = page.locator("#map tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => +cell.style.getPropertyValue('--weight')))"
    )
    assert [len(row) for row in weights] == [len(LONG) + 1] * 11
    assert [sum(row) for row in weights] == pytest.approx([1] * 11, abs=0.02)


def test_another_result_can_be_looked_at(visit: Callable[..., Page], onnxruntime_gives: Given) -> None:
    page = visit()
    translate(page, "20241225")
    third = onnxruntime_gives("dates-beam", "20241225")[2][0]
    page.get_by_role("radio").nth(2).check()
    expect(page.locator("#text")).to_have_text(third)
    assert "".join(page.locator("#map tbody th").all_text_contents()[: len(third)]) == third


def test_model_is_switched(visit: Callable[..., Page]) -> None:
    page = visit()
    for entry in LISTED:
        choose(page, entry["file"])
        expect(page.locator("#description")).to_have_text(entry["description"])
        expect(page.locator("#alternatives")).to_be_visible(visible=entry["strategy"] != "greedy")
        if entry["strategy"] == "sample":
            expect(page.locator("#legend")).to_have_text("3 samples")
        else:
            expect(page.locator("#text")).to_have_text("2024-12-25")


@pytest.mark.parametrize("seed", [1, 2, 2**31 - 1])
def test_a_seed_gives_the_same_samples_as_in_python(
    seed: int, visit: Callable[..., Page], onnxruntime_gives: Given
) -> None:
    page = visit()
    choose(page, "dates-sample.onnx")
    set_field(page, "Temperature", "3")
    set_field(page, "Seed", str(seed))
    translate(page, LONG)
    assert_same(results(page), onnxruntime_gives("dates-sample", LONG, seed=seed, temperature=3))


def test_a_setting_is_fed_and_one_that_cannot_work_is_not(visit: Callable[..., Page]) -> None:
    page = visit()
    set_field(page, "Max length", "4")
    translate(page, LONG)
    expect(page.locator("#text")).to_have_text("2024")
    expect(page.locator("#cut-off")).to_be_visible()
    set_field(page, "Max length", "0")
    translate(page, "3 May 1999")
    expect(page.locator("#text")).to_have_text("2024")
    assert page.get_by_label("Max length").evaluate("field => field.validationMessage") != ""


def test_a_result_is_dimmed_while_a_setting_cannot_work(visit: Callable[..., Page]) -> None:
    page = visit()
    for value, opacity in (("0", "0.35"), ("12", "1")):
        set_field(page, "Max length", value)
        for name in ("#result", "#attention"):
            expect(page.locator(name)).to_have_css("opacity", opacity)


def test_settings_are_folded_and_stay_as_they_were_left(visit: Callable[..., Page]) -> None:
    page = visit()
    expect(page.get_by_label("Max length")).to_be_hidden()
    page.get_by_text("Settings", exact=True).click()
    choose(page, "dates-greedy.onnx")
    expect(page.get_by_label("Max length")).to_be_visible()


def test_settings_unfold_for_one_that_cannot_work(visit: Callable[..., Page]) -> None:
    page = visit()
    set_field(page, "Max length", "0")
    page.get_by_text("Settings", exact=True).click()
    expect(page.get_by_label("Max length")).to_be_hidden()
    translate(page, "3 May 1999")
    expect(page.get_by_label("Max length")).to_be_focused()


def test_probability_is_that_of_the_whole_result(visit: Callable[..., Page], onnxruntime_gives: Given) -> None:
    """A score that beam search divided by the length is another number."""
    page = visit()
    for penalty in ("0", "1"):
        set_field(page, "Length penalty", penalty)
        translate(page, "1 2 2003")
        found = onnxruntime_gives("dates-beam", "1 2 2003", length_penalty=float(penalty))
        expect(page.locator("#choices bdi")).to_have_text([text for text, _ in found])
        lengths = [len(text) + 1 for text, _ in found]
        scores = [score * ((5 + n) / 6) ** float(penalty) for (_, score), n in zip(found, lengths, strict=True)]
        shown = [text.removesuffix(" %") for text in page.locator("#choices .score").all_text_contents()]
        assert [float(number) for number in shown] == pytest.approx([100 * math.exp(s) for s in scores], abs=0.06)
        expect(page.locator("#score")).to_have_text(f"{shown[0]} %")


def test_only_targets_that_exist_are_results(visit: Callable[..., Page]) -> None:
    """A prefix of as many symbols as may stand leaves one target, and the file has three results."""
    page = visit()
    set_field(page, "Max length", "4")
    set_field(page, "Prefix", "1999")
    translate(page, LONG)
    expect(page.locator("#text")).to_have_text("1999")
    expect(page.locator("#choices li")).to_have_count(1)
    expect(page.locator("#alternatives")).to_be_hidden()


def test_a_prefix_is_kept(visit: Callable[..., Page]) -> None:
    page = visit()
    set_field(page, "Prefix", "1999")
    translate(page, LONG)
    expect(page.locator("#text")).to_have_text("1999-02-29")


def test_settings_that_cannot_be_fed_are_not_offered(
    new_page: Callable[..., Page], address: str, exported: Callable[..., Path]
) -> None:
    """A file with `--settings optional`: its graph has defaults, so onnxruntime-web takes no value."""
    entry = {"file": "own.onnx", "title": "Own", "description": "", "examples": ["ab"], "strategy": "greedy"}
    page = new_page()
    page.route("**/models.json", lambda route: route.fulfill(json={"models": [entry | {"settings": {}}]}))
    page.route("**/own.onnx", lambda route: route.fulfill(path=exported("greedy")))
    page.goto(address)
    expect(page.locator("#map table")).to_be_visible(timeout=30_000)
    expect(page.locator("#settings")).to_be_hidden()


def test_a_file_that_takes_ids_is_told_in_words(
    new_page: Callable[..., Page], address: str, exported: Callable[..., Path]
) -> None:
    entry = {"file": "own.onnx", "title": "Own", "description": "", "examples": ["ab"], "strategy": "greedy"}
    path = exported("greedy", choices={"input": "ids", "settings": "required"})
    page = new_page()
    page.route("**/models.json", lambda route: route.fulfill(json={"models": [entry | {"settings": {}}]}))
    page.route("**/own.onnx", lambda route: route.fulfill(path=path))
    page.goto(address)
    message = "This model takes ids, not text. Export it with --input text."
    expect(page.get_by_role("alert")).to_have_text(message, timeout=30_000)
    expect(page.get_by_role("button", name="Translate")).to_be_disabled()


# ---------------------------------------------------------------- loading


def test_nothing_comes_from_another_host(new_page: Callable[..., Page], address: str) -> None:
    page, urls = new_page(), list[str]()
    page.on("request", lambda request: urls.append(request.url))
    page.goto(address)
    expect(page.locator("#map table")).to_be_visible(timeout=30_000)
    assert any(url.endswith(".wasm") for url in urls)
    assert [url for url in urls if not url.startswith((address.removesuffix("apps/web/"), "data:"))] == []


def test_loading_is_shown(visit: Callable[..., Page]) -> None:
    page, held = visit(), list[Any]()
    page.route("**/dates-greedy.onnx", lambda route: held.append(route))
    page.get_by_label("Model").select_option("Dates, greedy")
    expect(page.get_by_role("progressbar", name="Loading dates-greedy.onnx")).to_be_visible()
    expect(page.get_by_role("button", name="Translate")).to_be_disabled()
    expect(page.locator("#result")).to_be_hidden()
    held[0].continue_()
    expect(page.locator("#map table")).to_be_visible()
    expect(page.locator("#loading")).to_be_hidden()


@pytest.mark.parametrize(
    ("pattern", "answer", "message"),
    [
        ("**/models.json", {"status": 404}, "The server has no models.json (404"),
        ("**/dates-beam.onnx", {"status": 500}, "The server has no dates-beam.onnx (500"),
        ("**/dates-beam.onnx", {"body": "no model"}, "This model can't be opened"),
        ("**/ort.wasm.bundle.min.mjs", {"status": 404}, "run `npm ci`"),
    ],
)
def test_what_cannot_be_loaded_is_told_in_words(
    pattern: str, answer: dict[str, Any], message: str, new_page: Callable[..., Page], address: str
) -> None:
    page = new_page()
    page.route(pattern, lambda route: route.fulfill(**answer))
    page.goto(address)
    expect(page.get_by_role("alert")).to_contain_text(message, timeout=30_000)
    expect(page.locator("#loading")).to_be_hidden()


# ---------------------------------------------------------------- for everybody


def test_keyboard_alone_is_enough(visit: Callable[..., Page]) -> None:
    page = visit()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Model")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Source")).to_be_focused()
    assert page.get_by_label("Source").evaluate("field => getComputedStyle(field).outlineStyle") == "solid"
    page.keyboard.press("Control+a")
    page.keyboard.type("3 May 1999")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_text("1999-05-03")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "radio":
            break
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio").nth(1)).to_be_checked()
    expect(page.locator("#text")).not_to_have_text("1999-05-03")


def test_results_are_announced_and_fields_are_named(visit: Callable[..., Page]) -> None:
    page = visit()
    choose(page, "dates-sample.onnx")
    expect(page.locator("#text")).to_have_attribute("aria-live", "polite")
    fields = page.locator("input, select, button, progress").all()
    assert len(fields) > 10
    assert [field.evaluate("f => f.id") for field in fields if not field.evaluate(NAME)] == []


NAME = "f => f.textContent.trim() || [...f.labels ?? []].map(label => label.textContent.trim()).join('')"


@pytest.mark.parametrize("file", ["dates-beam.onnx", "dates-sample.onnx"])
def test_phone_needs_no_sideways_scrolling(file: str, visit: Callable[..., Page]) -> None:
    page = visit(viewport=PHONE)
    choose(page, file)
    for text in (LONG, "x" * 200, ""):
        translate(page, text)
        expect(page.locator("#map thead th")).to_have_count(len(text) + 1)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_map_shrinks_to_fit_a_phone_or_fades_where_it_goes_on(visit: Callable[..., Page]) -> None:
    page = visit(viewport=PHONE)
    overflow = "map => map.scrollWidth - map.clientWidth"
    for text, scrolls in (("1 May 2025", False), ("25 December 2024", False), (LONG, True)):
        translate(page, text)
        expect(page.locator("#map thead th")).to_have_count(len(text) + 1)
        assert (page.locator("#map").evaluate(overflow) > 0) == scrolls
        assert page.locator("#frame").evaluate("frame => frame.classList.contains('more')") == scrolls
        assert page.locator("#map").evaluate("map => map.scrollLeft") == 0
    page.locator("#map").evaluate("map => { map.scrollLeft = map.scrollWidth; }")
    expect(page.locator("#frame")).not_to_have_class("more")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator("#frame")).not_to_have_class("more")
    assert page.locator("#map").evaluate(overflow) == 0


def test_squares_of_the_map_are_all_alike(visit: Callable[..., Page]) -> None:
    """Letters of other scripts and pictures are wider and higher than digits."""
    page, text = visit(), "2026年 ٢٥ ﷽ 🙂 WiW"
    translate(page, text)
    expect(page.locator("#map thead th")).to_have_count(len(text) + 1)
    sizes = page.locator("#map .weight").evaluate_all(
        "cells => cells.map(cell => cell.getBoundingClientRect()).map(box => `${box.width} ${box.height}`)"
    )
    assert len(set(sizes)) == 1


def test_map_stands_beside_the_form_on_a_wide_screen_and_below_it_on_a_phone(visit: Callable[..., Page]) -> None:
    page = visit(viewport={"width": 1280, "height": 900})
    form, result, attention = (page.locator(name).bounding_box() for name in ("#form", "#result", "#attention"))
    assert attention["x"] == result["x"] >= form["x"] + form["width"]
    assert attention["y"] < result["y"] + result["height"] + 100
    page.set_viewport_size(PHONE)
    source, button = (page.locator(name).bounding_box() for name in ("#source", "#translate"))
    assert button["y"] >= source["y"] + source["height"]
    assert page.locator("#attention").bounding_box()["x"] == source["x"]


@pytest.mark.parametrize(("device", "size"), [("desktop", {"width": 1280, "height": 900}), ("phone", PHONE)])
def test_colours_follow_the_system(device: str, size: dict[str, int], visit: Callable[..., Page]) -> None:
    """Pictures of the page stay in build/web, for people to look at."""
    page, papers = visit(viewport=size), set[str]()
    translate(page, LONG)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=PICTURES / f"{device}-{scheme}.png", full_page=True)
        papers.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(papers) == 2
