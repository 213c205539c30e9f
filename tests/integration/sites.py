"""A site on loopback whose every answer a test writes, with redirects; it remembers what it was asked."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, kw_only=True)
class Answer:
    body: str = ""
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    location: str = ""


@dataclass
class LoopbackSite:
    base: str
    asked: list[str] = field(default_factory=list)

    @property
    def opened(self) -> str:
        """As DIGEST_ALLOW_PRIVATE names it."""
        return self.base.removeprefix("http://")


@contextmanager
def serve_site(answers: Mapping[str, Answer | str]) -> Iterator[LoopbackSite]:
    """Answers by path and query; 404 for the rest. A text is an answer of its own; BASE in it is the site's address."""
    site = LoopbackSite(base="")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            answer = answers.get(self.path, Answer(status=404))
            answer = Answer(body=answer) if isinstance(answer, str) else answer
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            if answer.location:
                self.send_header("Location", answer.location.replace("BASE", site.base))
            self.end_headers()
            self.wfile.write(answer.body.replace("BASE", site.base).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def a_feed(title: str, *headlines: str, site: str = "BASE/", language: str = "en-gb") -> str:
    """RSS with an entry per headline, an hour apart, the first one newest."""
    items = "".join(
        f"<item><title>{headline}</title><guid>{title}-{number}</guid>"
        f"<link>{site}{title.replace(' ', '-')}/{number}</link>"
        f"<pubDate>Tue, 24 Nov 2026 {20 - number:02}:00:00 GMT</pubDate>"
        "<description>Some words of it.</description></item>"
        for number, headline in enumerate(headlines or ("One", "Two", "Three"))
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title><link>{site}</link>'
        f"<language>{language}</language>{items}</channel></rss>"
    )


def a_link(href: str, title: str = "", kind: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{kind}" title="{title}" href="{href}">'
