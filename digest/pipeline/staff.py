"""What staff are told on their channels, each once: that an edition is late, that a source needs a look or is well
again, that an outlet has taken something back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from digest.model.delivery import Message
from digest.model.edition import Edition, EditionState
from digest.model.ids import ChannelName
from digest.model.job import JobKind
from digest.pipeline.tools import Tools
from digest.rendering.days import clock_time, long_day
from digest.storage import Transaction

MOST_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    channel: ChannelName
    message: Message


def queue_alerts(tx: Transaction, tools: Tools, edition: Edition, *, reasons: tuple[str, ...]) -> None:
    """Queue a job for each channel of staff; a day is told once to each, however often this is asked."""
    now = tools.clock.now()
    for name in tools.staff_channels:
        payload = {
            "channel": name,
            "edition_on": edition.edition_on.isoformat(),
            "state": edition.state.value,
            "reasons": "\n".join(reasons[:MOST_REASONS]),
        }
        tx.jobs.add(JobKind.TELL_STAFF, f"late/{edition.edition_on}/{name}", due_at=now, payload=payload)


def queue_notice(tx: Transaction, tools: Tools, *, key: str, title: str, text: str) -> None:
    """Queue a message to each channel of staff, once for each key."""
    for name in tools.staff_channels:
        payload = {"channel": name, "title": title, "text": text}
        tx.jobs.add(JobKind.TELL_STAFF, f"{key}/{name}", due_at=tools.clock.now(), payload=payload)


def alert_of(payload: Mapping[str, str], tools: Tools) -> Alert:
    """The message of one queued job."""
    channel = ChannelName(payload["channel"])
    if "title" in payload:
        return Alert(channel=channel, message=Message(title=payload["title"], text=payload["text"], url=tools.base_url))
    site, day = tools.campaign.site, date.fromisoformat(payload["edition_on"])
    hour = clock_time(tools.moment_of(day), zone=site.zone.key, language=site.language)
    why = payload["reasons"] or {
        EditionState.DRAFT.value: "Nobody has approved it.",
        EditionState.APPROVED.value: "It is approved; the server was away at its hour.",
    }.get(payload["state"], "")
    lines = [f"It was due at {hour}.", why, f"To let it go: digest publish {day} --as NAME"]
    return Alert(
        channel=channel,
        message=Message(
            title=f"{site.title}: the edition of {long_day(day, language=site.language)} is late",
            text="\n".join(filter(None, lines)),
            url=tools.base_url,
        ),
    )
