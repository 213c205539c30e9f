"""Servers on loopback that the client is tried on: one that behaves, and whatever a test writes to misbehave."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from digest.net import AddressGuard, GuardedClient

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server that gives each connection to `handler`; all of them end with the block."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
                await handler(reader, writer)
                await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """Answers by path; 404 for the rest. Remembers what it was asked."""

    pages: dict[str, bytes]
    """Path to the whole answer, head and body."""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            asked = await read_request(reader)
            self.asked.append(asked)
            writer.write(self.pages.get(asked.path, answer(b"", status="404 Not Found")))


async def read_request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method=method, path=path, headers=headers, body=body)


def answer(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def redirect(target: str, status: str = "302 Found") -> bytes:
    return answer(b"", f"Location: {target}", status=status)


def client_for(
    *opened: str, guard: AddressGuard | None = None, timeout_seconds: float = 2.0, tls: ssl.SSLContext | None = None
) -> GuardedClient:
    """A client that may reach the `host:port` pairs, with bounds that a test can run into."""
    return GuardedClient(
        guard or AddressGuard(opened),
        timeout_seconds=timeout_seconds,
        max_bytes=50_000,
        user_agent="Rejoinder/test",
        tls=tls,
    )
