"""Where a service listens."""

import socket

import pytest

from s2s_toolkit.serving.running import address, listening


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("::1", "[::1]")])
def test_the_address_that_is_said_is_the_one_that_answers(host, shown):
    if ":" in host and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with listening(host, 0) as listener:
        said = address(listener)
        assert said.startswith(f"http://{shown}:")
        with socket.create_connection((shown.strip("[]"), int(said.rpartition(":")[2]))):
            pass


def test_no_packet_of_an_answer_waits_for_the_one_before_it():
    with listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
