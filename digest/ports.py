"""What the product needs of the outside world, as Protocols of the two or three methods the caller uses."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digest.model.delivery import Delivery, Medium, Message, OutboxRow, Room
from digest.model.ids import ChannelName, OutboxId

Vector = NDArray[np.float32]
"""Shape (d,), unit length."""
Vectors = NDArray[np.float32]
"""Shape (n, d), rows of unit length."""


class Embeds(Protocol):
    @property
    def backend(self) -> str:
        """Name of model, revision and arithmetic: vectors of different backends are never compared."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row per text, in order."""
        ...

    def release(self) -> None:
        """Let the model's memory go until it is needed again."""
        ...


class Notifies(Protocol):
    """Carries one message to one channel."""

    def room_of(self, channel: ChannelName) -> Room:
        """What the channel carries whole. Raises DeliveryError when the channel is not set up."""
        ...

    def send(self, channel: ChannelName, message: Message) -> str:
        """What the other side said, in words without secrets.

        Raises DeliveryError where the message provably never left, UncertainDeliveryError where it may have.
        """
        ...


class Mails(Protocol):
    """Carries one message to one address over a pooled connection."""

    def send(self, address: str, message: Message, *, message_id: str) -> str:
        """The relay's reply, in our words.

        Raises DeliveryError where this message provably never left, RouteError where none can leave now,
        UncertainDeliveryError where it may have.
        """
        ...


class Ledger(Protocol):
    """All that `deliver` may know of storage: claim a row, commit the intent, record the result.

    A crash between `intend` and `record` leaves the row `unknown`: it is never sent again by itself.
    """

    def claim(self, *, limit: int, media: Collection[Medium], now: datetime) -> Sequence[OutboxRow]:
        """Due rows of these media, of the first one first, now held by this sender.

        Rows that must not go any more are settled instead.
        """
        ...

    def intend(self, row: OutboxId, *, now: datetime) -> bool:
        """Commit that the next thing is the send. False: the row is no longer ours (cancelled, paused): do not send."""
        ...

    def put_back(self, row: OutboxId) -> None:
        """Give up a claim: the row is due as before."""
        ...

    def record(self, delivery: Delivery, *, retry_at: datetime | None) -> None:
        """Commit what happened. `retry_at` puts the row back for another attempt."""
        ...

    def address_of(self, row: OutboxRow) -> str:
        """The recipient's address, for email. The only place where one leaves storage. Raises NotFoundError."""
        ...


class Composes(Protocol):
    """Makes the message of an outbox row from the published document that the row is about."""

    def message_for(self, row: OutboxRow, *, room: Room | None) -> Message:
        """What to send, within `room` (None: whole). Raises NotFoundError or UnreadableError."""
        ...
