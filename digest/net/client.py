"""The guarded HTTP client: asks for one thing and gives it back, within bounds of time and size.

httpx2's engine (httpcore2) carries the bytes, below its client: a client brings cookies, proxies from the environment,
netrc and redirects of its own, and what is not there cannot be left on. The engine connects through `_GuardedBackend`
alone, so there is no way to an address that the guard has not seen. Keeps nothing between two uses of the client.
"""

import asyncio
import socket
import ssl
import time
from asyncio.trsock import TransportSocket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, TypeAlias
from urllib.parse import urlencode

import httpcore2
import httpx2

from digest import __version__
from digest.errors import FetchError
from digest.net.doors import Door
from digest.net.guard import AddressGuard, Place, check_named
from digest.net.unpacking import unpacker

Veto: TypeAlias = Callable[[str], Awaitable[str | None]]
"""An address to a clause that says why it must not be asked for, or None."""

ROBOT = "Rejoinder"
"""The User-Agent's first word, by which robots.txt files call us (RFC 9309, section 2.2.1)."""
MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT_REDIRECTS = frozenset({301, 308})
REPEATED_REDIRECTS = frozenset({307, 308})
"""Those that ask for the same method and body elsewhere; after the others a form would turn into a GET."""
HEADER_BYTES = 200_000
"""What may come before the head of an answer is complete, and, as framing, on top of a body's bytes.

The engine holds one head to 100 kB and reads 64 kB at a time, but takes interim answers without end.
"""
MAX_PIECES = 50_000
"""Chunks of one body: each costs 25 microseconds whatever its size, so that 10 MB byte by byte would take a minute."""
COMPLAINT_BYTES = 4_000
"""How much of an error answer to a form is kept: a hub says there in a sentence what it did not like."""
FIRST_ADDRESS_SECONDS = 3.0
"""How long one address of several may take to connect before the next is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a server answered, redirects followed. Any status: only what brought no answer is an error."""

    url: str
    """Where the answer came from."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case; values as latin-1, so that they go back as the bytes they came as."""
    body: bytes
    """Decompressed. Empty unless the status is 2xx; after `post`, the first 4 kB of a 4xx or 5xx answer too."""
    wire_bytes: int
    """All that was read from the network for this, headers and redirects included."""
    permanent_url: str | None
    """Where it came from, when every redirect on the way was permanent and none left https."""


def user_agent(contact: str) -> str:
    """How the product names itself to servers. contact: an address or page where its operator can be reached."""
    return f"{ROBOT}/{__version__} (+{contact})" if contact else f"{ROBOT}/{__version__}"


