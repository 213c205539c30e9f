from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.model.job import JobKind
from digest.model.source import Site
from digest.schedule import PASS_EVERY, DueJob, due_jobs
from tests.factories import a_site


def publications(site: Site, start: datetime, end: datetime, step: timedelta) -> list[DueJob]:
    """Each publication that was due at some look between start and end, once for each (key, moment)."""
    seen: dict[tuple[str, datetime], DueJob] = {}
    now = start
    while now <= end:
        for job in due_jobs(site, now=now):
            if job.kind is JobKind.PUBLISH:
                seen.setdefault((job.key, job.due_at), job)
        now += step
    return list(seen.values())


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
@pytest.mark.parametrize("hour", [time(18), time(1, 30), time(2, 30)])
def test_every_day_of_a_year_is_published_once_under_one_key(zone: str, hour: time) -> None:
    site = a_site(zone=ZoneInfo(zone), edition_hour=hour)
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    jobs = publications(site, start, start + timedelta(days=365), timedelta(hours=2))
    keys = [job.key for job in jobs]
    assert len(keys) == len(set(keys)) == 365 + (jobs[0].due_at < start)


def test_night_of_the_clock_change_has_one_edition() -> None:
    site = a_site(edition_hour=time(1, 30))
    start = datetime(2026, 10, 24, 12, tzinfo=UTC)
    jobs = publications(site, start, start + timedelta(days=2), timedelta(minutes=5))
    assert [(job.key, job.due_at) for job in jobs] == [
        ("publish/daily/2026-10-25", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("publish/daily/2026-10-26", datetime(2026, 10, 26, 1, 30, tzinfo=UTC)),
    ]


def test_hour_missed_while_nobody_was_up_is_still_due_and_yesterdays_is_not() -> None:
    site = a_site(edition_hour=time(18))
    back_at = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    keys = [job.key for job in due_jobs(site, now=back_at) if job.kind is JobKind.PUBLISH]
    assert keys == ["publish/daily/2026-11-23"]
    assert not [job for job in due_jobs(site, now=back_at - timedelta(hours=3)) if job.kind is JobKind.PUBLISH]


def test_pass_has_one_key_per_slot() -> None:
    site = a_site()
    now = datetime(2026, 11, 23, 12, 1, tzinfo=UTC)
    keys = {due_jobs(site, now=now + timedelta(seconds=second))[0].key for second in range(0, 200, 20)}
    assert len(keys) == 1
    assert due_jobs(site, now=now + PASS_EVERY)[0].key not in keys
