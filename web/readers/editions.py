"""Today, an edition by its date, everything of its day, and the archive."""

from dataclasses import dataclass
from datetime import date, timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from digest.model.edition import ArchiveLine, Cadence, Card, EditionDocument
from digest.rendering.days import long_day
from web.readers.cards import CardView, card_view
from web.readers.lateness import late_notice
from web.rendering import Frame, Rendered, render, respond
from web.state import Shared, frame_of, shared

HTML = "text/html; charset=utf-8"
ARCHIVE_LENGTH = 100
"""Editions on one page of the archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionPage:
    frame: Frame
    edition: EditionDocument
    cards: tuple[CardView, ...]
    leads_with_answer: bool
    """What we say comes first: the lead when it is an answer, else today's message."""
    shown_of: str
    """How many of the day's stories stand here, in words."""
    answered_of: str
    """How many of the day's stories are answered, in a sentence; "" for none."""
    previous_on: date | None
    next_on: date | None
    notice: str
    """A line above the edition, such as that today's is late; "" for none."""
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EverythingPage:
    frame: Frame
    edition: EditionDocument
    counts: str
    topics: tuple[tuple[str, tuple[Card, ...]], ...]
    """(topic name, its stories), in staff's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePage:
    frame: Frame
    months: tuple[tuple[date, tuple[ArchiveLine, ...]], ...]
    """(first of the month, its editions), newest first."""
    earlier: str
    """Address of the page of earlier editions; "" for none."""
    later: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyPage:
    frame: Frame
    hour: str
    notice: str


def today(request: Request) -> Response:
    site = shared(request)
    # The clock makes a notice, so no public version stands for it; without sources.yaml nobody knows the hour.
    notice = site.last_known.get("the late notice", lambda: late_notice(site)) if site.find_campaign() else ""
    rendered = site.kept(f"today {notice}", lambda: _today(site, notice))
    return respond(request, rendered, max_age=30)


def show(request: Request) -> Response:
    site, on = shared(request), asked_day(request.path_params["on"])
    return respond(request, site.kept(f"edition {on}", lambda: _edition(site, _document(site, on))))


def everything(request: Request) -> Response:
    site, on = shared(request), asked_day(request.path_params["on"])
    return respond(request, site.kept(f"everything {on}", lambda: _everything(_document(site, on))))


def archive(request: Request) -> Response:
    site, asked = shared(request), request.query_params.get("before")
    before = asked_day(asked) if asked is not None else None
    return respond(request, site.kept(f"archive {before}", lambda: _archive(site, before)))


def archive_without_slash(request: Request) -> Response:
    return RedirectResponse(f"{shared(request).base_url}/editions/", 301, headers={"Cache-Control": "max-age=86400"})


def asked_day(text: str) -> date:
    """The day that an address names, in its one spelling. Raises HTTPException 404."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        on = None
    # The ends of the calendar have no day before or after them, and no edition.
    if on is None or on.isoformat() != text or on.year in {date.min.year, date.max.year}:
        raise HTTPException(404, "There is no edition of that day.")
    return on


def _today(site: Shared, notice: str) -> Rendered:
    document = site.latest()
    if document is not None:
        return _edition(site, document, section="/", notice=notice)
    about = site.campaign.site
    frame = site.frame("/", title=about.title, description="The first edition is on its way.")
    page = EmptyPage(frame=frame, hour=about.edition_hour.strftime("%H:%M"), notice=notice)
    return Rendered.of(render("readers/empty.html", page), HTML)


