"""What commands open before they can work: settings, storage, the day that is meant."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime

from digest.cli.output import say
from digest.clock import Clock
from digest.errors import ConfigError
from digest.model.source import Campaign
from digest.settings import Settings, read_settings, unknown_names
from digest.storage import Storage, open_storage


def settings_at(now: str | None = None) -> Settings:
    """The settings of a command that a person typed, who is told of names that are none. Raises ConfigError."""
    return settings_with({"now": now or None})


def settings_with(options: Mapping[str, object]) -> Settings:
    """The same with any options of the command, by setting."""
    settings = read_settings(options)
    for words in unknown_names():
        say(words)
    return settings


def day_of(text: str, clock: Clock, campaign: Campaign) -> date:
    if not text:
        return clock.now().astimezone(campaign.site.zone).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no date; write it like 2026-11-23.") from error


@contextmanager
def opened(settings: Settings, *, writing_at: datetime | None = None, force: bool = False) -> Iterator[Storage]:
    """The storage of the settings until the block ends.

    writing_at: the moment at which a command changes something; time never goes back on a database without `force`.
    """
    storage = open_storage(settings.storage_url)
    try:
        if writing_at is not None:
            with storage.begin() as tx:
                tx.clock.advance(writing_at, force=force)
        yield storage
    finally:
        storage.close()
