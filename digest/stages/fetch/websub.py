"""WebSub: to be told instead of asking (https://www.w3.org/TR/websub/).

    feed --hub_links--> offer --plan_hub--> subscription --next_step--> what to send --ask_hub--> hub
    hub --hub_calls--> subscription

A renewal is a new subscription beside the old one, so a secret and an address never change in the middle of one, and
the old one is left when the new one stands. Polling never stops: a hub that has proved itself makes it rarer, and
whatever goes wrong with the hub costs what the next poll finds. Pure, but for `ask_hub`: stores nothing, reads no
clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from ipaddress import ip_address
from typing import assert_never
from urllib.parse import urlsplit

from digest.errors import FetchError
from digest.model.feed import Entry
from digest.model.fetch import FetchState
from digest.model.hub import HubOffer, HubState, HubSubscription, HubToken
from digest.model.source import Source
from digest.net import GuardedClient, why_forbidden
from digest.net.guard import LOOPBACK_NAMES
from digest.stages.fetch.hub_calls import over_until, takes_pushes

LEASE_WANTED = timedelta(days=10)
"""Hubs give what they like; Google's gives up to this."""
RENEW_FROM, RENEW_SPREAD = 0.7, 0.15
"""After which share of a lease it is renewed, and over how much more of it renewals spread. What is left is time to try
again: nine minutes of the shortest lease, a day and a half of the one we ask for."""
NEW_EVERY = timedelta(minutes=30)
"""The least time between two new subscriptions of one source: a feed that names another hub at every poll makes us call
no more of them than that."""
ASK_PAUSE = timedelta(hours=1)
"""How long a hub has to call back, and after its first failure the pause; it doubles, up to a day."""
LONGEST_ASK_PAUSE = timedelta(days=1)
MOST_LEAVES = 3
"""How often a hub is told that we leave; then its lease runs out by itself."""
PROOFS_TO_TRUST = 3
"""How many pushes in a row must have brought what a poll would have found before we poll less: one may be a mishap."""
# What a silent hub may cost: news comes up to so much later, and what an outlet takes back stays so much longer. Three
# hours is eight polls a day in place of 48, and leaves no edition of a day without a look at each source in time.
TRUSTED_INTERVAL = timedelta(hours=3)
PUSH_SLACK = timedelta(minutes=15)
"""How long after an entry's own date its push may come without being missed."""

LONGEST_COMPLAINT = 200
_PENDING = frozenset({HubState.WANTED, HubState.ASKED})


