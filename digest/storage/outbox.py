"""The outbox: what must be sent to whom, each thing once, and where each of them stands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, literal, or_, select, update

from digest.errors import NotFoundError
from digest.model.delivery import (
    Audience,
    Delivery,
    DeliveryResult,
    Medium,
    OutboxRow,
    OutboxState,
    RecipientKind,
    SubjectKind,
    UnknownPolicy,
)
from digest.model.edition import Cadence, EditionState
from digest.model.ids import ChannelName, EditionId, OutboxId, SubscriberId
from digest.storage.columns import AnyRow
from digest.storage.dialects import insert_into, insert_missing, text_of
from digest.storage.subscribers import SubscriptionState
from digest.storage.tables import channels as channel_names
from digest.storage.tables import deliveries, editions, outbox, subscribers, subscriptions

# Without an active subscription these do not go; the others are what makes or mends a subscription, or are for staff.
_NEEDS_CONSENT = (SubjectKind.EDITION, SubjectKind.CORRECTION, SubjectKind.ALERT)
MOST_DETAIL = 500
"""Characters kept of what the other side said."""


class Outbox:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- filling --------------------------------------------------------------------------------------------

    def fill_for_edition(
        self, edition_id: EditionId, revision: int, *, channels: Sequence[ChannelName], now: datetime
    ) -> None:
        """Queue a published revision: a row for every active email subscription of its cadence, and for each channel.

        Nobody gets two rows for one edition, whichever revision the first was for; so doing it twice is doing it once.
        Raises NotFoundError.
        """
        cadence = self._connection.scalar(select(editions.c.cadence).where(editions.c.id == edition_id))
        if cadence is None:
            raise NotFoundError(f"There is no edition {edition_id}.")
        same = {
            "subject_kind": SubjectKind.EDITION.value,
            "subject_id": f"{edition_id}/{revision}",
            "edition_id": edition_id,
            "state": OutboxState.DUE.value,
            "attempts": 0,
            "due_at": now,
            "last_detail": "",
            "created_at": now,
        }
        self._fill_email(Cadence(cadence), same)
        self._fill_channels(channels, same, now=now)

    def _fill_email(self, cadence: Cadence, same: dict[str, object]) -> None:
        recipient_id = text_of(subscriptions.c.subscriber_id)
        each: dict[str, ColumnElement[Any]] = {
            "recipient_kind": literal(RecipientKind.SUBSCRIBER.value),
            "recipient_id": recipient_id,
            "medium": subscriptions.c.medium,
            "subscriber_id": subscriptions.c.subscriber_id,
            **{name: literal(value, outbox.c[name].type) for name, value in same.items()},
        }
        has_one = and_(
            outbox.c.edition_id == same["edition_id"],
            outbox.c.subject_kind == same["subject_kind"],
            outbox.c.recipient_kind == RecipientKind.SUBSCRIBER.value,
            outbox.c.recipient_id == recipient_id,
            outbox.c.medium == subscriptions.c.medium,
        )
        wanted = (
            select(*each.values())
            .where(_is_subscribed(cadence, Medium.EMAIL), ~exists().where(has_one).correlate(subscriptions))
            .order_by(subscriptions.c.id)
        )
        statement = insert_into(self._connection, outbox).from_select(list(each), wanted)
        self._connection.execute(statement.on_conflict_do_nothing())

    def _fill_channels(self, channels: Sequence[ChannelName], same: dict[str, object], *, now: datetime) -> None:
        is_queued = and_(
            outbox.c.edition_id == same["edition_id"],
            outbox.c.subject_kind == same["subject_kind"],
            outbox.c.recipient_kind == RecipientKind.CHANNEL.value,
        )
        queued = set(self._connection.scalars(select(outbox.c.recipient_id).where(is_queued)))
        names = [name for name in dict.fromkeys(channels) if name not in queued]
        insert_missing(self._connection, channel_names, [{"name": name, "first_used_at": now} for name in names])
        recipient = {"recipient_kind": RecipientKind.CHANNEL.value, "medium": Medium.CHANNEL.value}
        insert_missing(self._connection, outbox, [{**same, **recipient, "recipient_id": name} for name in names])

    # --- reading --------------------------------------------------------------------------------------------

    def audience(self, channels: Sequence[ChannelName]) -> Audience:
        """Whom a daily edition would reach if it were published now."""
        query = select(func.count()).where(_is_subscribed(Cadence.DAILY, Medium.EMAIL))
        return Audience(email=self._connection.scalar(query) or 0, channels=tuple(dict.fromkeys(channels)))

    def rows(self, subject_kind: SubjectKind, subject_id: str) -> list[OutboxRow]:
        """Every row about one subject, in the order they were queued."""
        query = select(outbox).where(_is_about(subject_kind, subject_id)).order_by(outbox.c.id)
        return [_outbox_row(row) for row in self._connection.execute(query)]

    def counts(self, subject_kind: SubjectKind, subject_id: str) -> dict[tuple[Medium, OutboxState], int]:
        """How many rows about one subject stand where; only what there is any of."""
        return self._count(_is_about(subject_kind, subject_id))

    def totals(self) -> dict[tuple[Medium, OutboxState], int]:
        """The same over everything that was ever queued."""
        return self._count(literal(True))

    def next_due(self, now: datetime) -> datetime | None:
        """When the sender next has something to do: `now` when it has already, None when nothing waits."""
        due = select(func.min(outbox.c.due_at)).where(outbox.c.state == OutboxState.DUE.value)
        held = outbox.c.state.in_([OutboxState.CLAIMED.value, OutboxState.INTENDED.value])
        lapsing = select(func.min(outbox.c.claimed_until)).where(held)
        moments = [self._connection.scalar(due), self._connection.scalar(lapsing)]
        return max((min(moment for moment in moments if moment is not None), now)) if any(moments) else None

    def oldest_due(self) -> datetime | None:
        """When the longest-waiting row became due; None when nothing waits. Says whether the sender is late."""
        due: datetime | None = self._connection.scalar(
            select(func.min(outbox.c.due_at)).where(outbox.c.state == OutboxState.DUE.value)
        )
        return due

    def deliveries(self, outbox_id: OutboxId) -> list[Delivery]:
        """Every attempt on one row, first one first."""
        query = select(deliveries).where(deliveries.c.outbox_id == outbox_id).order_by(deliveries.c.id)
        return [
            Delivery(
                outbox_id=OutboxId(row.outbox_id),
                attempt=row.attempt,
                result=DeliveryResult(row.result),
                detail=row.detail,
                started_at=row.started_at,
                finished_at=row.finished_at,
            )
            for row in self._connection.execute(query)
        ]

    def address_of(self, subscriber_id: SubscriberId) -> str:
        """A subscriber's address. Raises NotFoundError."""
        address = self._connection.scalar(select(subscribers.c.address).where(subscribers.c.id == subscriber_id))
        if address is None:
            raise NotFoundError(f"There is no subscriber {subscriber_id}.")
        return str(address)

    def _count(self, condition: ColumnElement[bool]) -> dict[tuple[Medium, OutboxState], int]:
        query = select(outbox.c.medium, outbox.c.state, func.count()).where(condition)
        rows = self._connection.execute(query.group_by(outbox.c.medium, outbox.c.state))
        return {(Medium(medium), OutboxState(state)): number for medium, state, number in rows}

    # --- sending: claim, intend, record ---------------------------------------------------------------------

    def claim(self, *, holder: str, limit: int, now: datetime, until: datetime) -> list[OutboxRow]:
        """Up to `limit` due rows, longest due first, held by `holder` until `until`. No row goes to two holders.

        Rows whose recipient has left are cancelled instead. Claims that ran out are settled first: what was only
        claimed is due again, what was intended is UNKNOWN.
        """
        self._settle_lapsed(now=now)
        self._cancel_without_consent(now=now)
        due = (
            select(outbox.c.id)
            .where(outbox.c.state == OutboxState.DUE.value, outbox.c.due_at <= now)
            .order_by(outbox.c.due_at, outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)  # on PostgreSQL; a SQLite writer is alone already
        )
        ids = self._connection.scalars(due).all()
        change = update(outbox).where(outbox.c.id.in_(ids))
        claimed = change.values(state=OutboxState.CLAIMED.value, claimed_by=holder, claimed_until=until)
        rows = self._connection.execute(claimed.returning(outbox)).all() if ids else []
        return sorted((_outbox_row(row) for row in rows), key=lambda row: (row.due_at, row.id))

    def intend(self, outbox_id: OutboxId, *, holder: str, now: datetime, until: datetime) -> bool:
        """Whether the row may be sent now: `holder` still has it, its recipient is still there. It is INTENDED then."""
        change = update(outbox).where(
            outbox.c.id == outbox_id,
            outbox.c.state == OutboxState.CLAIMED.value,
            outbox.c.claimed_by == holder,
            outbox.c.claimed_until > now,
        )
        if self._connection.execute(change.where(_lacks_consent()).values(_CANCELLED)).rowcount:
            return False
        intended = change.values(state=OutboxState.INTENDED.value, intended_at=now, claimed_until=until)
        return self._connection.execute(intended).rowcount == 1

    def put_back(self, outbox_id: OutboxId, *, holder: str) -> None:
        """Give up a claim: the row is due as before."""
        mine = (
            (outbox.c.id == outbox_id) & (outbox.c.claimed_by == holder) & (outbox.c.state == OutboxState.CLAIMED.value)
        )
        self._connection.execute(update(outbox).where(mine).values(state=OutboxState.DUE.value, **_UNCLAIMED))

    def record(self, delivery: Delivery, *, holder: str, retry_at: datetime | None) -> None:
        """Keep what happened to one attempt, and let the row stand accordingly.

        What was sent is sent, whoever holds the row by now; any other result counts only from the row's holder. A retry
        of an edition that was retracted meanwhile is cancelled. Raises NotFoundError.
        """
        detail = delivery.detail[:MOST_DETAIL]
        row = self._connection.execute(
            select(outbox).where(outbox.c.id == delivery.outbox_id).with_for_update()
        ).first()
        if row is None:
            raise NotFoundError(f"There is no outbox row {delivery.outbox_id}.")
        self._connection.execute(
            insert(deliveries).values(
                outbox_id=delivery.outbox_id,
                attempt=delivery.attempt,
                result=delivery.result.value,
                detail=detail,
                started_at=delivery.started_at,
                finished_at=delivery.finished_at,
            )
        )
        is_held = OutboxState(row.state) in {OutboxState.CLAIMED, OutboxState.INTENDED, OutboxState.UNKNOWN}
        if delivery.result is not DeliveryResult.SENT and not (is_held and row.claimed_by == holder):
            return
        values: dict[str, object] = {"attempts": delivery.attempt, "last_detail": detail}
        match delivery.result:
            case DeliveryResult.SENT:
                values |= {"state": OutboxState.SENT.value, **_UNCLAIMED}
            case DeliveryResult.RETRY if retry_at is not None and self._is_retracted(row.edition_id):
                values |= _CANCELLED
            case DeliveryResult.RETRY if retry_at is not None:
                values |= {"state": OutboxState.DUE.value, "due_at": retry_at, **_UNCLAIMED}
            case DeliveryResult.RETRY | DeliveryResult.REFUSED:
                values |= {"state": OutboxState.FAILED.value, **_UNCLAIMED}
            case DeliveryResult.UNKNOWN:
                values |= {"state": OutboxState.UNKNOWN.value}
            case _:
                assert_never(delivery.result)
        self._connection.execute(update(outbox).where(outbox.c.id == delivery.outbox_id).values(values))

    def settle_unknown(self, policy: UnknownPolicy, *, now: datetime) -> int:
        """Settle the rows of which nobody knows whether they left; how many were settled. ASK settles none."""
        self._settle_lapsed(now=now)
        unknown = update(outbox).where(outbox.c.state == OutboxState.UNKNOWN.value)
        match policy:
            case UnknownPolicy.ASK:
                return 0
            case UnknownPolicy.SEND_AGAIN:
                values = {"state": OutboxState.DUE.value, "due_at": now, **_UNCLAIMED}
            case UnknownPolicy.TAKE_AS_SENT:
                values = {"state": OutboxState.SENT.value, "last_detail": "taken as sent", **_UNCLAIMED}
            case _:
                assert_never(policy)
        return self._connection.execute(unknown.values(values)).rowcount

    def _settle_lapsed(self, *, now: datetime) -> None:
        held = outbox.c.state.in_([OutboxState.CLAIMED.value, OutboxState.INTENDED.value])
        # An intended row keeps its holder: a slow sender may still come back and say what became of it.
        settled = case(
            (outbox.c.state == OutboxState.CLAIMED.value, OutboxState.DUE.value), else_=OutboxState.UNKNOWN.value
        )
        self._connection.execute(update(outbox).where(held, outbox.c.claimed_until <= now).values(state=settled))

    def _cancel_without_consent(self, *, now: datetime) -> None:
        is_due = (outbox.c.state == OutboxState.DUE.value) & (outbox.c.due_at <= now)
        self._connection.execute(update(outbox).where(is_due, _lacks_consent()).values(_CANCELLED))

    def _is_retracted(self, edition_id: int | None) -> bool:
        state = self._connection.scalar(select(editions.c.state).where(editions.c.id == edition_id))
        return state == EditionState.RETRACTED.value


