"""Pages made once per published revision and served from memory: body, strong ETag, brotli and gzip."""

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import brotli
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from starlette.requests import Request
from starlette.responses import Response

from digest.rendering.days import dated_day, day_and_time, long_day, month_and_year, text_direction
from digest.rendering.languages import foreign
from digest.rendering.outlets import same_report, stories_taken_back, taken_back
from web.typography import typeset

KEPT_PAGES = 2_000
LEAST_COMPRESSED = 500
STATIC = Path(__file__).parent / "static"
STYLESHEETS = ("tokens.css", "base.css", "components.css", "readers.css", "print.css")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page ready to send: made once, sent often."""

    media_type: str
    body: bytes
    brotli: bytes | None
    gzip: bytes | None
    etag: str

    @classmethod
    def of(cls, text: str | bytes, media_type: str) -> "Rendered":
        body = text.encode() if isinstance(text, str) else text
        is_long = len(body) >= LEAST_COMPRESSED
        return cls(
            media_type=media_type,
            body=body,
            brotli=brotli.compress(body, mode=brotli.MODE_TEXT, quality=9) if is_long else None,
            gzip=gzip.compress(body, 9, mtime=0) if is_long else None,
            etag=hashlib.sha256(body).hexdigest()[:24],
        )


def respond(request: Request, rendered: Rendered, *, max_age: int = 60, is_immutable: bool = False) -> Response:
    """The page in the best encoding that the reader takes, or 304 when the reader has it."""
    encoding, body = _encoded(rendered, request.headers.get("accept-encoding", ""))
    etag = f'"{rendered.etag}{"-" + encoding if encoding else ""}"'
    headers = {
        "ETag": etag,
        "Vary": "Accept-Encoding",
        "Cache-Control": f"public, max-age={max_age}" + (", immutable" if is_immutable else ""),
    }
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    if encoding:
        headers["Content-Encoding"] = encoding
    return Response(body, media_type=rendered.media_type, headers=headers)


def _encoded(rendered: Rendered, accepted: str) -> tuple[str, bytes]:
    wanted = {
        part.partition(";")[0].strip()
        for part in accepted.split(",")
        if part.replace(" ", "").partition(";")[2] not in {"q=0", "q=0.0"}
    }
    if "br" in wanted and rendered.brotli is not None:
        return "br", rendered.brotli
    if "gzip" in wanted and rendered.gzip is not None:
        return "gzip", rendered.gzip
    return "", rendered.body


class PageCache:
    """What was made for one public version: pages, and what pages are found by. Another version empties it.

    Threads share it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[str, Any] = OrderedDict()
        self._version: object = None

    def get(self, key: str, make: Callable[[], T], *, version: object) -> T:
        """What stands under a key, made when it is not there. What `make` raises is passed on and not kept.

        version: as it was before anything was read for `make`.
        """
        with self._lock:
            if version != self._version:
                self._made.clear()
                self._version = version
            if key in self._made:
                self._made.move_to_end(key)
                return cast(T, self._made[key])
        made = make()
        with self._lock:
            if version == self._version:
                self._made[key] = made
                while len(self._made) > KEPT_PAGES:
                    self._made.popitem(last=False)
        return made


class Page(Protocol):
    """Any of the frozen dataclasses that pages are made of: `frame` and whatever its template shows."""

    @property
    def frame(self) -> "Frame": ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every page: who publishes this, where we are, what a shared link says."""

    site_title: str
    campaign: str
    candidate: str
    imprint: str
    language: str
    time_zone: str
    base_url: str
    path: str
    """Canonical, beginning with a slash: the front page's is that of its edition."""
    page_title: str
    """Never what was reported, in an answered story."""
    description: str
    section: str = ""
    """The address in the navigation that is this page; "" for none."""
    on: date | None = None
    """The day whose times need no date on this page; None: every time has one."""
    is_sample: bool = False
    is_indexed: bool = True

    @property
    def direction(self) -> str:
        return text_direction(self.language)

    @property
    def canonical(self) -> str:
        return f"{self.base_url}{self.path}"


def render(template: str, page: Page) -> str:
    """The page's HTML. Its template sees the dataclass's fields, the frame, and how to say days and times."""
    frame = page.frame
    context: dict[str, Any] = {field.name: getattr(page, field.name) for field in fields(page)}  # type: ignore[arg-type]
    context |= {
        "stylesheet": stylesheet().address,
        "day": partial(_day, language=frame.language),
        "dated_day": partial(_dated_day, language=frame.language),
        "same_report": same_report,
        "taken_back": taken_back,
        "stories_taken_back": stories_taken_back,
        "foreign": partial(foreign, page=frame.language),
        "month_name": partial(_month, language=frame.language),
        "when": partial(day_and_time, zone=frame.time_zone, language=frame.language, on=frame.on),
    }
    return _environment().get_template(template).render(context)


@pass_context
def _typeset(context: Context, text: str, is_quoted: bool = False, language: str = "") -> str:
    return typeset(text, language=language or context["frame"].language, is_quoted=is_quoted)


def _day(day: date, *, language: str) -> str:
    return long_day(day, language=language)


def _dated_day(day: date, *, language: str) -> str:
    return dated_day(day, language=language)


def _month(day: date, *, language: str) -> str:
    return month_and_year(day, language=language)


@dataclass(frozen=True, slots=True)
class Asset:
    address: str
    rendered: Rendered


@cache
def stylesheet() -> Asset:
    """The one stylesheet, its parts joined, under a name that changes with its content."""
    text = "\n".join((STATIC / "css" / name).read_text(encoding="utf-8") for name in STYLESHEETS)
    rendered = Rendered.of(text, "text/css; charset=utf-8")
    return Asset(f"/static/{rendered.etag[:12]}/site.css", rendered)


@cache
def static_files() -> Mapping[str, Asset]:
    """The small pictures by name."""
    kinds = {".svg": "image/svg+xml", ".png": "image/png"}
    return {
        path.name: Asset(f"/static/{path.name}", Rendered.of(path.read_bytes(), kinds[path.suffix]))
        for path in sorted(STATIC.iterdir())
        if path.suffix in kinds
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("web", "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["typeset"] = _typeset
    return environment