def _edition(site: Shared, document: EditionDocument, *, section: str = "", notice: str = "") -> Rendered:
    on = document.edition_on
    with site.storage.read() as tx:
        earlier = tx.editions.archive(Cadence.DAILY, before=on, limit=1)
        later = tx.editions.archive(Cadence.DAILY, after=on, limit=1)
    lead = next((card.name for card in document.cards if card.is_answered), "")
    words = long_day(on, language=document.language)
    frame = frame_of(
        document,
        f"/editions/{on}",
        title=f"{document.title}, {words}",
        description=lead or f"What was reported and what we say, {words}.",
        section=section,
    )
    page = EditionPage(
        frame=frame,
        edition=document,
        cards=tuple(map(card_view, document.cards)),
        leads_with_answer=bool(document.cards) and document.cards[0].is_answered,
        shown_of=_shown_of(document),
        answered_of=_answered_of(document),
        previous_on=earlier[0].edition_on if earlier else None,
        next_on=later[0].edition_on if later else None,
        notice=notice,
        minutes=max(1, round(document.reading_seconds / 60)),
    )
    return Rendered.of(render("readers/edition.html", page), HTML)


def _shown_of(document: EditionDocument) -> str:
    shown, everything = len(document.cards), len(document.cards) + len(document.more)
    return f"{shown} of the day's {everything} stories" if document.more else _stories(shown)


def _answered_of(document: EditionDocument) -> str:
    everything = len(document.cards) + len(document.more)
    is_or_are = "is" if document.answered == 1 else "are"
    return f"{document.answered} of the day's {_stories(everything)} {is_or_are} answered." if document.answered else ""


def _stories(number: int) -> str:
    return "1 story" if number == 1 else f"{number} stories"


def _everything(document: EditionDocument) -> Rendered:
    cards = (*document.cards, *document.more)
    named = [(name, tuple(card for card in cards if card.topic_id == topic)) for topic, name in document.topics]
    known = {topic for topic, _ in document.topics}
    named.append(("And also", tuple(card for card in cards if card.topic_id not in known)))
    words = long_day(document.edition_on, language=document.language)
    counts = f"{_stories(len(cards))}, {document.answered} of them answered"
    frame = frame_of(
        document,
        f"/editions/{document.edition_on}/everything",
        title=f"Everything on {words}",
        description=f"Every story of {words}, by topic: {counts}.",
    )
    page = EverythingPage(
        frame=frame, edition=document, counts=counts, topics=tuple(entry for entry in named if entry[1])
    )
    return Rendered.of(render("readers/everything.html", page), HTML)


def _archive(site: Shared, before: date | None) -> Rendered:
    with site.storage.read() as tx:
        lines = tx.editions.archive(Cadence.DAILY, before=before, limit=ARCHIVE_LENGTH)
        oldest = lines[-1].edition_on if lines else before
        # "Before" an own newest day that is not there: what comes later begins at the day that was asked for.
        newest = before - timedelta(days=1) if before is not None else None
        earlier = tx.editions.archive(Cadence.DAILY, before=oldest, limit=1) if lines else []
        later = tx.editions.archive(Cadence.DAILY, after=newest, limit=ARCHIVE_LENGTH) if newest is not None else []
    months: dict[date, list[ArchiveLine]] = {}
    for line in lines:
        months.setdefault(line.edition_on.replace(day=1), []).append(line)
    page = ArchivePage(
        frame=site.frame(
            f"/editions/?before={before}" if before is not None else "/editions/",
            title="All editions",
            description="Every edition, by date.",
        ),
        months=tuple((month, tuple(entries)) for month, entries in months.items()),
        earlier=f"/editions/?before={oldest}" if earlier else "",
        later=_later(later),
    )
    return Rendered.of(render("readers/archive.html", page), HTML)


def _later(lines: list[ArchiveLine]) -> str:
    """The address of the page that shows these editions, newest first; a page that is not full is the newest."""
    if len(lines) < ARCHIVE_LENGTH:
        return "/editions/" if lines else ""
    return f"/editions/?before={lines[0].edition_on + timedelta(days=1)}"


def _document(site: Shared, on: date) -> EditionDocument:
    with site.storage.read() as tx:
        revision = tx.editions.published_on(Cadence.DAILY, on)
    if revision is None:
        raise HTTPException(404, "There is no edition of that day.")
    return revision.document
