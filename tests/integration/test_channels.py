import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from digest.errors import ConfigError, DeliveryError
from digest.model.delivery import Message
from digest.model.ids import ChannelName
from digest.stages.deliver.channels import AppriseChannels

NAME = ChannelName("supporters")
MESSAGE = Message(title="The Evening Quill", text="An answer.\nhttps://news.example", url="https://news.example")


@contextmanager
def a_receiver(status: int) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A web hook on loopback that answers every post with `status`: (Apprise URL, what arrived)."""
    arrived: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"json://127.0.0.1:{server.server_address[1]}/hook", arrived
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_message_arrives_as_it_was_written() -> None:
    with a_receiver(200) as (url, arrived):
        AppriseChannels({NAME: url}).send(NAME, MESSAGE)
    assert [(note["title"], note["message"]) for note in arrived] == [(MESSAGE.title, MESSAGE.text)]


def test_refusal_is_an_error_that_names_no_address() -> None:
    with a_receiver(500) as (url, _), pytest.raises(DeliveryError) as caught:
        AppriseChannels({NAME: url}).send(NAME, MESSAGE)
    assert caught.value.retryable
    assert "127.0.0.1" not in str(caught.value)


def test_channel_that_is_no_longer_set_is_told() -> None:
    with pytest.raises(DeliveryError, match="DIGEST_CHANNELS"):
        AppriseChannels({}).most_characters(NAME)


def test_address_that_apprise_does_not_know_is_told_without_showing_it() -> None:
    with pytest.raises(ConfigError) as caught:
        AppriseChannels({NAME: "nosuch://secret-token@host"})
    assert "supporters" in str(caught.value)
    assert "secret-token" not in str(caught.value)


def test_length_is_the_channels_own() -> None:
    channels = AppriseChannels({NAME: "json://127.0.0.1/", ChannelName("toots"): "mastodon://token@host.invalid"})
    assert channels.most_characters(ChannelName("toots")) == 500
    assert channels.most_characters(NAME) > 500
