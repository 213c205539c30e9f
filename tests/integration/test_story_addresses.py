"""A story's address leads to it for ever, however placing, clustering, time and staff's word follow each other."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy

from digest.clock import FixedClock
from digest.editorial import stories as decide
from digest.model.ids import ArticleId, StoryId
from digest.pipeline import Tools
from digest.pipeline.report import PassReport
from digest.pipeline.stories import update_stories
from digest.pipeline.vectors import embed_articles
from digest.storage import Storage
from digest.storage.engine import make_engine, parse_url
from tests.factories import NOON, a_campaign
from tests.fakes import fake_tools
from tests.integration.storage.lives import ANN, published, stored

DAY = timedelta(days=1)
WORDS = "ferry rent guild quill tench roof lamp harbour 9,400 Skerrow Brackmouth Ebb".split()  # noqa: SIM905
PASSES = 24
MERGED = "SELECT count(*) FROM stories WHERE merged_into IS NOT NULL"
CHAINED = "SELECT count(*) FROM stories a JOIN stories b ON a.merged_into = b.id WHERE b.merged_into IS NOT NULL"
"""One step is enough, so that an old link is as quick as a new one."""


@pytest.mark.parametrize("seed", range(4))
def test_every_address_of_an_edition_leads_to_one_story(storage: Storage, database_url: str, seed: int) -> None:
    chance = random.Random(seed)
    tools = fake_tools(storage, a_campaign())
    report = PassReport()
    seen: set[StoryId] = set()
    now = NOON
    for _ in range(PASSES):
        now += chance.choice([0.02, 0.1, 0.5, 1.1]) * DAY
        for _ in range(chance.randint(0, 4)):
            words = chance.choices(WORDS, k=6)
            stored(storage, headline=" ".join(words[:4]), text=" ".join(words), published_at=now - 0.01 * DAY)
        passed(tools, report, now=now, is_clustered=chance.random() < 0.4)
        standing = whole(storage, now)
        if standing and chance.random() < 0.4:
            shown = chance.choice(sorted(standing))
            if shown not in seen:
                published(storage, on=(NOON + len(seen) * DAY).date(), story=shown)
                seen.add(shown)
        if len(standing) > 1 and chance.random() < 0.4:
            staff_decide(storage, chance, standing, now=now)
        lead_to_one_story(storage, seen)
        assert count(database_url, CHAINED) == 0
    assert seen
    assert count(database_url, MERGED)


def passed(tools: Tools, report: PassReport, *, now: datetime, is_clustered: bool) -> None:
    tools = replace(tools, clock=FixedClock(now), recluster_every=timedelta(0) if is_clustered else 9 * DAY)
    articles, vectors = embed_articles(tools, report)
    if not is_clustered and report.clustered_at is not None:
        report.clustered_at = now
    update_stories(tools, articles, vectors, report)


def whole(storage: Storage, now: datetime) -> dict[StoryId, tuple[ArticleId, ...]]:
    with storage.read() as tx:
        return {active.story.id: active.story.article_ids for active in tx.stories.active(now - 7 * DAY)}


def staff_decide(
    storage: Storage, chance: random.Random, standing: dict[StoryId, tuple[ArticleId, ...]], *, now: datetime
) -> None:
    one, other = chance.sample(sorted(standing), 2)
    with storage.begin() as tx:
        if chance.random() < 0.5:
            decide.merge(tx, one, into=other, by=ANN, now=now)
        elif len(standing[one]) > 1:
            decide.split(tx, one, standing[one][:1], by=ANN, now=now)
        else:
            decide.move(tx, standing[one][0], to=other, by=ANN, now=now)


def lead_to_one_story(storage: Storage, seen: set[StoryId]) -> None:
    with storage.read() as tx:
        for story_id in seen:
            standing = tx.stories.resolve(story_id)
            assert standing is not None
            assert tx.stories.get(standing).article_ids


def count(url: str, query: str) -> int:
    engine = make_engine(parse_url(url))
    with engine.connect() as connection:
        number: int = connection.execute(sqlalchemy.text(query)).scalar_one()
    engine.dispose()
    return number
