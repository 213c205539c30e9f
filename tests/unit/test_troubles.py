"""What is the matter with a source, told from its last polls and its articles."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from digest.model.fetch import FetchState
from digest.model.trouble import Sample, Trouble, TroubleKind
from digest.stages.fetch.troubles import troubles_of_samples, troubles_of_state
from tests.factories import NOON, a_source

HOUR = timedelta(hours=1)
SOURCE = a_source()


def a_state(**changes: Any) -> FetchState:
    return replace(FetchState(source_id=SOURCE.id, url=SOURCE.feed, last_ok_at=NOON - HOUR), **changes)


def samples(count: int, **changes: Any) -> list[Sample]:
    sample = Sample(
        published_at=NOON,
        words=600,
        is_summary=False,
        language="en",
        has_author=True,
        has_image=True,
        has_summary=True,
        has_date=True,
    )
    return [replace(sample, published_at=NOON - HOUR * number, **changes) for number in range(count)]


def kinds(found: list[Trouble]) -> list[TroubleKind]:
    return [trouble.kind for trouble in found]


def test_a_source_that_failed_once_is_not_broken() -> None:
    assert troubles_of_state(SOURCE, a_state(failures=2, last_error="it answered 503"), now=NOON) == []


@pytest.mark.parametrize(
    "state",
    [
        a_state(failures=3, last_error="the server answered 503"),
        a_state(failures=1, last_error="the server answered 503", last_ok_at=NOON - 7 * HOUR),
        a_state(failures=3, last_error="the server answered 503", last_ok_at=None),
    ],
)
def test_a_source_that_keeps_failing_is_broken_with_its_reason(state: FetchState) -> None:
    (trouble,) = troubles_of_state(SOURCE, state, now=NOON)
    assert (trouble.kind, trouble.since) == (TroubleKind.BROKEN, state.last_ok_at)
    assert trouble.words.endswith(": the server answered 503")


def test_a_broken_source_says_for_how_long() -> None:
    (trouble,) = troubles_of_state(SOURCE, a_state(failures=3, last_error="it hung up"), now=NOON + 20 * HOUR)
    assert trouble.words == "could not be read for 21 hours: it hung up"
    (never,) = troubles_of_state(SOURCE, a_state(failures=3, last_error="it hung up", last_ok_at=None), now=NOON)
    assert never.words == "could never be read: it hung up"


def test_a_source_that_says_it_is_gone_is_gone_at_once() -> None:
    state = a_state(failures=1, last_status=410, last_error="it is gone for good (410)")
    (trouble,) = troubles_of_state(SOURCE, state, now=NOON)
    assert trouble.kind is TroubleKind.GONE
    assert trouble.words == "no longer has its feed: it is gone for good (410)"


def test_a_state_of_another_address_says_nothing() -> None:
    assert troubles_of_state(SOURCE, a_state(url="https://former.example/", failures=9), now=NOON) == []


def test_a_feed_that_has_moved_is_told_once_it_is_believed() -> None:
    moved = a_state(permanent_url="https://new.example/feed", permanent_seen=3)
    (trouble,) = troubles_of_state(SOURCE, moved, now=NOON)
    assert trouble.kind is TroubleKind.MOVED
    assert "https://new.example/feed" in trouble.words
    assert troubles_of_state(SOURCE, replace(moved, permanent_seen=2), now=NOON) == []


def test_texts_that_have_become_short_are_thin() -> None:
    (trouble,) = troubles_of_samples(SOURCE, samples(10, words=70) + samples(20))
    assert trouble.kind is TroubleKind.THIN
    assert "70 words long, where they used to be 600" in trouble.words


def test_pages_that_can_no_longer_be_had_make_a_source_thin() -> None:
    (trouble,) = troubles_of_samples(SOURCE, samples(10, is_summary=True) + samples(20))
    assert trouble.kind is TroubleKind.THIN


def test_another_language_is_drifting_and_another_region_of_it_is_not() -> None:
    assert kinds(troubles_of_samples(SOURCE, samples(10, language="de") + samples(20))) == [TroubleKind.DRIFTING]
    assert troubles_of_samples(SOURCE, samples(10, language="en-GB") + samples(20)) == []


def test_one_sign_lost_is_a_change_of_mind_and_two_are_drifting() -> None:
    assert troubles_of_samples(SOURCE, samples(10, has_image=False) + samples(20)) == []
    (trouble,) = troubles_of_samples(SOURCE, samples(10, has_image=False, has_author=False) + samples(20))
    assert "gives no authors and no pictures any more" in trouble.words
    (three,) = troubles_of_samples(SOURCE, samples(10, has_image=False, has_author=False, has_date=False) + samples(20))
    assert "gives no dates, no authors and no pictures any more" in three.words


@pytest.mark.parametrize(
    "changed",
    [
        lambda: samples(9, words=1) + samples(9),
        lambda: samples(10, words=20) + samples(20, words=100),
        lambda: samples(10, words=300) + samples(20),
        lambda: [*samples(5, words=1), *samples(25)],
        list,
    ],
)
def test_too_little_or_too_weak_a_sign_says_nothing(changed: Callable[[], list[Sample]]) -> None:
    assert troubles_of_samples(SOURCE, changed()) == []
