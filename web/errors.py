"""The one table from what went wrong to a status and a page."""

import logging
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from digest.errors import DigestError, NotFoundError, SchemaOutdatedError
from web.headers import HEADERS
from web.rendering import Frame, render
from web.state import Shared, shared

logger = logging.getLogger(__name__)

STATUS_OF: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, 404),
    (SchemaOutdatedError, 503),
    (DigestError, 503),
)
WORDS = {
    404: ("That page is not here", "It may have been taken back, or the address is not quite right."),
    405: ("That cannot be done here", "This page can be read, and nothing else."),
    503: ("We will be back in a moment", "Something behind this page is being seen to. Please try again shortly."),
}
OTHERWISE = ("Something went wrong on our side", "It has been written down. Please try again shortly.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    frame: Frame
    title: str
    words: str


def on_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _page(request, status, headers=dict(getattr(error, "headers", None) or {}))


def on_error(request: Request, error: Exception) -> Response:
    status = next((status for kind, status in STATUS_OF if isinstance(error, kind)), 500)
    if status == 503:  # a bug is logged with its traceback by the server
        logger.error("%r was answered with 503: %s", request.url.path, error)
    return _page(request, status, headers={"Retry-After": "30"} if status == 503 else {})


def _page(request: Request, status: int, *, headers: dict[str, str]) -> Response:
    title, words = WORDS.get(status, OTHERWISE)
    frame = _frame(shared(request), title, words)
    html = render("errors/error.html", ErrorPage(frame=frame, title=title, words=words))
    # A bug's page is answered from outside all middleware, so StrictHeaders never sees it.
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store", **HEADERS, **headers})


def _frame(site: Shared, title: str, words: str) -> Frame:
    try:
        return site.frame("", title=title, description=words, is_indexed=False)
    except DigestError:  # nobody can say now whose page this is; the words stand by themselves
        return Frame(
            site_title="",
            campaign="",
            candidate="",
            imprint="",
            language="en",
            time_zone="UTC",
            base_url=site.base_url,
            path="",
            page_title=title,
            description=words,
            is_indexed=False,
        )
