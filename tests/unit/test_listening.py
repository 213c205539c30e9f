"""Where `digest serve` listens: an address of this machine, by name or number."""

import socket

import pytest

from digest.errors import ConfigError
from digest.serve import listening_at


@pytest.mark.parametrize(("host", "address"), [("localhost", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")])
def test_host_becomes_a_numeric_address_and_a_free_port(host: str, address: str) -> None:
    found, port = listening_at(host, 0)
    assert found == address
    assert 0 < port < 65536


def test_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigError, match="is taken"):
        listening_at("localhost", taken.getsockname()[1])
