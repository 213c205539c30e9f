"""What is the matter with a source, told from what it did before. Pure.

A source that dies quietly is a hole in the digest, so each sign is held against the source's own past and said in
words: it cannot be read (broken, gone), it says that it lives elsewhere (moved), its texts have become short (thin), or
it looks like another feed (drifting). That it publishes too little (late) is told by its rhythm.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from statistics import median

from digest.model.fetch import FetchState
from digest.model.source import Source
from digest.model.trouble import Sample, Trouble, TroubleKind
from digest.stages.fetch.answers import GONE, length_in_words
from digest.stages.fetch.pauses import proposal_in_words, state_of

# One failure is a restart at the other end. Three in a row are 2 hours at the usual interval, for each doubles it.
BROKEN_AFTER = 3
BROKEN_FOR = timedelta(hours=6)

RECENT = 10
"""How many of a source's newest articles are held against those before them."""
LEAST_BEFORE = 10
MOST_SAMPLES = 60
SAMPLES_OF = timedelta(days=21)
"""Texts of the press are deleted after 30 days."""
# A paper that turns to live blogs and pictures halves its texts; one behind a new wall keeps a tenth of them.
THIN = 0.35
LEAST_WORDS = 120
"""What is shorter anyway (posts, teasers) cannot become thin."""
MOSTLY, HARDLY = 0.8, 0.2


def troubles_of_state(source: Source, state: FetchState | None, *, now: datetime) -> list[Trouble]:
    """What the last polls say: whether the source is broken or gone, and whether its feed has moved."""
    state = state_of(source, state)
    if state is None:
        return []
    found = []
    ok_at = state.last_ok_at
    is_long = ok_at is not None and now - ok_at >= BROKEN_FOR
    if state.failures and (state.failures >= BROKEN_AFTER or is_long or state.last_status == GONE):
        reason = state.last_error or "the reason is not known"
        if state.last_status == GONE:
            kind, what = TroubleKind.GONE, "no longer has its feed"
        else:
            how_long = f"could not be read for {length_in_words(now - ok_at)}" if ok_at else "could never be read"
            kind, what = TroubleKind.BROKEN, how_long
        words = f"{what}: {reason}"
        found.append(Trouble(source_id=source.id, kind=kind, since=ok_at, words=words))
    if proposal := proposal_in_words(state):
        found.append(Trouble(source_id=source.id, kind=TroubleKind.MOVED, since=None, words=f"has {proposal}"))
    return found


def troubles_of_samples(source: Source, samples: Sequence[Sample]) -> list[Trouble]:
    """What its articles say: whether they have become thin, and whether they are still of the same kind.

    samples: newest first. Too few of them say nothing.
    """
    recent, before = samples[:RECENT], samples[RECENT:MOST_SAMPLES]
    if len(recent) < RECENT or len(before) < LEAST_BEFORE:
        return []
    since = recent[-1].published_at
    signs = ((TroubleKind.THIN, _thinness(recent, before)), (TroubleKind.DRIFTING, _drift(recent, before)))
    return [
        Trouble(source_id=source.id, kind=kind, since=since, words=words) for kind, words in signs if words is not None
    ]


def _thinness(recent: Sequence[Sample], before: Sequence[Sample]) -> str | None:
    if (
        _share(recent, lambda each: each.is_summary) >= MOSTLY
        and _share(before, lambda each: each.is_summary) <= HARDLY
    ):
        return (
            "its articles' pages cannot be had any more, and the feed's summaries stand in for them; open one to see "
            "whether it is behind a wall now"
        )
    now, once = (median(each.words for each in some) for some in (recent, before))
    if once >= LEAST_WORDS and now < THIN * once:
        return (
            f"its articles are about {now:.0f} words long, where they used to be {once:.0f}; open one to see whether "
            "it is behind a wall now"
        )
    return None


def _drift(recent: Sequence[Sample], before: Sequence[Sample]) -> str | None:
    now, once = _language(recent), _language(before)
    if now and once and now != once:
        return f"publishes in another language ({now}) than before ({once}); see whether it is still the same outlet"
    lost = [
        name
        for name, has in (
            ("dates", lambda each: each.has_date),
            ("authors", lambda each: each.has_author),
            ("pictures", lambda each: each.has_image),
            ("summaries", lambda each: each.has_summary),
        )
        if _share(before, has) >= MOSTLY and _share(recent, has) <= HARDLY
    ]
    # One of them goes when an outlet changes its mind; two at once when it changes its software, or its owner.
    if len(lost) < 2:
        return None
    what = " and no ".join([", no ".join(lost[:-1]), lost[-1]])
    return f"its feed looks different: it gives no {what} any more; see whether it is still the same outlet"


def _language(samples: Sequence[Sample]) -> str | None:
    """The primary language of most of them; None where no one language has them."""
    counts = Counter((each.language or "").partition("-")[0].lower() for each in samples)
    (language, count), *_ = counts.most_common(1)
    return language if language and count >= MOSTLY * len(samples) else None


def _share(samples: Sequence[Sample], has: Callable[[Sample], bool]) -> float:
    return sum(map(has, samples)) / len(samples)
