"""What a hub's call to us means: its question whether we asked, its refusal, its signature. Pure.

The web answers hubs with these; they decide and store nothing.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from digest.model.hub import HubState, HubSubscription

SHORTEST_LEASE = timedelta(hours=1)
"""A hub that gives less would be asked all day long; it is answered no."""
LONGEST_LEASE = timedelta(days=30)
"""What a hub grants beyond counts no longer: tokens and secrets are not to grow old."""
DENIED_FOR = timedelta(days=30)
"""How long a hub that said no is not asked again, unless the feed names another."""
LONGEST_CHALLENGE = 2_000
LONGEST_REASON = 200
_MOST_FIELDS = 20
_SECONDS = re.compile(r"[0-9]{1,9}")
_SIGNATURE = re.compile(r"\s*(sha1|sha256|sha384|sha512)=([0-9a-f]{40,128})\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAnswer:
    """What to say to the hub, and what to remember of it."""

    body: bytes
    after: HubSubscription


def answer_hub(subscription: HubSubscription, query: bytes, *, now: datetime) -> HubAnswer | None:
    """What to answer to a hub's GET; None: not what we asked, which is answered 404 and changes nothing.

    query: the query string as it came. The challenge goes back as exactly the bytes that it came as.
    Source: WebSub, sections 5.2 and 5.3.
    """
    said = _fields(query)
    if said.get("hub.topic") != subscription.topic_url:
        return None
    challenge = said.get("hub.challenge", "")
    match said.get("hub.mode"), subscription.state:
        # WANTED: it has taken our question, and its answer was lost.
        case "subscribe", HubState.WANTED | HubState.ASKED | HubState.ACTIVE:
            lease = _lease(said.get("hub.lease_seconds", ""))
            if not 0 < len(challenge) <= LONGEST_CHALLENGE or lease is None:
                return None
            until = now + lease
            after = replace(
                subscription,
                state=HubState.ACTIVE,
                verified_at=now,
                lease_until=until,
                due_at=until,
                failures=0,
                last_error="",
            )
        case "unsubscribe", HubState.LEAVING:
            if not 0 < len(challenge) <= LONGEST_CHALLENGE:
                return None
            after = replace(subscription, state=HubState.OVER, due_at=over_until(subscription, now=now))
        case "denied", HubState.WANTED | HubState.ASKED | HubState.ACTIVE:
            words = _reason(said.get("hub.reason", ""))
            after = replace(subscription, state=HubState.DENIED, due_at=now + DENIED_FOR, last_error=words)
            challenge = ""
        case _:
            return None
    return HubAnswer(body=challenge.encode("latin-1"), after=after)


def over_until(subscription: HubSubscription, *, now: datetime) -> datetime:
    """How long a subscription that is over is remembered, so that a hub that goes on pushing is told (410)."""
    return max(subscription.lease_until or now, now + timedelta(days=1))


def takes_pushes(subscription: HubSubscription, *, now: datetime) -> bool:
    """Whether the hub may push under it now."""
    until = subscription.lease_until
    return subscription.state is HubState.ACTIVE and until is not None and now < until


def is_signed(subscription: HubSubscription, signature: str | None, body: bytes) -> bool:
    """Whether the `X-Hub-Signature` header proves that who sent `body` knows the secret; compared in constant time."""
    said = _SIGNATURE.fullmatch(signature or "")
    if said is None:
        return False
    right = hmac.new(subscription.secret.encode(), body, getattr(hashlib, said[1].lower())).hexdigest()
    return hmac.compare_digest(right, said[2].lower())


def _fields(query: bytes) -> Mapping[str, str]:
    """The query's fields as latin-1, one character a byte. A name that comes twice counts the first time."""
    try:
        pairs = parse_qsl(
            query.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        return {}
    return dict(reversed(pairs))


def _reason(said: str) -> str:
    """A hub's reason as one line that a terminal may show."""
    line = " ".join(said.encode("latin-1").decode("utf-8", "replace").split())
    reason = "".join(filter(str.isprintable, line))[:LONGEST_REASON]
    return f"the hub says no ({reason})" if reason else "the hub says no"


def _lease(said: str) -> timedelta | None:
    if not _SECONDS.fullmatch(said):
        return None
    lease = timedelta(seconds=int(said))
    return None if lease < SHORTEST_LEASE else min(lease, LONGEST_LEASE)
