"""Moments as feeds write them, where the feed parser misreads them or gives up. Pure.

feedparser takes BST and CET for UTC, and knows no RFC 822 date without a zone, with "GMT+1", at 24:00, in a leap
second, with a month in another language, nor a number of seconds. Whatever is not recognised here is left to it.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale

_LANGUAGES = ("en", "cy", "da", "de", "es", "fr", "ga", "gd", "it", "nb", "nl", "pl", "pt", "sv")
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?"
_TIME = rf"(?:[,\s]+(?:at\s+)?{_CLOCK})?\s*(?:(?P<half>[APap]\.?[Mm]\.?)(?![A-Za-z]))?"
_ZONE = r"\s*(?P<zone>[A-Za-z][A-Za-z_/]*(?:[+-]\d{1,2}(?::?\d\d)?)?|[+-]\d\d:?\d\d)?"
_DAY_FIRST = re.compile(
    rf"(?:[^\W\d]+\.?,?\s+)?(?P<day>\d{{1,2}})\.?[\s-]+(?P<month>[^\W\d]+)\.?[\s,-]+(?P<year>\d{{4}}|\d\d){_TIME}{_ZONE}"
)
_MONTH_FIRST = re.compile(
    rf"(?:[^\W\d]+,\s+)?(?P<month>[^\W\d]+)\.?\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}}){_TIME}{_ZONE}"
)
_SECONDS = re.compile(r"\d{10}(?:\d{3})?")
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d\d)?")
# Hours from UTC. Not here is what means two things (IST is India's and Ireland's); CST is taken for America's.
_HOURS = {
    **dict.fromkeys(("", "Z", "UT", "UTC", "GMT", "WET"), 0),
    **dict.fromkeys(("BST", "CET", "MEZ", "WEST"), 1),
    **dict.fromkeys(("CEST", "MESZ", "EET", "SAST"), 2),
    **dict.fromkeys(("EEST", "MSK"), 3),
    "EDT": -4,
    "EST": -5,
    "CDT": -5,
    "CST": -6,
    "MDT": -6,
    "MST": -7,
    "PDT": -7,
    "PST": -8,
    "AKDT": -8,
    "AKST": -9,
    "HST": -10,
    "JST": 9,
    "KST": 9,
    "AEST": 10,
    "AEDT": 11,
    "NZST": 12,
    "NZDT": 13,
}


def is_read_well(stated: str | None) -> bool:
    """Whether these words end in a zone that the feed parser never misreads."""
    return stated is not None and stated.endswith((" GMT", " +0000", "+00:00", "Z"))


def moment_of(stated: str | None) -> datetime | None:
    """The moment that these words name, in UTC; None where they are not recognised.

    Without a zone it is UTC: nobody knows better, and a time that so comes to lie in the future is not believed.
    """
    words = (stated or "").strip()
    if _SECONDS.fullmatch(words):
        return datetime.fromtimestamp(int(words[:10]), UTC)
    found = _DAY_FIRST.fullmatch(words) or _MONTH_FIRST.fullmatch(words)
    month = _months().get(found["month"].casefold()) if found else None
    zone = _zone(found["zone"] or "") if found else None
    if found is None or month is None or zone is None:
        return None
    year = int(found["year"]) + (0 if len(found["year"]) == 4 else 2000 if int(found["year"]) < 70 else 1900)
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    if found["half"]:
        hour = hour % 12 + (12 if found["half"][0].lower() == "p" else 0)
    # 24:00 is the next day's midnight, and a leap second the next minute's beginning.
    if hour > 24 or minute > 59 or second > 60:
        return None
    try:
        day = datetime(year, month, int(found["day"]), tzinfo=zone)
        return (day + timedelta(hours=hour, minutes=minute, seconds=second)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(name: str) -> tzinfo | None:
    if name.upper() in _HOURS:
        return timezone(timedelta(hours=_HOURS[name.upper()]))
    if offset := _OFFSET.fullmatch(name.upper()):
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        past = timedelta(hours=hours, minutes=minutes)
        return timezone(past if offset[1] == "+" else -past) if past < timedelta(hours=15) else None
    return ZoneInfo(name) if name in available_timezones() else None


@cache
def _months() -> dict[str, int]:
    """Month numbers by name, long and short, in the languages of the feeds that we have met."""
    names: dict[str, int] = {}
    for language in _LANGUAGES:
        for context in Locale(language).months.values():
            for width in ("wide", "abbreviated"):
                for number, name in context.get(width, {}).items():
                    names.setdefault(name.casefold().rstrip("."), number)
    return names
