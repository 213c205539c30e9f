"""Settings: the operator's, from the environment. Built by the CLI and the web app; the rest gets plain values.

A setting that will not do is refused here, in a sentence: which one, what it says, what would be right. What is secret
is never said, nor any part of it.
"""

import os
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from annotated_types import Ge, Gt, Le
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from digest.clock import FIRST_YEAR, LAST_YEAR, Clock, FixedClock, RunningClock, SystemClock, parse_now
from digest.env_file import names_in
from digest.errors import ConfigError
from digest.model.ids import ChannelName

PREFIX = "DIGEST_"
ENV_FILE = ".env"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LONGEST_SHOWN = 60


class Settings(BaseSettings):
    """Every `DIGEST_…` variable. Order: option, environment, `.env`, default."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    data: Path = Field(default=Path("data"), description="Folder of the database, the model cache and backups.")
    sources: Path = Field(default=Path("sources.yaml"), description="Staff's file of site, topics and sources.")
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL as postgresql://user:password@host/name; empty: SQLite in the data folder.",
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000",
        description="The public address, as readers type it; links are made from it alone.",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Address that the web server listens on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port that the web server listens on; 0 takes a free one."
    )
    web_workers: int = Field(default=1, ge=1, le=64, description="Web worker processes.")
    secret_key: SecretStr = Field(
        default=SecretStr(""), description="Signs links and sessions; `digest init` and `digest keys` make one."
    )
    channels: Annotated[dict[ChannelName, SecretStr], NoDecode] = Field(
        default_factory=dict,
        description="Public destinations, `name=APPRISE_URL`, parted by spaces or line ends.",
    )
    staff_channels: Annotated[dict[ChannelName, SecretStr], NoDecode] = Field(
        default_factory=dict,
        description=(
            "Where staff are told that an edition is late, that a source needs a look or is well again, and that an "
            "outlet has taken back what an edition shows; `name=APPRISE_URL`, parted by spaces or line ends."
        ),
    )
    smtp_url: SecretStr | None = Field(
        default=None, description="Mail relay: smtp://user:password@host:587 (STARTTLS) or smtps://…:465."
    )
    email_from: str = Field(default="", description="Sender of the email edition: `Name <address>`.")
    email_list: Annotated[tuple[SecretStr, ...] | None, NoDecode] = Field(
        default=None,
        description="Addresses that asked the operator for the email edition, parted by commas or spaces; `none` ends "
        "them all.",
    )
    allow_private: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Private addresses the fetcher may reach, as host:port, parted by commas."
    )
    now: str | None = Field(default=None, description="The one clock, ISO 8601; empty: the real time.")
    now_since: float | None = Field(
        default=None,
        ge=0,
        le=7_258_118_400,
        description="Set by `digest serve` for its own processes, so that they share one clock.",
    )
    fetch_concurrency: int = Field(
        default=128,
        ge=1,
        le=1024,
        description="Feeds, and apart from them pages, on their way at a time; each server gets two at most.",
    )
    fetch_timeout_seconds: float = Field(default=20.0, gt=0, le=600, description="Total time one request may take.")
    fetch_max_bytes: int = Field(
        default=10_000_000, ge=1000, le=1_000_000_000, description="Largest body read, after decompression."
    )
    host_spacing_seconds: float = Field(
        default=1.0, ge=0, le=600, description="Pause between two requests to one host and port."
    )
    poll_minutes: int = Field(
        default=30,
        ge=5,
        le=1440,
        description="How often `digest serve` polls a source, 5 to 1440 minutes; one whose rhythm is known is asked a "
        "third to six times as far apart.",
    )
    recluster_hours: float = Field(
        default=3.0,
        ge=0,
        le=48,
        description="How often all articles of the last week are grouped into stories anew, oftener where they are "
        "fewer than 5,000; in between, what arrives is placed among the stories that stand. 0: at every pass.",
    )
    websub: bool = Field(
        default=True,
        description="Let hubs (WebSub) bring what is new, for feeds that name one; needs a public DIGEST_BASE_URL.",
    )
    parsers: int = Field(default=2, ge=1, le=32, description="Parsing child processes.")
    parse_seconds: float = Field(
        default=10.0, gt=0, le=600, description="Wall clock that one feed or page may take to parse."
    )
    parse_memory_mb: int = Field(default=1024, ge=256, le=1_048_576, description="Memory cap of one parsing child.")
    keep_text_days: int = Field(
        default=30, ge=1, le=3650, description="Press texts are deleted after this; confirmed claims stay."
    )
    contact: str = Field(default="", description="Address or page that the fetcher's User-Agent names.")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator("channels", "staff_channels", mode="before")
    @classmethod
    def _split_channels(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        channels: dict[str, str] = {}
        for number, part in enumerate(value.split(), start=1):
            name, equals, url = part.partition("=")
            if not (name and name.isprintable() and equals and "://" in url):
                raise ValueError(
                    f"its {_ordinal(number)} entry is not name=APPRISE_URL, as in news=ntfy://ntfy.sh/marsh"
                )
            if name in channels:
                raise ValueError(f"its {_ordinal(number)} entry has the name of one before; each channel needs its own")
            channels[name] = url
        return channels

    @field_validator("email_list", mode="before")
    @classmethod
    def _split_addresses(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if value.strip().lower() == "none":
            return ()
        addresses = tuple(value.replace(",", " ").split())
        for number, address in enumerate(addresses, start=1):
            if not (address.isprintable() and re.fullmatch(r"[^@<>]+@[^@<>.]+(\.[^@<>.]+)*", address)):
                raise ValueError(
                    f"its {_ordinal(number)} entry is no mail address; write addresses alone, parted by commas or "
                    "spaces, or none"
                )
        return addresses

    @field_validator("allow_private", mode="before")
    @classmethod
    def _split_places(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("base_url")
    @classmethod
    def _is_public_address(cls, value: str) -> str:
        url = value.rstrip("/")
        if not is_origin(url):
            raise ValueError(
                "write the whole public address without a path, a space or a password, such as https://news.example.org"
            )
        return url

    @field_validator("contact", "email_from")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("write one line without control characters")
        return value

    @field_validator("log_level")
    @classmethod
    def _is_log_level(cls, value: str) -> str:
        if value.upper() not in LOG_LEVELS:
            raise ValueError(f"write {', '.join(LOG_LEVELS[:-1])} or {LOG_LEVELS[-1]}")
        return value.upper()

    @field_validator("now")
    @classmethod
    def _is_time(cls, value: str | None) -> str | None:
        try:
            parse_now(value or "2000-01-01")
        except (ValueError, OverflowError) as error:
            raise ValueError(
                f"write a time like 2026-11-23T18:00 or 2026-11-23T18:00+01:00, of {FIRST_YEAR} to {LAST_YEAR}"
            ) from error
        return value

    @classmethod
    def isolated(cls, **values: object) -> "Settings":
        """Settings of exactly these values and defaults: neither environment nor `.env` is read (demo, tests).

        Raises ConfigError.
        """
        return _told(lambda: _IsolatedSettings(**values), {})  # type: ignore[arg-type]  # pydantic checks them

    @cached_property
    def storage_url(self) -> str:
        """SQLAlchemy URL of the database."""
        if self.database_url is None or not self.database_url.get_secret_value():
            return f"sqlite:///{(self.data / 'digest.sqlite').absolute()}"
        url = self.database_url.get_secret_value()
        for prefix in ("postgresql://", "postgres://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

    def clock(self) -> Clock:
        """The clock for one command: stands still at DIGEST_NOW when that is set."""
        return FixedClock(parse_now(self.now)) if self.now else SystemClock()

    def running_clock(self) -> Clock:
        """The clock for a server: starts at DIGEST_NOW when that is set."""
        return RunningClock(parse_now(self.now), since=self.now_since) if self.now else SystemClock()


class _IsolatedSettings(Settings):
    """Leaves out every source but what it is given; the signature is pydantic-settings'."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def read_settings(options: Mapping[str, object] | None = None) -> Settings:
    """The settings of this process: options of the command, by setting; environment; `.env`; defaults.

    Raises ConfigError, a sentence for each that will not do.
    """
    names_in(Path(ENV_FILE))
    given = {name: value for name, value in (options or {}).items() if value is not None}
    return _told(lambda: Settings(**given), given)  # type: ignore[arg-type]  # pydantic checks them


