"""Mail over one persistent SMTP connection, reopened when the relay drops it."""

import re
import smtplib
import ssl
import time
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from digest.clock import Clock
from digest.errors import ConfigError, DeliveryError, RouteError, UncertainDeliveryError
from digest.model.delivery import Message
from digest.stages.deliver import MESSAGE_SECONDS

STEP_SECONDS = 20.0
"""How long one answer of the relay may take; the one to the mail itself, which it may scan first, may take all that is
left of MESSAGE_SECONDS."""
MOST_PER_CONNECTION = 100
"""Relays drop longer conversations; Postfix' default smtp_connection_reuse_count_limit is in this range."""
# Not "this mailbox", but "you": authentication wanted, or commands out of order. What speaks of relaying is as well.
_NOT_ABOUT_THE_RECIPIENT = frozenset({421, 503, 530, 535})
_DEFAULT_PORT = {"smtp": 587, "smtps": 465}


class _Relay(smtplib.SMTP):
    """An SMTP client whose answers all come before a moment, or time out."""

    def __init__(self, host: str, port: int, *, until: float, step_seconds: float, **how: Any) -> None:
        """Connects. until: on the monotonic clock; step_seconds: the longest for one answer."""
        self.until, self.step_seconds = until, step_seconds
        super().__init__(host, port, timeout=step_seconds, **how)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None:
            self.sock.settimeout(max(0.1, min(self.step_seconds, self.until - time.monotonic())))
        return super().getreply()


class _TlsRelay(_Relay, smtplib.SMTP_SSL):
    pass


