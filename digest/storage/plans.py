"""Making the stored stories say what a clustering planned: which ids live on, what moves, what redirects."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, count

from sqlalchemy import Connection, delete, exists, insert, or_, select, update

from digest.errors import ConflictError
from digest.model.ids import ArticleId, StoryId, story_id_for
from digest.model.story import StoryPlan
from digest.storage.columns import AnyRow, storable
from digest.storage.dialects import chunked, insert_into
from digest.storage.tables import (
    article_events,
    articles,
    edition_choices,
    edition_stories,
    events,
    stories,
    story_filings,
)

merged = stories.alias()
filed = story_filings.alias()
YOUNG = timedelta(days=2)
"""How long automatic clustering may still merge, split or retire a story (DESIGN section 5)."""


@dataclass(frozen=True, slots=True)
class _Place:
    event_id: int
    story_id: StoryId


@dataclass(frozen=True, slots=True)
class _Move:
    """An article that has come to stand in another event, or in its first."""

    article_id: ArticleId
    event_id: int
    story_id: StoryId
    left: StoryId | None


def apply_plans(connection: Connection, plans: Sequence[StoryPlan], *, now: datetime) -> list[StoryId]:
    """See `Stories.apply`."""
    _check(plans)
    known = _known_stories(connection, plans)
    new_ids = _found_stories(connection, [plan for plan in plans if plan.id is None], now=now)
    ids = [plan.id if plan.id is not None else next(new_ids) for plan in plans]
    changed: set[StoryId] = set()
    for plan, story_id in zip(plans, ids, strict=True):
        if _redescribe(connection, plan, known.get(story_id)):
            changed.add(story_id)
        for absorbed in plan.absorbs:
            if known[absorbed].merged_into is None:
                _redirect(connection, absorbed, to=story_id)
                changed.add(story_id)
    moves = _move_articles(connection, plans, ids)
    for move in moves:
        changed |= {move.story_id, move.left or move.story_id}
    _settle_emptied(connection, moves, now=now)
    for chunk in chunked(changed):
        connection.execute(update(stories).where(stories.c.id.in_(chunk)).values(updated_at=now))
    return ids


def _check(plans: Sequence[StoryPlan]) -> None:
    named = Counter(article_id for plan in plans for event in plan.events for article_id in event)
    twice = [article_id for article_id, times in named.items() if times > 1]
    if twice:
        raise ConflictError(f"The plans place article {twice[0]} twice.")
    if any(not plan.events or not all(plan.events) for plan in plans):
        raise ConflictError("A plan has a story or an event without articles.")
    living = Counter(plan.id for plan in plans if plan.id is not None)
    absorbed = Counter(story_id for plan in plans for story_id in plan.absorbs)
    clash = [story_id for story_id, times in (living + absorbed).items() if times > 1]
    if clash:
        raise ConflictError(f"The plans give story {min(clash)} two fates.")


# --- ids ----------------------------------------------------------------------------------------------------


def _known_stories(connection: Connection, plans: Sequence[StoryPlan]) -> dict[StoryId, AnyRow]:
    wanted = {story_id for plan in plans for story_id in (plan.id, *plan.absorbs) if story_id is not None}
    known: dict[StoryId, AnyRow] = {}
    for chunk in chunked(wanted):
        known |= {StoryId(row.id): row for row in connection.execute(select(stories).where(stories.c.id.in_(chunk)))}
    for story_id in sorted(wanted - set(known)):
        raise ConflictError(f"The plans name story {story_id}, which is not stored.")
    for plan in plans:
        if plan.id is not None and known[plan.id].merged_into is not None:
            raise ConflictError(f"The plans keep story {plan.id}, which has been merged away.")
    return known


def _found_stories(connection: Connection, plans: Sequence[StoryPlan], *, now: datetime) -> Iterator[StoryId]:
    """Store the new stories; their ids in order, each derived from the story's oldest article."""
    founders = _founders(connection, plans)
    taken = _taken(connection, [story_id_for(founder.canonical_url) for founder in founders])
    rows: list[dict[str, object]] = []
    for plan, founder in zip(plans, founders, strict=True):
        story_id = _free_id(connection, founder.canonical_url, taken)
        taken.add(story_id)
        row = {"id": story_id, "founding_article_id": founder.id, "created_at": now, "updated_at": now}
        rows.append({**row, **_description(plan)})
    if rows:
        connection.execute(insert(stories), rows)
    return iter([StoryId(str(row["id"])) for row in rows])


