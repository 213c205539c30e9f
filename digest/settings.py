"""Settings: the operator's, from the environment. Built by the CLI and the web app; the rest gets plain values."""

from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from digest.clock import Clock, FixedClock, RunningClock, SystemClock, parse_now
from digest.errors import ConfigError
from digest.model.ids import ChannelName


class Settings(BaseSettings):
    """Every `DIGEST_…` variable. Order: option, environment, `.env`, default."""

    model_config = SettingsConfigDict(
        env_prefix="DIGEST_",
        env_file=".env",
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
    host: str = Field(default="127.0.0.1", description="Address that the web server listens on.")
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
        description="Where staff are told that an edition is late, `name=APPRISE_URL`, parted by spaces or line ends.",
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
        default=None, description="Set by `digest serve` for its own processes, so that they share one clock."
    )
    fetch_concurrency: int = Field(default=16, ge=1, le=256, description="Feeds and pages fetched side by side.")
    fetch_timeout_seconds: float = Field(default=20.0, gt=0, description="Total time one request may take.")
    fetch_max_bytes: int = Field(default=10_000_000, gt=0, description="Largest body read, after decompression.")
    host_spacing_seconds: float = Field(
        default=1.0, ge=0, description="Pause between two requests to one host and port."
    )
    poll_minutes: int = Field(default=30, ge=5, description="How often `digest serve` polls each source; 5 or more.")
    parsers: int = Field(default=2, ge=1, le=32, description="Parsing child processes.")
    parse_seconds: float = Field(default=10.0, gt=0, description="Wall clock that one feed or page may take to parse.")
    parse_memory_mb: int = Field(default=1024, ge=256, description="Memory cap of one parsing child.")
    keep_text_days: int = Field(
        default=30, ge=1, description="Press texts are deleted after this; confirmed claims stay."
    )
    contact: str = Field(default="", description="Address or page that the fetcher's User-Agent names.")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @field_validator("channels", "staff_channels", mode="before")
    @classmethod
    def _split_channels(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split()]
        wrong = [name for name, equals, url in pairs if not (name and equals and "://" in url)]
        if wrong:
            raise ValueError(f"each channel is name=APPRISE_URL; look at the one that begins {wrong[0][:20]!r}")
        return {name: url for name, _, url in pairs}

    @field_validator("email_list", "allow_private", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return () if value.strip().lower() == "none" else tuple(value.replace(",", " ").split())

    @field_validator("base_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("write the whole public address, such as https://news.example.org")
        return value.rstrip("/")

    @classmethod
    def isolated(cls, **values: object) -> "Settings":
        """Settings of exactly these values and defaults: neither environment nor `.env` is read (demo, tests)."""
        return _IsolatedSettings(**values)  # type: ignore[arg-type]  # pydantic checks them

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
        """The clock for one command: stands still at DIGEST_NOW when that is set. Raises ConfigError."""
        return FixedClock(self._stated_now()) if self.now else SystemClock()

    def running_clock(self) -> Clock:
        """The clock for a server: starts at DIGEST_NOW when that is set. Raises ConfigError."""
        return RunningClock(self._stated_now(), since=self.now_since) if self.now else SystemClock()

    def _stated_now(self) -> datetime:
        try:
            return parse_now(self.now or "")
        except ValueError as error:
            raise ConfigError(
                f"DIGEST_NOW (or --now) is {self.now!r}; write a time like 2026-11-23T18:00 or 2026-11-23T18:00+01:00."
            ) from error


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
