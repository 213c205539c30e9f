"""Which encoding a feed is in: by its bytes first, and only then by what it or its server says."""

import codecs
import encodings
import importlib
import pkgutil
import re
from contextlib import suppress

_AS_THE_FEED_SAYS = "application/xml"
_IN_UTF_8 = "application/xml; charset=utf-8"
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.ASCII | re.IGNORECASE)
# What was seen in the bytes already, and Python's codecs that fail in a way feedparser does not expect.
_NO_CHARSETS = ("utf-16", "utf-32", "undefined", "punycode", "idna")
# How UTF-32 and UTF-16 begin, with a mark or a bracket. The longer ones first: the others are how they begin.
_WIDE = {
    b"\xff\xfe\x00\x00": "utf-32-le",
    b"\x00\x00\xfe\xff": "utf-32-be",
    b"<\x00\x00\x00": "utf-32-le",
    b"\x00\x00\x00<": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
    b"<\x00": "utf-16-le",
    b"\x00<": "utf-16-be",
}
_CALLED_WIDE = re.compile(
    rb"<\?xml[^>]{1,200}?encoding\s*=\s*[\"'](?:utf|ucs|iso-10646-ucs)[-_]?(?:16|32|2|4)", re.IGNORECASE
)
# Valid characters to one invalid. Latin-1, Windows-1251, KOI8-R, GB18030 and Shift JIS read as UTF-8 have 0.0 to 0.3.
_SLIPS_AMONG = 4


def load_encodings() -> None:
    """Import all that Python has, for later no file can be opened."""
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(ImportError):  # some are of Windows alone
            importlib.import_module(f"encodings.{module.name}")


def as_declared(body: bytes, content_type: str | None) -> tuple[bytes, str]:
    """The body and a content type for it, so that feedparser finds the right encoding.

    It believes the server, then the feed, takes Latin-1 where neither says, and Windows-1252 where one byte is wrong.
    But what decodes as UTF-8, but for a slip here and there, is UTF-8, whatever is said of it; and what begins with
    `<?xml` in single bytes is no UTF-16, as feeds written by .NET often say.
    """
    encoding = next((name for start, name in _WIDE.items() if body.startswith(start)), None)
    if encoding:
        return body.decode(encoding, "replace").removeprefix("\ufeff").encode(), _IN_UTF_8
    is_called_wide = _CALLED_WIDE.match(body) is not None
    if body.isascii():
        return body, _IN_UTF_8 if is_called_wide else _AS_THE_FEED_SAYS
    text = body.decode("utf-8", "replace")
    slips = text.count("\ufffd")
    if is_called_wide or slips * _SLIPS_AMONG <= len(text) - len(text.encode("ascii", "ignore")) - slips:
        return text.encode() if slips else body, _IN_UTF_8
    return body, _with_known_charset(content_type)


def _with_known_charset(content_type: str | None) -> str:
    stated = _CHARSET.search(content_type or "")
    if stated:
        with suppress(LookupError):
            name = codecs.lookup(stated[1]).name
            if not name.startswith(_NO_CHARSETS):
                return f"application/xml; charset={name}"
    return _AS_THE_FEED_SAYS
