"""Local receivers for the demo: a push channel and a mailbox on loopback, and a page that shows what arrived."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from jinja2 import Environment, PackageLoader, StrictUndefined

from digest.serve import free_port


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedPush:
    title: str
    text: str


@dataclass(slots=True)
class Receivers:
    """What has arrived, and where to send it."""

    address: str = ""
    """Of the page that shows what arrived."""
    channel_url: str = ""
    """Apprise URL of the push channel."""
    smtp_url: str = ""
    pushes: list[ReceivedPush] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)


@contextmanager
def serve_receivers() -> Iterator[Receivers]:
    """A push receiver and a mail server on free loopback ports until the block ends."""
    received = Receivers()
    inbox = Environment(
        loader=PackageLoader("digest.demo", "templates"), autoescape=True, undefined=StrictUndefined
    ).get_template("inbox.html")

    class PushHandler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            note = json.loads(body)
            received.pushes.append(ReceivedPush(title=str(note["title"]), text=str(note["message"])))
            self.send_response(204)
            self.end_headers()

        def do_GET(self) -> None:
            """The page, or the HTML of the mail whose number ends the path."""
            _, _, number = self.path.partition("/mails/")
            if self.path == "/":
                body = inbox.render(pushes=received.pushes, mails=received.mails)
            elif number.isdecimal() and int(number) < len(received.mails):
                body = _html_of(received.mails[int(number)])
            else:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
            """The demo shows what arrived itself."""

    class Mailbox:
        async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd
            content = envelope.original_content or b""
            received.mails.append(message_from_bytes(content, EmailMessage, policy=policy.default))
            return "250 taken"

    pushes = ThreadingHTTPServer(("127.0.0.1", 0), PushHandler)
    pushes.daemon_threads = True
    thread = threading.Thread(target=pushes.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    mail_port = free_port()  # aiosmtpd cannot say which port it was given
    mailbox = Controller(Mailbox(), hostname="127.0.0.1", port=mail_port)
    mailbox.start()
    try:
        received.address = f"http://127.0.0.1:{pushes.server_address[1]}/"
        received.channel_url = f"json://127.0.0.1:{pushes.server_address[1]}/"
        received.smtp_url = f"smtp://127.0.0.1:{mail_port}"
        yield received
    finally:
        mailbox.stop()
        pushes.shutdown()
        pushes.server_close()
        thread.join()


def _html_of(mail: EmailMessage) -> str:
    """The mail's HTML, told that its links open outside the frame that it stands in."""
    part = mail.get_body(("html",))
    html = str(part.get_content()) if part is not None else ""
    start, head, rest = html.partition("<head>")
    return f'{start}{head}<base target="_blank">{rest}' if head else f'<base target="_blank">{html}'
