"""A story: what was reported, what we say, both originals; public once an edition carried it. And topics."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from digest.model.edition import Cadence, Card, EditionDocument, Report
from digest.model.ids import STORY_ID_LENGTH, StoryId, TopicId
from web.readers.editions import HTML
from web.rendering import Frame, Rendered, render, respond
from web.state import Shared, frame_of, shared

TOPIC_EDITIONS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    frame: Frame
    card: Card
    edition: EditionDocument
    """The newest edition that carried it."""
    timeline: tuple[Report, ...]
    """Every report, oldest first."""
    carried_on: tuple[date, ...]
    """Days whose editions carried it, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage:
    frame: Frame
    name: str
    days: tuple[tuple[date, tuple[Card, ...]], ...]
    """(day, its stories on this topic), newest first."""


def show(request: Request) -> Response:
    site = shared(request)
    asked = request.path_params["story"]
    story_id = StoryId(asked[:STORY_ID_LENGTH])
    with site.storage.read() as tx:
        present = tx.stories.resolve(story_id)
    if present is None:
        raise HTTPException(404, "There is no such story.")
    rendered = site.pages.get(f"story {present}", lambda: _story(site, present))
    address = site.pages.get(f"address {present}", lambda: Rendered.of(_address(site, present), "text/plain"))
    canonical = address.body.decode()
    if f"/stories/{asked}" != canonical:
        return RedirectResponse(f"{site.base_url}{canonical}", status_code=301)
    return respond(request, rendered)


def topic(request: Request) -> Response:
    site, topic_id = shared(request), TopicId(request.path_params["topic"])
    return respond(request, site.pages.get(f"topic {topic_id}", lambda: _topic(site, topic_id)))


def _appearances(site: Shared, story_id: StoryId) -> Iterator[tuple[EditionDocument, Card]]:
    """The documents that carry the story with its card in each, newest first."""
    with site.storage.read() as tx:
        revisions = tx.editions.carrying(story_id)
        ids = {story_id, *tx.stories.aliases(story_id)}
    for revision in revisions:
        for card in (*revision.document.cards, *revision.document.more):
            if card.story_id in ids:
                yield revision.document, card
                break


def _newest(site: Shared, story_id: StoryId) -> tuple[EditionDocument, Card]:
    newest = next(_appearances(site, story_id), None)
    if newest is None:
        raise HTTPException(404, "No edition has carried this story.")
    return newest


def _address(site: Shared, story_id: StoryId) -> str:
    _, card = _newest(site, story_id)
    return f"/stories/{story_id}-{card.slug}"


def _story(site: Shared, story_id: StoryId) -> Rendered:
    document, card = _newest(site, story_id)
    days = tuple(found.edition_on for found, _ in _appearances(site, story_id))
    reports = (*card.reports, *card.supportive, *card.campaign)
    answer = next((pairing.answer.display for pairing in card.pairings if pairing.is_confirmed), "")
    frame = frame_of(
        document,
        f"/stories/{story_id}-{card.slug}",
        title=card.name,
        description=answer or "What was reported, by whom and when, with links to the originals.",
    )
    page = StoryPage(
        frame=frame,
        card=card,
        edition=document,
        timeline=tuple(sorted(reports, key=lambda report: report.published_at)),
        carried_on=days,
    )
    return Rendered.of(render("readers/story.html", page), HTML)


def _topic(site: Shared, topic_id: TopicId) -> Rendered:
    with site.storage.read() as tx:
        lines = tx.editions.archive(Cadence.DAILY, before=None, limit=TOPIC_EDITIONS)
        revisions = [tx.editions.published_on(Cadence.DAILY, line.edition_on) for line in lines]
    documents = [revision.document for revision in revisions if revision is not None]
    name = next((name for document in documents for known, name in document.topics if known == topic_id), None)
    name = name or next((topic.name for topic in site.campaign.topics if topic.id == topic_id), None)
    if name is None:
        raise HTTPException(404, "There is no such topic.")
    days = tuple(
        (document.edition_on, cards)
        for document in documents
        if (cards := tuple(c for c in (*document.cards, *document.more) if c.topic_id == topic_id))
    )
    frame = site.frame(f"/topics/{topic_id}", title=name, description=f"{name}: what was reported and what we say.")
    return Rendered.of(render("readers/topic.html", TopicPage(frame=frame, name=name, days=days)), HTML)
