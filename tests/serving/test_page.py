"""The page to try a model on: whole, alone, and at work in a real browser."""

import base64
import hashlib
import importlib
import os
import re
import shutil
import threading
import time

import pytest
import uvicorn

from s2s_toolkit.serving.app import make_app
from s2s_toolkit.serving.page import page, policy
from s2s_toolkit.serving.running import listening

PHONE = {"width": 360, "height": 740}


def test_a_name_is_text_and_never_markup():
    shown = page('<b>&"$style.onnx')
    assert "<title>&lt;b&gt;&amp;&quot;$style.onnx</title>" in shown
    assert "<b>&" not in shown


def test_nothing_is_loaded_from_elsewhere():
    shown = page("model.onnx")
    assert re.findall(r"(?:src|srcset|action|@import)\s*=?\s*[\"'(]", shown) == []
    assert "://" not in shown
    assert re.findall(r'href="(.*?)"', shown) == ["data:,", "openapi.json", "metrics", "health"]


def test_the_policy_allows_the_page_its_own_style_and_script_alone():
    shown = page("model.onnx")
    rules = dict(rule.split(" ", 1) for rule in policy(shown).split("; "))
    for kind in ("style", "script"):
        (content,) = re.findall(f"<{kind}>(.*?)</{kind}>", shown, re.DOTALL)
        assert (
            rules.pop(f"{kind}-src")
            == f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
        )
    assert (rules.pop("connect-src"), rules.pop("img-src")) == ("'self'", "data:")
    assert set(rules.values()) == {"'none'"}
    assert not re.findall(r"\s(?:style|on\w+)=", shown)  # which the policy would not let work


# ---------------------------------------------------------------- in a browser


@pytest.fixture
def address(make_service):
    """A service on a socket, in a thread of this process."""
    listener = listening("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(make_app(make_service()), log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def browser():
    if os.environ.get("CI"):
        sync_api = importlib.import_module("playwright.sync_api")
    else:
        sync_api = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not installed, and CI must test with it")
        pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program)
        yield launched
        launched.close()


def test_what_is_typed_is_translated_and_what_is_refused_is_told(browser, address, model):
    """By keyboard alone, on a phone, with no request to another host and no word from the browser's policy."""
    expect = importlib.import_module("playwright.sync_api").expect
    visitor, said, asked = browser.new_page(viewport=PHONE, color_scheme="dark"), [], []
    visitor.on("console", lambda message: said.append(message.text))
    visitor.on("pageerror", lambda error: said.append(str(error)))
    visitor.on("request", lambda request: asked.append(request.url))
    visitor.goto(address)
    expect(visitor.get_by_label("Text")).to_be_focused()
    visitor.keyboard.type("ab <i>")
    visitor.keyboard.press("Enter")
    expect(visitor.locator("#result")).to_have_text(">i< ba")
    expect(visitor.locator("thead th")).to_have_text(["a", "b", "␣", "<", "i", ">", "end"])
    expect(visitor.locator("tbody th")).to_have_text([">", "i", "<", "␣", "b", "a", "end"])
    weights = (
        visitor.locator("tbody tr")
        .first.locator("td")
        .evaluate_all("cells => cells.map(cell => +cell.style.getPropertyValue('--weight'))")
    )
    assert weights == pytest.approx([1 / 7] * 7, abs=1e-6)
    expect(visitor.locator("#others li")).to_have_text(["AB <I>"])
    assert said == []
    visitor.get_by_label("Text").fill("ab " * 60 + "!")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("alert")).to_contain_text("can't be translated")
    assert visitor.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    visitor.close()
