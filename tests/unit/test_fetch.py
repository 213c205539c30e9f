"""What is remembered of a feed, and when it is asked again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from digest.model.fetch import Fetched, FetchFailed, FetchOutcome, FetchState, NotModified
from digest.model.ids import SourceId
from digest.model.source import Source, SourceKind
from digest.stages.fetch import feed_address, is_due, is_unchanged, next_state, proposal_in_words, proposed_feed

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
DAY = timedelta(days=1)
FEED = "https://press.example/feed"
MOVED = "https://press.example/new-feed"


def a_source(source_id: str = "press", feed: str = FEED) -> Source:
    return Source(
        id=SourceId(source_id), name="Press", kind=SourceKind.MAINSTREAM, feed=feed, site="https://press.example/"
    )


def fetched(body: bytes = b"<rss/>", permanent_url: str | None = None, fresh_seconds: int | None = None) -> Fetched:
    return Fetched(
        url=permanent_url or FEED,
        body=body,
        content_type="text/xml",
        etag='"1"',
        last_modified="Mon",
        permanent_url=permanent_url,
        wire_bytes=100,
        fresh_seconds=fresh_seconds,
    )


def not_modified(permanent_url: str | None = None, fresh_seconds: int | None = None) -> NotModified:
    return NotModified(url=FEED, permanent_url=permanent_url, fresh_seconds=fresh_seconds)


def failed(status: int | None = None, retry_after_seconds: int | None = None) -> FetchFailed:
    return FetchFailed(url=FEED, reason="it broke", status=status, retry_after_seconds=retry_after_seconds)


def after(*outcomes: FetchOutcome, source: Source | None = None, interval: timedelta = HALF_HOUR) -> FetchState:
    """The state after these outcomes, all at noon."""
    state = None
    for outcome in outcomes:
        state = next_state(source or a_source(), state, outcome, now=NOON, interval=interval)
    assert state is not None
    return state


def pause(state: FetchState) -> timedelta:
    assert state.next_due_at is not None
    return state.next_due_at - NOON


def test_new_body_is_remembered_with_its_validators() -> None:
    state = after(fetched(b"news"))
    assert (state.etag, state.last_modified, state.body_sha256) == ('"1"', "Mon", sha256(b"news").hexdigest())
    assert (state.source_id, state.url, state.last_ok_at, state.failures) == ("press", FEED, NOON, 0)


def test_unchanged_feed_keeps_its_validators() -> None:
    assert replace(after(fetched(), not_modified()), next_due_at=None) == replace(after(fetched()), next_due_at=None)


def test_same_body_under_a_200_is_unchanged() -> None:
    assert is_unchanged(after(fetched(b"a")), fetched(b"a"))
    assert not is_unchanged(after(fetched(b"a")), fetched(b"b"))
    assert not is_unchanged(None, fetched(b"a"))


def test_healthy_source_is_due_within_its_interval_each_at_its_own_moment() -> None:
    pauses = [pause(after(fetched(), source=a_source(f"press-{number}"))) for number in range(50)]
    assert all(HALF_HOUR * 0.9 <= each <= HALF_HOUR for each in pauses)
    assert len(set(pauses)) == 50
    assert pause(after(fetched())) == pause(after(fetched()))


def test_failures_double_the_pause_up_to_a_day_and_never_end_it() -> None:
    seconds = [pause(after(*[failed()] * number)).total_seconds() for number in (1, 2, 3, 4, 500)]
    assert seconds[1:4] == pytest.approx([seconds[0] * 2, seconds[0] * 4, seconds[0] * 8])
    assert 86_400 * 0.9 <= seconds[4] <= 86_400


def test_failure_keeps_what_was_known_and_says_why() -> None:
    state = after(fetched(), failed(), failed())
    assert (state.etag, state.failures, state.last_error, state.last_ok_at) == ('"1"', 2, "it broke", NOON)


@pytest.mark.parametrize("success", [fetched(), not_modified()])
def test_success_ends_the_back_off(success: FetchOutcome) -> None:
    state = after(failed(), failed(), success)
    assert (state.failures, state.last_error) == (0, None)
    assert pause(state) <= HALF_HOUR


@pytest.mark.parametrize(
    ("asked", "granted"), [(60, None), (3 * 3600, timedelta(hours=3)), (10**9, DAY), (0, None), (None, None)]
)
def test_retry_after_is_honoured_up_to_a_day(asked: int | None, granted: timedelta | None) -> None:
    assert pause(after(failed(429, asked))) == (granted or pause(after(failed())))


@pytest.mark.parametrize("success", [fetched, not_modified])
@pytest.mark.parametrize(("fresh", "granted"), [(7200, timedelta(hours=2)), (10**9, timedelta(hours=6)), (60, None)])
def test_max_age_is_honoured_up_to_six_hours(success: type[Fetched], fresh: int, granted: timedelta | None) -> None:
    assert pause(after(success(fresh_seconds=fresh))) == (granted or pause(after(fetched())))


def test_feed_that_is_gone_is_still_asked_once_a_day() -> None:
    assert DAY * 0.9 <= pause(after(failed(410))) <= DAY


def test_interval_longer_than_a_day_is_not_shortened_by_failure() -> None:
    assert pause(after(failed(), interval=DAY * 7)) >= DAY * 6


def test_source_is_due_when_its_time_has_come() -> None:
    state = after(fetched())
    assert is_due(None, now=NOON)
    assert not is_due(state, now=NOON)
    assert is_due(state, now=NOON + HALF_HOUR)


def test_permanent_move_is_believed_and_proposed_after_three_sightings() -> None:
    seen = [fetched(permanent_url=MOVED), not_modified(permanent_url=MOVED), fetched(permanent_url=MOVED)]
    assert proposed_feed(after(*seen[:2])) is None
    assert feed_address(a_source(), after(*seen[:2])) == FEED
    assert proposed_feed(after(*seen)) == MOVED
    assert feed_address(a_source(), after(*seen)) == MOVED


def test_move_seen_once_and_not_again_is_forgotten() -> None:
    state = after(fetched(permanent_url=MOVED), fetched())
    assert (state.permanent_url, state.permanent_seen) == (None, 0)


def test_move_to_another_place_starts_counting_afresh() -> None:
    state = after(*[fetched(permanent_url=MOVED)] * 2, fetched(permanent_url=MOVED + "2"))
    assert (state.permanent_url, state.permanent_seen) == (MOVED + "2", 1)


@pytest.mark.parametrize("answer", [fetched(), not_modified()])
def test_believed_move_holds_while_the_new_address_answers(answer: FetchOutcome) -> None:
    assert proposed_feed(after(*[fetched(permanent_url=MOVED)] * 3, answer)) == MOVED


def test_believed_move_is_dropped_when_the_new_address_keeps_failing() -> None:
    moved = [fetched(permanent_url=MOVED)] * 3
    assert feed_address(a_source(), after(*moved, failed(), failed())) == MOVED
    state = after(*moved, failed(), failed(), failed())
    assert (feed_address(a_source(), state), state.etag, state.failures) == (FEED, None, 3)


def test_state_of_a_former_address_is_not_used() -> None:
    elsewhere = a_source(feed="https://press.example/other")
    old = after(*[fetched(permanent_url=MOVED)] * 3, failed())
    assert feed_address(elsewhere, old) == elsewhere.feed
    state = next_state(elsewhere, old, failed(), now=NOON, interval=HALF_HOUR)
    assert (state.url, state.etag, state.failures, state.permanent_url) == (elsewhere.feed, None, 1, None)


def test_two_polls_of_one_source_come_earlier_by_different_shares() -> None:
    first = next_state(a_source(), None, fetched(), now=NOON, interval=HALF_HOUR)
    second = next_state(a_source(), first, fetched(), now=NOON + HALF_HOUR, interval=HALF_HOUR)
    assert second.next_due_at is not None
    assert second.next_due_at - HALF_HOUR - NOON != pause(first)


def test_what_was_held_back_is_no_failure_and_comes_when_its_host_lets_us() -> None:
    held = replace(failed(429, 7200), is_held_back=True)
    state = after(fetched(), held)
    assert (state.failures, state.last_error, state.last_ok_at, state.etag) == (0, None, NOON, '"1"')
    assert pause(state) == timedelta(hours=2)
    assert pause(after(replace(held, retry_after_seconds=10**9))) == DAY


def test_status_of_the_last_failure_is_remembered_until_it_answers() -> None:
    assert after(failed(410)).last_status == 410
    assert after(failed(410), failed()).last_status is None
    assert after(failed(410), fetched()).last_status is None


def test_proposal_says_what_to_write_where() -> None:
    assert proposal_in_words(after(*[fetched(permanent_url=MOVED)] * 3)) == (
        f"moved to {MOVED} for good; write that as its feed in sources.yaml"
    )
    assert proposal_in_words(after(*[fetched(permanent_url=MOVED)] * 2)) is None


def test_a_source_is_reached_since_the_last_long_pause() -> None:
    hours = timedelta(hours=1)
    state = None
    for at, outcome in (
        (0, fetched()),
        (3, failed()),
        (9, not_modified()),
        (40, not_modified()),
        (46, not_modified()),
    ):
        state = next_state(a_source(), state, outcome, now=NOON + at * hours, interval=HALF_HOUR)
        assert state.reached_since == NOON + (40 if at >= 40 else 0) * hours


def test_a_source_that_is_asked_once_a_day_is_never_paused_by_that() -> None:
    day = timedelta(days=1)
    first = next_state(a_source(), None, fetched(), now=NOON, interval=day)
    assert next_state(a_source(), first, fetched(), now=NOON + day, interval=day).reached_since == NOON
