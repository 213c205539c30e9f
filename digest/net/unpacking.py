"""Takes compressed bodies apart in steps of bounded size, and tells one that was cut short from a whole one.

Not httpx2's own decoders: they take a body that ends too early for a whole one, so that half a feed would pass for all
of it, drop what follows the first member of a gzip, and let each step grow to 1 MiB.
"""

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

from digest.errors import FetchError

STEP = 65_536
GZIP_BITS = 16 + zlib.MAX_WBITS
GZIP_MAGIC = b"\x1f\x8b"


class Unpacker(Protocol):
    @property
    def is_whole(self) -> bool:
        """Whether the body may end here."""

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """What the next bytes of the body give, in pieces of about 64 KiB. Raises FetchError when it is damaged."""


def unpacker(coding: str) -> Unpacker:
    """For one Content-Encoding, in any case. Raises FetchError for one that we did not offer.

    One coding at most: what a first one blows up would be fed to the second, and nothing bounds the middle.
    """
    match coding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Gzip()
        case "deflate":
            return _Deflate()
        case "br":
            return _Brotli()
    raise FetchError(f"the answer is compressed in a way we did not offer ({coding[:40]!r})")


class _Plain:
    is_whole = True

    def unpack(self, data: bytes) -> Iterator[bytes]:
        yield data


class _Gzip:
    """One member or several; what follows them and is none is left out, as every browser does."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(GZIP_BITS)
        self._has_begun = False

    @property
    def is_whole(self) -> bool:
        return self._engine.eof or not self._has_begun

    def unpack(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._engine.eof:
                if not GZIP_MAGIC.startswith(data[:2]):
                    return
                self._engine = zlib.decompressobj(GZIP_BITS)
            self._has_begun = True
            yield from _inflated(self._engine, data)
            data = self._engine.unused_data


class _Deflate:
    """With the zlib header that the standard wants, or without, as many servers send it."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj()
        self._has_begun = False

    @property
    def is_whole(self) -> bool:
        return self._engine.eof or not self._has_begun

    def unpack(self, data: bytes) -> Iterator[bytes]:
        if not self._has_begun and data[:1] and data[0] & 0x0F != zlib.DEFLATED:
            self._engine = zlib.decompressobj(-zlib.MAX_WBITS)
        self._has_begun = self._has_begun or bool(data)
        if not self._engine.eof:
            yield from _inflated(self._engine, data)


class _Brotli:
    def __init__(self) -> None:
        self._engine = brotli.Decompressor()
        self._has_begun = False

    @property
    def is_whole(self) -> bool:
        return bool(self._engine.is_finished()) or not self._has_begun

    def unpack(self, data: bytes) -> Iterator[bytes]:
        self._has_begun = self._has_begun or bool(data)
        while not self._engine.is_finished():
            try:
                piece = self._engine.process(data, output_buffer_limit=STEP)
            except brotli.error as error:
                raise FetchError("the answer is compressed and damaged") from error
            yield piece
            if self._engine.can_accept_more_data():
                return
            data = b""


def _inflated(engine: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    while True:
        try:
            piece = engine.decompress(data, STEP)
        except zlib.error as error:
            raise FetchError("the answer is compressed and damaged") from error
        yield piece
        data = engine.unconsumed_tail
        # A full step may have left more behind than the input shows.
        if engine.eof or (not data and len(piece) < STEP):
            return
