"""What the rhythm of sources is good for, simulated: `python -m bench.rhythm` (minutes; the same seed, the same print).

Sources publish as a Poisson process with weekdays and hours, in bursts where `burst` is above 1, for sixteen weeks:
eight to learn from, then each hour is watched. Printed per kind of source: false alarms a month, how long after its
death a source is called late, requests a day and how long an article waits to be seen, beside a fixed half hour.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from digest.model.ids import SourceId
from digest.model.source import SourceKind
from digest.stages.fetch.rhythm import HISTORY, RECENT, poll_interval, rhythm_of, why_late

ZONE = ZoneInfo("Europe/London")
START = datetime(2026, 3, 2, tzinfo=UTC)
USUAL = timedelta(minutes=30)
WATCH_EVERY = timedelta(hours=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    name: str
    a_day: float
    night: float
    """Share of the day's rate between ten in the evening and six."""
    weekend: float
    burst: float
    """Articles that come together, in the mean."""


OUTLETS = (
    Outlet(name="a busy site", a_day=80, night=0.3, weekend=0.6, burst=1),
    Outlet(name="a daily paper", a_day=20, night=0.1, weekend=0.5, burst=3),
    Outlet(name="a press account", a_day=8, night=0.05, weekend=0.8, burst=2),
    Outlet(name="a weekday blog", a_day=1.5, night=0.1, weekend=0.05, burst=1),
    Outlet(name="a weekly column", a_day=0.3, night=0.1, weekend=0.2, burst=1),
)


_FIXED = [START + HISTORY + USUAL * number for number in range(8 * 7 * 48)]


def main() -> None:
    print("                     false alarms     late after      requests a day      an article waits (median, 95 %)")
    print("                          a month       it died    rhythm    fixed       rhythm                fixed")
    for outlet in OUTLETS:
        print(f"{outlet.name:<20}", _line(outlet))


def _line(outlet: Outlet) -> str:
    alarms, months, delays, asks, days = 0, 0.0, [], 0, 0.0
    waits: list[float] = []
    waits_fixed: list[float] = []
    for seed in range(12):
        moments = _published(outlet, random.Random(seed), weeks=16)
        end = START + timedelta(weeks=16)
        alarms += _alarms(moments, START + HISTORY, end)
        months += 8 * 7 / 30
        delays.append(_delay(moments, end))
        times = _asks(moments, START + HISTORY, end)
        asks, days = asks + len(times), days + 8 * 7
        waits += _waits(moments, times)
        waits_fixed += _waits(moments, _FIXED)
    return (
        f"{alarms / months:12.3f} {_hours(median(delays)):>13} {asks / days:9.1f} {24 * HOUR / USUAL:8.0f} "
        f"     {_both(waits):<20}  {_both(waits_fixed)}"
    )


def _published(outlet: Outlet, draw: random.Random, *, weeks: int) -> list[datetime]:
    moments = []
    for number in range(weeks * 7 * 24):
        hour = START + HOUR * number
        local = hour.astimezone(ZONE)
        is_night, is_weekend = not 6 <= local.hour < 22, local.weekday() > 4
        mean = outlet.a_day / 24 * (outlet.night if is_night else 1.4) * (outlet.weekend if is_weekend else 1.1)
        for _ in range(_poisson(mean / outlet.burst, draw)):
            moments += [hour + HOUR * draw.random() for _ in range(max(1, _poisson(outlet.burst, draw)))]
    return sorted(moments)


def _poisson(mean: float, draw: random.Random) -> int:
    limit, product, count = math.exp(-mean), draw.random(), 0
    while product > limit:
        product *= draw.random()
        count += 1
    return count


def _alarms(moments: Sequence[datetime], start: datetime, end: datetime) -> int:
    """How often the source falls into lateness while it lives."""
    alarms, was_late, now = 0, False, start
    rhythm = None
    while now < end:
        if rhythm is None or now - rhythm.drawn_at >= timedelta(days=1):
            rhythm = rhythm_of(SourceId("a"), [m for m in moments if m <= now], now=now, zone=ZONE)
        known = [moment for moment in moments if now - RECENT * 20 < moment <= now]
        is_late = rhythm is not None and why_late(rhythm, known, now=now, zone=ZONE) is not None
        alarms += is_late and not was_late
        was_late = is_late
        now += WATCH_EVERY
    return alarms


def _delay(moments: Sequence[datetime], end: datetime) -> float:
    """Hours from the last article to the first hour in which its silence is called late."""
    rhythm = rhythm_of(SourceId("a"), moments, now=end, zone=ZONE)
    if rhythm is None:
        return math.inf
    now = moments[-1]
    known = [moment for moment in moments if moment > end - timedelta(days=60)]
    while why_late(rhythm, known, now=now, zone=ZONE) is None:
        now += WATCH_EVERY
    return (now - moments[-1]) / HOUR


def _asks(moments: Sequence[datetime], start: datetime, end: datetime) -> list[datetime]:
    times, now, rhythm = [], start, None
    while now < end:
        if rhythm is None or now - rhythm.drawn_at >= timedelta(days=1):
            rhythm = rhythm_of(SourceId("a"), [m for m in moments if m <= now], now=now, zone=ZONE)
        times.append(now)
        now += poll_interval(rhythm, SourceKind.MAINSTREAM, now=now, usual=USUAL, zone=ZONE)
    return times


def _waits(moments: Sequence[datetime], times: Sequence[datetime]) -> list[float]:
    waits, place = [], 0
    for moment in moments:
        if moment < times[0]:
            continue
        while place < len(times) and times[place] < moment:
            place += 1
        if place < len(times):
            waits.append((times[place] - moment) / timedelta(minutes=1))
    return waits


def _hours(value: float) -> str:
    return f"{value:.0f} h" if value < 72 else f"{value / 24:.0f} days"


def _both(waits: Sequence[float]) -> str:
    ordered = sorted(waits)
    return f"{median(ordered):.0f} min, {ordered[int(len(ordered) * 0.95)]:.0f} min" if ordered else "none"


if __name__ == "__main__":
    main()
