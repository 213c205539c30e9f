"""What machines read of the public pages: Atom and JSON feeds of editions, the sitemap, robots.txt."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.model.edition import ArchiveLine, Cadence, PublishedRevision
from digest.model.ids import StoryId
from digest.rendering.feeds import Listed, atom_feed, json_feed, sitemap, sitemap_index
from digest.storage import Transaction
from web.readers.cards import story_path
from web.readers.editions import asked_day
from web.rendering import Rendered, respond
from web.state import Shared, shared

FEED_EDITIONS = 20
MOST_EDITIONS = 50_000
"""Of a sitemap index: as many as the protocol lets a file name."""
XML = "application/xml"


def atom(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.kept("atom", lambda: _feed(site, "atom")))


def json(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.kept("json", lambda: _feed(site, "json")))


def site_map(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.kept("sitemap", lambda: _sitemap(site)))


def site_map_part(request: Request) -> Response:
    """The standing pages, or one month's editions with their stories: a month is as much as one request may read."""
    site, part = shared(request), request.path_params["part"]
    if part == "pages":
        return respond(request, site.kept("sitemap pages", lambda: _sitemap_of_pages(site)))
    month = asked_day(f"{part}-01")
    return respond(request, site.kept(f"sitemap {part}", lambda: _sitemap_of_month(site, month)))


def robots(request: Request) -> Response:
    site = shared(request)
    text = f"User-agent: *\nDisallow: /health\nDisallow: /metrics\nSitemap: {site.base_url}/sitemap.xml\n"
    return respond(request, Rendered.of(text, "text/plain; charset=utf-8"), max_age=3600)


def _feed(site: Shared, kind: str) -> Rendered:
    with site.storage.read() as tx:
        revisions = _revisions(tx, tx.editions.archive(Cadence.DAILY, limit=FEED_EDITIONS))
    title = site.frame("/", title="", description="").site_title
    if kind == "atom":
        return Rendered.of(atom_feed(revisions, title=title, base_url=site.base_url), "application/atom+xml")
    return Rendered.of(json_feed(revisions, title=title, base_url=site.base_url), "application/feed+json")


def _sitemap(site: Shared) -> Rendered:
    with site.storage.read() as tx:
        lines = tx.editions.archive(Cadence.DAILY, limit=MOST_EDITIONS)
    changed: dict[str, datetime] = {}
    for line in lines:
        month = f"{line.edition_on:%Y-%m}"
        changed[month] = max(line.published_at, changed.get(month, line.published_at))
    months = (Listed(f"{site.base_url}/sitemaps/{month}.xml", at) for month, at in changed.items())
    return Rendered.of(sitemap_index([Listed(f"{site.base_url}/sitemaps/pages.xml"), *months]), XML)


def _sitemap_of_pages(site: Shared) -> Rendered:
    campaign = site.find_campaign()
    topics = [topic.id for topic in campaign.topics] if campaign is not None else []
    paths = ["/editions/", "/sources", "/method", "/robot", "/tell-us", *(f"/topics/{topic}" for topic in topics)]
    return Rendered.of(sitemap([Listed(f"{site.base_url}{path}") for path in paths]), XML)


def _sitemap_of_month(site: Shared, first: date) -> Rendered:
    after, before = first - timedelta(days=1), (first + timedelta(days=31)).replace(day=1)
    with site.storage.read() as tx:
        lines = tx.editions.archive(Cadence.DAILY, before=before, after=after, limit=31)
        revisions = _revisions(tx, lines)
    if not revisions:
        raise HTTPException(404, "There is no edition of that month.")
    days = [Listed(f"{site.base_url}/editions/{line.edition_on}", line.published_at) for line in lines]
    stories: dict[StoryId, Listed] = {}
    for revision in revisions:  # newest first: a story is listed under the newest name that it has here
        for card in (*revision.document.cards, *revision.document.more):
            address = f"{site.base_url}{story_path(card.story_id, card.slug)}"
            stories.setdefault(card.story_id, Listed(address, revision.published_at))
    return Rendered.of(sitemap([*days, *stories.values()]), XML)


def _revisions(tx: Transaction, lines: Sequence[ArchiveLine]) -> tuple[PublishedRevision, ...]:
    found = (tx.editions.published_on(Cadence.DAILY, line.edition_on) for line in lines)
    return tuple(revision for revision in found if revision is not None)
