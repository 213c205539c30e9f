"""Valid objects for tests: each takes what the test is about, and fills in the rest."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from digest.model.article import Article, NewArticle, Span, TextOrigin
from digest.model.edition import Cadence, Card, Copy, EditionDocument, Passage, Report, ShownPairing, SourceLine
from digest.model.ids import ArticleId, PairingId, SourceId, StoryId, TopicId
from digest.model.pairing import Pairing, PairingState, Relation
from digest.model.source import Campaign, Candidate, Imprint, Site, Source, SourceKind, Topic
from digest.model.story import Story
from digest.model.text import first_sentence

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_numbers = count(1)


def a_site(**changes: Any) -> Site:
    values: dict[str, Any] = {
        "title": "The Evening Quill",
        "campaign": "Quill for Leader",
        "candidates": (Candidate(name="Hester Quill", aliases=("Quill",)), Candidate(name="Augustin Fell")),
        "imprint": Imprint(promoter="W. Oddy", address="3 Lamp Lane", on_behalf_of="Hester Quill"),
        "zone": ZoneInfo("Europe/London"),
        "edition_hour": time(18),
    }
    return Site(**values | changes)


def a_source(**changes: Any) -> Source:
    values: dict[str, Any] = {
        "id": SourceId("ledger"),
        "name": "The Ledger",
        "kind": SourceKind.MAINSTREAM,
        "feed": "https://ledger.example/feed",
        "site": "https://ledger.example/",
    }
    return Source(**values | changes)


PRESS = a_source()
RIVAL_PRESS = a_source(id=SourceId("whistle"), name="The Whistle")
FRIEND = a_source(id=SourceId("lamplight"), name="Lamplight", kind=SourceKind.FRIENDLY)
OURS = a_source(id=SourceId("quill-press"), name="Quill press office", kind=SourceKind.CAMPAIGN)


def a_campaign(**changes: Any) -> Campaign:
    values: dict[str, Any] = {
        "site": a_site(),
        "topics": (Topic(id=TopicId("housing"), name="Housing", seeds=("rent",)),),
        "sources": (PRESS, RIVAL_PRESS, FRIEND, OURS),
    }
    return Campaign(**values | changes)


FERRY = "Ferry Patient Margaret breaks down off Skerrow harbour"
RENT = "Landlords Guild attacks Steady Rent cap in Brackmouth"


def ferry_words(number: int) -> dict[str, Any]:
    """Headline and text of one of many reports of one happening."""
    text = f"The Patient Margaret broke down off Skerrow with 53 passengers, harbour master Ebb said. Part {number}."
    return {"headline": f"{FERRY}, report {number}", "text": text}


def rent_words(number: int) -> dict[str, Any]:
    """The same of another."""
    text = f"The Landlords Guild said the Steady Rent cap would cost Brackmouth 9,400 homes to let. Paper {number}."
    return {"headline": f"{RENT}, part {number}", "text": text}


def an_article(**changes: Any) -> Article:
    number = next(_numbers)
    values: dict[str, Any] = {
        "id": ArticleId(number),
        "source_id": PRESS.id,
        "kind": SourceKind.MAINSTREAM,
        "guid": f"guid-{number}",
        "url": f"https://ledger.example/{number}",
        "canonical_url": f"https://ledger.example/{number}",
        "headline": f"Headline number {number}",
        "author": None,
        "summary": "",
        "text": f"Rents in Brackmouth rose by {number} per cent. Hester Quill has no plan, critics say.",
        "revision": 1,
        "text_origin": TextOrigin.PAGE,
        "links": (),
        "language": "en",
        "image_url": None,
        "published_at": NOON - timedelta(hours=2),
        "first_seen_at": NOON - timedelta(hours=1),
    }
    values |= changes
    values.setdefault("text_sha256", hashlib.sha256(values["text"].encode()).hexdigest())
    return Article(**values)


def ferry(number: int, **changes: Any) -> Article:
    return an_article(**ferry_words(number) | changes)


def rent(number: int, **changes: Any) -> Article:
    return an_article(**rent_words(number) | changes)


def an_answer(**changes: Any) -> Article:
    """A campaign article."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "id": ArticleId(number),
        "source_id": OURS.id,
        "kind": SourceKind.CAMPAIGN,
        "url": f"https://quill.example/{number}",
        "canonical_url": f"https://quill.example/{number}",
        "headline": f"Statement number {number}",
        "text": f"Hester Quill's rent plan was costed on page {number}. It caps every rise.",
    }
    return an_article(**values | changes)


