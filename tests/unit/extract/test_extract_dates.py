from datetime import UTC, datetime

import pytest

from digest.stages.extract.dates import moment_of


@pytest.mark.parametrize(
    ("stated", "hour"),
    [
        ("Tue, 24 Nov 2026 14:00:00 GMT", 14),
        ("Tue, 24 Nov 2026 14:00:00 Z", 14),
        ("Tue, 24 Nov 2026 14:00:00 BST", 13),
        ("Tue, 24 Nov 2026 14:00:00 CET", 13),
        ("Tue, 24 Nov 2026 14:00:00 EST", 19),
        ("Tue, 24 Nov 2026 14:00:00 GMT+1", 13),
        ("Tue, 24 Nov 2026 14:00:00 UTC-05:00", 19),
        ("Tue, 24 Nov 2026 14:00:00 +0100", 13),
        ("Tue, 24 Nov 2026 14:00:00 -05:00", 19),
        ("Tue, 24 Nov 2026 14:00:00 America/New_York", 19),
        ("Tue, 24 Nov 2026 14:00:00", 14),
        ("24 Nov 26 14:00", 14),
        ("Di, 24 Nov 2026 14:00:00 +0100", 13),
        ("mardi 24 novembre 2026 14:00", 14),
        ("24. März 2026 14:00", None),
        ("Nov 24, 2026 2:00 PM", 14),
        ("November 24, 2026 12:30 a.m.", 0),
        ("Tue, 24 Nov 2026", 0),
        ("1795528800", 14),
        ("1795528800000", 14),
    ],
)
def test_a_stated_time_is_what_it_says(stated: str, hour: int | None) -> None:
    moment = moment_of(stated)
    assert moment is not None
    assert moment.tzinfo is UTC
    if hour is None:
        assert moment == datetime(2026, 3, 24, 14, tzinfo=UTC)
    else:
        assert (moment.date().isoformat(), moment.hour) == ("2026-11-24", hour)


@pytest.mark.parametrize("stated", ["Tue, 24 Nov 2026 24:00:00 GMT", "Tue, 24 Nov 2026 23:59:60 GMT"])
def test_the_end_of_a_day_is_the_next_ones_beginning(stated: str) -> None:
    assert moment_of(stated) == datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    "stated",
    [
        None,
        "",
        "yesterday",
        "24:00",
        "24/11/2026 14:00",
        "31 Feb 2026 14:00 GMT",
        "24 Nov 2026 25:00 GMT",
        "24 Nov 2026 14:00 IST",
        "24 Nov 2026 14:00 GMT+99",
        "24 Nov 2026 14:00 ../../etc/passwd",
        "24 Nov 0000 14:00 GMT",
        "1 Jan 0001 00:00:00 +1400",
        "31 Dec 9999 23:00:00 -1200",
        "9" * 100,
    ],
)
def test_what_names_no_moment_is_left_alone(stated: str | None) -> None:
    assert moment_of(stated) is None
