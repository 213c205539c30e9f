"""What the operator's machines ask: is all well, and how much of everything. No person is in either."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from digest.model.delivery import Medium, OutboxState
from digest.model.trouble import TroubleKind
from web.readers.lateness import late_day
from web.state import Shared, shared

PASS_LATE_AFTER = timedelta(hours=2)
CLOCK_SLACK = timedelta(minutes=1)
SENDER_LATE_AFTER = timedelta(minutes=15)
TROUBLES_FOR = timedelta(days=2)
"""How long a message that failed for good is told of; one that nobody has settled is told of until somebody does."""
NEVER_CACHED = {"Cache-Control": "no-store"}


def health(request: Request) -> Response:
    """200 while the last pass, the sender and today's edition are in time and nothing sent asks for a person, else 503
    with what is late.

    A sources.yaml that cannot be used is told too, while the last good one stands in for it or none does.
    """
    site = shared(request)
    late = list(_late(site)) if site.find_campaign() is not None else ["sources.yaml"]
    status = 503 if late else 200
    return JSONResponse({"status": "late" if late else "ok", "late": late}, status, headers=NEVER_CACHED)


def metrics(request: Request) -> Response:
    site = shared(request)
    return PlainTextResponse("\n".join(_metrics(site)) + "\n", headers=NEVER_CACHED)


def _late(site: Shared) -> Iterator[str]:
    now = site.clock.now()
    with site.storage.read() as tx:
        last = tx.passes.last_finished()
        oldest = tx.outbox.oldest_due()
        is_paused = tx.switches.is_sending_paused()
        late_on = late_day(site, tx)
        troubles = tx.outbox.troubles(since=now - TROUBLES_FOR, now=now)
    since = now - last.finished_at if last is not None and last.finished_at is not None else None
    # One that ended in the future says that the clock has gone back, and then no pass runs.
    if since is None or not -CLOCK_SLACK <= since <= PASS_LATE_AFTER:
        yield "pass"
    if oldest is not None and not is_paused and now - oldest > SENDER_LATE_AFTER:
        yield "sender"
    if late_on is not None:
        yield "edition"
    if site.last_known.is_failing("sources.yaml"):
        yield "sources.yaml"
    if any(_is_for_staff(medium, state) for medium, state in troubles):
        yield "deliveries"


def _is_for_staff(medium: Medium, state: OutboxState) -> bool:
    """Whether somebody has to look: at what may or may not have left, and at a channel that got nothing. A mailbox that
    refuses is its owner's affair.
    """
    return state is OutboxState.UNKNOWN or medium is Medium.CHANNEL


def _metrics(site: Shared) -> Iterator[str]:
    with site.storage.read() as tx:
        last = tx.passes.last_finished()
        totals = tx.outbox.totals()
        articles = tx.articles.count()
        editions = tx.editions.public_version()
        troubles = Counter(noted.trouble.kind for noted in tx.watch.troubles())
    yield "# TYPE rejoinder_articles gauge"
    yield f"rejoinder_articles {articles}"
    yield "# TYPE rejoinder_sources_in_trouble gauge"
    for kind in TroubleKind:
        yield f'rejoinder_sources_in_trouble{{kind="{kind.value}"}} {troubles[kind]}'
    yield "# TYPE rejoinder_public_version counter"
    yield f"rejoinder_public_version {editions}"
    yield "# TYPE rejoinder_outbox gauge"
    for (medium, state), number in sorted(totals.items()):
        yield f'rejoinder_outbox{{medium="{medium.value}",state="{state.value}"}} {number}'
    if last is None or last.finished_at is None:
        return
    yield "# TYPE rejoinder_last_pass_timestamp_seconds gauge"
    yield f"rejoinder_last_pass_timestamp_seconds {last.finished_at.timestamp():.0f}"
    yield "# TYPE rejoinder_last_pass_seconds gauge"
    yield f"rejoinder_last_pass_seconds {(last.finished_at - last.started_at).total_seconds():.3f}"
