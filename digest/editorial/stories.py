"""What staff decide about stories: merge, split, move an article, rename, sum up, file under a topic.

Each act is done at once, and bound so that every later clustering keeps to it. What is bound is as little as keeps it
whatever arrives: see `stages.cluster.bindings` for what follows from it.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from digest.errors import EditorialError, NotFoundError
from digest.model.ids import ArticleId, StaffName, StoryId, TopicId
from digest.model.source import SourceKind
from digest.model.story import ActiveStory, Binding, BindingKind, Filing, StoryPlan
from digest.stages.cluster import together
from digest.storage import Transaction

LONGEST_LINE = 200
"""Characters, of a name or a summary."""


def merge(tx: Transaction, story_id: StoryId, *, into: StoryId, by: StaffName, now: datetime) -> None:
    """A person says: these two are one story. The first redirects to the other for ever.

    Every article of either is bound to one of them: the two stay one though some of them be taken back.
    Raises NotFoundError, or EditorialError when they are one already.
    """
    if story_id == into:
        raise EditorialError(f"Story {story_id} can't be merged into itself.")
    gone, kept = tx.stories.whole(story_id), tx.stories.whole(into)
    tx.stories.release(gone.story.article_ids, kept.story.article_ids)
    _tie(tx, [*kept.story.article_ids, *gone.story.article_ids], by=by, now=now)
    plan = _plan(tx, kept, (*kept.events, *gone.events), absorbs=(story_id,))
    tx.stories.apply([plan], now=now)
    tx.audit.add(by=by, act="merge stories", subject=f"story/{story_id}", detail=f"into {into}", now=now)


def split(
    tx: Transaction, story_id: StoryId, article_ids: Collection[ArticleId], *, by: StaffName, now: datetime
) -> StoryId:
    """A person says: these articles are another story; its id.

    They are bound to one of them, and that one apart from each article that stays.
    Raises NotFoundError, or EditorialError when they are not some, but not all, of the story's articles.
    """
    whole = tx.stories.whole(story_id)
    out = [article for article in whole.story.article_ids if article in set(article_ids)]
    rest = [article for article in whole.story.article_ids if article not in set(article_ids)]
    if len(out) != len(set(article_ids)) or not out or not rest:
        raise EditorialError(f"Name some, but not all, of the articles of story {story_id}.")
    _part(tx, out, rest, by=by, now=now)
    _tie(tx, out, by=by, now=now)
    stays = _plan(tx, whole, _only(whole.events, rest))
    goes = _plan(tx, whole, _only(whole.events, out), is_new=True)
    _, new_id = tx.stories.apply([stays, goes], now=now)
    detail = f"{len(out)} articles to {new_id}"
    tx.audit.add(by=by, act="split story", subject=f"story/{story_id}", detail=detail, now=now)
    return new_id


def move(tx: Transaction, article_id: ArticleId, *, to: StoryId, by: StaffName, now: datetime) -> None:
    """A person says: this article belongs to that story, not to the one it stands in.

    It is bound to one article of that story, and apart from each of the one that it leaves: any that were left out
    could bring the others after it. A story that loses its only article so redirects.
    Raises NotFoundError, or EditorialError when it stands there already or has not been placed yet.
    """
    left = tx.stories.holding(article_id)
    if left is None:
        raise EditorialError(f"Article {article_id} stands in no story yet; the next pass places it.")
    if left == to:
        raise EditorialError(f"Article {article_id} stands in story {to} already.")
    source, target = tx.stories.whole(left), tx.stories.whole(to)
    rest = [article for article in source.story.article_ids if article != article_id]
    tx.stories.release([article_id], target.story.article_ids)
    _part(tx, [article_id], rest, by=by, now=now)
    _tie(tx, [_anchor(target), article_id], by=by, now=now)
    plans = [_plan(tx, target, (*target.events, (article_id,)), absorbs=() if rest else (left,))]
    if rest:
        plans.append(_plan(tx, source, _only(source.events, rest)))
    tx.stories.apply(plans, now=now)
    detail = f"from {left} to {to}"
    tx.audit.add(by=by, act="move article", subject=f"article/{article_id}", detail=detail, now=now)


def rename(tx: Transaction, story_id: StoryId, title: str, *, by: StaffName, now: datetime) -> None:
    """A person names the story: it keeps the name whatever is clustered later.

    Raises NotFoundError, EditorialError.
    """
    title = _one_line(title, "name")
    tx.stories.rename(story_id, title, now=now)
    tx.audit.add(by=by, act="rename story", subject=f"story/{story_id}", detail=title, now=now)


def take_name_back(tx: Transaction, story_id: StoryId, *, by: StaffName, now: datetime) -> None:
    """The story goes by a member's headline again. Raises NotFoundError."""
    tx.stories.rename(story_id, None, now=now)
    tx.audit.add(by=by, act="take story's name back", subject=f"story/{story_id}", detail="", now=now)


