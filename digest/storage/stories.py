"""Stories with their events, the redirects of merged ones, and what staff bound together or apart."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, tuple_, update

from digest.errors import NotFoundError
from digest.model.ids import ArticleId, StaffName, StoryId, TopicId
from digest.model.story import ActiveStory, Binding, BindingKind, Filing, Story, StoryPlan
from digest.storage.columns import AnyRow, storable
from digest.storage.dialects import chunked
from digest.storage.plans import apply_plans
from digest.storage.tables import article_events, articles, events, stories, story_bindings, story_filings


@dataclass(slots=True)
class _Members:
    """A story's articles, oldest first, and the same parted by event: events in the order of their oldest article."""

    article_ids: list[ArticleId] = field(default_factory=list)
    by_event: defaultdict[int, list[ArticleId]] = field(default_factory=lambda: defaultdict(list))


class Stories:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- reading --------------------------------------------------------------------------------------------

    def active(self, since: datetime) -> list[ActiveStory]:
        """The stories with an article published at `since` or later, whole, oldest first.

        Merged, retired and emptied ones are left out, and so are withdrawn articles.
        """
        fresh = (
            select(events.c.story_id)
            .join(article_events, article_events.c.event_id == events.c.id)
            .join(articles, articles.c.id == article_events.c.article_id)
            .where(articles.c.published_at >= since, articles.c.withdrawn_at.is_(None))
        )
        is_live = stories.c.merged_into.is_(None) & stories.c.retired_at.is_(None)
        query = select(stories).where(stories.c.id.in_(fresh), is_live).order_by(stories.c.created_at)
        rows = self._connection.execute(query).all()
        members = self._members([row.id for row in rows])
        found = [_active(row, members[row.id]) for row in rows]
        return sorted(found, key=lambda entry: (entry.story.created_at, entry.story.article_ids[0]))

    def get(self, story_id: StoryId) -> Story:
        """The story itself. Raises NotFoundError when there is none, or it has been merged away (see `resolve`)."""
        return self.whole(story_id).story

    def whole(self, story_id: StoryId) -> ActiveStory:
        """The story with its events. Raises like `get`."""
        row = self._connection.execute(select(stories).where(stories.c.id == story_id)).first()
        if row is None or row.merged_into is not None:
            raise NotFoundError(f"There is no story {story_id}.")
        return _active(row, self._members([story_id])[story_id])

    def holding(self, article_id: ArticleId) -> StoryId | None:
        """The story that an article stands in; None: it has not been placed yet."""
        query = (
            select(events.c.story_id)
            .join(article_events, article_events.c.event_id == events.c.id)
            .where(article_events.c.article_id == article_id)
        )
        story_id = self._connection.scalar(query)
        return StoryId(story_id) if story_id is not None else None

    def resolve(self, story_id: StoryId) -> StoryId | None:
        """The story that stands for this id today, itself or what it was merged into; None when it was never one."""
        for _ in range(64):  # apply() keeps redirects one step long; a ring of them would be a bug
            row = self._connection.execute(select(stories.c.merged_into).where(stories.c.id == story_id)).first()
            if row is None:
                return None
            if row.merged_into is None:
                return story_id
            story_id = StoryId(row.merged_into)
        raise RuntimeError(f"the redirects of story {story_id} run in a ring")

    def aliases(self, story_id: StoryId) -> frozenset[StoryId]:
        """The id itself and those of the stories merged into it: published documents may carry any of them."""
        merged = self._connection.scalars(select(stories.c.id).where(stories.c.merged_into == story_id))
        return frozenset({story_id, *map(StoryId, merged)})

    def bindings(self) -> list[Binding]:
        """What staff bound, oldest first."""
        rows = self._connection.execute(select(story_bindings).order_by(story_bindings.c.id))
        return [Binding(kind=BindingKind(row.kind), a=ArticleId(row.a), b=ArticleId(row.b)) for row in rows]

    def filings(self) -> list[Filing]:
        """What staff filed, oldest first."""
        rows = self._connection.execute(select(story_filings).order_by(story_filings.c.at, story_filings.c.story_id))
        return [
            Filing(
                story_id=StoryId(row.story_id),
                topic_id=TopicId(row.topic_id) if row.topic_id is not None else None,
                example=row.example,
            )
            for row in rows
        ]

    def _members(self, story_ids: Collection[str]) -> defaultdict[str, "_Members"]:
        found: defaultdict[str, _Members] = defaultdict(_Members)
        for chunk in chunked(story_ids):
            query = (
                select(events.c.story_id, events.c.id, article_events.c.article_id)
                .join(article_events, article_events.c.event_id == events.c.id)
                .join(articles, articles.c.id == article_events.c.article_id)
                .where(events.c.story_id.in_(chunk), articles.c.withdrawn_at.is_(None))
                .order_by(articles.c.published_at, articles.c.id)
            )
            for row in self._connection.execute(query):
                found[row.story_id].article_ids.append(ArticleId(row.article_id))
                found[row.story_id].by_event[row.id].append(ArticleId(row.article_id))
        return found

    # --- writing --------------------------------------------------------------------------------------------

    def bind(self, binding: Binding, *, by: StaffName, now: datetime) -> None:
        """Keep staff's word on two articles, in place of an earlier word on the same two."""
        a, b = sorted((binding.a, binding.b))
        self._connection.execute(delete(story_bindings).where(story_bindings.c.a == a, story_bindings.c.b == b))
        self._connection.execute(insert(story_bindings).values(kind=binding.kind.value, a=a, b=b, by=by, at=now))

    def release(self, some: Collection[ArticleId], others: Collection[ArticleId]) -> None:
        """Forget staff's word on each pair of one of `some` and one of `others`."""
        pairs = [tuple(sorted((a, b))) for a in some for b in others if a != b]
        for chunk in chunked(pairs):
            is_meant = tuple_(story_bindings.c.a, story_bindings.c.b).in_(chunk)
            self._connection.execute(delete(story_bindings).where(is_meant))

    def rename(self, story_id: StoryId, title: str | None, *, now: datetime) -> None:
        """What staff call the story; None: nothing, it goes by its working title. Raises NotFoundError."""
        self._change(story_id, {"staff_title": storable(title) if title is not None else None, "updated_at": now})

    def sum_up(self, story_id: StoryId, summary: str | None, *, now: datetime) -> None:
        """What staff say it is about; None: nothing, a member's own words stand. Raises NotFoundError."""
        self._change(story_id, {"staff_summary": storable(summary) if summary is not None else None, "updated_at": now})

    def file(self, filing: Filing, *, reason: str, by: StaffName, now: datetime) -> None:
        """Keep where staff filed a story, in place of where they filed it before. Raises NotFoundError."""
        change = {"topic_id": filing.topic_id, "topic_reason": storable(reason), "updated_at": now}
        self._change(filing.story_id, change)
        self.unfile(filing.story_id)
        row = {"story_id": filing.story_id, "topic_id": filing.topic_id, "example": storable(filing.example)}
        self._connection.execute(insert(story_filings).values(row | {"by": by, "at": now}))

    def unfile(self, story_id: StoryId) -> None:
        """Forget where staff filed the story; the next clustering files it."""
        self._connection.execute(delete(story_filings).where(story_filings.c.story_id == story_id))

    def _change(self, story_id: StoryId, values: Mapping[str, object]) -> None:
        is_meant = (stories.c.id == story_id) & stories.c.merged_into.is_(None)
        if self._connection.execute(update(stories).where(is_meant).values(dict(values))).rowcount == 0:
            raise NotFoundError(f"There is no story {story_id}.")

    def apply(self, plans: Sequence[StoryPlan], *, now: datetime) -> list[StoryId]:
        """Make the stored stories say what the plans say; the id of each plan's story, in the order of `plans`.

        Articles that no plan names stay where they are; those of an absorbed story move along with it. What a story
        absorbs redirects to it for ever. A story that lost its last article is deleted when it is young and nobody
        has seen it, else it redirects to where most of its articles went. The same plans again change nothing.
        Raises ConflictError when the plans contradict each other or the stored stories.
        """
        return apply_plans(self._connection, plans, now=now)


def _active(row: AnyRow, members: _Members) -> ActiveStory:
    return ActiveStory(
        story=Story(
            id=StoryId(row.id),
            title=row.title,
            lead_article_id=ArticleId(row.lead_article_id),
            article_ids=tuple(members.article_ids),
            topic_id=TopicId(row.topic_id) if row.topic_id is not None else None,
            topic_reason=row.topic_reason,
            created_at=row.created_at,
            updated_at=row.updated_at,
            staff_title=row.staff_title,
            summary=row.summary,
            summary_article_id=ArticleId(row.summary_article_id) if row.summary_article_id is not None else None,
            staff_summary=row.staff_summary,
        ),
        events=tuple(tuple(event) for event in members.by_event.values()),
    )
