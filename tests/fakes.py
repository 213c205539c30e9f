"""Fakes that can be read in a minute. Each stands in for a Protocol or an edge, and the same tests hold for both."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import numpy as np

from digest.clock import FixedClock
from digest.model.delivery import Message, Room
from digest.model.ids import ChannelName
from digest.model.source import Campaign
from digest.net import GuardedClient
from digest.pipeline import FetchLimits, Tools
from digest.ports import Vectors
from digest.stages.extract import ParserPool
from digest.storage import Storage
from tests.factories import NOON


class FakeEmbedder:
    """Same text, same vector; texts that share words are near each other."""

    backend = "fake/bag-of-words/1"
    dimension = 384

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.casefold()) or ["empty"]:
                row[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % self.dimension] += 1
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    def release(self) -> None:
        pass


class FakeNotifier:
    """Takes every message, and keeps it."""

    def __init__(self, *, room: Room | None = None) -> None:
        self.sent: list[tuple[ChannelName, Message]] = []
        self._room = room or Room(title=250, text=2000)

    def room_of(self, channel: ChannelName) -> Room:
        return self._room

    def send(self, channel: ChannelName, message: Message) -> str:
        self.sent.append((channel, message))
        return "taken"


def fake_tools(storage: Storage, campaign: Campaign, **changes: Any) -> Tools:
    """What the stages work with at noon, where nothing is fetched or parsed unless the test brings what does it."""
    plain = Tools(
        storage=storage,
        campaign=campaign,
        clock=FixedClock(NOON),
        open_client=_no_client,
        parsers=cast(ParserPool, None),
        embedder=FakeEmbedder(),
        limits=FetchLimits(concurrency=4, poll_interval=timedelta(minutes=30), is_everything_due=True),
        base_url="https://news.example",
        channels=(),
        email_list=(),
        keep_text_days=30,
    )
    return replace(plain, **changes)


def _no_client() -> GuardedClient:
    raise AssertionError("nothing is fetched in this test")
