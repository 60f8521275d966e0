"""By which names a service may be asked, and by which it is not."""

import pytest

from s2s_toolkit.serving.app import make_app
from s2s_toolkit.serving.hosts import is_loopback

from .conftest import testclient

OWN = [
    "localhost",
    "LOCALHOST:8000",
    "localhost.",
    "dates.localhost",
    "127.0.0.1:8000",
    "192.0.2.7",
    "[::1]:8000",
    "[::1]",
]
FOREIGN = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "notlocalhost",
    "127.0.0.1.evil.example",
    "",
    "[",
]


@pytest.mark.parametrize("host", OWN)
def test_addresses_and_localhost_mean_the_service(make_service, host):
    assert status(make_service(), host) == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_another_name_is_refused_and_not_repeated(make_service, model, host):
    client = testclient.TestClient(make_app(make_service(), []))
    answer = client.post("/translate", json={"texts": ["ab"]}, headers={"host": host})
    assert (answer.status_code, model.batches) == (421, [])
    assert answer.json()["error"].startswith("this service has another name; ask localhost or its address, ")
    assert "evil" not in f"{answer.text} {answer.headers}"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_name_that_is_allowed_is_known_with_any_port(make_service):
    names = ["dates.example"]
    assert [status(make_service(), host, names) for host in ("Dates.Example:81", "other.example")] == [200, 421]


def test_without_names_any_is_taken(make_service):
    assert status(make_service(), "evil.example", None) == 200


def status(service, host, names=()):
    return testclient.TestClient(make_app(service, names)).get("/health", headers={"host": host}).status_code


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.0.2.7", False),
        ("fe80::1%eth0", False),
    ],
)
def test_an_address_is_reached_from_this_machine_alone_or_not(address, loopback):
    assert is_loopback(address) == loopback
