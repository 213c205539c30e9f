"""WebSub hubs call here: a GET asks whether we asked, a POST brings what a feed has published.

The GET changes what we remember of the subscription. That is the protocol's own way (WebSub, section 5.3) and the one
exception to the rule that a GET changes nothing here: its address is known to the hub alone, and only what we asked of
that hub, about that feed, is agreed to.

A body is stored with the job that reads it, and nothing more: no parser is in this process. What comes back tells
nobody whether the signature was right. No address is ever logged: it holds the token.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from digest.errors import DigestError
from digest.model.hub import HubState, HubSubscription, HubToken
from digest.model.job import JobKind
from digest.stages.fetch.hub_calls import answer_hub, is_signed, takes_pushes
from web.state import Shared, shared

logger = logging.getLogger(__name__)

BODY_SECONDS = 30.0
"""How long a body may take to come in all."""
MOST_AT_ONCE = 4
"""Bodies that one worker takes in at the same time, of different hubs: with 10 MB each, what they hold stays far from a
small machine's memory."""
LONGEST_TYPE = 200
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,100}")
NEVER_CACHED = {"Cache-Control": "no-store"}


class _TooMuchError(Exception):
    """The body is larger than we take."""


def verify(request: Request) -> Response:
    """Whether we asked for this: the challenge comes back as plain text, byte for byte; else 404."""
    if request.method != "GET":  # a HEAD, which Starlette sends along with every GET
        return _plain(405)
    site, token = shared(request), _token(request)
    try:
        with site.storage.read() as tx:
            if tx.hubs.find(token) is None:
                return _plain(404)
        with site.storage.begin() as tx:
            now = site.clock.now()
            subscription = tx.hubs.lock(token)
            answer = subscription and answer_hub(subscription, request.scope["query_string"], now=now)
            if not answer:
                return _plain(404)
            tx.hubs.save(answer.after)
            if answer.after.state is HubState.DENIED:
                tx.fetches.ask_soon(answer.after.source_id, now)
    except DigestError as error:
        return _away(error)
    logger.info("hub called", extra={"source": answer.after.source_id, "state": answer.after.state.value})
    return _plain(200, answer.body)


async def push(request: Request) -> Response:
    """202 for every body that is not too large, signed or not; 404 to a stranger, 410 when the subscription is over."""
    site, token = shared(request), _token(request)
    try:
        subscription = await run_in_threadpool(_find, site, token)
    except DigestError as error:
        return _away(error)
    if subscription is None:
        return _plain(404)
    if not takes_pushes(subscription, now=site.clock.now()):
        return _plain(410)
    if token in site.pushing or len(site.pushing) >= MOST_AT_ONCE:
        return _plain(503, retry_seconds=60)
    site.pushing.add(token)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _body(request, cap=site.most_body_bytes)
        await run_in_threadpool(_take, site, subscription, body, request.headers)
    except _TooMuchError:
        return _plain(413)
    except (TimeoutError, ClientDisconnect):
        return _plain(408)
    except DigestError as error:
        return _away(error)
    finally:
        site.pushing.discard(token)
    return _plain(202)


def _token(request: Request) -> HubToken:
    """The token of the address; what can be none of ours becomes the empty one, which nobody has."""
    said = cast(str, request.path_params["token"])
    return HubToken(said if _TOKEN.fullmatch(said) else "")


def _find(site: Shared, token: HubToken) -> HubSubscription | None:
    with site.storage.read() as tx:
        return tx.hubs.find(token)


async def _body(request: Request, *, cap: int) -> bytes:
    """The whole body. Raises _TooMuchError, before it is read where it states its length."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > cap:
        raise _TooMuchError
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > cap:
            raise _TooMuchError
        parts.append(part)
    return b"".join(parts)


def _take(site: Shared, subscription: HubSubscription, body: bytes, headers: Mapping[str, str]) -> None:
    """Store a signed body and the job that reads it, in one transaction; count an unsigned one and let it go.

    What finds no room is left to a poll, which is then due at once. So is an empty body: the hub only says that
    something is new.
    """
    token, now = subscription.token, site.clock.now()
    is_ours = is_signed(subscription, headers.get("x-hub-signature"), body)
    content_type = headers.get("content-type", "")[:LONGEST_TYPE] or None
    with site.storage.begin() as tx:
        if not is_ours:
            tx.hubs.count(token, refused=1)
            return
        tx.hubs.count(token, pushes=1, pushed_at=now)
        if not body or not tx.hubs.has_room(token, len(body), now=now):
            tx.fetches.ask_soon(subscription.source_id, now)
            return
        push_id = tx.hubs.take(token, body, content_type=content_type, now=now)
        if push_id is not None:
            tx.jobs.add(JobKind.PUSH, f"push/{push_id}", due_at=now)


def _away(error: DigestError) -> Response:
    # Not the table of web/errors.py: it logs the address of the request, and this one is a key.
    logger.error("a hub was answered with 503: %s", error)
    return _plain(503, retry_seconds=30)


def _plain(status: int, body: bytes = b"", *, retry_seconds: int | None = None) -> Response:
    retry = {} if retry_seconds is None else {"Retry-After": str(retry_seconds)}
    return PlainTextResponse(body, status, headers={**NEVER_CACHED, **retry})
