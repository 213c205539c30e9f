"""Who stands behind this: the sources, how an edition is made, what our robot does, and how to object."""

from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from digest.model.edition import SourceLine
from digest.model.source import PublishMode, SourceKind
from digest.net import ROBOT
from web.readers.editions import HTML
from web.rendering import Frame, Rendered, render, respond
from web.state import Shared, shared


@dataclass(frozen=True, slots=True, kw_only=True)
class KindOfSource:
    name: str
    meaning: str
    sources: tuple[SourceLine, ...]


KINDS = {
    SourceKind.CAMPAIGN: (
        "The campaign itself",
        "Our own statements and posts: what stands under “What we say” comes from these alone.",
    ),
    SourceKind.FRIENDLY: (
        "Supportive",
        "Outlets and groups that wish us well and speak for themselves; nothing of theirs is called our answer.",
    ),
    SourceKind.MAINSTREAM: (
        "Press",
        "Newspapers, broadcasters and agencies, whatever their lean: what stands under “What was reported” is theirs.",
    ),
}
WHO_PUBLISHES = {
    PublishMode.APPROVED: "A person approves the edition before it goes out.",
    PublishMode.AUTOMATIC: "The edition then goes out at its hour by itself, unless something in it needs a person.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesPage:
    frame: Frame
    kinds: tuple[KindOfSource, ...]
    """Those that have a source."""
    on: date | None
    """The day of the edition that the numbers are of; None before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodPage:
    frame: Frame
    hour: str
    """ "" where nobody knows it: the page stands without."""
    who_publishes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotPage:
    frame: Frame
    robot: str
    """The name that robots.txt files call it by."""
    promoter: str
    address: str
    """The promoter's postal address; "" where only the whole sentence is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellUsPage:
    frame: Frame
    promoter: str
    address: str
    """The promoter's postal address; "" where only the whole sentence is known."""


def sources(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.kept("sources", lambda: _sources(site)))


def method(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.kept("method", lambda: _method(site)))


def robot(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.kept("robot", lambda: _robot(site)))


def tell_us(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.kept("tell-us", lambda: _tell_us(site)))


def _method(site: Shared) -> Rendered:
    campaign = site.find_campaign()
    page = MethodPage(
        frame=site.frame(
            "/method", title="How this is made", description="How an edition is made, and what is promised about it."
        ),
        hour=campaign.site.edition_hour.strftime("%H:%M") if campaign is not None else "",
        who_publishes=WHO_PUBLISHES[campaign.site.publish] if campaign is not None else "",
    )
    return Rendered.of(render("readers/method.html", page), HTML)


def _robot(site: Shared) -> Rendered:
    campaign = site.find_campaign()
    page = RobotPage(
        frame=site.frame("/robot", title="Our robot", description="What our robot reads, and how to slow or stop it."),
        robot=ROBOT,
        promoter=campaign.site.imprint.promoter if campaign is not None else "",
        address=campaign.site.imprint.address if campaign is not None else "",
    )
    return Rendered.of(render("readers/robot.html", page), HTML)


def _tell_us(site: Shared) -> Rendered:
    campaign = site.find_campaign()
    page = TellUsPage(
        frame=site.frame("/tell-us", title="Something wrong? Tell us", description="How to object, correct or ask."),
        promoter=campaign.site.imprint.promoter if campaign is not None else "",
        address=campaign.site.imprint.address if campaign is not None else "",
    )
    return Rendered.of(render("readers/tell_us.html", page), HTML)


def _sources(site: Shared) -> Rendered:
    document = site.latest()
    lines = document.sources if document is not None else _unused_yet(site)
    kinds = (
        KindOfSource(name=name, meaning=meaning, sources=tuple(line for line in lines if line.kind is kind))
        for kind, (name, meaning) in KINDS.items()
    )
    page = SourcesPage(
        frame=site.frame("/sources", title="Where this comes from", description="Every source that we read, by kind."),
        kinds=tuple(kind for kind in kinds if kind.sources),
        on=document.edition_on if document is not None else None,
    )
    return Rendered.of(render("readers/sources.html", page), HTML)


def _unused_yet(site: Shared) -> tuple[SourceLine, ...]:
    return tuple(
        SourceLine.of(source, articles=0, is_reached=True) for source in site.campaign.sources if not source.paused
    )
