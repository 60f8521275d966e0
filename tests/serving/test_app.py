"""What is answered: translations as they are alone, and one line for everything that is refused."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import Request

from s2s_toolkit.errors import ConfigError
from s2s_toolkit.serving.bodies import read_body
from s2s_toolkit.serving.limits import Limits
from s2s_toolkit.serving.refusals import RefusedError

LONGEST_WAIT = 30


def translate(client, texts, **more):
    return client.post("/translate", json={"texts": texts, **more})


def until(holds):
    end = time.monotonic() + LONGEST_WAIT
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


def without_attention(translation):
    alternatives = [without_attention(each) for each in translation["alternatives"]]
    return {**translation, "attention": None, "alternatives": alternatives}


# ---------------------------------------------------------------- translations


def test_each_text_gets_its_translation(ask, expected):
    answer = translate(ask(), ["abc", "", "für"], prefixes=["x", "", "y"], attention=True)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"translations": [expected("abc", "x"), expected(""), expected("für", "y")]}


def test_attention_is_given_to_who_asks_for_it(ask, expected):
    client = ask()
    (with_it,), (without,) = (
        translate(client, ["ab"], attention=wanted).json()["translations"] for wanted in (True, False)
    )
    assert with_it["attention"][0] == pytest.approx([1 / 3] * 3, abs=1e-6)
    assert with_it["alternatives"][0]["attention"]
    assert without == without_attention(with_it)


def test_no_text_is_no_work(ask, model):
    assert translate(ask(), []).json() == {"translations": []}
    assert model.batches == []


def test_settings_hold_for_their_request_alone(ask, model, expected):
    client = ask()
    with ThreadPoolExecutor() as threads:
        asked = {times: threads.submit(translate, client, ["ab"], settings={"times": times}) for times in (1, 2, 3)}
        found = {times: answer.result().json()["translations"] for times, answer in asked.items()}
    assert found == {times: [without_attention(expected("ab", "", times))] for times in (1, 2, 3)}
    assert sorted(settings["times"] for _, settings in model.batches) == [1, 2, 3]


def test_requests_that_wait_together_are_translated_together(ask, model):
    client = ask(batch_size=8)
    model.gate.clear()
    with ThreadPoolExecutor(20) as threads:
        first = threads.submit(translate, client, ["first"])
        until(lambda: model.batches)
        asked = {text: threads.submit(translate, client, [text, text]) for text in "abcdefghij"}
        until(lambda: len(client.service.queue) == 20)
        model.gate.set()
        assert first.result().status_code == 200
        for text, answer in asked.items():
            assert [each["text"] for each in answer.result().json()["translations"]] == [text, text]
    assert [len(texts) for texts, _ in model.batches] == [1, 8, 8, 4]


# ---------------------------------------------------------------- what is refused


def test_a_bad_text_is_named_and_harms_no_other_request(ask, model):
    client = ask()
    model.gate.clear()
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(translate, client, ["first"])
        until(lambda: model.batches)
        asked = [threads.submit(translate, client, texts) for texts in (["a", "b"], ["c", "d!", "e!"], ["f", "g?"])]
        until(lambda: len(client.service.queue) == 7)
        model.gate.set()
        good, bad, broken = (answer.result() for answer in asked)
    assert (first.result().status_code, good.status_code) == (200, 200)
    assert (bad.status_code, bad.json()) == (422, {"error": "'texts.1': 'd!' can't be translated"})
    assert (broken.status_code, broken.json()) == (500, {"error": "'texts.1': the model failed on this text"})


def test_a_mistake_of_the_model_is_told_to_its_operator_alone(ask, warnings, path):
    answer = translate(ask(), ["a?"])
    assert str(path.parent) not in answer.text
    assert warnings == [f"a text was not translated: RuntimeError: a mistake in {path}"]


def test_a_setting_that_cannot_work_is_refused_before_it_is_queued(ask, model):
    answer = translate(ask(), ["a"], settings={"times": 13})
    assert (answer.status_code, answer.json()) == (422, {"error": "setting 'times' of model.onnx can't be 13"})
    assert model.batches == []


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_page_of_another_site_can_send_is_refused(ask, model, kind):
    answer = ask().post("/translate", content=b'{"texts": ["a"]}', headers={"content-type": kind})
    assert answer.status_code == 415
    assert model.batches == []


def test_another_site_may_not_ask_whether_it_may(ask):
    asking = {"origin": "https://other.example", "access-control-request-method": "POST"}
    answer = ask().options("/translate", headers=asking)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_body_of_the_greatest_length_is_read_and_a_longer_one_is_not(ask, model):
    client, body = ask(max_body=40), b'{"texts": ["a"]}'
    headers = {"content-type": "application/json"}
    assert client.post("/translate", content=body.ljust(40), headers=headers).status_code == 200
    answer = client.post("/translate", content=body.ljust(41), headers=headers)
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert answer.json() == {"error": "a body has 40 bytes at most; send fewer texts at once"}


def test_no_more_of_a_body_is_read_than_may_be():
    pieces = iter([b"x" * 30] * 1000)

    async def receive():
        return {"type": "http.request", "body": next(pieces), "more_body": True}

    with pytest.raises(RefusedError):
        asyncio.run(read_body(posted(receive), Limits(max_body=100)))
    assert len(list(pieces)) == 996


def test_a_body_that_does_not_come_is_not_waited_for():
    async def receive():
        await asyncio.sleep(LONGEST_WAIT)

    with pytest.raises(RefusedError, match=r"did not arrive within 0\.05 seconds") as refused:
        asyncio.run(read_body(posted(receive), Limits(read_timeout=0.05)))
    assert refused.value.status == 408


def posted(receive):
    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", b"application/json")]}, receive)


def test_overload_is_refused_at_once_and_passes(ask, model):
    client = ask(queue=3, max_texts=3)
    model.gate.clear()
    with ThreadPoolExecutor(4) as threads:
        begun = threads.submit(translate, client, ["a"])
        until(lambda: model.batches)
        waiting = threads.submit(translate, client, ["b", "c"])
        until(lambda: len(client.service.queue) == 2)
        refused = translate(client, ["d", "e"])
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json() == {"error": "2 texts wait already; try again later"}
        model.gate.set()
        assert begun.result().status_code == waiting.result().status_code == 200
    assert translate(client, ["d", "e"]).status_code == 200
    assert [texts for texts, _ in model.batches] == [["a"], ["b", "c"], ["d", "e"]]


def test_a_request_too_many_is_refused_before_it_is_read_and_health_is_not(ask, model):
    client = ask(requests=1)
    model.gate.clear()
    with ThreadPoolExecutor(1) as threads:
        begun = threads.submit(translate, client, ["a"])
        until(lambda: model.batches)
        refused = client.post("/translate", content=b"never read", headers={"content-type": "application/json"})
        assert (refused.status_code, refused.headers["connection"]) == (503, "close")
        assert refused.json() == {"error": "1 requests are in flight already; try again later"}
        assert client.get("/health").status_code == 200
        model.gate.set()
        assert begun.result().status_code == 200
    assert translate(client, ["b"]).status_code == 200


def test_an_answer_that_takes_too_long_is_given_up(ask, model):
    client = ask(timeout=0.2)
    model.gate.clear()
    late = [translate(client, ["a"]), translate(client, ["b"])]
    assert [(answer.status_code, "retry-after" in answer.headers) for answer in late] == [(504, True)] * 2
    model.gate.set()
    until(lambda: translate(client, ["c"]).status_code == 200)
    assert ["b"] not in [texts for texts, _ in model.batches]


def test_a_service_that_stops_answers_what_it_took_and_takes_no_more(ask, model):
    client = ask()
    model.gate.clear()
    with ThreadPoolExecutor(2) as threads:
        taken = threads.submit(translate, client, ["a"])
        until(lambda: model.batches)
        client.service.stopping = True
        refused, health = translate(client, ["b"]), client.get("/health")
        assert (refused.status_code, refused.headers["connection"]) == (503, "close")
        assert (health.status_code, health.json()) == (503, {"status": "stopping"})
        assert client.service.in_flight == 1
        model.gate.set()
        assert taken.result().status_code == 200
    assert client.service.in_flight == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/translate/", 404), ("GET", "/translate", 405), ("POST", "/health", 405)],
)
def test_what_is_not_there_is_an_error_in_json(ask, method, path, status):
    answer = ask().request(method, path, follow_redirects=False)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])


# ---------------------------------------------------------------- the rest


def test_health_says_ready(ask):
    assert ask().get("/health").json() == {"status": "ready"}


@pytest.mark.parametrize("path", ["/", "/health", "/metrics", "/openapi.json", "/nowhere", "/translate/"])
def test_nothing_is_made_of_the_host_header(ask, path):
    plain, hostile = (
        ask().get(path, headers={"host": host, "x-forwarded-host": host}) for host in ("localhost", "evil.example")
    )
    assert "evil" not in f"{hostile.text} {hostile.headers}"
    assert plain.status_code == hostile.status_code
    assert hostile.headers["x-content-type-options"] == "nosniff"
    assert hostile.headers["content-security-policy"].startswith("default-src 'none'")


def test_metrics_count_what_was_answered(ask, model):
    client = ask()
    translate(client, ["a", "b", "c"])
    translate(client, ["a!", "b"])
    client.get("/nowhere")
    lines = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line[:1] != "#")
    expected = {
        's2s_requests_total{path="/translate",status="200"}': 1,
        's2s_requests_total{path="/translate",status="422"}': 1,
        's2s_requests_total{path="other",status="404"}': 1,
        "s2s_texts_total": 3,
        "s2s_batch_texts_count": 2,
        "s2s_batch_texts_sum": 5,
        's2s_batch_texts_bucket{le="2.0"}': 1,
        "s2s_translate_seconds_count": 2,
        "s2s_queue_texts": 0,
        "s2s_requests_in_flight": 0,
    }
    assert {name: float(lines[name]) for name in expected} == expected


def test_metrics_tell_how_many_wait(ask, model):
    client = ask()
    model.gate.clear()
    asking = [threading.Thread(target=translate, args=(client, texts)) for texts in (["a"], ["b", "c"])]
    asking[0].start()
    until(lambda: model.batches)
    asking[1].start()
    until(lambda: "s2s_queue_texts 2.0" in client.get("/metrics").text)
    model.gate.set()
    for thread in asking:
        thread.join()


@pytest.mark.parametrize("seconds", [float("inf"), float("nan")])
def test_a_time_without_end_is_refused(seconds):
    with pytest.raises(ConfigError, match="--read-timeout is a number of seconds"):
        Limits(read_timeout=seconds)
