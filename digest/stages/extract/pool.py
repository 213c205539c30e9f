"""The pool of parsing children: long-lived processes, one input at a time each, killed when one costs too much."""

import asyncio
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, ParamSpec, Self, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

import digest
from digest.errors import ExtractError, FeedError
from digest.model.feed import Feed, Page
from digest.model.front_page import FrontPage
from digest.model.opml import FeedList
from digest.stages.extract.wire import ANSWER_HEAD, Kind, Request, Verdict, frame_request

MAX_BODY_BYTES = 16_000_000
"""Larger feeds and pages are refused at the door."""
_MAX_ANSWER_BYTES = 100_000_000
# lxml and feedparser keep some memory of every input; a new child costs 0.3 to 1 s of CPU.
_INPUTS_PER_CHILD = 1000
# Importing the parsers on a slow, busy machine. No bytes from outside are involved, so it may take its time.
_START_SECONDS = 60.0
_CHUNK = 1 << 16
# -P: modules come from the installed packages, never from the folder that the command is called in.
CHILD_PROGRAM = (sys.executable, "-P", "-m", "digest.stages.extract.child")

_FEED = TypeAdapter(Feed)
_PAGE = TypeAdapter(Page)
_FRONT_PAGE = TypeAdapter(FrontPage)
_FEED_LIST = TypeAdapter(FeedList)
Parsed = TypeVar("Parsed", Feed, Page, FrontPage, FeedList)
P = ParamSpec("P")


class _ChildLostError(Exception):
    """The child gave no answer in time, or died; the message is a clause about the input."""


class _RefusedError(Exception):
    """The child answered that it cannot read this; the message is a clause about the input."""


class ParserPool:
    """Parses feeds and pages in at most `size` child processes, each with its own wall clock and memory cap.

    Children start on first need and live for many inputs. Blocking and thread-safe: with more threads than children
    the rest wait. `close` (or leaving the `with` block) ends every child; a child also ends when this process does.

    seconds: wall clock of one input; a tenth of it is what a feed may spend computing.
    memory_mb: address space of one child; 256 is the least that works.
    program: what is started as a child, with seconds and memory_mb added.
    """

    def __init__(
        self,
        size: int = 2,
        seconds: float = 10.0,
        memory_mb: int = 1024,
        *,
        program: tuple[str, ...] = CHILD_PROGRAM,
    ) -> None:
        self._size = size
        self._seconds = seconds
        self._memory_mb = memory_mb
        self._program = program
        self._free = threading.BoundedSemaphore(size)
        # One more than children: its input is at hand when the first of them has done.
        self._threads = ThreadPoolExecutor(max_workers=size + 1, thread_name_prefix="parsing")
        self._lock = threading.Lock()
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._is_closed = False

    def parse_feed(self, body: bytes, *, url: str, content_type: str | None = None) -> Feed:
        """As `digest.stages.extract.parse_feed`."""
        try:
            return self._parsed(Kind.FEED, body, url=url, content_type=content_type, decode=_FEED.validate_json)
        except (_RefusedError, _ChildLostError) as error:
            raise FeedError(f"the feed {error}", source=url) from error

    def extract_article(self, html: bytes, *, url: str) -> Page:
        """As `digest.stages.extract.extract_article`."""
        try:
            return self._parsed(Kind.PAGE, html, url=url, content_type=None, decode=_PAGE.validate_json)
        except (_RefusedError, _ChildLostError) as error:
            raise ExtractError(f"the page {error}", source=url) from error

    def read_front_page(self, html: bytes, *, url: str, content_type: str | None = None) -> FrontPage:
        """What a page says of its site's feeds. Raises ExtractError, and nothing else."""
        try:
            return self._parsed(
                Kind.FRONT_PAGE, html, url=url, content_type=content_type, decode=_FRONT_PAGE.validate_json
            )
        except (_RefusedError, _ChildLostError) as error:
            raise ExtractError(f"the page {error}", source=url) from error

    def parse_opml(self, body: bytes) -> FeedList:
        """The feeds that an OPML file lists. Raises FeedError, and nothing else."""
        try:
            return self._parsed(Kind.OPML, body, url="", content_type=None, decode=_FEED_LIST.validate_json)
        except (_RefusedError, _ChildLostError) as error:
            raise FeedError(f"the list {error}") from error

    async def awaited(self, parse: Callable[P, Parsed], *args: P.args, **kwargs: P.kwargs) -> Parsed:
        """`parse`, which is one of the above, called on threads of the pool's own.

        On the loop's threads a hundred feeds that wait for a child would keep everything else waiting.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(parse, *args, **kwargs))

    def process_ids(self) -> tuple[int, ...]:
        """Of the children that are alive, for those who measure them."""
        with self._lock:
            return tuple(child.process_id for child in (*self._idle, *self._busy) if child.is_alive)

    def close(self) -> None:
        """End every child. Inputs under way fail; later ones are refused."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
            for child in self._busy:
                child.kill()  # the thread that waits for it meets the end of its pipe and cleans up
        for child in idle:
            child.end()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _parsed(
        self, kind: Kind, body: bytes, *, url: str, content_type: str | None, decode: Callable[[bytes], Parsed]
    ) -> Parsed:
        if len(body) > MAX_BODY_BYTES:
            raise _RefusedError(f"is larger than {MAX_BODY_BYTES // 1_000_000} MB")
        request = Request(kind=kind, url=url, content_type=content_type, is_warm_up=False, body=bytes(body))
        with self._free:
            child = self._take(kind)
            try:
                payload = child.ask(request, seconds=self._seconds)
            finally:
                self._put_back(child)
        try:
            return decode(payload)
        except ValidationError as error:
            raise _RefusedError("made the parser give an answer that makes no sense") from error

    def _take(self, kind: Kind) -> "_Child":
        """A child that waits for an input, best one that has read this kind before."""
        with self._lock:
            if self._is_closed:
                raise _ChildLostError("came after the parsers were closed")
            for child in [child for child in self._idle if not child.is_waiting]:
                self._idle.remove(child)
                child.end()
            fitting = [child for child in self._idle if kind in child.kinds]
            if not fitting and len(self._idle) + len(self._busy) >= self._size:
                fitting = self._idle[:1]
            if fitting:
                child = fitting[-1]
                self._idle.remove(child)
            else:
                child = self._new_child()
            self._busy.add(child)
            return child

    def _new_child(self) -> "_Child":
        try:
            return _Child(self._program, seconds=self._seconds, memory_mb=self._memory_mb)
        except OSError as error:
            raise _ChildLostError(f"came when no parser could be started ({error.strerror or error})") from error

    def _put_back(self, child: "_Child") -> None:
        with self._lock:
            self._busy.discard(child)
            if child.is_alive and child.inputs < _INPUTS_PER_CHILD and not self._is_closed:
                self._idle.append(child)
                return
        child.end()


