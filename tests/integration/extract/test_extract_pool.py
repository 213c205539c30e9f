"""The pool with real children: what comes back, what they cost, how they end, and what they cannot do."""

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import digest.stages.extract
from digest.errors import ExtractError, FeedError
from digest.model.feed import Feed
from digest.stages.extract import MAX_BODY_BYTES, ParserPool
from digest.stages.extract.child.cage import OutOfTimeError, computing_for_at_most, opening_nothing
from tests.corpus.feed_mutations import mutated_feeds
from tests.corpus.feeds import WELL_FORMED
from tests.corpus.hostile_feeds import BROKEN, HOSTILE

URL = "https://courier.example/feed"
FEED = WELL_FORMED["RSS 2.0"]
PAGE = ("<html lang=en><title>Ferry</title><body>" + "<p>The council froze the ferry fares again.</p>" * 20).encode()


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(size=1) as pool:
        yield pool


def child_of(pool: ParserPool) -> psutil.Process:
    (number,) = pool.process_ids()
    return psutil.Process(number)


def test_a_feed_and_a_page_come_back_whole(pool: ParserPool) -> None:
    feed = pool.parse_feed(FEED, url=URL, content_type="application/rss+xml")
    assert [entry.title for entry in feed.entries][1] == "Second report"
    assert feed.entries[0].published_at is not None
    assert feed.entries[0].published_at.utcoffset() is not None
    assert pool.extract_article(PAGE, url=URL).text.startswith("The council froze")


def test_the_same_child_reads_many_inputs(pool: ParserPool) -> None:
    before = [pool.parse_feed(body, url=URL) and pool.process_ids() for body in WELL_FORMED.values()]
    assert len(set(before)) == 1


@pytest.mark.parametrize("body", [b"/etc/passwd", b"file:///etc/passwd", b"http://127.0.0.1:9/feed", b"", b"<html>"])
def test_a_body_that_is_a_path_or_an_address_is_no_feed(pool: ParserPool, body: bytes) -> None:
    with pytest.raises(FeedError) as refused:
        pool.parse_feed(body, url=URL)
    assert refused.value.source == URL


def test_too_many_bytes_are_refused_at_the_door() -> None:
    with ParserPool() as pool:
        with pytest.raises(FeedError, match="larger than 16 MB"):
            pool.parse_feed(bytes(60_000_000), url=URL)
        with pytest.raises(ExtractError, match="larger than 16 MB"):
            pool.extract_article(bytes(MAX_BODY_BYTES + 1), url=URL)
        assert pool.process_ids() == ()


def test_a_child_that_hangs_is_replaced() -> None:
    with ParserPool(size=1, seconds=0.5) as pool:
        pool.parse_feed(FEED, url=URL)
        hung = child_of(pool)
        hung.send_signal(signal.SIGSTOP)
        with pytest.raises(FeedError, match=r"took longer than 0\.5 seconds"):
            pool.parse_feed(FEED, url=URL)
        assert not hung.is_running()
        assert pool.parse_feed(FEED, url=URL).title == "The Harbour Courier"


def test_a_feed_that_takes_too_much_computing_is_given_up_and_its_child_lives_on() -> None:
    with ParserPool(size=1, seconds=2.0) as pool:
        pool.parse_feed(FEED, url=URL)
        before = pool.process_ids()
        for kind in ("a hundred thousand attributes", "a hundred thousand dates"):
            with pytest.raises(FeedError, match=r"takes more than 0\.2 seconds of computing"):
                pool.parse_feed(HOSTILE[kind], url=URL)
            assert pool.parse_feed(FEED, url=URL).entries
        assert pool.process_ids() == before


