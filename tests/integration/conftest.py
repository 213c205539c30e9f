"""What several tests share: migrated databases, open; parsing children; an outlet that a test writes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

import pytest

from digest.stages.extract import ParserPool
from digest.storage import Storage, open_storage, upgrade_storage


@pytest.fixture
def storage(database_url: str) -> Iterator[Storage]:
    """Runs the test twice, once on each engine."""
    upgrade_storage(database_url)
    opened = open_storage(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_storage(sqlite_url: str) -> Iterator[Storage]:
    """For what does not depend on the engine."""
    upgrade_storage(sqlite_url)
    opened = open_storage(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")  # tests of many modules take turns, and children cost a second each to start
def parsers() -> Iterator[ParserPool]:
    with ParserPool(size=2, seconds=20, memory_mb=1024) as pool:
        yield pool


Respond: TypeAlias = Callable[[str], tuple[int, bytes]]
"""Path to status and body; `/feed` is a feed, everything else a page. The body of a 3xx is where it leads."""
Publish: TypeAlias = Callable[[Respond], AbstractContextManager[str]]


@pytest.fixture
def publish_outlet() -> Publish:
    """Serves an outlet on loopback until the block ends; gives its address."""

    @contextmanager
    def publish(respond: Respond) -> Iterator[str]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = respond(self.path)
                self.send_response(status)
                self.send_header("Content-Type", "application/rss+xml" if self.path == "/feed" else "text/html")
                if 300 <= status < 400:
                    self.send_header("Location", body.decode())
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        server.server_close()
        thread.join()

    return publish
