"""Which of the feeds found: shown with their newest headlines, chosen by number, looked into."""

from typing import Any

from digest.cli.asking import ask
from digest.cli.output import say
from digest.errors import ConfigError, DigestError
from digest.model.feed import Entry
from digest.model.text import shorten
from digest.pipeline import Discovery, FoundFeed
from digest.sources import feed_key

SHOWN_FEEDS = 12
SHOWN_ENTRIES = 5
SHOWN_TITLE = 90


def choose_feed(found: Discovery, *, wanted: str | None, asks: bool) -> FoundFeed:
    """The feed to add, after all of them have been shown.

    wanted: its number or address, where that was said beforehand. asks: whether a person is there to choose; else the
    first that is new is taken. Raises DigestError where none is, ConfigError for a choice that is none of them.
    """
    if not found.feeds:
        raise DigestError(found.trouble)
    shown = found.feeds[:SHOWN_FEEDS]
    for number, feed in enumerate(shown, 1):
        _show(row_of(number, feed))
    if found.not_asked:
        say(f"The page names {found.not_asked:,} more; give the address of the one you want, if it is not here.")
    new = [number for number, feed in enumerate(shown, 1) if feed.known_as is None]
    if wanted is not None:
        objection = _why_no_choice(wanted, shown)
        if objection is not None:
            raise ConfigError(f"--feed: {objection}.")
        return shown[_number(wanted, shown) - 1]
    if not new:
        raise DigestError(f"sources.yaml reads {'this feed' if len(shown) == 1 else 'all of these'} already.")
    if not asks or len(shown) == 1:
        return shown[new[0] - 1]
    said = ask("Which one (its number)", usual=str(new[0]), check=lambda text: _why_no_choice(text, shown))
    return shown[_number(said, shown) - 1]


def _number(said: str, shown: tuple[FoundFeed, ...]) -> int:
    """Which of the feeds is meant, from 1; 0: none of them."""
    if said.isdecimal():
        return int(said[:6])
    return next((number for number, feed in enumerate(shown, 1) if feed_key(feed.url) == feed_key(said)), 0)


def _why_no_choice(said: str, shown: tuple[FoundFeed, ...]) -> str | None:
    number = _number(said, shown)
    if not 1 <= number <= len(shown):
        return f"write a number from 1 to {len(shown)}" + ("" if said.isdecimal() else ", or one of these addresses")
    known = shown[number - 1].known_as
    return f"sources.yaml reads this feed already, as {known}" if known else None


def row_of(number: int, found: FoundFeed) -> dict[str, Any]:
    """What there is to know of one of the feeds found."""
    headlines = [_headline(entry) for entry in found.newest_entries[:2]]
    note = f"already there as {found.known_as}" if found.known_as else "comments" if found.is_of_comments else ""
    return {
        "no": number,
        "title": found.title[:SHOWN_TITLE] or "(no title)",
        "note": note,
        "feed": found.url,
        "entries": len(found.feed.entries),
        "newest": f"{found.newest:%Y-%m-%d %H:%M}" if found.newest else "undated",
        "headlines": headlines,
    }


def _show(row: dict[str, Any]) -> None:
    """One of the feeds found, on three lines that fit most terminals."""
    note = f"  ({row['note']})" if row["note"] else ""
    say(f"{row['no']:>3}  {row['title']}{note}")
    entries = "1 entry" if row["entries"] == 1 else f"{row['entries']} entries"
    say(f"     {row['feed']}  {entries}, newest {row['newest']}")
    say(f"     {' / '.join(row['headlines'])}")


def preview(found: FoundFeed) -> None:
    """Show the newest entries: when, what, and how much text the feed carries of each."""
    entries = found.newest_entries[:SHOWN_ENTRIES]
    if not entries:
        say("This feed has no entry at the moment; it may be quiet, or the wrong one.")
        return
    say(f"\nThe newest of {found.url}:")
    for entry in entries:
        when = f"{entry.published_at:%Y-%m-%d %H:%M}" if entry.published_at else "undated"
        say(f"  {when:<16}  {_headline(entry)}  ({_how_much(entry)})")
    say("")


def _headline(entry: Entry) -> str:
    text = entry.title or entry.text or entry.summary or entry.url or "(no words)"
    return shorten(" ".join(text[: 2 * SHOWN_TITLE].split()), SHOWN_TITLE)


def _how_much(entry: Entry) -> str:
    if words := len(entry.text.split()):
        return f"{words:,} words of text"
    words = len(entry.summary.split())
    return f"a summary of {words:,} words" if words else "headline alone"
