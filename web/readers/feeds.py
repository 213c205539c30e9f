"""What machines read of the public pages: Atom and JSON feeds of editions, the sitemap, robots.txt."""

from starlette.requests import Request
from starlette.responses import Response

from digest.model.edition import Cadence, EditionDocument
from digest.rendering.feeds import atom_feed, json_feed, sitemap
from web.rendering import Rendered, respond
from web.state import Shared, shared

FEED_EDITIONS = 20
SITEMAP_EDITIONS = 400


def atom(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.pages.get("atom", lambda: _feed(site, "atom")))


def json(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.pages.get("json", lambda: _feed(site, "json")))


def site_map(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.pages.get("sitemap", lambda: _sitemap(site)))


def robots(request: Request) -> Response:
    site = shared(request)
    text = f"User-agent: *\nDisallow: /search\nDisallow: /desk/\nSitemap: {site.base_url}/sitemap.xml\n"
    return respond(request, Rendered.of(text, "text/plain; charset=utf-8"), max_age=3600)


def _feed(site: Shared, kind: str) -> Rendered:
    documents = _documents(site, FEED_EDITIONS)
    title = site.campaign.site.title
    if kind == "atom":
        return Rendered.of(atom_feed(documents, title=title, base_url=site.base_url), "application/atom+xml")
    return Rendered.of(json_feed(documents, title=title, base_url=site.base_url), "application/feed+json")


def _sitemap(site: Shared) -> Rendered:
    with site.storage.read() as tx:
        lines = tx.editions.archive(Cadence.DAILY, before=None, limit=SITEMAP_EDITIONS)
    paths = ["/", "/editions/", "/sources", "/method", *(f"/editions/{line.edition_on}" for line in lines)]
    paths += [f"/topics/{topic.id}" for topic in site.campaign.topics]
    return Rendered.of(sitemap([f"{site.base_url}{path}" for path in paths]), "application/xml")


def _documents(site: Shared, most: int) -> list[EditionDocument]:
    with site.storage.read() as tx:
        lines = tx.editions.archive(Cadence.DAILY, before=None, limit=most)
        revisions = [tx.editions.published_on(Cadence.DAILY, line.edition_on) for line in lines]
    return [revision.document for revision in revisions if revision is not None]