def unknown_names() -> list[str]:
    """A sentence for each `DIGEST_…` name in the environment or `.env` that is no setting. Raises like
    `read_settings`."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    said = []
    for name in dict.fromkeys([*os.environ, *names_in(Path(ENV_FILE))]):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = get_close_matches(name.upper(), known, n=1)
            said.append(f"{name} is no setting and changes nothing." + (f" Did you mean {near[0]}?" if near else ""))
    return said


def is_origin(url: str) -> bool:
    """Whether `url` is scheme and host alone: the pages' links begin at the root of their host."""
    if not re.fullmatch(r"https?://[\w.-]+(:\d{1,5})?", url):
        return False
    parts = urlsplit(url)
    try:
        host = (parts.hostname or "").encode("idna")
        return bool(host) and parts.port != 0
    except ValueError:  # a port above 65535, a label too long (UnicodeError is one)
        return False


# --- what is wrong, in words -----------------------------------------------------------------------------------


def _told(build: Callable[[], Settings], options: Mapping[str, object]) -> Settings:
    try:
        return build()
    except ValidationError as error:
        problems = [_sentence(mistake, options) for mistake in error.errors()]
    # Outside, so that no trace carries what pydantic says: it repeats the values.
    raise ConfigError(*problems)


def _sentence(mistake: Mapping[str, Any], options: Mapping[str, object]) -> str:
    name = str(mistake["loc"][0])
    field = Settings.model_fields[name]
    said = f"--{name}" if name in options else PREFIX + name.upper()
    reason = mistake.get("ctx", {}).get("error")
    right = str(reason) if isinstance(reason, ValueError) else _what_is_right(field)
    value = str(mistake["input"])
    if "SecretStr" in str(field.annotation) or "@" in value:  # an address may carry user and password
        return f"{said}: {right}."
    return f"{said} is {value[:LONGEST_SHOWN]!r}; {right}."


def _what_is_right(field: FieldInfo) -> str:
    least = next((bound.ge for bound in field.metadata if isinstance(bound, Ge)), None)
    most = next((bound.le for bound in field.metadata if isinstance(bound, Le)), None)
    above = next((bound.gt for bound in field.metadata if isinstance(bound, Gt)), None)
    if most is None:
        return f"write {(field.description or 'something else')[:1].lower()}{(field.description or '')[1:].rstrip('.')}"
    number = "a whole number" if field.annotation is int else "a number"
    return f"write {number} {f'from {least}' if above is None else f'above {above} and up'} to {most}"


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
