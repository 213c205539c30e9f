"""`digest doctor`: look at everything that has to be in order, and say what to do about what is not."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from digest.assembly import open_channels, open_guard, open_mails, open_staff_channels
from digest.errors import DeliveryError, DigestError
from digest.model.delivery import OutboxState
from digest.net.guard import LOOPBACK_NAMES
from digest.pipeline import Standing, sources_standing
from digest.settings import Settings
from digest.sources import placeholder_problems, read_campaign
from digest.stages.embed import Embedder
from digest.stages.fetch import why_out_of_reach
from digest.storage import Storage, open_storage

LEAST_FREE_BYTES = 500_000_000
LEAST_KEY = 32
RELAY_SECONDS = 5.0
TROUBLES_FOR = timedelta(days=2)
"""How long a message that failed is told of; one that nobody has settled is told of until somebody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    subject: str
    is_fine: bool
    words: str


def examine(settings: Settings) -> list[Finding]:
    """One finding per subject; nothing is changed and nothing is sent; the mail relay is greeted."""
    return [
        _finding("sources.yaml", lambda: _sources(settings)),
        _finding("imprint", lambda: _imprint(settings)),
        _finding("address", lambda: _address(settings)),
        _finding("database", lambda: _database(settings)),
        _finding("feeds", lambda: _feeds(settings)),
        _finding("hubs", lambda: _hubs(settings)),
        _finding("messages", lambda: _messages(settings)),
        _finding("disk", lambda: _disk(settings)),
        _finding("secret key", lambda: _secret_key(settings)),
        _finding("private addresses", lambda: _private_addresses(settings)),
        _finding("channels", lambda: f"{len(open_channels(settings).names)} set"),
        _finding("staff channels", lambda: f"{len(open_staff_channels(settings).names)} set"),
        _finding("mail", lambda: _mail(settings)),
        _finding("model", _model),
    ]


def _finding(subject: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(subject=subject, is_fine=True, words=look())
    except DigestError as error:
        return Finding(subject=subject, is_fine=False, words=str(error))


def _sources(settings: Settings) -> str:
    campaign = read_campaign(settings.sources)
    if not campaign.sources:
        raise DigestError(
            f"none yet; put whom you read under sources: in {settings.sources}. docs/sources has ready lists"
        )
    return f"{len(campaign.sources)} sources, {len(campaign.topics)} topics"


def _imprint(settings: Settings) -> str:
    problems = placeholder_problems(read_campaign(settings.sources).site)
    if problems:
        raise DigestError("\n".join(problems))
    return "complete"


def _address(settings: Settings) -> str:
    host = urlsplit(settings.base_url).hostname
    if host in LOOPBACK_NAMES and not placeholder_problems(read_campaign(settings.sources).site):
        raise DigestError(
            f"DIGEST_BASE_URL is {settings.base_url}, which to each reader is their own machine: every link in a mail "
            "or a push would lead nowhere. Put the public address into .env"
        )
    return settings.base_url


@contextmanager
def _opened(settings: Settings) -> Iterator[Storage]:
    storage = open_storage(settings.storage_url)
    try:
        yield storage
    finally:
        storage.close()


def _database(settings: Settings) -> str:
    with _opened(settings) as storage:
        storage.check()
        with storage.read() as tx:
            return f"{storage.dialect}, {tx.articles.count()} articles"


def _feeds(settings: Settings) -> str:
    now, campaign = settings.clock().now(), read_campaign(settings.sources)
    with _opened(settings) as storage:
        rows = sources_standing(storage, campaign, now=now, since=now.date())
    asked = [row for row in rows if row.standing is not Standing.PAUSED]
    unwell = [row for row in asked if row.standing not in {Standing.OK, Standing.NEW}]
    if unwell:
        raise DigestError(
            f"{len(unwell)} of {len(asked)} sources need a look; `digest sources check` asks them again\n"
            + "\n".join(f"{row.name}: {row.words}" for row in unwell)
        )
    if not asked:
        return "none to ask"
    known = sum(row.standing is not Standing.NEW for row in asked)
    return f"{known} of {len(asked)} sources asked so far, none in trouble"


def _hubs(settings: Settings) -> str:
    """A hub that does not want us is no fault: its sources are polled."""
    if not settings.websub:
        return "switched off (DIGEST_WEBSUB); every source is polled"
    if (reason := why_out_of_reach(settings.base_url)) is not None:
        return f"no hub can call us, since {reason}; every source is polled"
    now = settings.clock().now()
    with _opened(settings) as storage, storage.read() as tx:
        bring, others = tx.hubs.active(now), [each for each in tx.hubs.all() if each.last_error]
    troubles = {each.source_id: each.last_error for each in others if each.source_id not in bring}
    said = [f"hubs bring {len(bring)} sources, the others are polled"]
    return "\n".join([*said, *(f"{source_id}: {words}" for source_id, words in troubles.items())])


def _messages(settings: Settings) -> str:
    now = settings.clock().now()
    with _opened(settings) as storage, storage.read() as tx:
        troubles = tx.outbox.troubles(since=now - TROUBLES_FOR, now=now)
        is_paused = tx.switches.is_sending_paused()
    unknown = sum(number for (_, state), number in troubles.items() if state is OutboxState.UNKNOWN)
    failed = sum(troubles.values()) - unknown
    if unknown or failed:
        raise DigestError(
            f"{unknown} may or may not have left, {failed} failed of late; `digest sending status` says why, "
            "`digest sending settle --as NAME` says what becomes of them"
        )
    return (
        "sending is paused; `digest sending resume --as NAME` lets it go on" if is_paused else "none asks for a person"
    )


def _disk(settings: Settings) -> str:
    folder = settings.data if settings.data.exists() else settings.data.absolute().parent
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise DigestError(f"only {free / 1e6:.0f} MB are free beside the data folder; make room or move DIGEST_DATA")
    return f"{free / 1e9:.1f} GB free"


def _secret_key(settings: Settings) -> str:
    key = settings.secret_key.get_secret_value()
    if len(key) < LEAST_KEY:
        what = f"it is shorter than {LEAST_KEY} characters" if key else "none is set"
        raise DigestError(f"{what}; put the line that `digest keys` prints into .env")
    return "set"


def _private_addresses(settings: Settings) -> str:
    open_guard(settings)
    return f"{len(settings.allow_private)} opened"


def _mail(settings: Settings) -> str:
    mails = open_mails(settings, settings.clock())
    if mails is not None:
        try:
            mails.greet(seconds=RELAY_SECONDS)
        except DeliveryError as error:
            raise DigestError(f"{error}; start it, or correct DIGEST_SMTP_URL") from error
        return "the relay answers"
    if settings.email_list:
        raise DigestError(
            "DIGEST_EMAIL_LIST names readers but DIGEST_SMTP_URL no relay: their editions would wait for ever"
        )
    return "no relay set; editions go by page and channels only"


def _model() -> str:
    embedder = Embedder()
    embedder.embed(["One sentence."])
    return embedder.backend
