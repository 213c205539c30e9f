import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.clock import FixedClock
from digest.errors import ConfigError, DeliveryError
from digest.model.delivery import Message
from digest.rendering.email import email_message
from digest.stages.deliver.mail import SmtpMails
from tests.factories import NOON, an_edition

SENDER = "The Evening Quill <edition@quill.invalid>"


class Mailbox:
    def __init__(self, answer: str = "250 taken") -> None:
        self.answer = answer
        self.mails: list[EmailMessage] = []
        self.connections: set[object] = set()

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd
        self.connections.add(session.peer)
        self.mails.append(message_from_bytes(envelope.original_content or b"", EmailMessage, policy=policy.default))
        return self.answer


@contextmanager
def a_relay(mailbox: Mailbox) -> Iterator[SmtpMails]:
    with socket.create_server(("127.0.0.1", 0)) as probe:  # aiosmtpd cannot say which port it was given
        port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        mails = SmtpMails(f"smtp://127.0.0.1:{port}", sender=SENDER, clock=FixedClock(NOON))
        yield mails
        mails.close()
    finally:
        controller.stop()


def test_edition_arrives_with_both_parts_over_one_connection() -> None:
    mailbox = Mailbox()
    message = email_message(an_edition())
    with a_relay(mailbox) as mails:
        mails.send("one@home.invalid", message, message_id="edition-1.1-1")
        mails.send("two@home.invalid", message, message_id="edition-1.1-2")
    assert len(mailbox.connections) == 1
    assert [mail["To"] for mail in mailbox.mails] == ["one@home.invalid", "two@home.invalid"]
    assert {part.get_content_type() for part in mailbox.mails[0].walk()} >= {"text/plain", "text/html"}
    assert mailbox.mails[0]["Subject"] == message.title
    assert mailbox.mails[0]["Message-ID"] == "<edition-1.1-1@quill.invalid>"


@pytest.mark.parametrize(("answer", "retryable"), [("450 later", True), ("550 never", False)])
def test_what_the_relay_refuses_is_told_apart(answer: str, retryable: bool) -> None:
    with a_relay(Mailbox(answer)) as mails, pytest.raises(DeliveryError) as caught:
        mails.send("one@home.invalid", email_message(an_edition()), message_id="x")
    assert caught.value.retryable is retryable
    assert "home.invalid" not in str(caught.value)


def test_subject_from_a_feed_cannot_add_a_header() -> None:
    mailbox = Mailbox()
    message = Message(title="=?utf-8?q?a=0D=0ABcc:_x@y?=", text="t", url="u", html="<p>t</p>")
    with a_relay(mailbox) as mails:
        mails.send("one@home.invalid", message, message_id="x")
    assert mailbox.mails[0]["Bcc"] is None


def test_relay_that_is_not_there_can_be_tried_again() -> None:
    mails = SmtpMails("smtp://127.0.0.1:1", sender=SENDER, clock=FixedClock(NOON))
    with pytest.raises(DeliveryError) as caught:
        mails.send("one@home.invalid", email_message(an_edition()), message_id="x")
    assert caught.value.retryable


@pytest.mark.parametrize(("url", "sender"), [("http://relay", SENDER), ("smtp://relay", "nobody")])
def test_settings_that_make_no_sense_are_refused_with_the_setting_named(url: str, sender: str) -> None:
    with pytest.raises(ConfigError, match="DIGEST_"):
        SmtpMails(url, sender=sender, clock=FixedClock(NOON))
