"""How parent and child talk: frames over two pipes, lengths first. JSON and bytes only; nothing is ever unpickled.

request   !IQ length of header, length of body; header as JSON; body
answer    !BQ verdict, length of payload; payload: JSON of what was read, or a clause of why there is none
"""

import json
import struct
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import BinaryIO

REQUEST_HEAD = struct.Struct("!IQ")
ANSWER_HEAD = struct.Struct("!BQ")


class Kind(StrEnum):
    """What a child is asked to do. The heavy imports of one kind are not made for the other."""

    FEED = "feed"
    PAGE = "page"
    FRONT_PAGE = "front page"
    OPML = "opml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    kind: Kind
    url: str
    content_type: str | None
    is_warm_up: bool
    """True: import what this kind needs and answer with nothing; no bytes from outside are involved."""
    body: bytes


class Verdict(IntEnum):
    GOOD = 0
    REFUSED = 1
    SPENT = 2
    """Refused, and what is left of the child is in doubt: it must be replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    verdict: Verdict
    payload: bytes
    """JSON when good, else a clause in words."""


def frame_request(request: Request) -> bytes:
    """The request as bytes for the child's stdin, without its body, which follows as it is."""
    header = json.dumps(
        {
            "kind": request.kind,
            "url": request.url,
            "content_type": request.content_type,
            "is_warm_up": request.is_warm_up,
        }
    ).encode()
    return REQUEST_HEAD.pack(len(header), len(request.body)) + header


def read_request(pipe: BinaryIO) -> Request | None:
    """The next request, or None when the parent has closed the pipe or died."""
    head = pipe.read(REQUEST_HEAD.size)
    if len(head) < REQUEST_HEAD.size:
        return None
    header_length, body_length = REQUEST_HEAD.unpack(head)
    header, body = pipe.read(header_length), pipe.read(body_length)
    if len(header) < header_length or len(body) < body_length:
        return None
    stated = json.loads(header)
    return Request(
        kind=Kind(stated["kind"]),
        url=stated["url"],
        content_type=stated["content_type"],
        is_warm_up=stated["is_warm_up"],
        body=body,
    )


def write_answer(pipe: BinaryIO, answer: Answer) -> None:
    pipe.write(ANSWER_HEAD.pack(answer.verdict, len(answer.payload)))
    pipe.write(answer.payload)
    pipe.flush()
