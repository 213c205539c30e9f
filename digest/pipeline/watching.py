"""Every source is watched: what has come of it lately is held against its own past, and staff are told once of what is
the matter, of what is well again, and of what was taken back.

A rhythm is drawn anew once a day for each source. What is cheap to see (broken, moved, late) is looked at in every
pass; what articles look like (thin, drifting) with the day's first.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.model.fetch import FetchState
from digest.model.source import Campaign, Source
from digest.model.trouble import Rhythm, Trouble, TroubleKind
from digest.pipeline.staff import queue_notice
from digest.pipeline.tools import Tools
from digest.stages.fetch.pauses import state_of
from digest.stages.fetch.rhythm import HISTORY, RECENT, rhythm_of, why_late
from digest.stages.fetch.troubles import MOST_SAMPLES, SAMPLES_OF, troubles_of_samples, troubles_of_state
from digest.storage import Storage

DRAWN_EVERY = timedelta(days=1)
MOST_DRAWN = 250
"""Rhythms that one pass draws: a thousand sources take a few seconds in all, and need not take them at once."""
OF_ARTICLES = frozenset({TroubleKind.THIN, TroubleKind.DRIFTING})
UNREADABLE = frozenset({TroubleKind.BROKEN, TroubleKind.GONE})
MOST_TOLD = 10
TOLD_WITHIN = timedelta(days=1)
"""After so long, what an outlet took back is no news to staff who have only now named a channel."""


def draw_rhythms(tools: Tools) -> None:
    """Draw the rhythm of each source anew that is a day old, or of one that has none yet."""
    now, zone = tools.clock.now(), tools.campaign.site.zone
    with tools.storage.read() as tx:
        rhythms = tx.watch.rhythms()
        old = [source.id for source in watched(tools.campaign) if _is_old(rhythms.get(source.id), now)]
        # Those that have none come last: most of them are too young to have one.
        old.sort(key=lambda source_id: rhythms[source_id].drawn_at if source_id in rhythms else now)
        published = tx.watch.published(old[:MOST_DRAWN], since=now - HISTORY)
    drawn = [rhythm_of(source_id, moments, now=now, zone=zone) for source_id, moments in published.items()]
    with tools.storage.begin() as tx:
        tx.watch.save_rhythms([rhythm for rhythm in drawn if rhythm is not None])


def find_troubles(storage: Storage, campaign: Campaign, *, now: datetime, is_thorough: bool = False) -> list[Trouble]:
    """What is the matter with the sources now, in the order of the file; paused ones are left alone.

    is_thorough: look at the articles too; else what was last seen of those stands. Stores nothing.
    """
    sources, zone = watched(campaign), campaign.site.zone
    with storage.read() as tx:
        states, rhythms = tx.fetches.states(), tx.watch.rhythms()
        reached_at = [states[each.id].last_ok_at or now for each in sources if each.id in states]
        published = tx.watch.published([each.id for each in sources], since=min(reached_at, default=now) - RECENT)
        last = tx.watch.last_published()
        samples = tx.watch.samples(since=now - SAMPLES_OF, most=MOST_SAMPLES) if is_thorough else {}
        noted = [each.trouble for each in tx.watch.troubles() if each.trouble.kind in OF_ARTICLES]
    found: list[Trouble] = []
    for source in sources:
        of_state = troubles_of_state(source, states.get(source.id), now=now)
        found += of_state
        is_broken = any(trouble.kind in UNREADABLE for trouble in of_state)
        if source.id in rhythms and source.id in last and not is_broken:
            moments = published.get(source.id) or [last[source.id]]
            found += _lateness(source, rhythms[source.id], states.get(source.id), moments, zone=zone)
        if is_thorough:
            found += troubles_of_samples(source, samples.get(source.id, ()))
        else:
            found += [trouble for trouble in noted if trouble.source_id == source.id]
    return found


def _lateness(
    source: Source, rhythm: Rhythm, state: FetchState | None, published: Sequence[datetime], *, zone: ZoneInfo
) -> Iterator[Trouble]:
    """Silence counts up to the moment at which the source was really read: a server that was off has heard nothing."""
    state = state_of(source, state)
    if state is None or state.last_ok_at is None:
        return
    late = why_late(rhythm, published, now=state.last_ok_at, zone=zone, watched_since=state.reached_since)
    if late is not None:
        since, words = late
        yield Trouble(source_id=source.id, kind=TroubleKind.LATE, since=since, words=words)


def note_troubles(tools: Tools, found: Sequence[Trouble]) -> None:
    """Keep what was found, and queue one message to staff about what they were not told of yet: the troubles that are
    new, and the sources that are well again of those that they were told of."""
    now = tools.clock.now()
    with tools.storage.begin() as tx:
        ended = tx.watch.note_troubles(found, now=now)
        untold = [noted.trouble for noted in tx.watch.troubles() if noted.told_at is None]
        unwell = {trouble.source_id for trouble in found}
        was_told = {noted.trouble.source_id for noted in ended if noted.told_at is not None}
        well = [source for source in watched(tools.campaign) if source.id in was_told - unwell]
        if (untold or well) and tools.staff_channels:
            title, text = _notice(tools, untold, well)
            queue_notice(tx, tools, key=f"sources/{now:%Y-%m-%dT%H:%M}", title=title, text=text)
            tx.watch.mark_told(untold, now=now)


def watched(campaign: Campaign) -> list[Source]:
    """The sources that are read."""
    return [source for source in campaign.sources if not source.paused]


def tell_what_was_taken_back(tools: Tools) -> None:
    """Queue a message to staff for each article that its outlet has taken back and that an edition or the draft shows,
    once for each."""
    with tools.storage.begin() as tx:
        taken = {
            each.article_id: each for each in tx.withdrawals.since(tools.clock.now() - TOLD_WITHIN) if not each.is_back
        }
        shown = tx.withdrawals.shown(taken) if tools.staff_channels else {}
        names = {source.id: source.name for source in tools.campaign.sources}
        for article in tx.articles.get_many(list(shown)):
            outlet, reason = names.get(article.source_id, article.source_id), taken[article.id].reason
            where = "it is off the pages" if shown[article.id] else "it is out of the draft"
            why = f" ({reason})" if reason else ""
            title = f"{tools.campaign.site.title}: {outlet} has taken back an article"
            text = f"{outlet} has taken back “{article.headline}”{why}; {where}."
            queue_notice(tx, tools, key=f"taken-back/{article.id}", title=title, text=text)


def _notice(tools: Tools, troubles: Sequence[Trouble], well: Sequence[Source]) -> tuple[str, str]:
    names = {source.id: source.name for source in tools.campaign.sources}
    lines = _some([f"{names.get(trouble.source_id, trouble.source_id)}: {trouble.words}." for trouble in troubles])
    lines += _some([f"{source.name} is well again." for source in well])
    subjects = []
    if count := len({trouble.source_id for trouble in troubles}):
        lines.append("To look closer, and for new addresses: digest sources check")
        subjects.append("one source needs a look" if count == 1 else f"{count} sources need a look")
    if well:
        subjects.append("one source is well again" if len(well) == 1 else f"{len(well)} sources are well again")
    return f"{tools.campaign.site.title}: {', '.join(subjects)}", "\n".join(lines)


def _some(lines: list[str]) -> list[str]:
    """So many that a telephone shows them, and how many more there are."""
    more = len(lines) - MOST_TOLD
    return [*lines[:MOST_TOLD], f"And {more} more."] if more > 0 else lines


def _is_old(rhythm: Rhythm | None, now: datetime) -> bool:
    return rhythm is None or now - rhythm.drawn_at >= DRAWN_EVERY
