"""Fakes that can be read in a minute. Each stands in for a Protocol or an edge, and the same tests hold for both."""

import hashlib
import re
from collections.abc import Sequence

import numpy as np

from digest.model.delivery import Message, Room
from digest.model.ids import ChannelName
from digest.ports import Vectors


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
