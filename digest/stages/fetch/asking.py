"""Asks: a feed or a page to what came of it, or to the reason why not. Never an exception for what a server does."""

from digest.errors import FetchError, HeldBackError
from digest.model.fetch import Fetched, FetchFailed, FetchOutcome, FetchState, NotModified, PageCost
from digest.model.source import Source
from digest.net import GuardedClient, Response
from digest.stages.fetch.answers import fresh_seconds, in_words, retry_after_seconds, validator
from digest.stages.fetch.pauses import feed_address, state_of
from digest.stages.fetch.robots import RobotsCache

FEED_TYPES = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
PAGE_TYPES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"


async def fetch_feed(client: GuardedClient, source: Source, state: FetchState | None) -> FetchOutcome:
    """What the source's feed says now, asked conditionally with what `state` remembers.

    A state that belongs to another address (staff have changed it) is not used. Never raises for what a server does.
    """
    remembered = state_of(source, state)
    url = feed_address(source, state)
    try:
        response = await client.get(
            url,
            headers={"Accept": FEED_TYPES},
            etag=remembered.etag if remembered else None,
            last_modified=remembered.last_modified if remembered else None,
        )
    except FetchError as error:
        return _failed(url, error)
    if response.status == 304 and remembered and (remembered.etag or remembered.last_modified):
        return NotModified(
            url=response.url,
            fresh_seconds=fresh_seconds(response.headers),
            permanent_url=response.permanent_url,
            wire_bytes=response.wire_bytes,
        )
    return _outcome(response)


async def fetch_page(
    client: GuardedClient,
    url: str,
    robots: RobotsCache,
    *,
    cost: PageCost | None = None,
    named_by: str | None = None,
) -> FetchOutcome:
    """An article's page, where its site's robots.txt and those of redirects let us. Never raises, as `fetch_feed`.

    cost: counted up by what this asks for.   named_by: where the address stood, the feed's as it answered.
    """
    cost = cost or PageCost()

    async def veto(target: str) -> str | None:
        return await robots.why_not(client, target, cost)

    try:
        client.check(url, named_by=named_by)  # before its site is asked for its robots.txt
        if (reason := await veto(url)) is not None:
            return FetchFailed(url=url, reason=reason)
        cost.pages += 1
        response = await client.get(url, headers={"Accept": PAGE_TYPES}, veto=veto, named_by=named_by)
    except HeldBackError as error:
        cost.pages -= 1
        return _failed(url, error)
    except FetchError as error:
        return _failed(url, error)
    cost.wire_bytes += response.wire_bytes
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status == 200 and kind and not kind.startswith("text/") and "html" not in kind and "xml" not in kind:
        return FetchFailed(url=response.url, reason=f"it is no page but {kind[:80]}", status=response.status)
    return _outcome(response)


def _failed(url: str, error: FetchError) -> FetchFailed:
    if isinstance(error, HeldBackError):
        wait = retry_after_seconds(error.headers)
        return FetchFailed(url=url, reason=str(error), status=error.status, retry_after_seconds=wait, is_held_back=True)
    return FetchFailed(url=url, reason=str(error), status=error.status)


def _outcome(response: Response) -> Fetched | FetchFailed:
    headers = response.headers
    if response.status not in {200, 203}:
        return FetchFailed(
            url=response.url,
            reason=in_words(response.status),
            status=response.status,
            retry_after_seconds=retry_after_seconds(headers),
            wire_bytes=response.wire_bytes,
        )
    return Fetched(
        url=response.url,
        body=response.body,
        content_type=headers.get("content-type"),
        etag=validator(headers.get("etag")),
        last_modified=validator(headers.get("last-modified")),
        permanent_url=response.permanent_url,
        wire_bytes=response.wire_bytes,
        fresh_seconds=fresh_seconds(headers),
        link=headers.get("link"),
    )
