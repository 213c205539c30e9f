"""Which parser answers which request, and how a failure becomes words. The only place that catches everything."""

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import assert_never

from digest.errors import ExtractError, FeedError
from digest.model.feed import Feed, Page
from digest.model.front_page import FrontPage
from digest.model.opml import FeedList
from digest.stages.extract.wire import Answer, Kind, Request, Verdict

Parse = Callable[[Request], bytes]


def answer(request: Request) -> Answer:
    """The parsed value as JSON, or why there is none. Never raises."""
    try:
        parse = _parser_of(request.kind)
        return Answer(verdict=Verdict.GOOD, payload=b"" if request.is_warm_up else parse(request))
    except (FeedError, ExtractError) as error:
        return Answer(verdict=Verdict.REFUSED, payload=str(error).encode("utf-8", "replace"))
    except MemoryError:
        return Answer(verdict=Verdict.SPENT, payload=b"needs more memory than one input may take")
    except RecursionError:
        return Answer(verdict=Verdict.REFUSED, payload=b"is nested too deeply to read")
    except Exception as error:  # noqa: BLE001 whatever three parsers raise on hostile bytes is this input's failure
        return Answer(verdict=Verdict.REFUSED, payload=f"made the parser fail ({type(error).__name__})".encode())


def _parser_of(kind: Kind) -> Parse:
    # The heavy imports: a child that reads feeds never loads newspaper (45 MB, half a second), and the reverse.
    match kind:
        case Kind.FEED:
            from digest.stages.extract.child.feeds import parse_feed  # noqa: PLC0415

            return lambda request: _json(parse_feed(request.body, url=request.url, content_type=request.content_type))
        case Kind.PAGE:
            from digest.stages.extract.child.pages import extract_article  # noqa: PLC0415

            return lambda request: _json(extract_article(request.body, url=request.url))
        case Kind.FRONT_PAGE:
            from digest.stages.extract.child.sites import read_front_page  # noqa: PLC0415

            return lambda request: _json(
                read_front_page(request.body, url=request.url, content_type=request.content_type)
            )
        case Kind.OPML:
            from digest.stages.extract.child.opml import parse_opml  # noqa: PLC0415

            return lambda request: _json(parse_opml(request.body))
        case _:
            assert_never(kind)


def _json(value: Feed | Page | FrontPage | FeedList) -> bytes:
    return json.dumps(value, default=_plain).encode()


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