def test_a_child_killed_in_the_middle_costs_its_input_alone() -> None:
    with ParserPool(size=1) as pool, ThreadPoolExecutor(1) as thread:
        pool.parse_feed(FEED, url=URL)
        child = child_of(pool)
        child.send_signal(signal.SIGSTOP)
        under_way = thread.submit(pool.parse_feed, FEED, url=URL)
        while not pool._busy:
            threading.Event().wait(0.001)
        child.kill()
        with pytest.raises(FeedError, match=r"ended its parser \(signal 9\)"):
            under_way.result(timeout=30)
        assert pool.parse_feed(FEED, url=URL).entries


def test_a_child_found_dead_costs_no_input() -> None:
    with ParserPool(size=1) as pool:
        pool.parse_feed(FEED, url=URL)
        child = child_of(pool)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert pool.parse_feed(FEED, url=URL).entries


def test_an_input_that_needs_too_much_memory_costs_itself_alone() -> None:
    with ParserPool(size=1, seconds=60, memory_mb=256) as pool:
        with pytest.raises(FeedError, match="needs more memory than one input may take"):
            pool.parse_feed(b'{"items": [' + b"{}," * 5_000_000 + b"{}]}", url=URL)
        assert pool.process_ids() == ()
        assert pool.parse_feed(FEED, url=URL).entries


def test_many_threads_share_few_children() -> None:
    with ParserPool(size=2) as pool, ThreadPoolExecutor(8) as threads:

        def read(number: int) -> Feed | None:
            if number % 3:
                return pool.parse_feed(FEED, url=URL)
            pool.extract_article(PAGE, url=URL)
            return None

        feeds = list(threads.map(read, range(30)))
        assert sum(feed is not None for feed in feeds) == 20
        assert len(pool.process_ids()) <= 2


def test_a_closed_pool_refuses_and_leaves_no_process() -> None:
    pool = ParserPool(size=1)
    pool.parse_feed(FEED, url=URL)
    child = child_of(pool)
    pool.close()
    assert not child.is_running()
    with pytest.raises(FeedError, match="closed"):
        pool.parse_feed(FEED, url=URL)
    pool.close()


def test_a_child_ends_when_its_parent_is_killed() -> None:
    program = (
        "import os, signal; from digest.stages.extract import ParserPool; pool = ParserPool(size=1)\n"
        f"pool.parse_feed({FEED!r}, url='{URL}'); print(*pool.process_ids(), flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    child.wait(timeout=10)


def test_a_child_knows_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SECRET_KEY", "secret")
    with ParserPool(size=1) as pool:
        pool.parse_feed(FEED, url=URL)
        assert not any(name.startswith("DIGEST_") for name in child_of(pool).environ())


def test_the_functions_need_no_pool_of_the_callers() -> None:
    assert digest.stages.extract.parse_feed(FEED, url=URL).entries
    assert digest.stages.extract.extract_article(PAGE, url=URL).text
    with pytest.raises(FeedError):
        digest.stages.extract.parse_feed(b"", url=URL)
    with pytest.raises(ExtractError):
        digest.stages.extract.extract_article(b"", url=URL)


@pytest.mark.parametrize(
    "act",
    [
        "open('/etc/passwd')",
        "open(__import__('pathlib').Path(__import__('digest').__file__).parent.parent / '.env')",
        "open(__import__('os').devnull, 'w')",
        "__import__('os').open('/tmp/x', 65)",
        "__import__('socket').create_connection(('127.0.0.1', 9))",
        "__import__('socket').getaddrinfo('courier.example', 80)",
        "__import__('urllib.request').request.urlopen('http://127.0.0.1:9/')",
        "__import__('subprocess').run(['true'])",
        "__import__('os').system('true')",
        "__import__('os').fork()",
        "__import__('os').remove('/nonexistent/x')",
    ],
)
def test_a_parser_reaches_no_file_no_network_and_no_program(act: str) -> None:
    program = f"import digest.stages.extract.child.cage as cage\ncage.lock_in(memory_mb=1024)\n{act}"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=_checkout()
    )
    assert "a parser may not" in ended.stderr


