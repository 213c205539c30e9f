"""Small lives of a database, for tests that begin in the middle of one."""

from datetime import date, datetime, timedelta

from digest.model.article import Article
from digest.model.edition import Cadence, Edition, EditionDocument
from digest.model.ids import ChannelName, StaffName, StoryId
from digest.model.story import StoryPlan
from digest.storage import Storage
from tests.factories import FRIEND, NOON, OURS, PRESS, RIVAL_PRESS, a_card, a_new_article, an_edition

ANN = StaffName("Ann")
DAY = timedelta(days=1)
TODAY = date(2026, 11, 23)
READERS = ("canary@address.example", "second@address.example")
CHANNEL = ChannelName("supporters")


def stored(storage: Storage, **changes: object) -> Article:
    with storage.begin() as tx:
        tx.sources.mirror([PRESS, RIVAL_PRESS, FRIEND, OURS], now=NOON)
        return tx.articles.get(tx.articles.add(a_new_article(**changes), now=NOON).article_id)


def a_plan(*articles: Article, **changes: object) -> StoryPlan:
    values: dict[str, object] = {
        "id": None,
        "title": articles[0].headline,
        "lead_article_id": articles[0].id,
        "events": (tuple(article.id for article in articles),),
        "topic_id": None,
        "topic_reason": "",
    }
    return StoryPlan(**values | changes)  # type: ignore[arg-type]  # a test names only what it is about


def a_stored_story(storage: Storage, *articles: Article, now: datetime = NOON) -> StoryId:
    with storage.begin() as tx:
        (story_id,) = tx.stories.apply([a_plan(*(articles or (stored(storage),)))], now=now)
    return story_id


def drafted(storage: Storage, document: EditionDocument | None = None, *, on: date = TODAY) -> Edition:
    """A draft with one revision."""
    with storage.begin() as tx:
        edition = tx.editions.open_draft(Cadence.DAILY, on, covers_from=NOON - DAY, cut_off_at=NOON)
        tx.editions.save_revision(edition.id, document or an_edition(edition_on=on, cards=()), now=NOON)
        return tx.editions.get(edition.id)


def published(storage: Storage, *, on: date = TODAY, story: StoryId | None = None) -> Edition:
    """An edition that has gone out to two readers and a channel: three due rows."""
    cards = (a_card(story_id=story),) if story else ()
    edition = drafted(storage, an_edition(edition_on=on, cards=cards), on=on)
    with storage.begin() as tx:
        newest = tx.editions.newest(edition.id)
        assert newest is not None
        tx.editions.approve(edition.id, revision=newest.revision, sha256=newest.sha256, by=ANN, now=NOON)
        tx.subscribers.mirror_list(READERS, now=NOON)
        tx.editions.mark_published(edition.id, newest.revision, now=NOON)
        tx.outbox.fill_for_edition(edition.id, newest.revision, channels=[CHANNEL], now=NOON)
        return tx.editions.get(edition.id)
