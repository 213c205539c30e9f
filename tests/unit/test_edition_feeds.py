"""Feeds of editions: whose they are, when they came out, and whose words they carry."""

import json
from datetime import timedelta
from typing import Any

import feedparser

from digest.model.edition import PublishedRevision, RevisionKind
from digest.model.ids import EditionId
from digest.rendering.feeds import atom_feed, json_feed
from tests.factories import NOON, a_card, a_shown_pairing, an_edition

PUBLISHED_AT = NOON + timedelta(minutes=7, microseconds=1234)


def feeds(**changes: Any) -> tuple[Any, Any]:
    """The only entry of the Atom feed, and the only item of the JSON feed."""
    revision = PublishedRevision(
        edition_id=EditionId(1),
        revision=1,
        kind=RevisionKind.FIRST,
        sha256="",
        document=an_edition(**changes),
        composed_at=NOON,
        approved_by=None,
        published_at=PUBLISHED_AT,
    )
    atom = feedparser.parse(atom_feed([revision], title="The Evening Quill", base_url="https://news.example"))
    item = json.loads(json_feed([revision], title="The Evening Quill", base_url="https://news.example"))["items"][0]
    assert atom.feed.updated == item["date_published"]
    return atom.entries[0], item


def test_entry_is_dated_by_its_publication_not_by_its_cut_off() -> None:
    entry, item = feeds()
    assert entry.published == entry.updated == item["date_published"] == "2026-11-23T12:07:00+00:00"


def test_entry_says_who_publishes_it() -> None:
    document = an_edition()
    entry, item = feeds()
    assert document.imprint in entry.content[0].value
    assert document.imprint in item["content_html"]


def test_entry_of_the_sample_says_that_it_is_invented() -> None:
    assert "invented" in feeds(is_sample=True)[1]["content_html"]
    assert "invented" not in feeds()[1]["content_html"]


def test_words_of_the_press_are_marked_as_reported() -> None:
    answered = a_card(name="We will cap every rent.")
    news = a_card(pairings=(), name="Quill plan does not add up")
    guessed = a_card(pairings=(a_shown_pairing(is_confirmed=False),), name="Rents doubled, say critics")
    content = feeds(cards=(answered, news, guessed))[1]["content_html"]
    assert "Reported: <a" not in content.split("We will cap every rent.", maxsplit=1)[0]
    assert content.count("Reported: <a") == 2
    assert content.count("not yet checked by a person") == 1
