"""A server that means harm costs at most the deadline and the byte cap, and its error is one plain clause."""

import asyncio
import gzip
import re
import socket
import struct
import threading
import tracemalloc
import zlib

import brotli
import pytest

import digest.net.client
from digest.errors import BlockedAddressError, FetchError
from digest.net import AddressGuard, Response
from tests.integration.net.servers import Handler, answer, client_for, read_request, redirect, serving

DEADLINE = 0.25
ZEROS = bytes(30_000_000)
HEAD = b"HTTP/1.1 200 OK\r\n"


async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


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


def pours(start: bytes, drop: bytes) -> Handler:
    """Says `start`, and then `drop` for ever."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(start)
        while True:
            writer.write(drop)
            await writer.drain()

    return handler


def says(reply: bytes) -> Handler:
    """Says this and hangs up."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(reply)

    return handler


def says_and_falls_silent(reply: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(reply)
        await reader.read()

    return handler


def resets_after(start: bytes) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(start)
        await writer.drain()
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return handler


async def answers_unasked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(b"news"))
    await reader.read()


async def hangs_up_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


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


NEWS = b"news" * 999
GZIP = gzip.compress(NEWS)
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def of_length(length: bytes) -> bytes:
    return HEAD + b"Content-Length: " + length + b"\r\n\r\nshort"


def packed(coding: str, body: bytes) -> bytes:
    return answer(body, f"Content-Encoding: {coding}")


TOO_LATE, TOO_LARGE, TOO_MUCH_HEAD = "took longer than 0.25 seconds", "larger than 50,000 bytes", "headers are longer"
NO_ANSWER, BROKEN_OFF, NO_HTTP = "hung up without an answer", "in the middle of its answer", "is no HTTP"
LENGTH, PIECES = "wrong about the length", "pieces that do not fit"
DAMAGED, CUT_SHORT, NOT_OFFERED = "compressed and damaged", "compressed and cut short", "in a way we did not offer"