_UNCLAIMED: dict[str, object] = {"claimed_by": None, "claimed_until": None}
_CANCELLED: dict[str, object] = {"state": OutboxState.CANCELLED.value, **_UNCLAIMED}


def _is_about(subject_kind: SubjectKind, subject_id: str) -> ColumnElement[bool]:
    return (outbox.c.subject_kind == subject_kind.value) & (outbox.c.subject_id == subject_id)


def _is_subscribed(cadence: Cadence, medium: Medium) -> ColumnElement[bool]:
    return (
        (subscriptions.c.medium == medium.value)
        & (subscriptions.c.cadence == cadence.value)
        & (subscriptions.c.state == SubscriptionState.ACTIVE.value)
    )


def _lacks_consent() -> ColumnElement[bool]:
    """Of a row to a subscriber: no subscription of its medium is active (or pending, where that is enough)."""
    needs_active = outbox.c.subject_kind.in_([kind.value for kind in _NEEDS_CONSENT])
    has_consent = exists().where(
        subscriptions.c.subscriber_id == outbox.c.subscriber_id,
        subscriptions.c.medium == outbox.c.medium,
        or_(
            subscriptions.c.state == SubscriptionState.ACTIVE.value,
            and_(~needs_active, subscriptions.c.state == SubscriptionState.PENDING.value),
        ),
    )
    return and_(outbox.c.recipient_kind == RecipientKind.SUBSCRIBER.value, ~has_consent)


def _outbox_row(row: AnyRow) -> OutboxRow:
    return OutboxRow(
        id=OutboxId(row.id),
        subject_kind=SubjectKind(row.subject_kind),
        subject_id=row.subject_id,
        recipient_kind=RecipientKind(row.recipient_kind),
        recipient_id=row.recipient_id,
        medium=Medium(row.medium),
        state=OutboxState(row.state),
        attempts=row.attempts,
        due_at=row.due_at,
        last_detail=row.last_detail,
    )