def a_new_article(**changes: Any) -> NewArticle:
    """What extraction hands to storage."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "source_id": PRESS.id,
        "guid": f"guid-{number}",
        "url": f"https://ledger.example/{number}",
        "canonical_url": f"https://ledger.example/{number}",
        "headline": f"Headline number {number}",
        "author": None,
        "summary": "",
        "text": f"Rents in Brackmouth rose by {number} per cent. Hester Quill has no plan, critics say.",
        "text_origin": TextOrigin.PAGE,
        "extractor": "trafilatura",
        "links": (),
        "language": "en",
        "image_url": None,
        "published_at": NOON - timedelta(hours=2),
        "stated_published": None,
    }
    values |= changes
    values.setdefault("own_url", values["canonical_url"])
    return NewArticle(**values)


def a_story(*articles: Article, **changes: Any) -> Story:
    first = articles[0]
    values: dict[str, Any] = {
        "id": StoryId(f"story{first.id:05d}"),
        "title": first.headline,
        "lead_article_id": first.id,
        "article_ids": tuple(article.id for article in articles),
        "topic_id": TopicId("housing"),
        "topic_reason": "",
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Story(**values | changes)


def a_span(article: Article, passage: str | None = None) -> Span:
    """The whole text, or where a passage stands in it."""
    passage = article.text if passage is None else passage
    start = article.text.index(passage)
    return Span(article_id=article.id, revision=article.revision, start=start, end=start + len(passage))


def a_pairing(claim: Article, answer: Article, **changes: Any) -> Pairing:
    """First sentence answered by first sentence, confirmed by a person."""
    claim_text, answer_text = (first_sentence(article.text) for article in (claim, answer))
    values: dict[str, Any] = {
        "id": PairingId(next(_numbers)),
        "claim": a_span(claim, claim_text),
        "claim_text": claim_text,
        "answer": a_span(answer, answer_text),
        "answer_text": answer_text,
        "relation": Relation.REBUTS,
        "confidence": 0.8,
        "evidence": (),
        "state": PairingState.CONFIRMED,
    }
    return Pairing(**values | changes)


def a_report(**changes: Any) -> Report:
    number = next(_numbers)
    values: dict[str, Any] = {
        "article_id": ArticleId(number),
        "source_id": PRESS.id,
        "source_name": PRESS.name,
        "kind": SourceKind.MAINSTREAM,
        "url": f"https://ledger.example/{number}",
        "headline": "Quill's rent plan does not add up, say critics",
        "excerpt": "The Housing Minister's plan was met with doubt on Monday.",
        "author": "Ada Penn",
        "published_at": NOON,
    }
    return Report(**values | changes)


def a_copy(**changes: Any) -> Copy:
    number = next(_numbers)
    values: dict[str, Any] = {
        "article_id": ArticleId(number),
        "source_id": RIVAL_PRESS.id,
        "source_name": RIVAL_PRESS.name,
        "url": f"https://whistle.example/{number}",
        "headline": "Doubts over rent plan",
        "published_at": NOON,
    }
    return Copy(**values | changes)


def a_passage(**changes: Any) -> Passage:
    text = changes.get("text", "Hester Quill's plan caps every rise at the cost of living.")
    values: dict[str, Any] = {
        "article_id": ArticleId(next(_numbers)),
        "revision": 1,
        "start": 0,
        "end": len(text),
        "text": text,
        "display": text,
        "source_name": OURS.name,
        "kind": SourceKind.CAMPAIGN,
        "headline": "Our plan for rents",
        "url": "https://quill.example/plan",
        "published_at": NOON,
    }
    return Passage(**values | changes)


def a_claim(**changes: Any) -> Passage:
    text = changes.get("text", "The plan leaves a hole of 214,000 a year, the Treasurer said.")
    values: dict[str, Any] = {
        "text": text,
        "source_name": PRESS.name,
        "kind": SourceKind.MAINSTREAM,
        "headline": "Quill's rent plan does not add up, say critics",
        "url": "https://ledger.example/plan",
    }
    return a_passage(**values | changes)


def a_shown_pairing(**changes: Any) -> ShownPairing:
    values: dict[str, Any] = {
        "pairing_id": PairingId(next(_numbers)),
        "relation": Relation.REBUTS,
        "is_confirmed": True,
        "confidence": 0.8,
        "claim": a_claim(),
        "answer": a_passage(),
        "reasons": ("Both name the rent plan",),
    }
    return ShownPairing(**values | changes)


def a_card(**changes: Any) -> Card:
    number = next(_numbers)
    pairings = changes.get("pairings", (a_shown_pairing(),))
    values: dict[str, Any] = {
        "story_id": StoryId(f"abcdefg{number:03d}"),
        "slug": "our-plan-for-rents",
        "name": pairings[0].answer.display if pairings else "Quill's rent plan does not add up, say critics",
        "topic_id": TopicId("housing"),
        "topic_name": "Housing",
        "is_answered": any(pairing.is_confirmed for pairing in pairings),
        "pairings": pairings,
        "reports": (a_report(),),
        "supportive": (),
        "campaign": (),
        "reading_seconds": 20,
    }
    return Card(**values | changes)


def an_edition(**changes: Any) -> EditionDocument:
    """A document as it is published."""
    site = a_site()
    values: dict[str, Any] = {
        "cadence": Cadence.DAILY,
        "edition_on": date(2026, 11, 23),
        "revision": 1,
        "title": site.title,
        "campaign": site.campaign,
        "candidate": "Hester Quill",
        "language": "en",
        "time_zone": "Europe/London",
        "base_url": "https://news.example",
        "imprint": site.imprint.sentence,
        "imprint_short": site.imprint.short,
        "is_sample": False,
        "covers_from": NOON - timedelta(days=1),
        "cut_off_at": NOON,
        "message": None,
        "cards": (a_card(),),
        "more": (),
        "sources": (
            SourceLine(
                id=PRESS.id, name=PRESS.name, kind=PRESS.kind, site=PRESS.site, owner="", articles=1, is_reached=True
            ),
        ),
        "topics": ((TopicId("housing"), "Housing"),),
        "reading_seconds": 20,
    }
    return EditionDocument(**values | changes)
