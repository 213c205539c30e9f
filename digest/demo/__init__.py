"""`digest demo`: the whole product on the sample campaign, offline, on loopback, in a fresh temporary folder.

Five days of the invented press are read in five passes, so that there is an archive to leaf through; today's edition is
delivered to local receivers. A stand-in for a person confirms what the samples know to be true.

The demo has a clock of its own: six in the evening, in the sample's zone, on the day that it runs. The samples are
written for that hour, and a market report that says good morning must not stand at midnight.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from digest import editorial
from digest.assembly import open_channels, open_mails, open_tools
from digest.clock import FixedClock
from digest.demo.press import SamplePress, serve_press
from digest.demo.receivers import Receivers, serve_receivers
from digest.demo.samples import ANCHOR, read_samples
from digest.demo.stand_in import NAME, confirm_true_pairings, pin_one_unchecked
from digest.errors import DigestError
from digest.model.edition import Edition, EditionDocument, PublishedRevision
from digest.pipeline import PassReport, Progress, compose_edition, deliver_due, publish_edition, run_pass
from digest.serve import Part, end, free_port, start_part
from digest.settings import Settings
from digest.sources import read_campaign
from digest.storage import Storage, open_storage, upgrade_storage

DAYS = 5
LEFT_TO_COMPUTER = ("evening-clinics", "school-roofs")
"""Two stories of the samples that the stand-in does not confirm, so that their label is seen."""
PLACEHOLDER_ADDRESS = "http://press.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demo that has published: what it made and where it stands."""

    folder: Path
    address: str
    press_address: str
    reports: tuple[PassReport, ...]
    """One per day, oldest first."""
    edition: EditionDocument
    """Today's, as it was published."""
    receivers: Receivers = field(repr=False)
    settings: Settings = field(repr=False)


@contextmanager
def build_demo(
    samples_folder: Path,
    *,
    now: datetime,
    progress: Progress,
    say: Callable[[str], None],
    left_to_computer: tuple[str, ...],
) -> Iterator[Demo]:
    """Read, confirm, publish and deliver the sample campaign; the press and the receivers stay up until the block ends.

    now: says which day is today, in the sample's zone; the hour is the demo's own.
    left_to_computer: stories of the samples that nobody confirms, so that their label is seen.
    """
    samples = read_samples(samples_folder)
    anchor = _evening_of(now, samples.zone)
    with (
        tempfile.TemporaryDirectory(prefix="rejoinder-demo-") as temporary,
        serve_press(samples, anchor=anchor) as press,
        serve_receivers() as receivers,
    ):
        folder = Path(temporary)
        settings = _settings(folder, press, receivers, now=anchor)
        text = (samples_folder / "sources.yaml").read_text(encoding="utf-8")
        settings.sources.write_text(text.replace(PLACEHOLDER_ADDRESS, press.base), encoding="utf-8")
        upgrade_storage(settings.storage_url)
        storage = open_storage(settings.storage_url)
        try:
            days = []
            for days_ago in reversed(range(DAYS)):
                # In a zone, so that the step is a day of the calendar, also where the clocks change.
                press.now = anchor - timedelta(days=days_ago)
                say(f"Day {DAYS - days_ago} of {DAYS}: {press.now:%A %-d %B}")
                days.append(
                    _one_day(
                        settings,
                        storage,
                        press,
                        now=press.now.astimezone(UTC),
                        progress=progress,
                        left_to_computer=left_to_computer,
                    )
                )
            clock = FixedClock(anchor.astimezone(UTC))
            mails = open_mails(settings, clock)
            deliver_due(storage, clock, notifies=open_channels(settings), mails=mails)
            if mails is not None:
                mails.close()
        finally:
            storage.close()
        yield Demo(
            folder=folder,
            address=settings.base_url,
            press_address=press.base,
            reports=tuple(report for report, _ in days),
            edition=days[-1][1],
            receivers=receivers,
            settings=settings,
        )


def _one_day(
    settings: Settings,
    storage: Storage,
    press: SamplePress,
    *,
    now: datetime,
    progress: Progress,
    left_to_computer: tuple[str, ...],
) -> tuple[PassReport, EditionDocument]:
    """One pass, the stand-in's confirmations, and the day's edition published; only today's goes to the receivers."""
    settings_of_day = (
        settings if press.now == press.anchor else settings.model_copy(update={"channels": {}, "email_list": ()})
    )
    campaign = read_campaign(settings.sources)
    with open_tools(
        settings_of_day,
        campaign,
        storage,
        clock=FixedClock(now),
        is_everything_due=True,
        is_demo=True,
        progress=progress,
    ) as tools:
        report = run_pass(tools)
        confirm_true_pairings(storage, press, except_stories=left_to_computer, now=now)
        edition = compose_edition(tools, report)
        if pin_one_unchecked(storage, edition, _newest(storage, edition).document, now=now):
            edition = compose_edition(tools, report)
        with storage.begin() as tx:
            editorial.approve(tx, edition, _newest(storage, edition), by=NAME, now=now)
        return report, publish_edition(tools, edition.id).document


def _newest(storage: Storage, edition: Edition) -> PublishedRevision:
    with storage.read() as tx:
        revision = tx.editions.newest(edition.id)
    if revision is None:
        raise DigestError("The demo composed no edition; please report this.")
    return revision


@contextmanager
def serve_demo(demo: Demo) -> Iterator[subprocess.Popen[bytes]]:
    """The demo's page, served by the ordinary web workers until the block ends."""
    process = start_part(Part.WEB, environment(demo.settings), folder=demo.folder)
    try:
        yield process
    finally:
        end({Part.WEB: process})


def environment(settings: Settings) -> dict[str, str]:
    """The environment in which another process, started in the demo's folder, builds the demo's settings.

    Nothing of the operator's comes with it: not their `DIGEST_…` variables, and not the `.env` of the folder in which
    they typed `digest demo`, whose database could be a live one.
    """
    own = {name: value for name, value in os.environ.items() if not name.upper().startswith("DIGEST_")}
    return own | {
        "DIGEST_DATA": str(settings.data),
        "DIGEST_SOURCES": str(settings.sources),
        "DIGEST_BASE_URL": settings.base_url,
        "DIGEST_HOST": settings.host,
        "DIGEST_PORT": str(settings.port),
        "DIGEST_NOW": settings.now or "",
        "DIGEST_NOW_SINCE": str(time.time()),
    }


def _evening_of(now: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(now.astimezone(zone).date(), ANCHOR, tzinfo=zone)


def _settings(folder: Path, press: SamplePress, receivers: Receivers, *, now: datetime) -> Settings:
    """The demo's own settings: nothing of the operator's environment or `.env` reaches it."""
    port = free_port()
    return Settings.isolated(
        data=folder,
        sources=folder / "sources.yaml",
        base_url=f"http://127.0.0.1:{port}",
        port=port,
        channels={"demo-channel": receivers.channel_url},
        smtp_url=receivers.smtp_url,
        email_from="The Evening Quill <edition@demo.invalid>",
        email_list=("supporter@demo.invalid",),
        allow_private=(press.base.removeprefix("http://"),),
        host_spacing_seconds=0.0,
        contact="the-demo",
        now=now.isoformat(),
    )
