"""A server that means harm costs at most the deadline and the byte cap, and its error is one plain clause."""

import asyncio
import gzip
import socket
import struct
import threading
import time
import tracemalloc
import zlib

import brotli
import pytest

from digest.errors import BlockedAddressError, FetchError
from digest.net import AddressGuard
from tests.integration.net.servers import Handler, answer, client_for, read_request, redirect, serving

DEADLINE = 0.25
ZEROS = bytes(30_000_000)
HEAD = b"HTTP/1.1 200 OK\r\n"


async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def _drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


async def drips_its_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _drip(writer, HEAD + b"X: y\r\n" * 100)


async def drips_its_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n")
    await _drip(writer, b"x" * 1000)


async def _pour(writer: asyncio.StreamWriter, start: bytes, drop: bytes) -> None:
    writer.write(start)
    while True:
        writer.write(drop)
        await writer.drain()


async def endless_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _pour(writer, HEAD + b"\r\n", b"x" * 4096)


async def endless_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _pour(writer, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1;" + b"e" * 4000 + b"\r\nx\r\n")


async def endless_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _pour(writer, HEAD, b"X-Header: y\r\n" * 100)


async def endless_interim_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _pour(writer, b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)


async def promises_more_than_it_sends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(HEAD + b"Content-Length: 100\r\n\r\nshort")


async def says_two_lengths(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nshort")


async def is_no_web_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\nx")
    await writer.drain()
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def sends(reply: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(reply)

    return handler


def redirects_for_ever() -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked = await read_request(reader)
            writer.write(redirect(f"{asked.path}x"))

    return handler


GZIP_BOMB = answer(gzip.compress(ZEROS), "Content-Encoding: gzip")
DEFLATE_BOMB = answer(zlib.compress(ZEROS), "Content-Encoding: deflate")
BROTLI_BOMB = answer(brotli.compress(ZEROS, quality=5), "Content-Encoding: br")
DOUBLE_BOMB = answer(gzip.compress(gzip.compress(ZEROS)), "Content-Encoding: gzip, gzip")


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (never_answers, "took longer than 0.25 seconds"),
        (drips_its_headers, "took longer than 0.25 seconds"),
        (drips_its_body, "took longer than 0.25 seconds"),
        (endless_body, "larger than 50,000 bytes"),
        (endless_chunks, "larger than 50,000 bytes"),
        (endless_headers, "headers are longer"),
        (endless_interim_answers, "larger than 50,000 bytes"),
        (promises_more_than_it_sends, "rules of HTTP"),
        (says_two_lengths, "rules of HTTP"),
        (is_no_web_server, "rules of HTTP"),
        (hangs_up, "rules of HTTP"),
        (resets, "broke off"),
        (sends(GZIP_BOMB), "larger than 50,000 bytes"),
        (sends(DEFLATE_BOMB), "larger than 50,000 bytes"),
        (sends(BROTLI_BOMB), "larger than 50,000 bytes"),
        (sends(DOUBLE_BOMB), "compressed in a way we did not offer"),
        (sends(answer(b"not gzip", "Content-Encoding: gzip")), "compressed and damaged"),
        (sends(answer(b"?", "Content-Encoding: zstd")), "compressed in a way we did not offer"),
        (sends(redirect("/")), "redirects more than 5 times"),
        (redirects_for_ever(), "redirects more than 5 times"),
        (sends(redirect("http://[::1")), "no web address"),
    ],
)
def test_hostile_server_costs_at_most_the_deadline(handler: Handler, words: str) -> None:
    async def ask() -> float:
        async with serving(handler) as port, client_for(f"127.0.0.1:{port}", timeout_seconds=DEADLINE) as client:
            began = time.monotonic()
            with pytest.raises(FetchError, match=words):
                await client.get(f"http://127.0.0.1:{port}/")
            return time.monotonic() - began

    assert asyncio.run(ask()) < DEADLINE + 0.5


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("http://127.0.0.1:1/", "usual ports"),
        ("http://127.0.0.1/", "this machine itself"),
        ("http://[::ffff:127.0.0.1]/", "this machine itself"),
        ("http://169.254.169.254/latest/meta-data/", "secrets"),
        ("http://0x7f.1/", "unusual spelling"),
        ("http://metadata.example/", "leads to 169.254.169.254"),
        ("//user:secret@127.0.0.1/", "user name"),
        ("file:///etc/passwd", "http"),
        ("gopher://127.0.0.1:6379/", "http"),
    ],
)
def test_redirect_to_a_forbidden_place_is_refused(target: str, words: str) -> None:
    async def ask() -> None:
        async with serving(sends(redirect(target))) as port:
            guard = AddressGuard([f"127.0.0.1:{port}"], lookup=lambda host, port: ["169.254.169.254"])
            async with client_for(guard=guard) as client:
                with pytest.raises(BlockedAddressError, match=words):
                    await client.get(f"http://127.0.0.1:{port}/")

    asyncio.run(ask())


@pytest.mark.parametrize("bomb", [GZIP_BOMB, BROTLI_BOMB, DEFLATE_BOMB], ids=["gzip", "brotli", "deflate"])
def test_bomb_takes_no_more_memory_than_cap_and_one_step(bomb: bytes) -> None:
    async def ask() -> None:
        async with serving(sends(bomb)) as port, client_for(f"127.0.0.1:{port}") as client:
            with pytest.raises(FetchError):
                await client.get(f"http://127.0.0.1:{port}/")

    tracemalloc.start()
    try:
        asyncio.run(ask())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6_000_000


def test_deadlines_leave_no_connection_behind() -> None:
    async def ask() -> int:
        async with (
            serving(never_answers) as port,
            client_for(f"127.0.0.1:{port}", timeout_seconds=0.1) as client,
        ):
            results = await asyncio.gather(
                *(client.get(f"http://127.0.0.1:{port}/{number}") for number in range(20)), return_exceptions=True
            )
            assert all(isinstance(result, FetchError) for result in results)
            return len(client._pool.connections)

    assert asyncio.run(ask()) == 0


def test_nothing_listening_is_told_in_words() -> None:
    async def ask() -> None:
        async with serving(never_answers) as port:
            pass
        async with client_for(f"127.0.0.1:{port}") as client:
            with pytest.raises(FetchError, match="could not be connected to"):
                await client.get(f"http://127.0.0.1:{port}/")

    asyncio.run(ask())


def test_name_server_that_never_answers_costs_the_deadline() -> None:
    is_over = threading.Event()

    def lookup(host: str, port: int) -> list[str]:
        is_over.wait(10)
        return []

    async def ask() -> float:
        async with client_for(guard=AddressGuard(lookup=lookup), timeout_seconds=DEADLINE) as client:
            began = time.monotonic()
            with pytest.raises(FetchError, match="took longer"):
                await client.get("https://press.example/")
            return time.monotonic() - began

    try:
        assert asyncio.run(ask()) < DEADLINE + 0.5
    finally:
        is_over.set()