def sum_up(tx: Transaction, story_id: StoryId, summary: str, *, by: StaffName, now: datetime) -> None:
    """A person says in one line what the story is about: that stands whatever is clustered later.

    Raises NotFoundError, EditorialError.
    """
    summary = _one_line(summary, "summary")
    tx.stories.sum_up(story_id, summary, now=now)
    tx.audit.add(by=by, act="sum story up", subject=f"story/{story_id}", detail=summary, now=now)


def take_summary_back(tx: Transaction, story_id: StoryId, *, by: StaffName, now: datetime) -> None:
    """A member's own words say what the story is about again. Raises NotFoundError."""
    tx.stories.sum_up(story_id, None, now=now)
    tx.audit.add(by=by, act="take story's summary back", subject=f"story/{story_id}", detail="", now=now)


def file_under(tx: Transaction, story_id: StoryId, topic_id: TopicId | None, *, by: StaffName, now: datetime) -> None:
    """A person files the story under a topic, None for "other": it stays there, and what is like it goes there too.

    Raises NotFoundError.
    """
    story = tx.stories.get(story_id)
    (lead,) = tx.articles.get_many([story.lead_article_id])
    where = "here" if topic_id is not None else "under no topic"
    filing = Filing(story_id=story_id, topic_id=topic_id, example=lead.headline)
    tx.stories.file(filing, reason=f"You filed it {where}.", by=by, now=now)
    detail = f"{story.topic_id or 'other'} to {topic_id or 'other'}"
    tx.audit.add(by=by, act="file story", subject=f"story/{story_id}", detail=detail, now=now)


def take_filing_back(tx: Transaction, story_id: StoryId, *, by: StaffName, now: datetime) -> None:
    """The next clustering files the story, and what was like it, by its words. Raises NotFoundError."""
    tx.stories.get(story_id)
    tx.stories.unfile(story_id)
    tx.audit.add(by=by, act="take story's topic back", subject=f"story/{story_id}", detail="", now=now)


def _one_line(words: str, what: str) -> str:
    line = " ".join(words.split())
    if not line or len(line) > LONGEST_LINE or not line.isprintable():
        raise EditorialError(f"A story's {what} is one line of at most {LONGEST_LINE} characters.")
    return line


def _part(
    tx: Transaction, out: Sequence[ArticleId], rest: Sequence[ArticleId], *, by: StaffName, now: datetime
) -> None:
    """Bind the first that goes apart from all that stays. What was bound together on either side remains so, though it
    were by an article of the other.
    """
    groups = together(tx.stories.bindings())
    tx.stories.release(out, rest)
    for group in groups:
        for side in (out, rest):
            _tie(tx, [article for article in side if article in group], by=by, now=now)
    for article in rest:
        tx.stories.bind(Binding(kind=BindingKind.CANNOT, a=out[0], b=article), by=by, now=now)


def _tie(tx: Transaction, articles: Sequence[ArticleId], *, by: StaffName, now: datetime) -> None:
    for article in articles[1:]:
        tx.stories.bind(Binding(kind=BindingKind.MUST, a=articles[0], b=article), by=by, now=now)


def _anchor(active: ActiveStory) -> ArticleId:
    """The article that stands for a story: its lead, else its newest."""
    story = active.story
    if not story.article_ids:
        raise NotFoundError(f"Story {story.id} has no article any more.")
    return story.lead_article_id if story.lead_article_id in story.article_ids else story.article_ids[-1]


def _only(events: Iterable[Sequence[ArticleId]], wanted: Collection[ArticleId]) -> tuple[tuple[ArticleId, ...], ...]:
    kept = (tuple(article for article in event if article in wanted) for event in events)
    return tuple(event for event in kept if event)


def _plan(
    tx: Transaction,
    active: ActiveStory,
    events: tuple[tuple[ArticleId, ...], ...],
    *,
    absorbs: tuple[StoryId, ...] = (),
    is_new: bool = False,
) -> StoryPlan:
    """The story with these events until the next clustering describes it anew: by its lead where that is still in it,
    else by its oldest report, and by its summary while whose words that is stays.
    """
    members = tx.articles.get_many([article for event in events for article in event])
    others = [article for article in members if article.kind is not SourceKind.CAMPAIGN] or members
    lead = min(others, key=lambda a: (a.id != active.story.lead_article_id, a.published_at, a.id))
    has_summary = any(article.id == active.story.summary_article_id for article in members)
    return StoryPlan(
        id=None if is_new else active.story.id,
        title=lead.headline,
        lead_article_id=lead.id,
        events=events,
        topic_id=active.story.topic_id,
        topic_reason=active.story.topic_reason,
        summary=active.story.summary if has_summary else "",
        summary_article_id=active.story.summary_article_id if has_summary else None,
        absorbs=absorbs,
    )
