"""What commands open before they can work: settings, storage, the day that is meant."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from digest.clock import Clock
from digest.errors import ConfigError
from digest.model.source import Campaign
from digest.settings import Settings
from digest.storage import Storage, open_storage


def settings_at(now: str | None = None) -> Settings:
    return Settings(now=now) if now else Settings()


def day_of(text: str, clock: Clock, campaign: Campaign) -> date:
    if not text:
        return clock.now().astimezone(campaign.site.zone).date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no date; write it like 2026-11-23.") from error


@contextmanager
def opened(settings: Settings) -> Iterator[Storage]:
    storage = open_storage(settings.storage_url)
    try:
        yield storage
    finally:
        storage.close()