def _free_id(connection: Connection, url: str, taken: Collection[StoryId]) -> StoryId:
    story_id = story_id_for(url)
    for salt in count(1):
        if story_id not in taken:
            break
        story_id = story_id_for(url, salt=salt)
        taken = {*taken, *_taken(connection, [story_id])}
    return story_id


def _founders(connection: Connection, plans: Sequence[StoryPlan]) -> list[AnyRow]:
    found: dict[int, AnyRow] = {}
    for chunk in chunked([article_id for plan in plans for article_id in chain(*plan.events)]):
        columns = (articles.c.id, articles.c.published_at, articles.c.canonical_url)
        found |= {row.id: row for row in connection.execute(select(*columns).where(articles.c.id.in_(chunk)))}
    members = [[article_id for event in plan.events for article_id in event] for plan in plans]
    for article_id in chain(*members):
        if article_id not in found:
            raise ConflictError(f"The plans name article {article_id}, which is not stored.")
    return [min((found[i] for i in ids), key=lambda row: (row.published_at, row.id)) for ids in members]


def _taken(connection: Connection, ids: Sequence[StoryId]) -> set[StoryId]:
    return {
        StoryId(story_id)
        for chunk in chunked(ids)
        for story_id in connection.scalars(select(stories.c.id).where(stories.c.id.in_(chunk)))
    }


# --- what a story says, and where it leads ------------------------------------------------------------------


def _description(plan: StoryPlan) -> dict[str, object]:
    return {
        "title": storable(plan.title),
        "lead_article_id": plan.lead_article_id,
        "topic_id": plan.topic_id,
        "topic_reason": storable(plan.topic_reason),
        "summary": storable(plan.summary),
        "summary_article_id": plan.summary_article_id,
    }


def _redescribe(connection: Connection, plan: StoryPlan, row: AnyRow | None) -> bool:
    """Whether a story that was known says something new now."""
    description = _description(plan)
    if row is None or all(getattr(row, name) == value for name, value in description.items()):
        return False
    connection.execute(update(stories).where(stories.c.id == row.id).values(description))
    return True


def _redirect(connection: Connection, story_id: StoryId, *, to: StoryId) -> None:
    """Let `story_id`, and what redirected to it, redirect `to` another story, and its events be that one's.

    So are the name, the summary and the topic that staff gave it, unless staff gave that one some of its own.
    """
    for column in (stories.c.staff_title, stories.c.staff_summary):
        given = select(merged.c[column.name]).where(merged.c.id == story_id).scalar_subquery()
        is_lacking = (stories.c.id == to) & column.is_(None)
        connection.execute(update(stories).where(is_lacking).values({column: given}))
    is_unfiled = ~exists().where(filed.c.story_id == to)
    filing = update(story_filings).where(story_filings.c.story_id == story_id, is_unfiled)
    connection.execute(filing.values(story_id=to))
    is_meant = or_(stories.c.id == story_id, stories.c.merged_into == story_id)
    connection.execute(update(stories).where(is_meant).values(merged_into=to))
    connection.execute(update(events).where(events.c.story_id == story_id).values(story_id=to))


# --- articles -----------------------------------------------------------------------------------------------