@pytest.mark.parametrize("module", ["feeds", "pages"])
def test_a_caged_parser_can_load_what_it_needs_in_256_mb(module: str) -> None:
    program = (
        "import digest.stages.extract.child.cage as cage\ncage.lock_in(memory_mb=256)\n"
        f"import digest.stages.extract.child.{module}, warnings; warnings.simplefilter('ignore')\n"
        "from digest.stages.extract.child import second_opinion; second_opinion._newspaper()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=_checkout(), env={"OPENBLAS_NUM_THREADS": "1"})


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("digest.stages.extract", {"feedparser", "newspaper", "trafilatura", "lxml"}),
        ("digest.stages.extract.child.feeds", {"newspaper", "trafilatura"}),
        ("digest.stages.extract.child.pages", {"feedparser", "newspaper"}),
    ],
)
def test_parsers_are_loaded_only_where_they_are_used(module: str, absent: set[str]) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=_checkout()
    )
    assert absent.isdisjoint(loaded.stdout.split())


def test_readability_reads_what_trafilatura_finds_nothing_in(pool: ParserPool) -> None:
    sentence = "The council froze the ferry fares again after a long debate of its members about money."
    html = f"<html><title>Ferry</title><body><div>{f'<span>{sentence}</span>' * 9}</div></body></html>".encode()
    page = pool.extract_article(html, url=URL)
    assert page.extractor == "readability"
    assert sentence in page.text


def test_mutated_feeds_end_in_a_feed_or_a_feed_error(pool: ParserPool) -> None:
    feeds = 0
    for body in mutated_feeds(300, seed=7):
        with suppress(FeedError):
            feeds += bool(pool.parse_feed(body, url=URL).entries)
    assert feeds > 100


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_feed_ends_in_a_feed_or_a_feed_error(pool: ParserPool, kind: str) -> None:
    with suppress(FeedError):
        feed = pool.parse_feed(HOSTILE[kind], url=URL)
        assert len(feed.entries) <= 500
        assert "root:" not in repr(feed)
    assert pool.parse_feed(FEED, url=URL).title == "The Harbour Courier"


def test_a_broken_feed_that_gives_entries_is_kept_with_a_warning(pool: ParserPool) -> None:
    feed = pool.parse_feed(BROKEN["cut off in the second entry"], url=URL)
    assert feed.entries
    assert "not well-formed" in (feed.warning or "")


_ROGUES = {
    "ends at once": ("sys.exit()", "ended its parser"),
    "dies in its answer": ("answer(b'x' * 9, length=10); os.abort()", "ended its parser"),
    "answers with what is no JSON": ("answer(b'{]')", "makes no sense"),
    "answers with JSON of another kind": ("answer(b'[1, 2]')", "makes no sense"),
    "answers with JSON in itself": ("answer(b'[' * 100_000)", "makes no sense"),
    "announces an answer without end": ("answer(b'', length=1 << 60)", "answer without end"),
    "answers for ever": ("answer(b'', length=90_000_000)\nwhile True: say(b'x' * 9)", "took longer"),
    "answers by a byte at a time": (
        "answer(b'', length=9_000)\nwhile True: say(b'x'); time.sleep(0.01)",
        "took longer",
    ),
    "closes its pipe and stays": ("os.close(1); time.sleep(60)", "close its pipe"),
    "never reads": ("time.sleep(60)", "took longer"),
    "answers as nobody does": ("answer(b'because', verdict=9)", "because"),
}
_ROGUE = """
import os, struct, sys, time
def say(data): os.write(1, data)
def answer(data, *, verdict=0, length=None):
    say(struct.pack("!BQ", verdict, len(data) if length is None else length) + data)
answer(b"")
"""


