"""Whether an edition is owed: its hour has come and it is not there."""

from datetime import date, datetime

from digest.model.edition import Cadence, EditionState
from digest.rendering.days import clock_time, long_day
from digest.stages.publish import edition_moment, is_late, latest_day
from digest.storage import Transaction
from web.state import Shared


def late_day(site: Shared, tx: Transaction) -> date | None:
    """The last day whose edition hour has come, while its edition is late; None when none is.

    Before the first pass nothing was owed: a campaign that begins at noon is not late for yesterday.
    """
    now, day, moment = _last_hour(site)
    began_at = tx.passes.first_started_at()
    if began_at is None or began_at > moment:
        return None
    return day if is_late(tx.editions.find(Cadence.DAILY, day), moment=moment, now=now) else None


def late_notice(site: Shared) -> str:
    """What the front page says above an edition that is not the one it should be; "" for nothing."""
    now, day, moment = _last_hour(site)
    about = site.campaign.site
    with site.storage.read() as tx:
        is_late_now = late_day(site, tx) is not None
        edition = tx.editions.find(Cadence.DAILY, day)
    is_today = day == now.astimezone(about.zone).date()
    whose = "Today's edition" if is_today else f"The edition of {long_day(day, language=about.language)}"
    if is_late_now:
        hour = clock_time(moment, zone=about.zone.key, language=about.language)
        return f"{whose} was due at {hour} and is late."
    if edition is not None and edition.state is EditionState.RETRACTED:
        return f"{whose} has been taken back."
    return ""


def _last_hour(site: Shared) -> tuple[datetime, date, datetime]:
    """Now, the last day whose edition hour has come, and that moment."""
    now, about = site.clock.now(), site.campaign.site
    day = latest_day(now, about.edition_hour, about.zone)
    return now, day, edition_moment(day, about.edition_hour, about.zone)