class GuardedClient:
    """Asks for things over HTTP, politely and safely. An async context manager; serves one event loop.

    timeout_seconds: for one `get` in all: name, connection, headers, body, redirects; waiting for a host's turn apart.
    max_bytes: of a body, on the wire and again when decompressed.
    host_spacing_seconds: pause between two requests to one host and port; none for what the guard has opened.
    per_host: requests to one host and port at a time.
    tls: whom to trust; by default the machine's certificates (SSL_CERT_FILE is OpenSSL's own way to name others).
    """

    def __init__(
        self,
        guard: AddressGuard,
        *,
        timeout_seconds: float,
        max_bytes: int,
        user_agent: str,
        host_spacing_seconds: float = 1.0,
        per_host: int = 2,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._guard = guard
        self._timeout_seconds = timeout_seconds
        self._max_bytes = max_bytes
        self._user_agent = user_agent
        self._spacing = host_spacing_seconds
        self._per_host = per_host
        self._doors: dict[tuple[str, int], Door] = {}
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls or httpx2.create_ssl_context(),
            max_connections=None,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_GuardedBackend(guard),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    def check(self, url: str, *, named_by: str | None = None) -> Place:
        """Where the URL leads, by its spelling alone.

        named_by: the address of whatever named this one: what is outside names no place that the operator has opened.
            None: the operator or staff have named it.
        Raises BlockedAddressError.
        """
        place = self._guard.check(url)
        if named_by is not None:
            check_named(self._guard.check(named_by), place)
        return place

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        veto: Veto | None = None,
        named_by: str | None = None,
    ) -> Response:
        """What the server answers to a GET, conditional when there are validators; up to five redirects are followed.

        named_by: as in `check`; a redirect is named by the address that it comes from.
        veto: asked about the address of each redirect before it is followed; what it says ends in FetchError.
        Raises BlockedAddressError (before anything is sent there) and FetchError, both as plain clauses; nothing else.
        """
        asked = dict(headers or {})
        if etag is not None:
            asked["If-None-Match"] = etag
        if last_modified is not None:
            asked["If-Modified-Since"] = last_modified
        place = self.check(url, named_by=named_by)
        return await self._follow(url, place, self._request("GET", asked), followed=REDIRECTS, veto=veto)

    async def post(
        self,
        url: str,
        *,
        form: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        named_by: str | None = None,
    ) -> Response:
        """What the server answers to a form (application/x-www-form-urlencoded, UTF-8).

        named_by: as in `check`.
        307 and 308 are followed with the same form, but never from https to http; other redirects are answers.
        Sent at most once to each place: where the connection breaks, the server may or may not have had it.
        Raises BlockedAddressError (before anything is sent there) and FetchError, both as plain clauses; nothing else.
        """
        asked = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        request = self._request("POST", asked, urlencode(form).encode("ascii"))
        place = self.check(url, named_by=named_by)
        return await self._follow(url, place, request, followed=REPEATED_REDIRECTS)

    def _request(self, method: str, headers: Mapping[str, str], body: bytes | None = None) -> "_Request":
        own = {"User-Agent": self._user_agent, "Accept-Encoding": "gzip, deflate, br"}
        return _Request(method=method, headers={**own, **headers}, body=body)

    async def _follow(
        self, url: str, place: Place, request: "_Request", *, followed: frozenset[int], veto: Veto | None = None
    ) -> Response:
        """The answer at the end of the redirects whose status is in `followed`. place: where the URL leads."""
        seconds_left = self._timeout_seconds
        wire_bytes = 0
        redirects = 0
        is_lasting = True
        while True:
            door = self._door(place)
            async with door.turn():
                began = time.monotonic()
                response = await self._ask(url, place, request, seconds=seconds_left, door=door)
                seconds_left -= time.monotonic() - began
            wire_bytes += response.wire_bytes
            location = response.headers.get("location")
            if response.status not in followed or location is None:
                return replace(response, wire_bytes=wire_bytes, permanent_url=url if redirects and is_lasting else None)
            redirects += 1
            if redirects > MAX_REDIRECTS:
                raise FetchError(f"the server redirects more than {MAX_REDIRECTS} times", status=response.status)
            url, came_from = _joined(url, location), place
            place = self._guard.check(url)
            check_named(came_from, place)
            leaves_https = came_from.scheme == "https" and place.scheme == "http"
            if leaves_https and request.body is not None:
                raise FetchError("the server redirects what we sent by https to an address that anybody can listen to")
            is_lasting = is_lasting and response.status in PERMANENT_REDIRECTS and not leaves_https
            if veto is not None and (reason := await veto(url)) is not None:
                raise FetchError(f"the server redirects to {url[:200]}, and {reason}")

    def _door(self, place: Place) -> Door:
        """The place's door. One that the operator opened is the operator's own: nobody waits there."""
        key = (place.host, place.port)
        if key not in self._doors:
            slots, spacing = (None, 0.0) if place.is_opened else (self._per_host, self._spacing)
            self._doors[key] = Door(place.host, slots=slots, spacing_seconds=spacing)
        return self._doors[key]

    async def _ask(self, url: str, place: Place, request: "_Request", *, seconds: float, door: Door) -> Response:
        """One request and its answer, redirects not followed. Wraps what the engine raises as FetchError."""
        meter = _Meter(cap=self._max_bytes)
        token = _METER.set(meter)
        try:
            async with asyncio.timeout(seconds):
                try:
                    response = await self._exchange(url, place, request, meter)
                except (httpcore2.NetworkError, httpcore2.RemoteProtocolError):
                    # The server hung up a kept connection as we spoke; that says nothing of the server.
                    if meter.has_connected or meter.count or request.body is not None:
                        raise
                    response = await self._exchange(url, place, request, meter)
        except TimeoutError as error:
            # Where a redirect left little time, the silence is not this host's.
            if seconds > self._timeout_seconds / 2:
                door.ran_out_of_time()
            raise FetchError(f"the server took longer than {self._timeout_seconds:g} seconds") from error
        except _FOREIGN as error:
            raise FetchError(_in_plain_words(error)) from error
        finally:
            _METER.reset(token)
        door.answered()
        door.hear(response.status, response.headers)
        return response

    async def _exchange(self, url: str, place: Place, request: "_Request", meter: "_Meter") -> Response:
        address = httpcore2.URL(
            scheme=place.scheme.encode(), host=place.host.encode(), port=place.port, target=place.target.encode()
        )
        headers = [(b"Host", place.authority.encode()), *request.raw_headers]
        async with self._pool.stream(request.method, address, headers=headers, content=request.body) as answer:
            meter.has_head = True
            received = _header_mapping(answer.headers)
            body = b""
            if 200 <= answer.status < 300:
                body = await _body(answer, received, self._max_bytes)
            elif answer.status >= 400 and request.body is not None:
                body = await _complaint(answer, received)
        return Response(
            url=url, status=answer.status, headers=received, body=body, wire_bytes=meter.count, permanent_url=None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What is asked of every place on the way."""

    method: str
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        length = {} if self.body is None else {"Content-Length": str(len(self.body))}
        return [
            (name.encode(), value.encode("latin-1", "replace")) for name, value in {**self.headers, **length}.items()
        ]


@dataclass(slots=True, kw_only=True)
class _Meter:
    """Counts what one request reads, below HTTP, where framing and endless interim answers count too."""

    cap: int
    count: int = 0
    has_connected: bool = False
    has_head: bool = False

    def add(self, size: int) -> None:
        self.count += size
        if self.has_head and self.count > self.cap + HEADER_BYTES:
            raise FetchError(f"the answer is larger than {self.cap:,} bytes")
        if not self.has_head and self.count > HEADER_BYTES:
            raise FetchError("the answer does not get past its headers")


# The engine hands a connection from request to request and offers its streams no word of whose turn it is; but it reads
# in the task that asked, so the task's context knows.
_METER: ContextVar[_Meter] = ContextVar("meter")

# Linux alone has it.
_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)

# Part of what the engine says to what a person can do something with; the rest is one and the same to everybody.
BREACHES = (
    ("without sending a response", "the server hung up without an answer"),
    ("closed connection", "the server hung up in the middle of its answer"),
    ("Content-Length", "the server is wrong about the length of its answer"),
    ("Transfer-Encoding", "the answer is wrapped in a way that we do not know"),
    ("chunk", "the answer comes in pieces that do not fit together"),
    ("header line", "the answer has a line among its headers that is none"),
)

_FOREIGN = (
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.TimeoutException,
    ssl.SSLError,
    OSError,
)


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Looks a name up once, has every address of it checked, and connects to one of those."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._tcp = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the engine's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        _METER.get().has_connected = True
        *others, last = await self._guard.resolve(host, port)
        for address in others:
            try:
                stream = await self._tcp.connect_tcp(
                    address, port, FIRST_ADDRESS_SECONDS, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
            return _MeteredStream(stream)
        return _MeteredStream(await self._tcp.connect_tcp(last, port, timeout, local_address, socket_options))


class _MeteredStream(httpcore2.AsyncNetworkStream):
    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        data = await self._stream.read(max_bytes, timeout)
        _METER.get().add(len(data))
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)
        # Servers that write head and body apart wait for our word on the first before they send the second, which on a
        # kept connection comes 40 ms late unless we ask otherwise each time (Python's own server: 44 ms, then 1).
        connection = self.get_extra_info("socket")
        if _QUICK_ACK is not None and isinstance(connection, TransportSocket):
            with suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        try:
            return _MeteredStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:
            # The engine leaves the connection of a handshake that failed to the garbage collector.
            with suppress(Exception):
                await self._stream.aclose()
            raise

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


async def _body(answer: httpcore2.Response, headers: Mapping[str, str], cap: int) -> bytes:
    """The decompressed body. Raises FetchError when it is larger than `cap` bytes."""
    body = await _start_of_body(answer, headers, cap)
    if len(body) > cap:
        raise FetchError(f"the answer is larger than {cap:,} bytes")
    return body


async def _complaint(answer: httpcore2.Response, headers: Mapping[str, str]) -> bytes:
    """The start of an error answer's body; nothing where it cannot be read, for the status says enough."""
    try:
        return (await _start_of_body(answer, headers, COMPLAINT_BYTES))[:COMPLAINT_BYTES]
    except (FetchError, *_FOREIGN):
        return b""


async def _start_of_body(answer: httpcore2.Response, headers: Mapping[str, str], cap: int) -> bytes:
    """The decompressed body up to the step of decompression (64 KiB) that brings it past `cap` bytes."""
    unpacking = unpacker(headers.get("content-encoding", ""))
    body = bytearray()
    pieces = 0
    async with aclosing(answer.aiter_stream()) as chunks:
        async for chunk in chunks:
            pieces += 1
            if pieces > MAX_PIECES:
                raise FetchError(f"the answer comes in more than {MAX_PIECES:,} pieces")
            for unpacked in unpacking.unpack(chunk):
                body += unpacked
                if len(body) > cap:
                    return bytes(body)
    if not unpacking.is_whole:
        raise FetchError("the answer is compressed and cut short")
    return bytes(body)


def _header_mapping(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Names in lower case; a repeated one joined with commas."""
    mapping: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        mapping[name] = f"{mapping[name]}, {value}" if name in mapping else value
    return mapping


def _joined(url: str, location: str) -> str:
    # Servers write addresses in UTF-8 where the standard wants ASCII.
    target = location.encode("latin-1").decode("utf-8", "replace").strip()
    try:
        return str(httpx2.URL(url).join(target).copy_with(fragment=None))
    except (httpx2.InvalidURL, ValueError) as error:
        raise FetchError(f"the server redirects to {target[:200]!r}, which is no web address") from error


def _in_plain_words(error: Exception) -> str:
    # The engine hands on what it met as the argument of its own errors.
    met = error.args[0] if error.args else None
    if isinstance(met, ssl.SSLCertVerificationError):
        return f"the server's certificate is not to be trusted ({met.verify_message})"
    if getattr(met, "error_status_hint", None) == 431:
        return "the answer's headers are longer than 100 kB"
    match error:
        case httpcore2.ConnectError() | httpcore2.ConnectTimeout():
            return "the server could not be connected to"
        case httpcore2.ProtocolError():
            return next((words for part, words in BREACHES if part in str(error)), "what the server answers is no HTTP")
        case _:
            return "the connection broke off"
