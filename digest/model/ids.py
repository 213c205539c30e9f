"""Typed ids, so that a story's id can never be handed to something that wants an article's."""

import base64
import hashlib
from typing import NewType

SourceId = NewType("SourceId", str)
"""Permanent, from sources.yaml: `[a-z0-9-]+`."""
TopicId = NewType("TopicId", str)
ArticleId = NewType("ArticleId", int)
EventId = NewType("EventId", int)
StoryId = NewType("StoryId", str)
"""Public and permanent: ten base32 characters, see `story_id_for`."""
PairingId = NewType("PairingId", int)
EditionId = NewType("EditionId", int)
SubscriberId = NewType("SubscriberId", int)
ChannelName = NewType("ChannelName", str)
OutboxId = NewType("OutboxId", int)
JobId = NewType("JobId", int)
StaffName = NewType("StaffName", str)

STORY_ID_LENGTH = 10


def story_id_for(founding_url: str, *, salt: int = 0) -> StoryId:
    """The public id of the story that the article at `founding_url` founds: ten lower-case base32 characters.

    Derived from the canonical URL, so that the same founding article always gives the same address, on any
    database. `salt` > 0 gives the next candidate when an id is already taken by another story (50 bits: rare).
    """
    digest = hashlib.sha256(f"{founding_url}\n{salt}".encode()).digest()
    return StoryId(base64.b32encode(digest).decode().lower()[:STORY_ID_LENGTH])
