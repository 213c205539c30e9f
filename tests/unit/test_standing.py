"""How a source stands, in words for staff."""

from dataclasses import replace
from datetime import date

from digest.model.fetch import FetchState, FetchTally
from digest.model.ids import SourceId
from digest.model.trouble import Trouble, TroubleKind
from digest.pipeline import Standing, first_day, standing_of
from tests.factories import NOON, a_source

SOURCE = a_source()
STATE = FetchState(source_id=SOURCE.id, url=SOURCE.feed, last_ok_at=NOON, next_due_at=NOON)


def a_trouble(kind: TroubleKind, words: str) -> Trouble:
    return Trouble(source_id=SOURCE.id, kind=kind, since=NOON, words=words)


def test_source_without_trouble_stands_as_what_was_last_heard_of_it() -> None:
    failed = standing_of(SOURCE, replace(STATE, failures=1, last_error="the server answered 500"), ())
    assert standing_of(SOURCE, None, ()).standing is Standing.NEW
    assert standing_of(SOURCE, STATE, ()).words == "ok"
    assert (failed.standing, failed.words) == (Standing.FAILED, "failed when last asked: the server answered 500")


def test_source_in_trouble_stands_as_the_one_that_staff_should_look_at_first() -> None:
    troubles = [a_trouble(TroubleKind.MOVED, "has moved"), a_trouble(TroubleKind.LATE, "has published nothing")]
    row = standing_of(SOURCE, STATE, (), troubles=troubles)
    assert (row.standing, row.words) == (TroubleKind.LATE, "has published nothing; has moved")
    assert [each.kind for each in row.troubles] == [TroubleKind.LATE, TroubleKind.MOVED]


def test_the_names_of_standings_and_of_troubles_are_told_apart() -> None:
    assert not {each.value for each in Standing} & {each.value for each in TroubleKind}


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