class _Child:
    """One process. Used by one thread at a time; after `_ChildLostError` it is dead."""

    def __init__(self, program: tuple[str, ...], *, seconds: float, memory_mb: int) -> None:
        self.kinds: set[Kind] = set()
        self.inputs = 0
        # PIPE to both ends, nothing else inherited: neither our files nor our environment, which holds secrets.
        self._process = subprocess.Popen(  # noqa: S603 our own interpreter and module
            [*program, str(seconds), str(memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd="/",
            bufsize=0,
        )
        stdin, stdout = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        self._requests, self._answers = stdin.fileno(), stdout.fileno()
        os.set_blocking(self._requests, False)
        os.set_blocking(self._answers, False)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def is_waiting(self) -> bool:
        """Alive, and silent: one that speaks before it is asked would answer for an input that is not its own."""
        return self.is_alive and not _is_ready(self._answers, select.POLLIN, seconds=0)

    @property
    def process_id(self) -> int:
        return self._process.pid

    def ask(self, request: Request, *, seconds: float) -> bytes:
        """The payload of a good answer. Raises _RefusedError, or _ChildLostError once the process is killed."""
        try:
            if request.kind not in self.kinds:
                warm_up = Request(kind=request.kind, url="", content_type=None, is_warm_up=True, body=b"")
                self._exchange(warm_up, seconds=_START_SECONDS)
                self.kinds.add(request.kind)
            self.inputs += 1
            return self._exchange(request, seconds=seconds)
        except _ChildLostError:
            self.end()
            raise

    def kill(self) -> None:
        """End the process; from any thread."""
        self._process.kill()

    def end(self) -> None:
        """End the process, wait for it and close its pipes. Only when nobody else uses it; may be called twice."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _exchange(self, request: Request, *, seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        self._write(frame_request(request), deadline, seconds)
        self._write(request.body, deadline, seconds)
        verdict, length = ANSWER_HEAD.unpack(self._read(ANSWER_HEAD.size, deadline, seconds))
        if length > _MAX_ANSWER_BYTES:
            raise _ChildLostError("made the parser answer without end")
        payload = self._read(length, deadline, seconds)
        if verdict == Verdict.GOOD:
            return payload
        reason = payload[:500].decode("utf-8", "replace")
        raise _RefusedError(reason) if verdict == Verdict.REFUSED else _ChildLostError(reason)

    def _write(self, data: bytes, deadline: float, seconds: float) -> None:
        rest = memoryview(data)
        while rest:
            self._wait(self._requests, select.POLLOUT, deadline, seconds)
            try:
                rest = rest[os.write(self._requests, rest[:_CHUNK]) :]
            except BrokenPipeError as error:
                raise _ChildLostError(self._how_it_died()) from error

    def _read(self, length: int, deadline: float, seconds: float) -> bytes:
        data = bytearray()
        while len(data) < length:
            self._wait(self._answers, select.POLLIN, deadline, seconds)
            part = os.read(self._answers, min(_CHUNK, length - len(data)))
            if not part:
                raise _ChildLostError(self._how_it_died())
            data += part
        return bytes(data)

    def _wait(self, pipe: int, event: int, deadline: float, seconds: float) -> None:
        """Until `pipe` is ready. Raises _ChildLostError when the time is up; the caller kills the process."""
        if not _is_ready(pipe, event, seconds=max(0.0, deadline - time.monotonic())):
            raise _ChildLostError(f"took longer than {seconds:g} seconds to read and was given up")

    def _how_it_died(self) -> str:
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "made the parser close its pipe"
        return f"ended its parser ({f'signal {-code}' if code < 0 else f'exit {code}'})"


def _is_ready(pipe: int, event: int, *, seconds: float) -> bool:
    """Whether `pipe` can be read or written within so long; also when its other end is gone."""
    poll = select.poll()
    poll.register(pipe, event)
    return bool(poll.poll(1000 * seconds))


def _environment() -> dict[str, str]:
    """What the child needs to find the packages and to compute the same everywhere; none of our own variables."""
    return {
        "PYTHONPATH": str(Path(digest.__file__).parent.parent),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "HOME": "/nonexistent",
        "TZ": "UTC",
    }
