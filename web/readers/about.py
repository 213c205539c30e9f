"""Who stands behind this: the sources, how an edition is made, and how to object."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from digest.model.edition import SourceLine
from digest.model.source import SourceKind
from web.readers.editions import HTML
from web.rendering import Frame, Rendered, render, respond
from web.state import Shared, shared

KIND_NAMES = {
    SourceKind.CAMPAIGN: "The campaign itself",
    SourceKind.FRIENDLY: "Supportive",
    SourceKind.MAINSTREAM: "Press",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesPage:
    frame: Frame
    kinds: tuple[tuple[str, tuple[SourceLine, ...]], ...]
    """(kind as a reader says it, its sources)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPage:
    frame: Frame
    hour: str
    address: str
    """The promoter's postal address."""
    promoter: str


def sources(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.pages.get("sources", lambda: _sources(site)))


def method(request: Request) -> Response:
    site = shared(request)
    page = _plain(site, "/method", "How this is made", "How an edition is made, and what is promised about it.")
    return respond(request, site.pages.get("method", lambda: Rendered.of(render("readers/method.html", page), HTML)))


def tell_us(request: Request) -> Response:
    site = shared(request)
    page = _plain(site, "/tell-us", "Something wrong? Tell us", "How to object, correct or ask.")
    return respond(request, site.pages.get("tell-us", lambda: Rendered.of(render("readers/tell_us.html", page), HTML)))


def _plain(site: Shared, path: str, title: str, description: str) -> PlainPage:
    about = site.campaign.site
    return PlainPage(
        frame=site.frame(path, title=title, description=description),
        hour=about.edition_hour.strftime("%H:%M"),
        address=about.imprint.address,
        promoter=about.imprint.promoter,
    )


def _sources(site: Shared) -> Rendered:
    document = site.latest()
    lines = document.sources if document is not None else _unused_yet(site)
    kinds = tuple((KIND_NAMES[kind], tuple(line for line in lines if line.kind is kind)) for kind in KIND_NAMES)
    frame = site.frame("/sources", title="Where this comes from", description="Every source that we read, by kind.")
    return Rendered.of(render("readers/sources.html", SourcesPage(frame=frame, kinds=kinds)), HTML)


def _unused_yet(site: Shared) -> tuple[SourceLine, ...]:
    return tuple(
        SourceLine(
            id=source.id,
            name=source.name,
            kind=source.kind,
            site=source.site,
            owner=source.owner,
            articles=0,
            is_reached=True,
        )
        for source in site.campaign.sources
        if not source.paused
    )