# Who never comes to an end, and what ends it.
TIRING: dict[str, tuple[Handler, str]] = {
    "accepts and says nothing": (never_answers, TOO_LATE),
    "headers byte by byte": (drips_its_headers, TOO_LATE),
    "body byte by byte": (drips_its_body, TOO_LATE),
    "half the headers": (says_and_falls_silent(HEAD), TOO_LATE),
    "length too long": (says_and_falls_silent(of_length(b"100")), TOO_LATE),
    "chunk of 2**64 bytes": (says_and_falls_silent(CHUNKED + b"F" * 16 + b"\r\nx"), TOO_LATE),
}
ENDLESS: dict[str, tuple[Handler, str]] = {
    "body": (pours(HEAD + b"\r\n", b"x" * 4096), TOO_LARGE),
    "body of a great length": (pours(HEAD + b"Content-Length: 999999999999\r\n\r\n", b"x" * 4096), TOO_LARGE),
    "chunks": (pours(CHUNKED, b"1;" + b"e" * 4000 + b"\r\nx\r\n"), TOO_LARGE),
    "extension of a chunk": (pours(CHUNKED + b"1;", b"e" * 4096), TOO_MUCH_HEAD),
    "size of a chunk": (pours(CHUNKED, b"0" * 4096), TOO_MUCH_HEAD),
    "trailers": (pours(CHUNKED + b"1\r\nx\r\n0\r\n", b"X: y\r\n" * 500), TOO_MUCH_HEAD),
    "one trailer": (pours(CHUNKED + b"1\r\nx\r\n0\r\nX: ", b"y" * 4096), TOO_MUCH_HEAD),
    "headers": (pours(HEAD, b"X-Header: y\r\n" * 100), TOO_MUCH_HEAD),
    "one header": (pours(HEAD + b"X: ", b"y" * 4096), TOO_MUCH_HEAD),
    "status line": (pours(b"HTTP/1.1 200 ", b"y" * 4096), TOO_MUCH_HEAD),
    "interim answers": (pours(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100), "does not get past its headers"),
    "empty lines": (pours(b"", b"\r\n" * 1000), NO_HTTP),
    "redirect to itself": (sends(redirect("/")), "redirects more than 5 times"),
    "redirects ever on": (redirects_for_ever(), "redirects more than 5 times"),
    "redirect with a body": (pours(b"HTTP/1.1 302 F\r\nLocation: /\r\n\r\n", b"x" * 4096), "redirects more than 5"),
    "gzip": (sends(GZIP_BOMB), TOO_LARGE),
    "deflate": (sends(DEFLATE_BOMB), TOO_LARGE),
    "brotli": (sends(BROTLI_BOMB), TOO_LARGE),
    "members of a gzip": (pours(HEAD + b"Content-Encoding: gzip\r\n\r\n", GZIP), TOO_LARGE),
    "empty members of a gzip": (pours(HEAD + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"") * 9), TOO_LARGE),
}
WRONG: dict[str, tuple[Handler, str]] = {
    "hangs up at once": (hangs_up_at_once, r"hung up|broke off"),
    "hangs up when asked": (says(b""), NO_ANSWER),
    "only an interim answer": (says(b"HTTP/1.1 100 Continue\r\n\r\n"), NO_ANSWER),
    "HTTP/0.9": (says(b"<html>hello</html>"), NO_ANSWER),
    "hangs up in its headers": (says(HEAD + b"X: y\r\n"), NO_ANSWER),
    "resets before it answers": (resets_after(b""), "broke off"),
    "resets in its headers": (resets_after(HEAD + b"X: "), "broke off"),
    "resets in its body": (resets_after(HEAD + b"Content-Length: 1000\r\n\r\nx"), "broke off"),
    "another protocol": (says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), NO_HTTP),
    "noise": (says(bytes(range(256)) * 20), NO_HTTP),
    "zeros": (says(bytes(5000)), NO_HTTP),
    "HTTP/2": (says(b"HTTP/2 200\r\n\r\n"), NO_HTTP),
    "another protocol by upgrade": (says(b"HTTP/1.1 101 On\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), NO_HTTP),
    "status of five digits": (says(b"HTTP/1.1 99999 No\r\n\r\n"), NO_HTTP),
    "status below zero": (says(b"HTTP/1.1 -20 No\r\n\r\n"), NO_HTTP),
    "status of zeros": (says(b"HTTP/1.1 000 No\r\n\r\n"), NO_HTTP),
    "header without a colon": (says(HEAD + b"broken\r\n\r\n"), "among its headers"),
    "header with a zero byte": (says(HEAD + b"X: a\0b\r\n\r\n"), "among its headers"),
    "length cut short": (says(of_length(b"100")), BROKEN_OFF),
    "length below zero": (says(of_length(b"-5")), LENGTH),
    "length in letters": (says(of_length(b"five")), LENGTH),
    "length in other digits": (says(of_length(b"\xb2")), LENGTH),
    "length of 5,000 digits": (says(of_length(b"9" * 5000)), LENGTH),
    "two lengths": (says(of_length(b"5\r\nContent-Length: 6")), LENGTH),
    "two lengths in one": (says(of_length(b"5, 6")), LENGTH),
    "unknown wrapping": (says(HEAD + b"Transfer-Encoding: gzip\r\n\r\nx"), "wrapped in a way"),
    "chunked twice": (says(HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\nx"), "wrapped in a way"),
    "chunk size in letters": (says(CHUNKED + b"zz\r\nx\r\n"), PIECES),
    "chunk size below zero": (says(CHUNKED + b"-1\r\nx\r\n0\r\n\r\n"), PIECES),
    "chunk longer than its size": (says(CHUNKED + b"1\r\nxyz\r\n0\r\n\r\n"), PIECES),
    "chunk cut short": (says(CHUNKED + b"5\r\nx"), BROKEN_OFF),
    "no last chunk": (says(CHUNKED + b"1\r\nx\r\n"), BROKEN_OFF),
    "gzip that is none": (says(packed("gzip", b"not gzip")), DAMAGED),
    "gzip with a wrong sum": (says(packed("gzip", GZIP[:-8] + b"12345678")), DAMAGED),
    "gzip cut short": (says(packed("gzip", GZIP[:-9])), CUT_SHORT),
    "deflate cut short": (says(packed("deflate", zlib.compress(NEWS)[:-9])), CUT_SHORT),
    "brotli that is none": (says(packed("br", b"\xff" * 99)), DAMAGED),
    "brotli cut short": (says(packed("br", brotli.compress(NEWS)[:-3])), CUT_SHORT),
    "gzip in gzip": (sends(DOUBLE_BOMB), NOT_OFFERED),
    "gzip in gzip in two headers": (says(answer(GZIP, *["Content-Encoding: gzip"] * 2)), NOT_OFFERED),
    "unknown coding": (says(packed("zstd", b"?")), NOT_OFFERED),
    "redirect to no address": (sends(redirect("http://[::1")), "no web address"),
    "redirect to a line end": (sends(redirect("/\x01")), "no web address"),
    "redirect to noise": (sends(redirect("http://\xff\xfe/")), "no web address"),
    "redirect of 70 kB": (sends(redirect("/" + "a" * 70_000)), "no web address"),
}


async def _meets(handler: Handler, *, seconds: float, scheme: str = "http") -> Response | FetchError:
    """What comes of asking; fails when the client leaves a connection or a task behind."""
    before = asyncio.all_tasks()
    async with serving(handler) as port, client_for(f"127.0.0.1:{port}", timeout_seconds=seconds) as client:
        try:
            result: Response | FetchError = await client.get(f"{scheme}://127.0.0.1:{port}/")
        except FetchError as error:
            result = error
        assert all(connection.is_idle() for connection in client._pool.connections)
    assert asyncio.all_tasks() == before
    return result


def _is_refused(result: Response | FetchError, words: str) -> None:
    assert isinstance(result, FetchError), result
    assert re.search(words, str(result)), str(result)
    assert "bytearray" not in str(result)
    assert str(result)[-1] not in ".!"


def _of(table: dict[str, tuple[Handler, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("handler", "words"), table.values(), ids=table.keys())


@_of(TIRING)
def test_server_that_tires_us_out_costs_the_deadline(handler: Handler, words: str) -> None:
    _is_refused(asyncio.run(_meets(handler, seconds=DEADLINE)), words)


@_of(ENDLESS)
def test_server_without_an_end_costs_the_byte_cap_long_before_the_deadline(handler: Handler, words: str) -> None:
    _is_refused(asyncio.run(_meets(handler, seconds=60)), words)


@_of(WRONG)
def test_server_that_is_wrong_is_told_in_one_plain_clause(handler: Handler, words: str) -> None:
    _is_refused(asyncio.run(_meets(handler, seconds=60)), words)


@pytest.mark.parametrize(
    ("handler", "seconds", "words"),
    [
        (never_answers, DEADLINE, TOO_LATE),
        (answers_unasked, 60, "could not be connected to"),
    ],
    ids=["says nothing", "speaks without a seal"],
)
def test_handshake_that_never_comes_costs_the_deadline(handler: Handler, seconds: float, words: str) -> None:
    _is_refused(asyncio.run(_meets(handler, seconds=seconds, scheme="https")), words)


def test_body_in_tiny_pieces_is_refused_before_it_costs_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest.net.client, "MAX_PIECES", 500)
    handler = pours(CHUNKED, b"1\r\nx\r\n" * 100)
    _is_refused(asyncio.run(_meets(handler, seconds=60)), "more than 500 pieces")


@pytest.mark.parametrize(
    ("reply", "status", "body"),
    [
        (of_length(b"2"), 200, b"sh"),
        (of_length(b"5\r\nContent-Length: 5"), 200, b"short"),
        (of_length(b"3\r\nTransfer-Encoding: chunked").replace(b"short", b"1\r\nx\r\n0\r\n\r\n"), 200, b"x"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", 200, b"old"),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", 200, b"hi"),
        (b"HTTP/1.1 999 No\r\nContent-Length: 2\r\n\r\nhi", 999, b""),
        (b"HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\nabc", 204, b""),
        (packed("gzip", GZIP + b"rubbish"), 200, NEWS),
        (packed("gzip", GZIP + GZIP), 200, NEWS + NEWS),
        (packed("GZIP", GZIP), 200, NEWS),
        (packed("gzip", b""), 200, b""),
        (packed("br", b""), 200, b""),
        (packed("deflate", zlib.compress(NEWS)), 200, NEWS),
        (packed("deflate", zlib.compress(NEWS)[2:-4]), 200, NEWS),
    ],
)
def test_server_that_is_only_odd_is_understood(reply: bytes, status: int, body: bytes) -> None:
    result = asyncio.run(_meets(says(reply), seconds=60))
    assert isinstance(result, Response)
    assert (result.status, result.body) == (status, body)


def test_endless_page_of_an_error_is_not_read() -> None:
    result = asyncio.run(_meets(pours(b"HTTP/1.1 404 No\r\n\r\n", b"x" * 4096), seconds=60))
    assert isinstance(result, Response)
    assert result.wire_bytes < 300_000


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


@_of(ENDLESS)
def test_server_without_an_end_takes_little_memory(handler: Handler, words: str) -> None:
    tracemalloc.start()
    try:
        asyncio.run(_meets(handler, seconds=60))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


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

    async def ask() -> None:
        async with client_for(guard=AddressGuard(lookup=lookup), timeout_seconds=DEADLINE) as client:
            with pytest.raises(FetchError, match="took longer"):
                await client.get("https://press.example/")

    try:
        asyncio.run(ask())
    finally:
        is_over.set()
