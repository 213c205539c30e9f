"""Days and times as a reader says them, in the campaign's zone and language (CLDR data from Babel)."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_time


def long_day(day: date, *, language: str) -> str:
    """ "Monday 23 November"."""
    return format_date(day, "EEEE d MMMM", locale=_locale(language))


def clock_time(moment: datetime, *, zone: str, language: str) -> str:
    """ "17:40", as the language writes it."""
    return format_time(moment, "short", tzinfo=ZoneInfo(zone), locale=_locale(language))


def _locale(language: str) -> Locale:
    """English means British English here: day before month, no AM and PM."""
    try:
        return Locale.parse("en_GB" if language == "en" else language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en", "GB")
