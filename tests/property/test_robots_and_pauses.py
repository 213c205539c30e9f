"""What always holds of robots.txt files and of the pauses between polls."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.model.fetch import Fetched, FetchFailed, FetchState, NotModified
from digest.model.ids import SourceId
from digest.model.source import Source, SourceKind
from digest.stages.fetch import next_state
from digest.stages.fetch.pauses import LONGEST_PAUSE
from digest.stages.fetch.rules import Rule, Rules

SOURCE = Source(
    id=SourceId("s"), name="S", kind=SourceKind.MAINSTREAM, feed="https://s.example/f", site="https://s.example/"
)
START = datetime(2026, 6, 1, tzinfo=UTC)
statuses = st.sampled_from([None, 401, 404, 410, 429, 500, 503])
seconds = st.none() | st.integers(0, 10**9)
failures = st.builds(
    FetchFailed,
    url=st.just(SOURCE.feed),
    reason=st.just("it broke"),
    status=statuses,
    retry_after_seconds=seconds,
    is_held_back=st.booleans(),
)
answers = st.builds(NotModified, url=st.just(SOURCE.feed), fresh_seconds=seconds) | st.builds(
    Fetched,
    url=st.just(SOURCE.feed),
    body=st.just(b"x"),
    content_type=st.none(),
    etag=st.none(),
    last_modified=st.none(),
    permanent_url=st.none() | st.just("https://s.example/new"),
    wire_bytes=st.just(1),
    fresh_seconds=seconds,
)
intervals = st.timedeltas(timedelta(minutes=5), timedelta(days=1))


@given(st.lists(failures | answers, min_size=1, max_size=30), intervals)
def test_every_feed_is_due_again_within_a_day_whatever_it_answers(
    outcomes: list[FetchFailed | NotModified | Fetched], interval: timedelta
) -> None:
    state, now = None, START
    for outcome in outcomes:
        state = next_state(SOURCE, state, outcome, now=now, interval=interval)
        assert state.next_due_at is not None
        assert now + timedelta(minutes=4) <= state.next_due_at <= now + LONGEST_PAUSE
        now = state.next_due_at


@given(st.integers(2, 40), intervals)
def test_pauses_grow_until_they_are_a_day(number: int, interval: timedelta) -> None:
    state: FetchState | None = None
    now, before = START, timedelta(0)
    for _ in range(number):
        state = next_state(SOURCE, state, FetchFailed(url="", reason="it broke"), now=now, interval=interval)
        assert state.next_due_at is not None
        pause = state.next_due_at - now
        assert pause >= min(before, LONGEST_PAUSE * 0.9)
        now, before = state.next_due_at, pause


@given(st.text("ab*$/", min_size=1, max_size=8).map(lambda text: f"/{text}"), st.text("ab/", max_size=12))
def test_a_rule_matches_what_the_same_regular_expression_does(pattern: str, path: str) -> None:
    is_anchored = pattern.endswith("$")
    expression = re.escape(pattern.removesuffix("$")).replace(r"\*", ".*") + ("$" if is_anchored else "")
    assert Rule(is_allow=False, pattern=pattern).matches(f"/{path}") == bool(re.match(expression, f"/{path}"))


@given(st.binary(max_size=300), st.text(max_size=40))
def test_no_file_and_no_address_is_an_error(body: bytes, target: str) -> None:
    for text in (body, b"User-agent: *\nDisallow: " + body):
        rules = Rules.read(text)
        assert Rules.from_text(rules.as_text()).rules == rules.rules
        assert rules.allow(f"/{target}") in {True, False}
