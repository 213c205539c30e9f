import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BufferedRWPair
from typing import Never

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.clock import FixedClock
from digest.errors import ConfigError, DeliveryError, RouteError, UncertainDeliveryError
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


@dataclass
class Script:
    """What a relay says to each command: by its first word, else 250. None: it drops the line."""

    answers: dict[str, str | None] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    connections: int = 0

    def talk(self, line: socket.socket) -> None:
        self.connections += 1
        with line, line.makefile("rwb") as stream:
            said = self._say(stream, "connect", "220 here")
            while said and (command := stream.readline()):
                word = command.split()[0].decode().upper()
                said = self._say(stream, word, "250 fine")
                if word == "DATA" and said == "354":
                    self.mails.append(b"".join(iter(stream.readline, b".\r\n")))
                    said = self._say(stream, "mail", "250 queued")

    def _say(self, stream: BufferedRWPair, word: str, otherwise: str) -> str:
        words = self.answers.get(word, "354 go on" if word == "DATA" else otherwise)
        if words is None:
            return ""
        stream.write(words.encode() + b"\r\n")
        stream.flush()
        return words[:3]


@contextmanager
def scripted(script: Script, login: str = "") -> Iterator[SmtpMails]:
    """A relay on loopback that follows a script, and the mails that go through it."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                line, _ = server.accept()
                with suppress(OSError):
                    script.talk(line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    mails = SmtpMails(f"smtp://{login}127.0.0.1:{server.getsockname()[1]}", sender=SENDER, clock=FixedClock(NOON))
    try:
        yield mails
    finally:
        mails.close()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def refused(script: Script, login: str = "", address: str = "one@home.invalid") -> DeliveryError:
    with scripted(script, login) as mails, pytest.raises(DeliveryError) as caught:
        mails.send(address, email_message(an_edition()), message_id="x")
    assert "home.invalid" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    "answers",
    [
        {"connect": "554 not you"},
        {"EHLO": "550 who?", "HELO": "550 who?"},
        {"MAIL": "550 sender blocked today"},
        {"MAIL": "451 later"},
        {"MAIL": None},
        {"RCPT": None},
        {"RCPT": "554 5.7.1 Relay access denied"},
        {"RCPT": "530 authenticate first"},
        {"RCPT": "421 closing"},
        {"DATA": "451 later"},
        {"DATA": "503 what?"},
        {"DATA": None},
        {"mail": "452 no room"},
    ],
    ids=str,
)
def test_what_the_relay_says_to_everybody_ends_nobodys_row(answers: dict[str, str | None]) -> None:
    error = refused(Script(answers))
    assert isinstance(error, RouteError)
    assert error.retryable


@pytest.mark.parametrize(
    ("answers", "retryable"),
    [
        ({"RCPT": "550 no such mailbox"}, False),
        ({"RCPT": "450 greylisted"}, True),
        ({"DATA": "554 no"}, False),
        ({"mail": "550 never"}, False),
    ],
    ids=str,
)
def test_what_concerns_one_recipient_leaves_the_others_alone(answers: dict[str, str | None], retryable: bool) -> None:
    error = refused(Script(answers))
    assert not isinstance(error, RouteError)
    assert error.retryable is retryable


@pytest.mark.parametrize("answer", [None, "what?", "354 go on"])
def test_line_that_breaks_after_the_mail_is_unknown(answer: str | None) -> None:
    script = Script({"mail": answer})
    assert isinstance(refused(script), UncertainDeliveryError)
    assert len(script.mails) == 1


def test_password_is_not_sent_without_starttls_and_everybody_waits() -> None:
    error = refused(Script(), login="user:secret@")
    assert isinstance(error, RouteError)
    assert "STARTTLS" in str(error)


class Locked(SmtpMails):
    """A relay that wants another password; a real one would want TLS first."""

    def _connect(self, until: float) -> Never:
        raise smtplib.SMTPAuthenticationError(535, b"no, one@home.invalid")


def test_wrong_password_is_everybodys_matter() -> None:
    mails = Locked("smtp://user:secret@127.0.0.1", sender=SENDER, clock=FixedClock(NOON))
    with pytest.raises(RouteError, match="user and password of DIGEST_SMTP_URL \\(535\\)") as caught:
        mails.send("one@home.invalid", email_message(an_edition()), message_id="x")
    assert "home.invalid" not in str(caught.value)


def test_next_recipient_goes_over_the_same_connection_after_a_refusal() -> None:
    script = Script({"RCPT": "550 no such mailbox"})
    with scripted(script) as mails:
        with pytest.raises(DeliveryError):
            mails.send("one@home.invalid", email_message(an_edition()), message_id="x")
        script.answers.clear()
        mails.send("two@home.invalid", email_message(an_edition()), message_id="y")
    assert (script.connections, len(script.mails)) == (1, 1)


def test_line_that_begins_with_a_dot_arrives_with_it() -> None:
    mailbox = Mailbox()
    message = Message(title="t", text=".hidden\n..and more", url="u", html="<p>t</p>")
    with a_relay(mailbox) as mails:
        mails.send("one@home.invalid", message, message_id="x")
    part = mailbox.mails[0].get_body(("plain",))
    assert part is not None
    assert part.get_content().splitlines() == [".hidden", "..and more"]


@pytest.mark.parametrize("address", ["jörg@home.invalid", "a@home.invalid\r\nBcc: b@home.invalid"])
def test_address_that_cannot_go_fails_alone(address: str) -> None:
    error = refused(Script(), address=address)
    assert not isinstance(error, RouteError)
    assert not error.retryable


def test_address_outside_ascii_goes_where_the_relay_carries_it() -> None:
    script = Script({"EHLO": "250-here\r\n250-8BITMIME\r\n250 SMTPUTF8"})
    with scripted(script) as mails:
        mails.send("jörg@home.invalid", email_message(an_edition()), message_id="x")
    assert "jörg@home.invalid".encode() in script.mails[0]


def test_subject_from_a_feed_cannot_add_a_header() -> None:
    mailbox = Mailbox()
    message = Message(title="=?utf-8?q?a=0D=0ABcc:_x@y?=", text="t", url="u", html="<p>t</p>")
    with a_relay(mailbox) as mails:
        mails.send("one@home.invalid", message, message_id="x")
    assert mailbox.mails[0]["Bcc"] is None


def test_relay_that_is_not_there_can_be_tried_again() -> None:
    mails = SmtpMails("smtp://127.0.0.1:1", sender=SENDER, clock=FixedClock(NOON))
    with pytest.raises(RouteError):
        mails.send("one@home.invalid", email_message(an_edition()), message_id="x")


@pytest.mark.parametrize(("url", "sender"), [("http://relay", SENDER), ("smtp://relay", "nobody")])
def test_settings_that_make_no_sense_are_refused_with_the_setting_named(url: str, sender: str) -> None:
    with pytest.raises(ConfigError, match="DIGEST_"):
        SmtpMails(url, sender=sender, clock=FixedClock(NOON))


def test_relay_is_greeted_without_a_mail_and_one_that_is_away_is_told() -> None:
    mailbox = Mailbox()
    with a_relay(mailbox) as mails:
        mails.greet(seconds=5)
    assert mailbox.mails == []
    with pytest.raises(RouteError, match="could not be reached"):
        mails.greet(seconds=5)


def test_relay_that_says_nothing_is_left_after_the_time_given() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mails = SmtpMails(f"smtp://127.0.0.1:{silent.getsockname()[1]}", sender=SENDER, clock=FixedClock(NOON))
        with pytest.raises(RouteError, match="could not be reached"):
            mails.greet(seconds=0.2)


@pytest.mark.parametrize("url", ["smtp://host:abc", "smtp://host:99999", "smtp://host:0", "smtp://[::1", "http://host"])
def test_address_that_is_no_relay_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigError, match="is not a relay") as refused:
        SmtpMails(url, sender=SENDER, clock=FixedClock(NOON))
    assert url not in str(refused.value)
