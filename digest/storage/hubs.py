"""WebSub: which hubs the feeds name, what is agreed with them, and the bodies they have brought."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from digest.model.hub import HubOffer, HubState, HubSubscription, HubToken, Push, PushId
from digest.model.ids import SourceId
from digest.storage.columns import AnyRow
from digest.storage.dialects import chunked, insert_into, put, put_all
from digest.storage.tables import hub_offers, hub_subscriptions, pushes

MOST_WAITING = 3
"""Bodies of one subscription that wait to be read."""
MOST_WAITING_BYTES = 50_000_000
"""Bodies of all hubs together; what comes on top is left to the next poll."""
MOST_AN_HOUR = 60
"""Bodies of one subscription: a hub that pushes all day long costs no more than this."""

_COLUMNS = tuple(hub_subscriptions.c[field.name] for field in fields(HubSubscription))


class Hubs:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def offers(self) -> dict[SourceId, HubOffer]:
        """What each feed offered when it last said anything about hubs."""
        rows = self._connection.execute(select(hub_offers)).mappings()
        return {row["source_id"]: HubOffer(**row) for row in rows}

    def note_offers(self, heard: Mapping[SourceId, HubOffer | None]) -> None:
        """Remember what each of these feeds offers now; None: it names no hub that we take."""
        for chunk in chunked([source_id for source_id, offer in heard.items() if offer is None]):
            self._connection.execute(delete(hub_offers).where(hub_offers.c.source_id.in_(chunk)))
        put_all(self._connection, hub_offers, [asdict(offer) for offer in heard.values() if offer is not None])

    def all(self) -> list[HubSubscription]:
        """Every subscription that is remembered, oldest first."""
        query = select(*_COLUMNS).order_by(hub_subscriptions.c.created_at, hub_subscriptions.c.token)
        return [_subscription(row) for row in self._connection.execute(query)]

    def active(self, now: datetime) -> dict[SourceId, HubSubscription]:
        """The subscription under which each source is pushed to us: of two, the one verified last."""
        c = hub_subscriptions.c
        query = select(*_COLUMNS).where(c.state == HubState.ACTIVE.value, c.lease_until > now).order_by(c.verified_at)
        found = map(_subscription, self._connection.execute(query))
        return {subscription.source_id: subscription for subscription in found}

    def find(self, token: HubToken) -> HubSubscription | None:
        """The subscription of a token."""
        return self._one(hub_subscriptions.c.token == token, is_locked=False)

    def lock(self, token: HubToken) -> HubSubscription | None:
        """The same, held against every other writer until the transaction ends: what is saved builds on this."""
        return self._one(hub_subscriptions.c.token == token, is_locked=True)

    def save(self, subscription: HubSubscription) -> None:
        """Remember the subscription in place of what was known of it."""
        put(self._connection, hub_subscriptions, asdict(subscription) | {"state": subscription.state.value})

    def forget(self, token: HubToken) -> None:
        """Delete the subscription and all that was pushed under it."""
        self._connection.execute(delete(pushes).where(pushes.c.token == token))
        self._connection.execute(delete(hub_subscriptions).where(hub_subscriptions.c.token == token))

    def count(self, token: HubToken, *, refused: int = 0, pushes: int = 0, pushed_at: datetime | None = None) -> None:
        """Add to what a subscription has counted; never what is read and written back, so no lock is needed."""
        c = hub_subscriptions.c
        values: dict[str, object] = {"refused": c.refused + refused, "pushes": c.pushes + pushes}
        if pushed_at is not None:
            values["pushed_at"] = pushed_at
        self._connection.execute(update(hub_subscriptions).where(c.token == token).values(values))

    def prove(self, token: HubToken) -> None:
        """Count a push that brought what a poll would have found."""
        c = hub_subscriptions.c
        self._connection.execute(update(hub_subscriptions).where(c.token == token).values(proofs=c.proofs + 1))

    def doubt(self, source_ids: Collection[SourceId]) -> None:
        """Polls found what no push has brought: no hub of these sources has proved anything any more."""
        c = hub_subscriptions.c
        for chunk in chunked(source_ids):
            self._connection.execute(update(hub_subscriptions).where(c.source_id.in_(chunk)).values(proofs=0))

    # --- what was pushed ---------------------------------------------------------------------------------------

    def has_room(self, token: HubToken, size: int, *, now: datetime) -> bool:
        """Whether another body of `size` bytes may wait; of two that ask at one moment both may get the last place."""
        c = pushes.c
        waiting = self._counted((c.token == token) & (c.waiting_bytes > 0))
        of_hour = self._counted((c.token == token) & (c.received_at > now - timedelta(hours=1)))
        held = self._connection.scalar(select(func.sum(c.waiting_bytes)).where(c.waiting_bytes > 0)) or 0
        return waiting < MOST_WAITING and of_hour < MOST_AN_HOUR and held + size <= MOST_WAITING_BYTES

    def take(self, token: HubToken, body: bytes, *, content_type: str | None, now: datetime) -> PushId | None:
        """Keep a body until it is read; None when the same one was pushed under this subscription before."""
        statement = (
            insert_into(self._connection, pushes)
            .values(
                token=token,
                received_at=now,
                content_type=content_type,
                sha256=_sha256(body),
                waiting_bytes=len(body),
                body=body,
            )
            .on_conflict_do_nothing()
            .returning(pushes.c.id)
        )
        push_id = self._connection.scalar(statement)
        return None if push_id is None else PushId(push_id)

    def waiting(self) -> list[Push]:
        """The body of each subscription that waits longest to be read, oldest first."""
        c = pushes.c
        oldest = select(func.min(c.id)).where(c.waiting_bytes > 0).group_by(c.token)
        query = select(c.id, c.received_at, c.content_type, c.body, *_COLUMNS).join(hub_subscriptions)
        return [
            Push(
                id=PushId(row.id),
                subscription=_subscription(row),
                received_at=row.received_at,
                content_type=row.content_type,
                body=bytes(row.body),
            )
            for row in self._connection.execute(query.where(c.id.in_(oldest)).order_by(c.id))
        ]

    def finish(self, push_id: PushId) -> None:
        """Let a body go that has been read; that it came is remembered."""
        self._connection.execute(update(pushes).where(pushes.c.id == push_id).values(waiting_bytes=0, body=None))

    def _one(self, is_wanted: ColumnElement[bool], *, is_locked: bool) -> HubSubscription | None:
        query = select(*_COLUMNS).where(is_wanted)
        # On PostgreSQL; a SQLite writer is alone already.
        row = self._connection.execute(query.with_for_update() if is_locked else query).first()
        return None if row is None else _subscription(row)

    def _counted(self, which: ColumnElement[bool]) -> int:
        return self._connection.scalar(select(func.count()).select_from(pushes).where(which)) or 0


def _sha256(body: bytes) -> str:
    return sha256(body).hexdigest()


def _subscription(row: AnyRow) -> HubSubscription:
    values = {field.name: getattr(row, field.name) for field in fields(HubSubscription)}
    return HubSubscription(**values | {"state": HubState(row.state)})
