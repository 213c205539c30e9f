"""Mail over one persistent SMTP connection, reopened when the relay drops it."""

import re
import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from digest.clock import Clock
from digest.errors import ConfigError, DeliveryError
from digest.model.delivery import Message

TIMEOUT_SECONDS = 30.0
MOST_PER_CONNECTION = 100
"""Relays drop longer conversations; Postfix' default smtp_connection_reuse_count_limit is in this range."""
_DEFAULT_PORT = {"smtp": 587, "smtps": 465}


class SmtpMails:
    """Sends through the relay of DIGEST_SMTP_URL. Not thread-safe: one per sender."""

    def __init__(self, url: str, *, sender: str, clock: Clock) -> None:
        """Raises ConfigError when url or sender make no sense; connects on first use."""
        parts = urlsplit(url)
        name, address = parseaddr(sender)
        if parts.scheme not in _DEFAULT_PORT or not parts.hostname:
            raise ConfigError(
                "DIGEST_SMTP_URL is not a relay; write smtp://user:password@host:587 or smtps://host:465."
            )
        if "@" not in address:
            raise ConfigError("DIGEST_EMAIL_FROM is not a sender; write Name <address@example.org>.")
        self._scheme, self._host = parts.scheme, parts.hostname
        self._port = parts.port or _DEFAULT_PORT[parts.scheme]
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._sender = str(Address(display_name=header_text(name), addr_spec=address))
        self._sender_address, self._domain = address, address.rpartition("@")[2]
        self._clock = clock
        self._connection: smtplib.SMTP | None = None
        self._sent_on_connection = 0

    def send(self, address: str, message: Message, *, message_id: str) -> str:
        if not message.html:
            raise DeliveryError("the email edition could not be rendered", retryable=False)
        mail = self._mail(address, message, message_id)
        try:
            relay = self._connected()
            relay.send_message(mail, from_addr=self._sender_address, to_addrs=[address])
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise DeliveryError(f"the relay refused the recipient ({code})", retryable=code < 500) from error
        except smtplib.SMTPResponseException as error:
            self.close()
            raise DeliveryError(f"the relay answered {error.smtp_code}", retryable=error.smtp_code < 500) from error
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise DeliveryError(f"the relay could not be reached ({type(error).__name__})", retryable=True) from error
        self._sent_on_connection += 1
        return "the relay took the message"

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (OSError, smtplib.SMTPException):
                self._connection.close()
        self._connection, self._sent_on_connection = None, 0

    def _connected(self) -> smtplib.SMTP:
        if self._sent_on_connection >= MOST_PER_CONNECTION:
            self.close()
        if self._connection is None:
            context = ssl.create_default_context()
            if self._scheme == "smtps":
                connection: smtplib.SMTP = smtplib.SMTP_SSL(
                    self._host, self._port, timeout=TIMEOUT_SECONDS, context=context
                )
            else:
                connection = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
                connection.ehlo()
                if connection.has_extn("starttls"):
                    connection.starttls(context=context)
                elif self._login:
                    connection.close()
                    raise DeliveryError("the relay offers no STARTTLS; the password was not sent", retryable=False)
            if self._login:
                connection.login(*self._login)
            self._connection = connection
        return self._connection

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


def header_text(text: str) -> str:
    """Text that can stand in a header: one line, no control characters, nothing that decodes into something else.

    An encoded word in untrusted text (`=?utf-8?q?a=0D=0ABcc:…?=`) is decoded by the header machinery of Python 3.11
    into a real line break and a real Bcc header, so the opening `=?` is taken apart.
    """
    one_line = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
    return re.sub(r"=\?", "= ?", one_line).strip()[:200]
