"""A source's rhythm: drawn from its past, asked by it, and called late by it."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.ids import SourceId
from digest.model.source import SourceKind
from digest.model.trouble import Rhythm
from digest.stages.fetch.rhythm import HISTORY, expected, poll_interval, rhythm_of, why_late

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
USUAL = timedelta(minutes=30)
PAPER = SourceId("paper")


def rhythm(moments: Sequence[datetime], *, now: datetime = NOON) -> Rhythm:
    drawn = rhythm_of(PAPER, moments, now=now, zone=LONDON)
    assert drawn is not None
    return drawn


def mornings(days: int, *, last: datetime = NOON - 4 * HOUR) -> list[datetime]:
    """Six articles an hour apart from three in the morning on, every day."""
    return [last - DAY * day - HOUR * hour for day in range(days) for hour in range(6)]


def test_what_was_published_is_what_is_expected() -> None:
    moments = mornings(40)
    assert expected(rhythm(moments), min(moments), max(moments), zone=LONDON) == pytest.approx(len(moments))


def test_a_paper_of_the_morning_is_expected_in_the_morning() -> None:
    drawn = rhythm(mornings(40))
    morning = expected(drawn, NOON - 9 * HOUR, NOON - 3 * HOUR, zone=LONDON)
    evening = expected(drawn, NOON, NOON + 6 * HOUR, zone=LONDON)
    assert morning > 5 * evening


def test_few_articles_and_few_days_make_no_rhythm() -> None:
    assert rhythm_of(PAPER, mornings(1), now=NOON, zone=LONDON) is None
    assert rhythm_of(PAPER, [NOON - HOUR * n for n in range(100)], now=NOON, zone=LONDON) is None
    assert rhythm_of(PAPER, [NOON - DAY * 3 * n for n in range(4)], now=NOON, zone=LONDON) is None


def test_what_is_older_than_eight_weeks_says_nothing() -> None:
    old = [moment - HISTORY - DAY for moment in mornings(20)]
    assert rhythm_of(PAPER, old, now=NOON, zone=LONDON) is None
    assert rhythm(mornings(20) + old) == rhythm(mornings(20))


def test_news_in_bursts_has_a_spread_and_steady_news_has_none() -> None:
    draw = random.Random(1)
    steady = [NOON - HOUR * 2 * n for n in range(600)]
    bursts = [
        moment + timedelta(minutes=draw.random())
        for moment in [NOON - 50 * DAY * draw.random() - HOUR for _ in range(60)]
        for _ in range(10)
    ]
    assert rhythm(steady).spread < 1.5
    assert rhythm(bursts).spread > 4


def test_a_silence_is_late_when_its_own_rhythm_makes_it_unlikely() -> None:
    moments = mornings(40)
    drawn = rhythm(moments)
    assert why_late(drawn, moments, now=NOON + 12 * HOUR, zone=LONDON) is None
    late = why_late(drawn, moments, now=NOON + 4 * DAY, zone=LONDON)
    assert late is not None
    since, words = late
    assert since == max(moments)
    assert words.startswith("has published nothing for 4 days, where 25 articles would be usual; see whether")


def test_a_weekly_column_is_not_late_after_a_week() -> None:
    moments = [NOON - timedelta(days=7) * week - timedelta(minutes=day) for week in range(8) for day in range(2)]
    assert why_late(rhythm(moments), moments, now=NOON + 8 * DAY, zone=LONDON) is None


def test_a_trickle_is_late_too() -> None:
    moments = [NOON - HOUR * n / 2 for n in range(2000)]
    drawn = rhythm(moments, now=NOON)
    trickle = [NOON + DAY, NOON + 2 * DAY, NOON + 3 * DAY]
    late = why_late(drawn, trickle, now=NOON + 3 * DAY + HOUR, zone=LONDON)
    assert late is not None
    assert late[1].startswith("has published 3 articles in three days, where 1")


def test_nothing_is_late_in_the_first_hours_after_a_pause() -> None:
    moments = mornings(40)
    drawn, back = rhythm(moments), NOON + 4 * DAY
    late = [
        why_late(drawn, moments, now=back + after, zone=LONDON, watched_since=back) is not None
        for after in (timedelta(0), 5 * HOUR, 7 * HOUR)
    ]
    assert late == [False, False, True]


def test_few_articles_are_no_sign_where_some_may_have_gone_unseen() -> None:
    moments = [NOON - HOUR * n / 2 for n in range(2000)]
    drawn = rhythm(moments, now=NOON)
    now = NOON + 3 * DAY + HOUR
    trickle = [NOON + DAY, NOON + 2 * DAY, NOON + 3 * DAY]
    for back, is_late in ((now - 2 * DAY, False), (now - 4 * DAY, True)):
        assert (why_late(drawn, trickle, now=now, zone=LONDON, watched_since=back) is not None) is is_late


def test_a_burst_is_never_late() -> None:
    moments = [NOON - HOUR * n / 2 for n in range(2000)]
    assert why_late(rhythm(moments), [NOON - timedelta(seconds=n) for n in range(3000)], now=NOON, zone=LONDON) is None


@given(st.integers(0, 20 * 24), st.integers(0, 20 * 24))
def test_a_longer_silence_is_never_less_late(one: int, other: int) -> None:
    moments = mornings(30)
    drawn = rhythm(moments)
    sooner, later = sorted((one, other))
    if why_late(drawn, moments, now=NOON + HOUR * sooner, zone=LONDON):
        assert why_late(drawn, moments, now=NOON + HOUR * later, zone=LONDON)


@given(st.floats(0, 500), st.integers(0, 24 * 14), st.sampled_from(list(SourceKind)))
def test_a_source_is_asked_within_bounds(hourly: float, hours: int, kind: SourceKind) -> None:
    drawn = replace(rhythm(mornings(30)), hourly=hourly)
    interval = poll_interval(drawn, kind, now=NOON + HOUR * hours, usual=USUAL, zone=LONDON)
    assert USUAL / 3 <= interval <= (USUAL if kind is SourceKind.CAMPAIGN else 6 * USUAL)


def test_a_source_is_asked_more_often_when_it_usually_publishes() -> None:
    drawn = rhythm(mornings(40))

    def interval(now: datetime) -> timedelta:
        return poll_interval(drawn, SourceKind.MAINSTREAM, now=now, usual=USUAL, zone=LONDON)

    assert interval(NOON - 8 * HOUR) < interval(NOON + 2 * HOUR) == 6 * USUAL


def test_a_source_without_a_rhythm_is_asked_at_the_usual_interval() -> None:
    assert poll_interval(None, SourceKind.MAINSTREAM, now=NOON, usual=USUAL, zone=LONDON) == USUAL


def test_the_hour_that_comes_twice_and_the_one_that_never_comes_are_counted_once_each() -> None:
    autumn = datetime(2026, 10, 24, 12, tzinfo=UTC)
    drawn = replace(rhythm(mornings(30)), hourly=1.0, weekdays=(1.0,) * 7, hours=(1.0,) * 24)
    assert expected(drawn, autumn, autumn + DAY, zone=LONDON) == pytest.approx(24)
    assert math.isfinite(expected(drawn, datetime(2026, 3, 28, 12, tzinfo=UTC), autumn, zone=LONDON))