class HubMode(StrEnum):
    """What is asked of a hub, in the protocol's own words."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPlan:
    """What is to change for one source."""

    leave: tuple[HubSubscription, ...] = ()
    subscribe: HubOffer | None = None
    proofs: int = 0
    """What the new subscription inherits."""


def why_out_of_reach(base_url: str) -> str | None:
    """Why no hub can call us at this public address, as a clause; None when it may."""
    host = urlsplit(base_url).hostname or ""
    try:
        what = why_forbidden(ip_address(host))
    except ValueError:
        is_local = host in LOOPBACK_NAMES or host.endswith(".localhost") or "." not in host
        what = "a name that only this machine or its network knows" if is_local else None
    return f"{host} is {what}" if what else None


# --- how often to poll -----------------------------------------------------------------------------------------


def interval_beside_hub(ordinary: timedelta, subscription: HubSubscription | None, *, now: datetime) -> timedelta:
    """How often to poll a source whose `ordinary` interval this is: less often while its hub has proved itself.

    Never past the hour at which the subscription is renewed, so a renewal that fails finds the source polled as ever.
    """
    if subscription is None or not takes_pushes(subscription, now=now) or subscription.proofs < PROOFS_TO_TRUST:
        return ordinary
    return max(ordinary, min(TRUSTED_INTERVAL, renew_at(subscription) - now))


def has_missed(
    subscription: HubSubscription, fresh: Sequence[Entry], *, before: FetchState | None, now: datetime
) -> bool:
    """Whether a poll has found what the hub should have brought.

    fresh: entries that were not stored.   before: what was remembered of the feed.
    """
    since = subscription.verified_at
    if since is None or not takes_pushes(subscription, now=now):
        return False
    # An entry without a date is new where an earlier poll under this subscription has read the feed to its end.
    last = before.last_ok_at if before is not None and before.body_sha256 is not None else None
    has_seen_all = last is not None and last > since
    dates = [entry.published_at for entry in fresh]
    return any(has_seen_all if date is None else since < date < now - PUSH_SLACK for date in dates)


# --- what to do about hubs -------------------------------------------------------------------------------------


def plan_hub(
    source: Source | None,
    offer: HubOffer | None,
    held: Sequence[HubSubscription],
    *,
    callbacks: str | None,
    now: datetime,
) -> HubPlan:
    """Which of a source's subscriptions to leave, and whether to ask for a new one.

    source: None when it is no longer polled.   held: all of the source's, in any state.   callbacks: our address that
    hubs call; None: we take no pushes.
    A feed that names no hub any more is not left: a page of it may lack the line. Its lease is let run out.
    """
    mine = [s for s in held if source and callbacks and s.feed == source.feed and s.callback.startswith(callbacks)]
    strays = [s for s in held if s not in mine]
    standing = sorted((s for s in mine if takes_pushes(s, now=now)), key=_verified_at, reverse=True)
    pending = [s for s in mine if s.state in _PENDING]
    wanted = offer if source and callbacks and offer and offer.feed == source.feed else None
    leave = [
        *(s for s in strays if s.state in _PENDING or s.state is HubState.ACTIVE),
        *standing[1:],
        *(s for s in pending if wanted is None or not _is_of(s, wanted)),
    ]
    is_served = wanted is None or any(
        _is_of(s, wanted)
        and (s.state in _PENDING or s.state is HubState.DENIED or (s in standing and now < renew_at(s)))
        for s in mine
    )
    if is_served or any(now < s.created_at + NEW_EVERY for s in held):
        return HubPlan(leave=tuple(leave))
    return HubPlan(leave=tuple(leave), subscribe=wanted, proofs=standing[0].proofs if standing else 0)


def new_subscription(
    offer: HubOffer, *, callbacks: str, token: str, secret: str, proofs: int, now: datetime
) -> HubSubscription:
    """A subscription that is to be asked for at once. token, secret: random, of this one alone."""
    return HubSubscription(
        token=HubToken(token),
        callback=f"{callbacks}{token}",
        secret=secret,
        source_id=offer.source_id,
        feed=offer.feed,
        hub_url=offer.hub_url,
        topic_url=offer.topic_url,
        state=HubState.WANTED,
        created_at=now,
        due_at=now,
        proofs=proofs,
    )


def renew_at(subscription: HubSubscription) -> datetime:
    """When a verified subscription is renewed: well before its end, each at a moment of its own."""
    since, until = subscription.verified_at, subscription.lease_until
    if since is None or until is None:
        return subscription.due_at
    share = int.from_bytes(sha256(subscription.token.encode()).digest()[:4]) / 2**32
    return since + (until - since) * (RENEW_FROM + RENEW_SPREAD * share)


def leave(subscription: HubSubscription, *, now: datetime) -> HubSubscription:
    """The same, to be left: the hub is told where it pushes, and where it does not there is nothing to tell."""
    if subscription.state is HubState.ACTIVE:
        return replace(subscription, state=HubState.LEAVING, failures=0, due_at=now)
    return replace(subscription, state=HubState.OVER, due_at=over_until(subscription, now=now))


def next_step(subscription: HubSubscription, *, now: datetime) -> tuple[HubSubscription | None, HubMode | None]:
    """What is due: the subscription to store before anything is sent (None: forget it), and what to send then.

    Stored first, because a hub may call back before it answers us.
    """
    failures = subscription.failures
    match subscription.state:
        case HubState.WANTED:
            pause = _pause(failures)
            return replace(subscription, state=HubState.ASKED, due_at=now + pause), HubMode.SUBSCRIBE
        case HubState.ASKED:
            words = "the hub did not call back to verify"
            again = replace(subscription, failures=failures + 1, last_error=words, due_at=now + _pause(failures + 1))
            return again, HubMode.SUBSCRIBE
        case HubState.ACTIVE:
            over = replace(subscription, state=HubState.OVER, last_error="its lease has run out")
            return replace(over, due_at=over_until(over, now=now)), None
        case HubState.LEAVING if failures < MOST_LEAVES and now < (subscription.lease_until or now):
            return replace(subscription, failures=failures + 1, due_at=now + ASK_PAUSE), HubMode.UNSUBSCRIBE
        case HubState.LEAVING:
            return replace(subscription, state=HubState.OVER, due_at=over_until(subscription, now=now)), None
        case HubState.DENIED | HubState.OVER:
            return None, None
        case _:
            assert_never(subscription.state)


def not_taken(subscription: HubSubscription, reason: str, *, now: datetime) -> HubSubscription:
    """The same, after the hub could not be asked; unless it has called back all the same."""
    if subscription.state is not HubState.ASKED:
        return subscription
    failures = subscription.failures + 1
    return replace(
        subscription, state=HubState.WANTED, failures=failures, last_error=reason, due_at=now + _pause(failures)
    )


async def ask_hub(client: GuardedClient, subscription: HubSubscription, mode: HubMode) -> str | None:
    """Ask the hub; None when it has taken the question, else why not, as a clause. Never raises for what it does.

    Source: WebSub, section 5.1. The secret goes along over plain http too, where a listener learns the callback anyway:
    it still keeps out whoever learns the callback alone.
    """
    form = {
        "hub.mode": mode.value,
        "hub.topic": subscription.topic_url,
        "hub.callback": subscription.callback,
    }
    if mode is HubMode.SUBSCRIBE:
        form["hub.lease_seconds"] = str(int(LEASE_WANTED.total_seconds()))
        form["hub.secret"] = subscription.secret
    try:
        response = await client.post(subscription.hub_url, form=form, named_by=subscription.feed)
    except FetchError as error:
        return str(error)
    if 200 <= response.status < 300:
        return None
    complaint = _complaint(subscription, response.body)
    return f"the hub answered {response.status}" + (f" ({complaint})" if complaint else "")


def _complaint(subscription: HubSubscription, body: bytes) -> str:
    """What a hub did not like, as a line that a log may hold: hubs repeat what they were sent, keys and all."""
    said = body.decode("utf-8", "replace").replace(subscription.token, "…").replace(subscription.secret, "…")
    return "".join(filter(str.isprintable, " ".join(said.split())))[:LONGEST_COMPLAINT]


def _pause(failures: int) -> timedelta:
    return min(ASK_PAUSE * (1 << min(failures, 10)), LONGEST_ASK_PAUSE)


def _is_of(subscription: HubSubscription, offer: HubOffer) -> bool:
    return (subscription.hub_url, subscription.topic_url) == (offer.hub_url, offer.topic_url)


def _verified_at(subscription: HubSubscription) -> datetime:
    return subscription.verified_at or subscription.created_at
