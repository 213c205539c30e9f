"""How often a source publishes, when to ask it, and when its silence is unlikely. Pure.

Articles are taken for a Poisson process whose rate goes with the weekday and the hour of the campaign's zone, as two
sets of factors (7 + 24 numbers, where one rate for each hour of a week would be 168 from the same few articles). Each
factor is drawn towards 1 by a gamma prior worth `PRIOR` articles (Gelman et al., Bayesian Data Analysis, section 2.6),
so that little history says little. News comes in bursts: the variance is `spread` times the mean, and what is unlikely
is judged by the negative binomial distribution of that variance.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.model.ids import SourceId
from digest.model.source import SourceKind
from digest.model.trouble import Rhythm
from digest.stages.fetch.answers import length_in_words

HISTORY = timedelta(weeks=8)
LEAST_ARTICLES = 12
LEAST_HISTORY = timedelta(days=7)
PRIOR = 6.0
BLOCK = timedelta(hours=6)
HOUR = timedelta(hours=1)

# A source is asked when half an article is to be expected, within these bounds of the interval that is set.
EXPECTED_PER_ASK = 0.5
SHORTEST = 1 / 3
LONGEST = 6.0
# Our own accounts bring the answers, and an answer is worth most at once.
LONGEST_OF_CAMPAIGN = 1.0

# Every gap between two articles is a chance for a false alarm. One in a hundred months for each source is what staff
# of 1,000 sources can bear: ten a month (see bench/rhythm.py for what comes of it).
FALSE_ALARMS_A_MONTH = 0.01
MONTH = timedelta(days=30)
LEAST_SILENCE = timedelta(hours=6)
RECENT = timedelta(days=3)
"""The stretch in which few articles, if not none, are noticed."""
LOOK = "see whether its site has articles that its feed lacks"


def rhythm_of(source_id: SourceId, published_at: Sequence[datetime], *, now: datetime, zone: ZoneInfo) -> Rhythm | None:
    """The rhythm of a source that published at these moments; None where they are too few or too young to tell.

    published_at: in any order; what is older than eight weeks is left out, and the silence since the last is no part.
    """
    moments = sorted(moment for moment in published_at if now - HISTORY <= moment <= now)
    if len(moments) < LEAST_ARTICLES or moments[-1] - moments[0] < LEAST_HISTORY:
        return None
    cells = [_cell(moment, zone) for moment in _hours_between(moments[0], moments[-1])]
    hourly = len(moments) / len(cells)
    counts = [_cell(moment, zone) for moment in moments]
    weekdays = _factors([day for day, _ in counts], [day for day, _ in cells], size=7, hourly=hourly)
    hours = _factors([hour for _, hour in counts], [hour for _, hour in cells], size=24, hourly=hourly)
    drawn = Rhythm(
        source_id=source_id,
        drawn_at=now,
        articles=len(moments),
        hourly=hourly,
        weekdays=weekdays,
        hours=hours,
        spread=1.0,
    )
    # The factors were drawn apart; together they must still come to what was published.
    likely = expected(drawn, moments[0], moments[-1], zone=zone)
    drawn = replace(drawn, hourly=hourly * len(moments) / likely)
    return replace(drawn, spread=_spread(drawn, moments, zone=zone))


def expected(rhythm: Rhythm, start: datetime, end: datetime, *, zone: ZoneInfo) -> float:
    """How many articles the rhythm lets one expect between two moments."""
    total = 0.0
    moment = start
    while moment < end:
        step = min(end, _hour_of(moment) + HOUR)
        total += rate(rhythm, moment, zone=zone) * ((step - moment) / HOUR)
        moment = step
    return total


def rate(rhythm: Rhythm, moment: datetime, *, zone: ZoneInfo) -> float:
    """Articles an hour at a moment."""
    day, hour = _cell(moment, zone)
    return rhythm.hourly * rhythm.weekdays[day] * rhythm.hours[hour]


def poll_interval(
    rhythm: Rhythm | None, kind: SourceKind, *, now: datetime, usual: timedelta, zone: ZoneInfo
) -> timedelta:
    """How long to wait before a source is asked again: until half an article is to be expected.

    usual: the interval for a source whose rhythm is not known; others get a third to six times of it, and the
    campaign's own accounts never more than it.
    """
    if rhythm is None:
        return usual
    shortest, longest = usual * SHORTEST, usual * (LONGEST_OF_CAMPAIGN if kind is SourceKind.CAMPAIGN else LONGEST)
    step = max(shortest / 2, timedelta(minutes=5))
    wait, likely = timedelta(0), 0.0
    while wait < longest and likely < EXPECTED_PER_ASK:
        likely += rate(rhythm, now + wait, zone=zone) * (step / HOUR)
        wait += step
    return min(max(wait, shortest), longest)


def why_late(
    rhythm: Rhythm,
    published_at: Sequence[datetime],
    *,
    now: datetime,
    zone: ZoneInfo,
    watched_since: datetime | None = None,
) -> tuple[datetime, str] | None:
    """Since when, and in what words, a source publishes less than its rhythm makes likely; None where it does not.

    published_at: of its newest articles, the last three days' at least; in any order.
    now: when it was last reached: nobody knows what it has published since.
    watched_since: when it was first reached after a pause. In the first hours after one nothing is late, and few
        articles are no sign where some may have come and gone unseen.
    """
    last = max(published_at, default=None)
    if last is None or (watched_since is not None and now - watched_since < LEAST_SILENCE):
        return None
    most_likely = -math.log(FALSE_ALARMS_A_MONTH / max(1.0, rhythm.hourly * (MONTH / HOUR)))
    likely = expected(rhythm, last, now, zone=zone) if now - last >= LEAST_SILENCE else 0.0
    if _surprise(0, likely, rhythm.spread) > most_likely:
        words = f"has published nothing for {length_in_words(now - last)}, where {_articles(likely)} would be usual"
        return last, f"{words}; {LOOK}"
    start = now - RECENT
    if watched_since is not None and watched_since > start:
        return None
    recent = sum(moment > start for moment in published_at)
    likely = expected(rhythm, start, now, zone=zone)
    if recent and _surprise(recent, likely, rhythm.spread) > most_likely:
        return start, f"has published {_articles(recent)} in three days, where {likely:.0f} would be usual; {LOOK}"
    return None


def _articles(count: float) -> str:
    return "one article" if round(count) == 1 else f"{count:.0f} articles"


def _surprise(count: int, mean: float, spread: float) -> float:
    """-ln P(at most `count`), by the negative binomial distribution of this mean and variance `spread` times it."""
    if count >= mean:
        return 0.0
    excess = max(spread, 1.0 + 1e-6) - 1.0
    size = mean / excess
    # Logarithms: the probability of none is 0 to a float where a thousand are expected.
    term = log_sum = -size * math.log1p(excess)
    for number in range(1, count + 1):
        term += math.log((size + number - 1) / number * excess / (1.0 + excess))
        log_sum = max(log_sum, term) + math.log1p(math.exp(-abs(log_sum - term)))
    return -log_sum


def _spread(rhythm: Rhythm, moments: Sequence[datetime], *, zone: ZoneInfo) -> float:
    """Mean of squared deviations over what was expected, in blocks of six hours (Pearson's dispersion)."""
    squares, blocks, place, start = 0.0, 0, 0, moments[0]
    while start < moments[-1]:
        end = start + BLOCK
        mean = expected(rhythm, start, end, zone=zone)
        count = 0
        while place < len(moments) and moments[place] < end:
            count, place = count + 1, place + 1
        if mean > 0.05:
            squares += (count - mean) ** 2 / mean
            blocks += 1
        start = end
    return max(1.0, squares / blocks) if blocks else 1.0


def _factors(found: Sequence[int], hours: Sequence[int], *, size: int, hourly: float) -> tuple[float, ...]:
    return tuple(
        (found.count(part) + PRIOR) / (hours.count(part) * hourly + PRIOR) if hours.count(part) else 1.0
        for part in range(size)
    )


def _hours_between(start: datetime, end: datetime) -> list[datetime]:
    first = _hour_of(start)
    return [first + HOUR * number for number in range(math.ceil((end - first) / HOUR) or 1)]


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _cell(moment: datetime, zone: ZoneInfo) -> tuple[int, int]:
    return _cell_of_hour(_hour_of(moment), zone)


@lru_cache(maxsize=10_000)  # the hours of a year: a thousand sources have their rhythm in the same ones
def _cell_of_hour(hour: datetime, zone: ZoneInfo) -> tuple[int, int]:
    local = hour.astimezone(zone)
    return local.weekday(), local.hour