@pytest.mark.parametrize("kind", _ROGUES)
def test_whatever_a_child_does_its_input_ends_in_an_error_of_its_kind(kind: str) -> None:
    act, words = _ROGUES[kind]
    program = (sys.executable, "-c", f"{_ROGUE}{act}\ntime.sleep(60)")
    with ParserPool(size=1, seconds=0.5, program=program) as pool, pytest.raises(FeedError, match=words):
        pool.parse_feed(FEED, url=URL)
    with ParserPool(size=1, seconds=0.5, program=program) as pool, pytest.raises(ExtractError, match=words):
        pool.extract_article(PAGE, url=URL)


def test_a_parser_that_cannot_be_started_is_a_feed_error() -> None:
    with (
        ParserPool(program=("/nonexistent/python",)) as pool,
        pytest.raises(FeedError, match="no parser could be started"),
    ):
        pool.parse_feed(FEED, url=URL)


def test_a_child_that_speaks_before_it_is_asked_is_replaced() -> None:
    talker = _ROGUE + "os.read(0, 9_999)\nsay(struct.pack('!BQ', 1, 3) + b'one' + struct.pack('!BQ', 1, 3) + b'two')\n"
    with ParserPool(size=1, program=(sys.executable, "-c", talker + "time.sleep(60)")) as pool:
        with pytest.raises(FeedError, match="the feed one"):
            pool.parse_feed(FEED, url=URL)
        before = pool.process_ids()
        with pytest.raises(FeedError, match="the feed one"):
            pool.parse_feed(FEED, url=URL)
        assert pool.process_ids() != before


def test_neither_feed_nor_page_reaches_a_server_that_it_names(pool: ParserPool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        there = f"http://127.0.0.1:{server.getsockname()[1]}"
        for kind in HOSTILE:
            if "from the network" in kind or kind == "an address":
                with suppress(FeedError):
                    pool.parse_feed(HOSTILE[kind].replace(b"http://127.0.0.1:9", there.encode()), url=f"{there}/feed")
        with suppress(FeedError):
            pool.parse_feed(f"{there}/feed".encode(), url=f"{there}/feed")
        head = f'<!DOCTYPE html SYSTEM "{there}/dtd"><html><meta http-equiv=refresh content="0;url={there}/other">'
        images = f'<link rel=stylesheet href="{there}/css"><img src="{there}/1.png"><iframe src="{there}/2"></iframe>'
        pool.extract_article(head.encode() + PAGE + images.encode(), url=f"{there}/page")
        with pytest.raises(BlockingIOError):
            server.accept()


def test_while_a_feed_is_read_the_system_opens_nothing_for_anybody() -> None:
    with opening_nothing():
        with pytest.raises(OSError, match="Too many open files"):
            Path(__file__).read_text()
        with pytest.raises(OSError, match="Too many open files"):
            socket.socket()
    assert Path(__file__).read_text()


def test_computing_ends_where_it_is_not_waited_for() -> None:
    with pytest.raises(OutOfTimeError), computing_for_at_most(0.05):
        sum(1 for _ in itertools.count())
    with pytest.raises(OutOfTimeError), computing_for_at_most(0.05):
        re.match("(a*)*b", "a" * 60)


def test_failures_in_a_row_leave_no_process_thread_or_file_open() -> None:
    own = psutil.Process()
    with ParserPool(size=2, program=(sys.executable, "-S", "-c", "pass")) as pool:
        counts = []
        for _ in range(3):
            for _ in range(20):
                with pytest.raises(FeedError):
                    pool.parse_feed(FEED, url=URL)
            counts.append((own.num_fds(), own.num_threads(), len(own.children())))
        assert counts[0] == counts[1] == counts[2]
    with ParserPool(size=1) as pool:
        open_files = []
        for _ in range(3):
            for _ in range(100):
                with pytest.raises(FeedError):
                    pool.parse_feed(b"/etc/passwd", url=URL)
            open_files.append(child_of(pool).num_fds())
        assert open_files[0] == open_files[2]


def _checkout() -> Path:
    return Path(digest.__file__).parent.parent
