import json
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

pytest.importorskip("prometheus_client")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

LONGEST_WAIT = 60
JSON = {"Content-Type": "application/json"}
FILES = Path(__file__).parents[1] / "exports/models"


@pytest.fixture
def started(tmp_path):
    """Start a service of its own process on a free port; what it says goes to a file."""
    processes = []

    def start(model, *options):
        told = tmp_path / f"told-{len(processes)}"
        command = [sys.executable, "-c", "from s2s_toolkit.cli import main; main()", "serve", str(model), "--port", "0"]
        with told.open("wb") as stream:
            process = subprocess.Popen([*command, *map(str, options)], stdout=subprocess.PIPE, stderr=stream)
        processes.append(process)
        until(lambda: told.read_text().endswith("\n") or process.poll() is not None)
        process.told = lambda: told.read_text(encoding="utf-8")
        process.port = int(process.told().rstrip().rpartition(":")[2])
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def until(holds):
    end = time.monotonic() + LONGEST_WAIT
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def ask(process, path, content=None):
    connection = HTTPConnection("127.0.0.1", process.port, timeout=LONGEST_WAIT)
    try:
        connection.request("POST" if content else "GET", path, content and json.dumps(content), JSON)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def metric(process, name):
    return next(float(line.split()[-1]) for line in ask(process, "/metrics")[1].splitlines() if line.startswith(name))


# ---------------------------------------------------------------- in a process of its own


def test_what_is_in_flight_at_sigterm_is_answered(started, run, registry):
    """A request of many texts, one a batch, and 64 that come at once and wait behind it; then the signal."""
    from s2s_toolkit.opening import open_translator

    limits = {"batch-size": 1, "max-texts": 500, "queue": 1000, "timeout": LONGEST_WAIT}
    process = started(run, "--framework", "numpy", *(word for name, n in limits.items() for word in (f"--{name}", n)))
    assert process.told() == f"s2s: serving {run} on http://127.0.0.1:{process.port}\n"
    with ThreadPoolExecutor(65) as threads:
        first = threads.submit(ask, process, "/translate", {"texts": ["12 ab"] * 500})
        until(lambda: metric(process, "s2s_requests_in_flight") == 1)
        asked = [threads.submit(ask, process, "/translate", {"texts": [f"{number} ab"]}) for number in range(64)]
        until(lambda: metric(process, "s2s_requests_in_flight") == 65)
        process.send_signal(signal.SIGTERM)
        until(lambda: ask(process, "/health")[0] == 503)
        assert ask(process, "/translate", {"texts": ["late"]})[0] == 503
        assert not first.done()
        answers = [answer.result() for answer in asked]
        assert first.result()[0] == 200
    assert process.wait(LONGEST_WAIT) == 0
    assert [status for status, _ in answers] == [200] * 64
    found = [json.loads(body)["translations"][0]["text"] for _, body in answers]
    translator = open_translator(run, registry, framework="numpy")
    assert found == [translator([f"{number} ab"])[0].text for number in range(64)]
    assert process.told().count("\n") == 1


def test_ctrl_c_stops_an_idle_service_at_once(started, run):
    process = started(run, "--framework", "numpy")
    process.send_signal(signal.SIGINT)
    assert process.wait(LONGEST_WAIT) == 0
    with pytest.raises(ConnectionRefusedError):
        ask(process, "/health")


def test_a_second_signal_ends_it_with_requests_in_flight(started, run):
    process = started(run, "--framework", "numpy", "--batch-size", 1, "--max-texts", 1000)
    with ThreadPoolExecutor(1) as threads:
        threads.submit(ask, process, "/translate", {"texts": ["12 ab"] * 1000})
        until(lambda: metric(process, "s2s_requests_in_flight") == 1)
        process.send_signal(signal.SIGTERM)
        until(lambda: ask(process, "/health")[0] == 503)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONGEST_WAIT) == -signal.SIGTERM


def test_slow_clients_and_broken_requests_are_ended_and_harm_nobody(started, run):
    process = started(run, "--framework", "numpy", "--read-timeout", 0.3)
    head = b"POST /translate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    hostile = {
        b"408": head + b"Content-Length: 100\r\n\r\n{",
        b"413": head + b"Content-Length: 9000000\r\n\r\n" + b" " * 300_000,
        b"400": b"\x16\x03\x01 this is no HTTP\r\n\r\n",
        b"404": b"GET //evil.example/.. HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"421": b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    }
    for status, sent in hostile.items():
        with socket.create_connection(("127.0.0.1", process.port), timeout=LONGEST_WAIT) as client:
            client.sendall(sent)
            assert client.recv(12).split()[1] == status
    with socket.create_connection(("127.0.0.1", process.port)) as client:
        client.sendall(head + b"Content-Length: 100\r\n\r\n{")  # and goes away
    assert ask(process, "/translate", {"texts": ["12 ab"]})[0] == 200
    assert process.told().count("\n") == 1


def test_an_exported_file_lets_its_settings_vary(started):
    """As far as it was told to: its own greatest length is 12 symbols."""
    pytest.importorskip("onnxruntime")
    process = started(FILES / "dates-beam.onnx", "--max-length", 10)
    texts = {"texts": ["25 December 2024"]}
    for settings, status, begins in (
        ({}, 200, "2024-12-25"),
        ({"max_length": 4}, 200, "2024"),
        ({"max_length": 11}, 422, "'settings.max_length': input should be less than or equal to 10, given 11"),
        ({"max_length": 4, "min_length": 5}, 422, "min_length must lie between 0 and max_length, which is 4"),
        ({"beam_size": 2}, 422, "unknown key 'settings.beam_size'; known: length_penalty, max_length, min_length"),
        ({"length_penalty": -1.0}, 422, "length_penalty"),
    ):
        found, body = ask(process, "/translate", {**texts, "settings": settings})
        content = json.loads(body)
        said = content["translations"][0]["text"] if found == 200 else content["error"]
        assert (found, said[: len(begins)]) == (status, begins)
    error = json.loads(ask(process, "/translate", {"texts": ["a", "b" * 201]})[1])["error"]
    assert error.startswith("'texts.1': source 'bbb")


# ---------------------------------------------------------------- what is refused


def test_a_port_that_is_taken_is_refused_in_one_line(s2s, run):
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = s2s("serve", run, "--framework", "numpy", "--port", other.getsockname()[1])
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "Address already in use; choose another --port" in done.stderr


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host", "::g"])
def test_a_host_that_is_not_this_machine_is_refused_in_one_line(s2s, run, host):
    done = s2s("serve", run, "--framework", "numpy", "--host", host, "--port", 0)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"s2s: can't listen on {host}, port 0: ")


def test_a_queue_without_room_for_a_request_is_refused(s2s, run):
    done = s2s("serve", run, "--queue", 10)
    assert (done.exit_code, done.stderr) == (
        2,
        "s2s: a queue of 10 texts never has room for a request of 64; lower --max-texts or raise --queue\n",
    )


@pytest.mark.parametrize("module", ["starlette", "uvicorn", "prometheus_client"])
def test_without_its_packages_it_is_told_what_to_install(s2s, run, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    done = s2s("serve", run)
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.endswith('pip install "s2s-toolkit[serve]"\n')
    assert s2s("serve", "--help").exit_code == 0


@pytest.mark.parametrize("limit", ["batch-size", "max-body", "max-texts", "max-characters", "queue", "requests"])
def test_a_limit_of_nothing_is_refused(s2s, run, limit):
    assert s2s("serve", run, f"--{limit}", 0).exit_code == 2
