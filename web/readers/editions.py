"""Today, an edition by its date, everything of its day, and the archive."""

from dataclasses import dataclass
from datetime import date

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digest.model.edition import ArchiveLine, Cadence, Card, EditionDocument
from digest.rendering.days import long_day
from web.readers.lateness import notice
from web.rendering import Frame, Rendered, render, respond
from web.state import Shared, frame_of, shared

HTML = "text/html; charset=utf-8"
ARCHIVE_LENGTH = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionPage:
    frame: Frame
    edition: EditionDocument
    previous_on: date | None
    next_on: date | None
    notice: str
    """A line above the edition, such as that today's is late; "" for none."""
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EverythingPage:
    frame: Frame
    edition: EditionDocument
    topics: tuple[tuple[str, tuple[Card, ...]], ...]
    """(topic name, its stories), in staff's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePage:
    frame: Frame
    months: tuple[tuple[date, tuple[ArchiveLine, ...]], ...]
    """(first of the month, its editions), newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyPage:
    frame: Frame
    hour: str


def today(request: Request) -> Response:
    site = shared(request)
    words = notice(site)
    rendered = site.pages.get(f"today {words}", lambda: _today(site, words))
    return respond(request, rendered, max_age=30)


def show(request: Request) -> Response:
    site, on = shared(request), _date(request)
    return respond(request, site.pages.get(f"edition {on}", lambda: _edition(site, _document(site, on))))


def everything(request: Request) -> Response:
    site, on = shared(request), _date(request)
    return respond(request, site.pages.get(f"everything {on}", lambda: _everything(_document(site, on))))


def archive(request: Request) -> Response:
    site = shared(request)
    return respond(request, site.pages.get("archive", lambda: _archive(site)))


def _today(site: Shared, notice: str) -> Rendered:
    document = site.latest()
    if document is not None:
        return _edition(site, document, path="/", notice=notice)
    frame = site.frame("/", title=site.campaign.site.title, description="The first edition is on its way.")
    hour = site.campaign.site.edition_hour.strftime("%H:%M")
    return Rendered.of(render("readers/empty.html", EmptyPage(frame=frame, hour=hour)), HTML)


def _edition(site: Shared, document: EditionDocument, *, path: str | None = None, notice: str = "") -> Rendered:
    on = document.edition_on
    with site.storage.read() as tx:
        lines = tx.editions.archive(Cadence.DAILY, before=None, limit=ARCHIVE_LENGTH)
    days = [line.edition_on for line in lines]
    earlier, later = [day for day in days if day < on], [day for day in days if day > on]
    lead = next((card.name for card in document.cards if card.is_answered), "")
    words = long_day(on, language=document.language)
    frame = frame_of(
        document,
        path or f"/editions/{on}",
        title=f"{document.title}, {words}",
        description=lead or f"What was reported and what we say, {words}.",
    )
    page = EditionPage(
        frame=frame,
        edition=document,
        previous_on=max(earlier, default=None),
        next_on=min(later, default=None),
        notice=notice,
        minutes=max(1, round(document.reading_seconds / 60)),
    )
    return Rendered.of(render("readers/edition.html", page), HTML)


def _everything(document: EditionDocument) -> Rendered:
    cards = (*document.cards, *document.more)
    named = [(name, tuple(card for card in cards if card.topic_id == topic)) for topic, name in document.topics]
    known = {topic for topic, _ in document.topics}
    named.append(("And also", tuple(card for card in cards if card.topic_id not in known)))
    words = long_day(document.edition_on, language=document.language)
    frame = frame_of(
        document,
        f"/editions/{document.edition_on}/everything",
        title=f"Everything on {words}",
        description=f"Every story of {words}, by topic.",
    )
    page = EverythingPage(frame=frame, edition=document, topics=tuple(entry for entry in named if entry[1]))
    return Rendered.of(render("readers/everything.html", page), HTML)


def _archive(site: Shared) -> Rendered:
    with site.storage.read() as tx:
        lines = tx.editions.archive(Cadence.DAILY, before=None, limit=ARCHIVE_LENGTH)
    months: dict[date, list[ArchiveLine]] = {}
    for line in lines:
        months.setdefault(line.edition_on.replace(day=1), []).append(line)
    frame = site.frame("/editions/", title="Earlier editions", description="Every edition, by date.")
    page = ArchivePage(frame=frame, months=tuple((month, tuple(entries)) for month, entries in months.items()))
    return Rendered.of(render("readers/archive.html", page), HTML)


def _document(site: Shared, on: date) -> EditionDocument:
    with site.storage.read() as tx:
        revision = tx.editions.published_on(Cadence.DAILY, on)
    if revision is None:
        raise HTTPException(404, "There is no edition of that day.")
    return revision.document


def _date(request: Request) -> date:
    try:
        return date.fromisoformat(request.path_params["on"])
    except ValueError:
        raise HTTPException(404, "There is no edition of that day.") from None
