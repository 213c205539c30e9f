"""The outbox: what must be sent to whom, each thing once, and where each of them stands."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, literal, null, or_, select, update

from digest.errors import NotFoundError
from digest.model.delivery import (
    Audience,
    Delivery,
    DeliveryResult,
    Medium,
    OutboxRow,
    OutboxState,
    RecipientKind,
    Settlement,
    Standing,
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
EXPIRES_AFTER = timedelta(hours=12)
"""An edition says "today": what has not left by then would arrive the next morning and be wrong."""
CANDIDATES = 200
"""Due rows that one claim looks at: enough to be soon through with those that must not go, and a short lock."""
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

    def standing(self, *, now: datetime) -> list[Standing]:
        """Where each medium and channel stands, over everything that was ever queued."""
        channel = case((outbox.c.recipient_kind == RecipientKind.CHANNEL.value, outbox.c.recipient_id), else_=null())
        state = case((_is_unknown(now), OutboxState.UNKNOWN.value), else_=outbox.c.state)
        query = select(outbox.c.medium, channel.label("channel"), state.label("state"), func.count().label("number"))
        found: dict[tuple[str, str], dict[str, int]] = {}
        for row in self._connection.execute(query.group_by(outbox.c.medium, channel, state)):
            found.setdefault((row.medium, row.channel or ""), {})[row.state] = row.number
        waiting = (OutboxState.DUE, OutboxState.CLAIMED, OutboxState.INTENDED)
        return [
            Standing(
                medium=Medium(medium),
                channel=ChannelName(name) if name else None,
                due=sum(number.get(state.value, 0) for state in waiting),
                sent=number.get(OutboxState.SENT.value, 0),
                unknown=number.get(OutboxState.UNKNOWN.value, 0),
                failed=number.get(OutboxState.FAILED.value, 0),
                last_detail=self._last_detail(medium, name),
            )
            for (medium, name), number in sorted(found.items())
        ]

    def _last_detail(self, medium: str, channel: str) -> str:
        is_open = outbox.c.state.notin_([OutboxState.SENT.value, OutboxState.CANCELLED.value])
        query = select(outbox.c.last_detail).where(is_open, outbox.c.medium == medium, outbox.c.last_detail != "")
        if channel:
            query = query.where(outbox.c.recipient_id == channel)
        return self._connection.scalar(query.order_by(outbox.c.due_at.desc(), outbox.c.id.desc()).limit(1)) or ""

    def troubles(self, *, since: datetime, now: datetime) -> dict[tuple[Medium, OutboxState], int]:
        """How many rows queued since then are UNKNOWN or FAILED, by medium: what a person has to look at."""
        state = case((_is_unknown(now), OutboxState.UNKNOWN.value), else_=outbox.c.state)
        query = select(outbox.c.medium, state, func.count()).where(
            or_(_is_unknown(now), outbox.c.state == OutboxState.FAILED.value), outbox.c.created_at >= since
        )
        rows = self._connection.execute(query.group_by(outbox.c.medium, state))
        return {(Medium(medium), OutboxState(state)): number for medium, state, number in rows}

    def oldest_due(self) -> datetime | None:
        """When the longest-waiting row became due; None when nothing waits. Says whether the sender is late."""
        # One question a medium: each is the first entry of an index.
        of_medium = (
            self._connection.scalar(
                select(func.min(outbox.c.due_at)).where(
                    outbox.c.state == OutboxState.DUE.value, outbox.c.medium == medium.value
                )
            )
            for medium in Medium
        )
        return min((moment for moment in of_medium if moment is not None), default=None)

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

    def claim(
        self, *, holder: str, limit: int, media: Collection[Medium], now: datetime, until: datetime
    ) -> tuple[list[OutboxRow], bool]:
        """Up to `limit` due rows, each medium's longest due first, held by `holder` until `until`; and whether there
        may be more where these came from. No row goes to two holders.

        Rows that must not go any more are settled instead: cancelled where the recipient has left or the edition is
        not public, FAILED where the edition has grown old. Claims that ran out are settled first: what was only
        claimed is due again, what was intended is UNKNOWN.
        """
        self._settle_lapsed(now=now)
        ids: list[int] = []
        is_more = False
        for medium in media:
            if len(ids) == limit:
                break
            due = (
                select(outbox.c.id)
                .where(outbox.c.state == OutboxState.DUE.value, outbox.c.medium == medium.value, outbox.c.due_at <= now)
                .order_by(outbox.c.due_at, outbox.c.id)
                .limit(CANDIDATES)
                .with_for_update(skip_locked=True)  # on PostgreSQL; a SQLite writer is alone already
            )
            found = self._connection.scalars(due).all()
            if found:
                kept = self._settle_unfit(found, now=now)
                ids += kept[: limit - len(ids)]
                is_more = is_more or len(found) == CANDIDATES or len(kept) < len(found)
        if not ids:
            return [], is_more
        claimed = (
            update(outbox)
            .where(outbox.c.id.in_(ids))
            .values(state=OutboxState.CLAIMED.value, claimed_by=holder, claimed_until=until)
        )
        rows = self._connection.execute(claimed.returning(outbox)).all()
        return sorted((_outbox_row(row) for row in rows), key=lambda row: ids.index(row.id)), is_more

    def _settle_unfit(self, ids: Sequence[int], *, now: datetime) -> list[int]:
        """Settle those of the due rows that must not go any more; the others, in order."""
        unfit = _unfit(now)
        # The conditions stand in what is asked for, not in WHERE: by id alone SQLite looks at these rows only, where it
        # would else rather walk through everything of one state or kind.
        verdict = case(*((condition, reason) for reason, (condition, _) in unfit.items()))
        judged = select(outbox.c.id, verdict.label("verdict")).where(outbox.c.id.in_(ids))
        reasons = {row.id: row.verdict for row in self._connection.execute(judged)}
        for reason, (_, values) in unfit.items():
            meant = [row_id for row_id in ids if reasons[row_id] == reason]
            if meant:
                change = update(outbox).where(outbox.c.id.in_(meant))
                self._connection.execute(change.values(**values, last_detail=reason))
        return [row_id for row_id in ids if reasons[row_id] is None]

    def intend(self, outbox_id: OutboxId, *, holder: str, now: datetime, until: datetime) -> bool:
        """Whether the row may be sent now: `holder` still has it, recipient and edition are still there. It is INTENDED
        then."""
        change = update(outbox).where(
            outbox.c.id == outbox_id,
            outbox.c.state == OutboxState.CLAIMED.value,
            outbox.c.claimed_by == holder,
            outbox.c.claimed_until > now,
        )
        if self._connection.execute(change.where(or_(_lacks_consent(), _is_not_public())).values(_CANCELLED)).rowcount:
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

    def settleable(self, policy: UnknownPolicy, *, channel: ChannelName | None, now: datetime) -> Settlement:
        """What `settle` would do."""
        if policy is UnknownPolicy.ASK:
            return Settlement(settled=0, too_late=0)
        settled = self._number(self._meant(policy, channel, now))
        unknown = self._number(and_(_is_unknown(now), _is_to(channel)))
        is_again = policy is UnknownPolicy.SEND_AGAIN
        fit = self._number(and_(_is_unknown(now), _is_to(channel), _is_fit(now))) if is_again else unknown
        return Settlement(settled=settled, too_late=unknown - fit)

    def settle(self, policy: UnknownPolicy, *, channel: ChannelName | None, now: datetime) -> Settlement:
        """Settle the rows of which nobody knows whether they left, of one channel or of everything. ASK settles none.

        What is sent again takes with it the channels' rows that FAILED: they never left. What was refused for a person
        is not asked again. A row whose edition is too old or no longer public stays as it is.
        """
        done = self.settleable(policy, channel=channel, now=now)
        match policy:
            case UnknownPolicy.ASK:
                return done
            case UnknownPolicy.SEND_AGAIN:
                values = {"state": OutboxState.DUE.value, "due_at": now, **_UNCLAIMED}
            case UnknownPolicy.TAKE_AS_SENT:
                values = {"state": OutboxState.SENT.value, "last_detail": "taken as sent", **_UNCLAIMED}
            case _:
                assert_never(policy)
        self._connection.execute(update(outbox).where(self._meant(policy, channel, now)).values(values))
        return done

    def _meant(self, policy: UnknownPolicy, channel: ChannelName | None, now: datetime) -> ColumnElement[bool]:
        if policy is not UnknownPolicy.SEND_AGAIN:
            return and_(_is_unknown(now), _is_to(channel))
        has_failed = and_(outbox.c.state == OutboxState.FAILED.value, outbox.c.medium == Medium.CHANNEL.value)
        return and_(or_(_is_unknown(now), has_failed), _is_to(channel), _is_fit(now))

    def _number(self, condition: ColumnElement[bool]) -> int:
        return self._connection.scalar(select(func.count()).select_from(outbox).where(condition)) or 0

    def _settle_lapsed(self, *, now: datetime) -> None:
        held = outbox.c.state.in_([OutboxState.CLAIMED.value, OutboxState.INTENDED.value])
        # An intended row keeps its holder: a slow sender may still come back and say what became of it.
        settled = case(
            (outbox.c.state == OutboxState.CLAIMED.value, OutboxState.DUE.value), else_=OutboxState.UNKNOWN.value
        )
        self._connection.execute(update(outbox).where(held, outbox.c.claimed_until <= now).values(state=settled))

    def _is_retracted(self, edition_id: int | None) -> bool:
        state = self._connection.scalar(select(editions.c.state).where(editions.c.id == edition_id))
        return state == EditionState.RETRACTED.value


_UNCLAIMED: dict[str, object] = {"claimed_by": None, "claimed_until": None}
_CANCELLED: dict[str, object] = {"state": OutboxState.CANCELLED.value, **_UNCLAIMED}
_FAILED: dict[str, object] = {"state": OutboxState.FAILED.value, **_UNCLAIMED}


def _is_unknown(now: datetime) -> ColumnElement[bool]:
    """UNKNOWN, or about to be found so: the sender that intended it has not come back in its time."""
    is_lapsed = and_(outbox.c.state == OutboxState.INTENDED.value, outbox.c.claimed_until <= now)
    return or_(outbox.c.state == OutboxState.UNKNOWN.value, is_lapsed)


def _is_to(channel: ChannelName | None) -> ColumnElement[bool]:
    if channel is None:
        return literal(True)
    return and_(outbox.c.medium == Medium.CHANNEL.value, outbox.c.recipient_id == channel)


def _unfit(now: datetime) -> dict[str, tuple[ColumnElement[bool], dict[str, object]]]:
    """Why a row must not go any more, in words → (when that is so, what becomes of it)."""
    hours = EXPIRES_AFTER // timedelta(hours=1)
    return {
        "the recipient is no longer subscribed": (_lacks_consent(), _CANCELLED),
        "the edition is not public": (_is_not_public(), _CANCELLED),
        f"not sent in time: the edition has been out for {hours} hours": (_is_old(now), _FAILED),
        "not sent in time: a newer edition is out": (_is_followed(), _FAILED),
    }


def _is_fit(now: datetime) -> ColumnElement[bool]:
    return and_(*(~condition for condition, _ in _unfit(now).values()))


def _is_not_public() -> ColumnElement[bool]:
    is_public = exists().where(editions.c.id == outbox.c.edition_id, editions.c.state == EditionState.PUBLISHED.value)
    return and_(outbox.c.edition_id.is_not(None), ~is_public)


def _is_old(now: datetime) -> ColumnElement[bool]:
    old = exists().where(editions.c.id == outbox.c.edition_id, editions.c.published_at <= now - EXPIRES_AFTER)
    return and_(outbox.c.subject_kind == SubjectKind.EDITION.value, old)


def _is_followed() -> ColumnElement[bool]:
    newer = editions.alias()
    followed = exists().where(
        editions.c.id == outbox.c.edition_id,
        newer.c.cadence == editions.c.cadence,
        newer.c.edition_on > editions.c.edition_on,
        newer.c.state == EditionState.PUBLISHED.value,
    )
    return and_(outbox.c.subject_kind == SubjectKind.EDITION.value, followed)


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