def _move_articles(connection: Connection, plans: Sequence[StoryPlan], ids: Sequence[StoryId]) -> list[_Move]:
    """Put every named article into the event that its plan wants, and delete the events left empty."""
    places = _places(connection, [article_id for plan in plans for event in plan.events for article_id in event])
    wanted: list[tuple[StoryId, int | None, tuple[ArticleId, ...]]] = []
    used: set[int] = set()
    for plan, story_id in zip(plans, ids, strict=True):
        for event in plan.events:
            event_id = _continued(event, story_id, places, used)
            if event_id is not None:
                used.add(event_id)
            wanted.append((story_id, event_id, event))
    fresh = [{"story_id": story_id} for story_id, event_id, _ in wanted if event_id is None]
    statement = insert(events).returning(events.c.id, sort_by_parameter_order=True)
    new_ids = iter(connection.scalars(statement, fresh).all() if fresh else [])
    moves: list[_Move] = []
    left: set[int] = set()
    for story_id, event_id, event in wanted:
        target = event_id if event_id is not None else next(new_ids)
        for article_id in event:
            place = places.get(article_id)
            if place is None or place.event_id != target:
                was_in = place.story_id if place is not None and place.story_id != story_id else None
                moves.append(_Move(article_id, target, story_id, was_in))
                left |= {place.event_id} if place is not None else set()
    if moves:
        statement_in = insert_into(connection, article_events)
        upsert = statement_in.on_conflict_do_update(
            index_elements=["article_id"], set_={"event_id": statement_in.excluded.event_id}
        )
        connection.execute(upsert, [{"article_id": move.article_id, "event_id": move.event_id} for move in moves])
    for chunk in chunked(left):
        is_empty = ~exists().where(article_events.c.event_id == events.c.id)
        connection.execute(delete(events).where(events.c.id.in_(chunk), is_empty))
    return moves


def _places(connection: Connection, ids: Sequence[ArticleId]) -> dict[ArticleId, _Place]:
    found: dict[ArticleId, _Place] = {}
    for chunk in chunked(ids):
        query = (
            select(article_events.c.article_id, article_events.c.event_id, events.c.story_id)
            .join(events, events.c.id == article_events.c.event_id)
            .where(article_events.c.article_id.in_(chunk))
        )
        for row in connection.execute(query):
            found[ArticleId(row.article_id)] = _Place(row.event_id, StoryId(row.story_id))
    return found


def _continued(
    event: Sequence[ArticleId], story_id: StoryId, places: Mapping[ArticleId, _Place], used: Collection[int]
) -> int | None:
    """The stored event of this story that most of the planned one's articles stand in; None: it is a new one."""
    stand_in = [places[article_id] for article_id in event if article_id in places]
    votes = Counter(place.event_id for place in stand_in if place.story_id == story_id and place.event_id not in used)
    return min(votes, key=lambda event_id: (-votes[event_id], event_id)) if votes else None


def _settle_emptied(connection: Connection, moves: Iterable[_Move], *, now: datetime) -> None:
    """Delete or redirect the stories that have lost their last article."""
    went: defaultdict[StoryId, Counter[StoryId]] = defaultdict(Counter)
    for move in moves:
        if move.left is not None:
            went[move.left][move.story_id] += 1
    for chunk in chunked(sorted(went)):
        has_events = exists().where(events.c.story_id == stories.c.id)
        is_seen = or_(
            exists().where(edition_stories.c.story_id == stories.c.id),
            exists().where(edition_choices.c.story_id == stories.c.id),
            exists().where(merged.c.merged_into == stories.c.id),
            exists().where(story_filings.c.story_id == stories.c.id),
            stories.c.staff_title.is_not(None),
            stories.c.staff_summary.is_not(None),
        )
        query = select(stories.c.id, stories.c.created_at, is_seen.label("is_seen")).where(
            stories.c.id.in_(chunk), ~has_events
        )
        for row in connection.execute(query).all():
            story_id = StoryId(row.id)
            if row.is_seen or now - row.created_at >= YOUNG:
                targets = went[story_id]
                _redirect(connection, story_id, to=min(targets, key=lambda target: (-targets[target], target)))
            else:
                connection.execute(delete(stories).where(stories.c.id == story_id))
