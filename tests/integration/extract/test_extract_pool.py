"""The pool with real children: what comes back, what they cost, how they end, and what they cannot do."""

import os
import signal
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
from tests.corpus.feeds import WELL_FORMED, mutated_feeds

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


def test_a_parser_that_computes_for_ever_is_stopped_by_the_clock() -> None:
    slow = b"<rss version='2.0'><item " + b" ".join(b"a%d='1'" % number for number in range(50_000)) + b"></item></rss>"
    with ParserPool(size=1, seconds=0.5) as pool, pytest.raises(FeedError, match="took longer"):
        pool.parse_feed(slow, url=URL)


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


def _checkout() -> Path:
    return Path(digest.__file__).parent.parent
