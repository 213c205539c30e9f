"""`digest doctor`: look at everything that has to be in order, and say what to do about what is not."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.assembly import open_channels, open_mails
from digest.errors import DigestError
from digest.net.guard import LOOPBACK_NAMES
from digest.settings import Settings
from digest.sources import placeholder_problems, read_campaign
from digest.stages.embed import Embedder
from digest.storage import open_storage

LEAST_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    subject: str
    is_fine: bool
    words: str


def examine(settings: Settings) -> list[Finding]:
    """One finding per subject; nothing is changed and nothing is sent."""
    return [
        _finding("sources.yaml", lambda: _sources(settings)),
        _finding("imprint", lambda: _imprint(settings)),
        _finding("address", lambda: _address(settings)),
        _finding("database", lambda: _database(settings)),
        _finding("disk", lambda: _disk(settings)),
        _finding("secret key", lambda: _secret_key(settings)),
        _finding("channels", lambda: f"{len(open_channels(settings).names)} set"),
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


def _database(settings: Settings) -> str:
    storage = open_storage(settings.storage_url)
    try:
        with storage.read() as tx:
            return f"{storage.dialect}, {tx.articles.count()} articles"
    finally:
        storage.close()


def _disk(settings: Settings) -> str:
    folder = settings.data if settings.data.exists() else settings.data.absolute().parent
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise DigestError(f"only {free / 1e6:.0f} MB are free beside the data folder; make room or move DIGEST_DATA")
    return f"{free / 1e9:.1f} GB free"


def _secret_key(settings: Settings) -> str:
    if len(settings.secret_key.get_secret_value()) < 32:
        raise DigestError("none is set; put the line that `digest keys` prints into .env")
    return "set"


def _mail(settings: Settings) -> str:
    if open_mails(settings, settings.clock()) is not None:
        return "relay set"
    if settings.email_list:
        raise DigestError(
            "DIGEST_EMAIL_LIST names readers but DIGEST_SMTP_URL no relay: their editions would wait for ever"
        )
    return "no relay set; editions go by page and channels only"


def _model() -> str:
    embedder = Embedder()
    embedder.embed(["One sentence."])
    return embedder.backend
