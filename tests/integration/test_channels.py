import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from digest.errors import ConfigError, DeliveryError, UncertainDeliveryError
from digest.model.delivery import Message
from digest.model.ids import ChannelName
from digest.rendering.push import push_message
from digest.stages.deliver import MESSAGE_SECONDS
from digest.stages.deliver.channels import CONNECT_SECONDS, READ_SECONDS, AppriseChannels
from tests.factories import a_card, a_passage, a_shown_pairing, an_edition

NAME = ChannelName("supporters")
MESSAGE = Message(title="The Evening Quill", text="An answer.\nhttps://news.example", url="https://news.example")


@contextmanager
def a_receiver(status: int | None) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A web hook on loopback that answers every post with `status`, or drops the line: (Apprise URL, what arrived)."""
    arrived: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if status is None:
                self.close_connection = True
                return
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


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_refusal_can_be_tried_again_and_names_no_address(status: int) -> None:
    with a_receiver(status) as (url, _), pytest.raises(DeliveryError) as caught:
        AppriseChannels({NAME: url}).send(NAME, MESSAGE)
    assert caught.value.retryable
    assert str(status) in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize("status", [None, 302, 408, 502, 504])
def test_service_that_may_have_taken_it_is_never_asked_again(status: int | None) -> None:
    with a_receiver(status) as (url, arrived), pytest.raises(UncertainDeliveryError, match="may have taken"):
        AppriseChannels({NAME: f"{url}?retry=3"}).send(NAME, MESSAGE)
    assert len(arrived) == 1


@pytest.mark.parametrize("url", ["json://127.0.0.1:1/", "jsons://127.0.0.1:1/"])
def test_service_that_was_never_reached_can_be_tried_again(url: str) -> None:
    with pytest.raises(DeliveryError, match="could not be reached") as caught:
        AppriseChannels({NAME: url}).send(NAME, MESSAGE)
    assert caught.value.retryable


def test_service_that_answers_late_is_waited_for() -> None:
    """Apprise gives up after 4 seconds by itself, when the message has often been taken."""
    (target,) = AppriseChannels({NAME: "json://127.0.0.1:1/"})._targets.values()
    assert target.request_timeout == (CONNECT_SECONDS, READ_SECONDS)
    assert CONNECT_SECONDS + READ_SECONDS < MESSAGE_SECONDS


def test_service_that_does_not_speak_http_is_unknown_when_it_fails() -> None:
    with pytest.raises(UncertainDeliveryError):
        AppriseChannels({NAME: "mailto://127.0.0.1:1?from=a@b.example&to=c@d.example&mode=insecure"}).send(
            NAME, MESSAGE
        )


def test_optional_channel_that_failed_has_failed() -> None:
    with a_receiver(500) as (url, _), pytest.raises(DeliveryError):
        AppriseChannels({NAME: f"{url}?optional=yes"}).send(NAME, MESSAGE)


@pytest.mark.parametrize("url", ["ntfy://ntfy.invalid/one/two", "tgram://123456789:abcdefg_hijklmnop/111/222"])
def test_address_of_several_targets_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(ConfigError, match="one channel of each") as caught:
        AppriseChannels({NAME: url, ChannelName("fine"): "json://127.0.0.1/?retry=2"})
    assert "supporters" in str(caught.value)
    assert "fine" not in str(caught.value)


def test_channel_that_is_no_longer_set_is_told() -> None:
    with pytest.raises(DeliveryError, match="DIGEST_CHANNELS"):
        AppriseChannels({}).room_of(NAME)


def test_address_that_apprise_does_not_know_is_told_without_showing_it() -> None:
    with pytest.raises(ConfigError) as caught:
        AppriseChannels({NAME: "nosuch://secret-token@host"})
    assert "supporters" in str(caught.value)
    assert "secret-token" not in str(caught.value)


SERVICES = (
    "json://127.0.0.1/",
    "ntfy://ntfy.invalid/topic",
    "mastodon://token@host.invalid",
    "bluesky://user:password@host.invalid",
    "tgram://123456789:abcdefg_hijklmnop/12315544/",
    "discord://1234567890/abcdefghijklmnop",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#channel",
    "matrix://user:password@host.invalid/!room",
    "sns://AHIAJGNT76XIMXDBIJYA/bu1dHSdO22pfaaVy/wmNsdjJSndjsd/us-east-2/12223334444",
)


@pytest.mark.parametrize("url", SERVICES, ids=[url.partition(":")[0] for url in SERVICES])
def test_message_goes_whole_and_within_the_services_own_length(url: str) -> None:
    """Asked of the service itself: where it has no title, Apprise puts ours before the text."""
    channels = AppriseChannels({NAME: url})
    (target,) = channels._targets.values()
    room = channels.room_of(NAME)
    answer = a_passage(text="Our plan was costed line by line by the Office of Public Sums, by number, on page 21.")
    message = push_message(an_edition(cards=(a_card(pairings=(a_shown_pairing(answer=answer),)),)), room=room)
    full = Message(title="T" * room.title, text="x" * room.text, url="")
    for sent in (message, full):
        (part,) = target._apply_overflow(sent.text, title=sent.title, body_format="text")
        assert len(part["body"]) <= target.body_maxlen
        assert len(part["title"]) <= target.title_maxlen
        assert part == {"title": sent.title, "body": sent.text}
