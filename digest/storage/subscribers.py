"""Subscribers, their subscriptions and the append-only record of their consents."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, insert, select, update

from digest.model.delivery import Medium
from digest.model.edition import Cadence
from digest.model.ids import SubscriberId
from digest.storage.dialects import chunked, insert_missing
from digest.storage.tables import consents, subscribers, subscriptions


class SubscriptionState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class _Consent(StrEnum):
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


_UNLISTED = "unlisted"
"""Why a subscription ended: the operator took the address off the list. Who left by themselves stays away."""
_LISTED_WORDS = "On the operator's list: they asked the operator for the email edition."
_UNLISTED_WORDS = "No longer on the operator's list."


class Subscribers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mirror_list(self, addresses: Collection[str], *, now: datetime) -> None:
        """Let the daily email subscriptions that come from the operator's list be exactly those of `addresses`.

        Upper and lower case make no difference. Who is new gets an active one, who is gone from the list an ended one;
        who left by themselves is not brought back by being listed. Consent rows say what happened.
        """
        wanted = {address.strip().lower() for address in addresses} - {""}
        listed = self._listed()
        for chunk in chunked(sorted(wanted - set(listed))):
            rows: list[dict[str, object]] = [{"address": address, "created_at": now} for address in chunk]
            insert_missing(self._connection, subscribers, rows)
            self._start(chunk, now=now)
        self._end([listed[address] for address in sorted(set(listed) - wanted)], now=now)

    def _listed(self) -> dict[str, SubscriberId]:
        """Who has an active subscription that came from the list."""
        query = (
            select(subscribers.c.address, subscribers.c.id)
            .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
            .where(_FROM_LIST, subscriptions.c.state == SubscriptionState.ACTIVE.value)
        )
        return {row.address: SubscriberId(row.id) for row in self._connection.execute(query)}

    def _start(self, addresses: Collection[str], *, now: datetime) -> None:
        ids = self._connection.scalars(select(subscribers.c.id).where(subscribers.c.address.in_(addresses))).all()
        known = select(subscriptions.c.subscriber_id, subscriptions.c.state, subscriptions.c.ended_because).where(
            subscriptions.c.subscriber_id.in_(ids), subscriptions.c.medium == Medium.EMAIL.value
        )
        standing = {row.subscriber_id: row for row in self._connection.execute(known)}
        back = [i for i in ids if i in standing and standing[i].ended_because == _UNLISTED]
        new = [i for i in ids if i not in standing]
        if new:
            same = {
                "medium": Medium.EMAIL.value,
                "state": SubscriptionState.ACTIVE.value,
                "cadence": Cadence.DAILY.value,
                "origin": _ORIGIN,
                "wants_alerts": False,
                "topics": [],
                "created_at": now,
                "updated_at": now,
            }
            self._connection.execute(insert(subscriptions), [{**same, "subscriber_id": i} for i in new])
        self._change(back, state=SubscriptionState.ACTIVE, ended_because=None, now=now)
        self._note(new + back, _Consent.CONFIRMED, _LISTED_WORDS, now=now)

    def _end(self, ids: Collection[int], *, now: datetime) -> None:
        self._change(ids, state=SubscriptionState.ENDED, ended_because=_UNLISTED, now=now)
        self._note(ids, _Consent.WITHDRAWN, _UNLISTED_WORDS, now=now)

    def _change(
        self, ids: Collection[int], *, state: SubscriptionState, ended_because: str | None, now: datetime
    ) -> None:
        values = {"state": state.value, "ended_because": ended_because, "updated_at": now}
        for chunk in chunked(ids):
            meant = subscriptions.c.subscriber_id.in_(chunk) & _FROM_LIST
            self._connection.execute(update(subscriptions).where(meant).values(values))

    def _note(self, ids: Collection[int], act: _Consent, wording: str, *, now: datetime) -> None:
        same = {"medium": Medium.EMAIL.value, "act": act.value, "wording": wording, "at": now}
        if ids:
            self._connection.execute(insert(consents), [{**same, "subscriber_id": i} for i in ids])


_ORIGIN = "list"
_FROM_LIST = (subscriptions.c.medium == Medium.EMAIL.value) & (subscriptions.c.origin == _ORIGIN)
