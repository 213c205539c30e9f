"""When what is due: decides which job rows should exist by now. Stores nothing.

Rows are unique by key, so two schedulers, a restart or a repeated hour make one job, and what was due while nobody was
up is done when somebody is. The edition hour is `edition_moment`, once a day by construction. APScheduler's cron
trigger was tried as the calendar: on the autumn night it gives an hour that comes twice two times (3.11, zone
Europe/London, 01:30), so it only keeps the tick that inserts the rows (see `serve`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.model.job import JobKind
from digest.model.source import Site
from digest.stages.publish import CATCH_UP, edition_moment

PASS_EVERY = timedelta(minutes=5)
"""A pass asks only the sources whose own time has come, so this is the grain of their intervals, not their rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueJob:
    kind: JobKind
    key: str
    due_at: datetime


def due_jobs(site: Site, *, now: datetime) -> list[DueJob]:
    """The jobs whose time has come by `now`: this grain's pass and look at the hubs, and the edition hours since
    CATCH_UP ago."""
    grain = PASS_EVERY.total_seconds()
    slot = datetime.fromtimestamp(now.timestamp() // grain * grain, UTC)
    jobs = [
        # In this order: what a pass has heard of hubs is acted on at once.
        DueJob(kind=kind, key=f"{kind.value}/{slot:%Y-%m-%dT%H:%M}", due_at=slot)
        for kind in (JobKind.PASS, JobKind.HUBS)
    ]
    today = now.astimezone(site.zone).date()
    for day in (today - timedelta(days=1), today):
        moment = edition_moment(day, site.edition_hour, site.zone)
        if now - CATCH_UP < moment <= now:
            jobs.append(DueJob(kind=JobKind.PUBLISH, key=f"publish/daily/{day}", due_at=moment))
    return jobs
