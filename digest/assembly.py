"""Settings and sources.yaml made into the tools that the stages work with: the one composition root."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from pydantic import SecretStr

from digest.clock import Clock
from digest.errors import BlockedAddressError
from digest.model.source import Campaign
from digest.net import AddressGuard, GuardedClient, user_agent
from digest.pipeline import FetchLimits, NoProgress, Progress, Tools
from digest.settings import Settings
from digest.stages.deliver.channels import AppriseChannels
from digest.stages.deliver.mail import SmtpMails
from digest.stages.embed import Embedder
from digest.stages.extract import ParserPool
from digest.stages.fetch import why_out_of_reach
from digest.storage import Storage


@contextmanager
def open_tools(
    settings: Settings,
    campaign: Campaign,
    storage: Storage,
    *,
    clock: Clock,
    is_everything_due: bool,
    is_demo: bool = False,
    progress: Progress | None = None,
) -> Iterator[Tools]:
    """The pipeline's tools; parsing children and the model are let go at the end."""
    embedder = Embedder()
    with open_parsers(settings) as parsers:
        try:
            yield Tools(
                storage=storage,
                campaign=campaign,
                clock=clock,
                open_client=lambda: guarded_client(settings),
                parsers=parsers,
                embedder=embedder,
                limits=FetchLimits(
                    concurrency=settings.fetch_concurrency,
                    poll_interval=timedelta(minutes=settings.poll_minutes),
                    is_everything_due=is_everything_due,
                ),
                base_url=settings.base_url,
                channels=tuple(settings.channels),
                staff_channels=tuple(settings.staff_channels),
                email_list=_addresses(settings.email_list),
                keep_text_days=settings.keep_text_days,
                recluster_every=timedelta(hours=settings.recluster_hours),
                callbacks=callbacks_of(settings),
                is_demo=is_demo,
                progress=progress or NoProgress(),
            )
        finally:
            embedder.release()


def callbacks_of(settings: Settings) -> str | None:
    """The address below which hubs call us; None where the operator wants none, or no hub could reach it."""
    is_wanted = settings.websub and why_out_of_reach(settings.base_url) is None
    return f"{settings.base_url}/websub/" if is_wanted else None


def open_parsers(settings: Settings) -> ParserPool:
    """The killable parsing children, a context manager."""
    return ParserPool(size=settings.parsers, seconds=settings.parse_seconds, memory_mb=settings.parse_memory_mb)


def guarded_client(settings: Settings) -> GuardedClient:
    """The one HTTP client, behind the address guard."""
    return GuardedClient(
        open_guard(settings),
        timeout_seconds=settings.fetch_timeout_seconds,
        max_bytes=settings.fetch_max_bytes,
        user_agent=user_agent(robots_contact(settings.contact, settings.base_url)),
        host_spacing_seconds=settings.host_spacing_seconds,
    )


def robots_contact(contact: str, base_url: str) -> str:
    """What the User-Agent names: the operator's choice, else the page that explains our robot.

    "" where there is neither: a private address means nothing to others.
    """
    if contact:
        return contact
    try:
        place = AddressGuard().check(base_url)
    except BlockedAddressError:
        return ""
    # A name without a dot is one of the operator's own network.
    return f"{base_url}/robot" if "." in place.host else ""


def open_guard(settings: Settings) -> AddressGuard:
    """The address guard. Raises ConfigError naming what DIGEST_ALLOW_PRIVATE should say instead."""
    return AddressGuard(settings.allow_private)


def open_channels(settings: Settings) -> AppriseChannels:
    """The channels of settings. Raises ConfigError naming those that Apprise does not understand."""
    return AppriseChannels({name: url.get_secret_value() for name, url in settings.channels.items()})


def open_staff_channels(settings: Settings) -> AppriseChannels:
    """Where staff are told. Raises ConfigError like `open_channels`."""
    urls = {name: url.get_secret_value() for name, url in settings.staff_channels.items()}
    return AppriseChannels(urls, setting="DIGEST_STAFF_CHANNELS")


def open_mails(settings: Settings, clock: Clock) -> SmtpMails | None:
    """The mail relay of settings, or None where none is set. Raises ConfigError."""
    if settings.smtp_url is None or not settings.smtp_url.get_secret_value():
        return None
    return SmtpMails(settings.smtp_url.get_secret_value(), sender=settings.email_from, clock=clock)


def _addresses(listed: tuple[SecretStr, ...] | None) -> tuple[str, ...] | None:
    return None if listed is None else tuple(address.get_secret_value() for address in listed)
