"""A story: what was reported, what we say, both originals; public once an edition carried it. And topics."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from digest.model.edition import Cadence, Card, EditionDocument, Report, ShownPairing
from digest.model.ids import PairingId, StoryId, TopicId
from digest.model.source import SourceKind
from digest.rendering.outlets import listed
from web.readers.cards import Quote, quote_of, story_path
from web.readers.editions import HTML
from web.rendering import Frame, Rendered, render, respond
from web.state import Shared, frame_of, shared

TOPIC_EDITIONS = 14
_POSTS = frozenset({"staff", "reporter", "reporters", "correspondent", "correspondents"})
_STORY = re.compile(r"([a-z2-7]{10})(-.*)?")
KIND_WORDS = {SourceKind.CAMPAIGN: "From us", SourceKind.FRIENDLY: "Supportive", SourceKind.MAINSTREAM: "Press"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of the story with what it answers."""

    pairing: ShownPairing
    on: date
    """The day of the newest edition that carried it."""
    rest: str
    """Of the answer, without the story's name where that stands above it."""
    quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One article in the story's order of time."""

    report: Report
    words: str
    """Its link's."""
    language: str
    """Of these words, as a tag; "" where it is the page's or not known."""
    kind: str
    author: str
    """"" where it is nobody but the outlet or its agency."""
    excerpt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryPage:
    frame: Frame
    card: Card
    """Of the newest edition that carried it, under the name of the newest answer."""
    answers: tuple[Answer, ...]
    """Every confirmed one that an edition carried, newest first, then what the newest shows unchecked."""
    timeline: tuple[Entry, ...]
    """Every report, oldest first."""
    carried_on: tuple[date, ...]
    """Days whose editions carried it, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage:
    frame: Frame
    name: str
    days: tuple[tuple[date, tuple[Card, ...]], ...]
    """(day, its stories on this topic), newest first."""
    others: tuple[tuple[TopicId, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A story in one edition."""

    document: EditionDocument
    card: Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A story's page and where it stands."""

    path: str
    page: Rendered


def show(request: Request) -> Response:
    site, asked = shared(request), request.path_params["story"]
    # Anything else is no story's address, and need not be looked for.
    named = _STORY.fullmatch(asked)
    if named is None:
        raise HTTPException(404, "There is no such story.")
    story_id = StoryId(named[1])
    found = site.kept(f"story {story_id}", lambda: _find(site, story_id))
    if f"/stories/{asked}" != found.path:
        # A story's name follows its newest answer, and a retraction gives it the one before: never for ever.
        headers = {"Cache-Control": "public, max-age=60"}
        return RedirectResponse(f"{site.base_url}{found.path}", status_code=307, headers=headers)
    return respond(request, found.page)


def topic(request: Request) -> Response:
    site, topic_id = shared(request), TopicId(request.path_params["topic"])
    name = site.kept("topics", lambda: _topic_names(site)).get(topic_id)
    if name is None:
        raise HTTPException(404, "There is no such topic.")
    return respond(request, site.kept(f"topic {topic_id}", lambda: _topic(site, topic_id, name)))


def _find(site: Shared, asked: StoryId) -> Found:
    with site.storage.read() as tx:
        story_id = tx.stories.resolve(asked)
        if story_id is None:
            raise HTTPException(404, "There is no such story.")
        revisions = tx.editions.carrying(story_id)
        ids = tx.stories.aliases(story_id)
    appearances = tuple(
        Appearance(document=revision.document, card=card)
        for revision in revisions
        for card in _cards(revision.document)
        if card.story_id in ids
    )
    if not appearances:
        raise HTTPException(404, "No edition has carried this story.")
    return _story(story_id, appearances)


def _cards(document: EditionDocument) -> tuple[Card, ...]:
    return (*document.cards, *document.more)


def _story(story_id: StoryId, appearances: tuple[Appearance, ...]) -> Found:
    """appearances: newest edition first."""
    newest = appearances[0]
    # Once answered, a story is named by its answer, also where today's edition carries the news of it alone.
    naming = next((each.card for each in appearances if each.card.is_answered), newest.card)
    card = replace(newest.card, name=naming.name, slug=naming.slug, is_answered=naming.is_answered)
    path = story_path(story_id, card.slug)
    answers = tuple(_answers(card, appearances))
    # Read on other days than it was written: every time carries its day.
    frame = frame_of(
        newest.document, path, title=card.name, description=_description(card, answers), is_of_its_day=False
    )
    reports = sorted((*card.reports, *card.supportive, *card.campaign), key=lambda report: report.published_at)
    agencies = {line.name.casefold() for line in newest.document.sources if line.kind is not SourceKind.CAMPAIGN}
    page = StoryPage(
        frame=frame,
        card=card,
        answers=answers,
        timeline=tuple(_entry(report, agencies) for report in reports),
        carried_on=tuple(dict.fromkeys(each.document.edition_on for each in appearances)),
    )
    return Found(path=path, page=Rendered.of(render("readers/story.html", page), HTML))


