"""A press of any number of feeds on loopback, for benchmarks: `python -m bench.feed_server --feeds 1000 --entries 30`.

Prints its port. /feed/N is a feed that knows ETag and 304; /bad/N is one of a server that means harm, each N in one of
the ways of `HARMS`. Every feed is made before the port is printed, so that asking costs the server next to nothing.
"""

import argparse
import asyncio
import gzip
import hashlib
import random
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

WORDS = """
    harbour council ferry budget minister vote school teacher nurse river bridge market tax farm energy housing train
    promise figure report morning evening crowd hall speech answer question plan letter window garden doctor road
    worker union wage price winter summer island valley city street neighbour child library museum court judge law
""".split()  # noqa: SIM905 a list of words reads best as words
BOMB = gzip.compress(b" " * 200_000_000)
HARMS = ("never answers", "one byte a second", "endless body", "endless headers", "redirect loop", "gzip bomb", "reset")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=30)
    options = parser.parse_args(arguments)
    now = datetime.now(UTC)
    feeds = [_feed(number, entries=options.entries, now=now) for number in range(options.feeds)]
    asyncio.run(_serve([(body, f'"{hashlib.sha256(body).hexdigest()[:16]}"') for body in feeds]))


async def _serve(feeds: list[tuple[bytes, str]]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                _, kind, number = head.split(b" ", 2)[1].split(b"/")
                if kind == b"bad":
                    await _harm(HARMS[int(number) % len(HARMS)], number.decode(), writer)
                    break
                writer.write(_answer(head, *feeds[int(number)]))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await asyncio.to_thread(sys.stdin.read)  # until whoever started us closes our standard input


def _answer(head: bytes, body: bytes, etag: str) -> bytes:
    if etag.encode() in head:
        return f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode()
    said = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: {etag}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return said.encode() + body


async def _harm(harm: str, number: str, writer: asyncio.StreamWriter) -> None:
    ok = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
    match harm:
        case "never answers":
            await asyncio.sleep(600)
        case "one byte a second":
            for byte in ok:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1)
        case "endless body":
            writer.write(ok + b"\r\n<rss version='2.0'>")
            while True:
                writer.write(b"<!-- more -->" * 5000)
                await writer.drain()
        case "endless headers":
            writer.write(ok)
            while True:
                writer.write(b"X-More: " + b"x" * 1000 + b"\r\n")
                await writer.drain()
        case "redirect loop":
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: /bad/{number}\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()
        case "gzip bomb":
            writer.write(ok + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB)
            await writer.drain()
        case _:
            writer.transport.abort()


def _feed(number: int, *, entries: int, now: datetime) -> bytes:
    """A feed as outlets write them: a teaser, and a text of four paragraphs that is long enough to need no page."""
    draw = random.Random(number)
    items = []
    for index in range(entries):
        moment = format_datetime(now - timedelta(minutes=17 * index + number % 60))
        words = [draw.choice(WORDS) for _ in range(180)]
        title = " ".join(words[:9]).capitalize()
        paragraphs = "".join(f"<p>{' '.join(words[at : at + 45]).capitalize()}.</p>\n" for at in range(0, 180, 45))
        link = f"http://127.0.0.1/{number}/{index}"
        items.append(
            f"<item><title>{title}</title><link>{link}</link><guid isPermaLink='false'>{number}-{index}</guid>"
            f"<pubDate>{moment}</pubDate><dc:creator>Ida Brandt</dc:creator><category>Politics</category>"
            f"<description><![CDATA[<p>{' '.join(words[:30])} <a href='{link}'>…</a></p>]]></description>"
            f"<content:encoded><![CDATA[{paragraphs}<p><a href='/more'>More on this</a></p>]]></content:encoded></item>"
        )
    return (
        "<?xml version='1.0' encoding='UTF-8'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' "
        "xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
        f"<title>Courier {number}</title><link>http://127.0.0.1/{number}</link><language>en</language>"
        f"{''.join(items)}</channel></rss>"
    ).encode()


if __name__ == "__main__":
    main()
