"""How a source stands, in words for staff."""

from dataclasses import replace
from datetime import date

from digest.model.fetch import FetchState, FetchTally
from digest.model.ids import SourceId
from digest.pipeline import Standing, first_day, standing_of
from tests.factories import NOON, a_source

SOURCE = a_source()
STATE = FetchState(source_id=SOURCE.id, url=SOURCE.feed, last_ok_at=NOON, next_due_at=NOON)


def test_source_stands_as_what_was_last_heard_of_it() -> None:
    moved = replace(STATE, permanent_url="https://new.example/feed", permanent_seen=3)
    broken = replace(STATE, failures=2, last_error="the server answered 500", last_status=500)
    gone = replace(broken, last_status=410, last_error="it is gone for good (410)")
    assert standing_of(SOURCE, None, ()).standing is Standing.NEW
    assert standing_of(SOURCE, STATE, ()).words == "ok"
    assert standing_of(SOURCE, moved, ()).standing is Standing.MOVED
    assert "write that as its feed in sources.yaml" in standing_of(SOURCE, moved, ()).words
    assert standing_of(SOURCE, broken, ()).words == f"broken since {NOON:%Y-%m-%d %H:%M}: the server answered 500"
    assert standing_of(SOURCE, replace(broken, last_ok_at=None), ()).words.startswith("broken from the start: ")
    assert standing_of(SOURCE, gone, ()).standing is Standing.GONE


def test_paused_source_is_never_due() -> None:
    paused = standing_of(replace(SOURCE, paused=True), STATE, ())
    assert (paused.standing, paused.next_due_at) == (Standing.PAUSED, None)


def test_costs_are_summed_over_the_days() -> None:
    day = FetchTally(
        source_id=SourceId("s"),
        day=date(2026, 6, 1),
        requests=4,
        not_modified=3,
        wire_bytes=10,
        failures=1,
        pages=2,
        robots_files=1,
        page_bytes=5,
    )
    costs = standing_of(SOURCE, STATE, [day, day]).costs
    assert (costs.requests, costs.unchanged_share, costs.failures, costs.pages, costs.wire_bytes) == (8, 0.75, 2, 4, 30)
    assert standing_of(SOURCE, STATE, ()).costs.unchanged_share is None


def test_seven_days_have_today_among_them() -> None:
    assert (NOON.date() - first_day(NOON, 7)).days == 6
