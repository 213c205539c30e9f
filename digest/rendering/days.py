"""Days and times as a reader says them, and which way they read, in the campaign's language (CLDR data from Babel)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_time


def long_day(day: date, *, language: str) -> str:
    """ "Monday 23 November"."""
    return format_date(day, "EEEE d MMMM", locale=_locale(language))


def dated_day(day: date, *, language: str) -> str:
    """ "Monday 23 November 2026": for a page that may be read in another year."""
    return format_date(day, "EEEE d MMMM y", locale=_locale(language))


def clock_time(moment: datetime, *, zone: str, language: str) -> str:
    """ "17:40", as the language writes it."""
    return format_time(moment, "short", tzinfo=ZoneInfo(zone), locale=_locale(language))


def day_and_time(moment: datetime, *, zone: str, language: str, on: date | None) -> str:
    """ "17:40" on the day that the reader is reading of, "Mon 23 Nov, 17:40" on any other."""
    time = clock_time(moment, zone=zone, language=language)
    local = moment.astimezone(ZoneInfo(zone)).date()
    return time if local == on else f"{format_date(local, 'EEE d MMM', locale=_locale(language))}, {time}"


def month_and_year(day: date, *, language: str) -> str:
    """ "November 2026"."""
    return format_date(day, "LLLL yyyy", locale=_locale(language))


def text_direction(language: str) -> str:
    """ "rtl" or "ltr"."""
    return str(_locale(language).text_direction)


def _locale(language: str) -> Locale:
    """English means British English here: day before month, no AM and PM."""
    try:
        return Locale.parse("en_GB" if language == "en" else language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en", "GB")