def _answers(card: Card, appearances: tuple[Appearance, ...]) -> Iterator[Answer]:
    seen: set[PairingId] = set()
    reports = [report for each in appearances for report in each.card.reports]

    def answer(pairing: ShownPairing, on: date) -> Answer:
        is_under_name = card.is_answered and not seen
        seen.add(pairing.pairing_id)
        return Answer(
            pairing=pairing,
            on=on,
            rest=pairing.answer.beyond(card.name) if is_under_name else pairing.answer.display,
            quote=quote_of(pairing, reports, name=card.name),
        )

    for each in appearances:
        for pairing in each.card.pairings:
            if pairing.is_confirmed and pairing.pairing_id not in seen:
                yield answer(pairing, each.document.edition_on)
    for pairing in appearances[0].card.pairings:
        if not pairing.is_confirmed and pairing.pairing_id not in seen:
            yield answer(pairing, appearances[0].document.edition_on)


def _description(card: Card, answers: tuple[Answer, ...]) -> str:
    if card.is_answered:
        return next(answer.pairing.answer.display for answer in answers if answer.pairing.is_confirmed)
    outlets = tuple(dict.fromkeys(report.source_name for report in (*card.reports, *card.supportive)))
    return f"Reported by {listed(outlets)}: {card.name}"


def _entry(report: Report, agencies: set[str]) -> Entry:
    author = report.author or ""
    outlets = {*agencies, report.source_name.casefold(), *map(str.casefold, report.outlets), report.agency.casefold()}
    is_cut = report.kind is SourceKind.CAMPAIGN and (not report.headline or report.headline.endswith("…"))
    words = report.headline or f"{report.source_name}: read it there"
    return Entry(
        report=report,
        words="What we said" if is_cut else words,
        language=report.language if report.headline and not is_cut else "",
        kind=KIND_WORDS[report.kind],
        author=author if _names_a_person(author, outlets) else "",
        excerpt=report.excerpt if report.kind is SourceKind.MAINSTREAM else "",
    )


def _names_a_person(author: str, outlets: set[str]) -> bool:
    """Whether a byline says more than the outlet beside it; outlets: their names, case-folded.

    "Despatch staff" of Common Despatch and "Staff reporter" say nothing; "Libby Brooks Scotland correspondent" does.
    """
    *before, last = author.split() or [""]
    is_a_post = last.casefold() in _POSTS and sum(word[0].isupper() for word in before) < 2
    first = author.casefold().partition(" ")[0]
    return bool(author) and not is_a_post and author.casefold() not in outlets and first not in map(_last_word, outlets)


def _last_word(name: str) -> str:
    return name.rpartition(" ")[2]


def _topic_names(site: Shared) -> dict[TopicId, str]:
    """Topics by id, in staff's order: those of sources.yaml, then those that only recent editions know."""
    campaign = site.find_campaign()
    names = {topic.id: topic.name for topic in campaign.topics} if campaign is not None else {}
    for document in _recent(site):
        names = {**names, **{topic: name for topic, name in document.topics if topic not in names}}
    return names


def _topic(site: Shared, topic_id: TopicId, name: str) -> Rendered:
    days = tuple(
        (document.edition_on, cards)
        for document in _recent(site)
        if (cards := tuple(card for card in _cards(document) if card.topic_id == topic_id))
    )
    names = site.kept("topics", lambda: _topic_names(site))
    page = TopicPage(
        frame=site.frame(f"/topics/{topic_id}", title=name, description=f"{name}: what was reported and what we say."),
        name=name,
        days=days,
        others=tuple((other, words) for other, words in names.items() if other != topic_id),
    )
    return Rendered.of(render("readers/topic.html", page), HTML)


def _recent(site: Shared) -> list[EditionDocument]:
    with site.storage.read() as tx:
        lines = tx.editions.archive(Cadence.DAILY, limit=TOPIC_EDITIONS)
        revisions = [tx.editions.published_on(Cadence.DAILY, line.edition_on) for line in lines]
    return [revision.document for revision in revisions if revision is not None]