class SmtpMails:
    """Sends through the relay of DIGEST_SMTP_URL. Not thread-safe: one per sender."""

    def __init__(self, url: str, *, sender: str, clock: Clock) -> None:
        """Raises ConfigError when url or sender make no sense; connects on first use."""
        self._scheme, self._host, self._port, self._login = _relay_of(url)
        name, address = parseaddr(sender)
        if "@" not in address:
            raise ConfigError("DIGEST_EMAIL_FROM is not a sender; write Name <address@example.org>.")
        self._sender = str(Address(display_name=header_text(name), addr_spec=address))
        self._sender_address, self._domain = address, address.rpartition("@")[2]
        self._clock = clock
        self._connection: _Relay | None = None
        self._sent_on_connection = 0

    def send(self, address: str, message: Message, *, message_id: str) -> str:
        """One conversation: envelope, then the mail. Until its first byte goes, nothing has left for sure; from then on
        only the relay's reply says what became of it."""
        ascii_only = address.isascii()
        mail = self._written(address, message, message_id, is_ascii=ascii_only)
        until = time.monotonic() + MESSAGE_SECONDS
        relay = self._connected(until)
        self._envelope(relay, address, is_ascii=ascii_only)
        try:
            relay.step_seconds = MESSAGE_SECONDS
            relay.send(mail)
            code, _ = relay.getreply()
            relay.step_seconds = STEP_SECONDS
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise UncertainDeliveryError(
                f"the line to the relay broke before it answered ({type(error).__name__}); it may have taken the mail"
            ) from error
        self._sent_on_connection += 1
        if 200 <= code < 300:
            return "the relay took the message"
        if code >= 500:
            raise DeliveryError(f"the relay refused the mail ({code})", retryable=False)
        self.close()
        if code >= 400:
            raise RouteError(f"the relay put the mail off ({code})")
        raise UncertainDeliveryError(f"the relay answered the mail with nonsense ({code}); it may have taken it")

    def greet(self, *, seconds: float) -> None:
        """Connect and say hello, no more. Raises RouteError when the relay does not answer in that time."""
        until = time.monotonic() + seconds
        try:
            with self._opened_line(until, seconds) as relay:
                code, _ = relay.ehlo()
        except (OSError, smtplib.SMTPException) as error:
            raise RouteError(f"the relay could not be reached ({type(error).__name__})") from error
        if not 200 <= code < 300:
            raise RouteError(f"the relay does not answer to a greeting ({code})")

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (OSError, smtplib.SMTPException):
                self._connection.close()
        self._connection, self._sent_on_connection = None, 0

    def _envelope(self, relay: smtplib.SMTP, address: str, *, is_ascii: bool) -> None:
        """MAIL, RCPT and DATA: the relay waits for the mail then.

        Raises DeliveryError for what concerns this recipient, RouteError for everything else.
        """
        if not is_ascii and not relay.has_extn("smtputf8"):
            raise DeliveryError("the relay carries no address outside ASCII (SMTPUTF8)", retryable=False)
        try:
            code, _ = relay.mail(self._sender_address, () if is_ascii else ("SMTPUTF8", "BODY=8BITMIME"))
            if code != 250:
                raise self._refused(f"the relay refused the sender ({code})")
            code, said = relay.rcpt(address)
            if code not in {250, 251}:
                if code in _NOT_ABOUT_THE_RECIPIENT or b"relay" in said.lower():
                    raise self._refused(f"the relay does not let this sender through ({code})")
                self._reset(relay)
                raise DeliveryError(f"the relay refused the recipient ({code})", retryable=code < 500)
            code, _ = relay.docmd("DATA")
            if code >= 500 and code not in _NOT_ABOUT_THE_RECIPIENT:
                self._reset(relay)
                raise DeliveryError(f"the relay refused the mail ({code})", retryable=False)
            if code != 354:
                raise self._refused(f"the relay did not want the mail ({code})")
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise RouteError(f"the line to the relay broke ({type(error).__name__})") from error

    def _reset(self, relay: smtplib.SMTP) -> None:
        """Ready for the next recipient; a relay that does not even take that gets a new connection."""
        try:
            relay.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _refused(self, words: str) -> RouteError:
        self.close()
        return RouteError(words)

    def _connected(self, until: float) -> "_Relay":
        """The open connection, or a new one. Raises RouteError: whatever goes wrong here concerns everybody."""
        if self._sent_on_connection >= MOST_PER_CONNECTION:
            self.close()
        if self._connection is not None:
            self._connection.until = until
            return self._connection
        try:
            return self._connect(until)
        except smtplib.SMTPAuthenticationError as error:
            raise self._refused(
                f"the relay refused user and password of DIGEST_SMTP_URL ({error.smtp_code})"
            ) from error
        except smtplib.SMTPResponseException as error:
            raise self._refused(f"the relay refused the connection ({error.smtp_code})") from error
        except (OSError, smtplib.SMTPException) as error:
            raise self._refused(f"the relay could not be reached ({type(error).__name__})") from error

    def _connect(self, until: float) -> "_Relay":
        connection = self._opened_line(until, STEP_SECONDS)
        self._connection = connection
        connection.ehlo_or_helo_if_needed()
        if self._scheme == "smtp":
            if connection.has_extn("starttls"):
                connection.starttls(context=ssl.create_default_context())
            elif self._login:
                raise self._refused("the relay offers no STARTTLS; the password was not sent")
        if self._login:
            connection.login(*self._login)
        connection.ehlo_or_helo_if_needed()
        return connection

    def _opened_line(self, until: float, seconds: float) -> "_Relay":
        if self._scheme == "smtps":
            context = ssl.create_default_context()
            return _TlsRelay(self._host, self._port, until=until, step_seconds=seconds, context=context)
        return _Relay(self._host, self._port, until=until, step_seconds=seconds)

    def _written(self, address: str, message: Message, message_id: str, *, is_ascii: bool) -> bytes:
        """The mail as it goes over the line, its end mark included. Raises DeliveryError when it cannot be written."""
        if not message.html:
            raise DeliveryError("the email edition could not be rendered", retryable=False)
        try:
            mail = self._mail(address, message, message_id)
            written = mail.as_bytes(policy=SMTP if is_ascii else SMTPUTF8)
        except (ValueError, UnicodeError, MessageError) as error:
            # Its words would hold the address.
            raise DeliveryError("the recipient's address cannot stand in a mail", retryable=False) from error
        return re.sub(rb"(?m)^\.", b"..", written.rstrip(b"\r\n")) + b"\r\n.\r\n"

    def _mail(self, address: str, message: Message, message_id: str) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = address
        mail["Subject"] = header_text(message.title)
        mail["Date"] = format_datetime(self._clock.now())
        mail["Message-ID"] = f"<{message_id}@{self._domain}>"
        # Nobody wrote this by hand: no out-of-office answers, please (RFC 3834).
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        mail.add_alternative(message.html, subtype="html")
        return mail


def _relay_of(url: str) -> tuple[str, str, int, tuple[str, str] | None]:
    """Scheme, host, port and login. Raises ConfigError, which repeats nothing of it: it holds a password."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:  # a port that is none, brackets that do not close
        scheme, host, port = "", None, None
    if scheme not in _DEFAULT_PORT or not host or port == 0:
        raise ConfigError(
            "DIGEST_SMTP_URL is not a relay; write smtp://user:password@host:587 or smtps://host:465 "
            "(in user and password @ is written %40, / %2F, # %23)."
        )
    login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return scheme, host, port or _DEFAULT_PORT[scheme], login


def header_text(text: str) -> str:
    """Text that can stand in a header: one line, no control characters, nothing that decodes into something else.

    An encoded word in untrusted text (`=?utf-8?q?a=0D=0ABcc:…?=`) is decoded by the header machinery of Python 3.11
    into a real line break and a real Bcc header, so the opening `=?` is taken apart.
    """
    one_line = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
    return re.sub(r"=\?", "= ?", one_line).strip()[:200]
