"""feedparser with our replacements, beside feedparser as it comes."""

import base64
import io
import json
import subprocess
import sys

import feedparser

from digest.stages.extract.child import feeds
from tests.corpus.feed_mutations import mutated_feeds
from tests.corpus.feeds import TITLE_BY_ENCODING, WELL_FORMED
from tests.corpus.hostile_feeds import BROKEN

_AS_IT_COMES = """
import base64, feedparser, io, json, sys, warnings
warnings.simplefilter("ignore")
for line in sys.stdin:
    stated = feedparser.parse(
        io.BytesIO(base64.b64decode(line)), response_headers={"content-location": "https://courier.example/feed"},
        sanitize_html=False, resolve_relative_uris=False,
    )
    print(json.dumps(stated, default=repr, sort_keys=True))
"""


_NOT_KEPT = ("tags", "where", "width", "height", "georss", "gml", "psc")


def _kept(value: object) -> object:
    if isinstance(value, dict):
        return {key: _kept(inner) for key, inner in value.items() if not key.startswith(_NOT_KEPT)}
    return [_kept(inner) for inner in value] if isinstance(value, list) else value


def _read(body: bytes) -> object:
    stated = feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-location": "https://courier.example/feed"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return json.loads(json.dumps(stated, default=repr, sort_keys=True))


def test_feedparser_tuned_reads_every_feed_as_feedparser_does_but_for_what_is_not_kept() -> None:
    assert feeds.feedparser is feedparser  # importing it tunes
    bodies = [*WELL_FORMED.values(), *(body for _, body in TITLE_BY_ENCODING.values()), *BROKEN.values()]
    # Of a declaration of the encoding that is longer, we read nothing, and feedparser takes for ever.
    bodies += [body for body in mutated_feeds(200, seed=11) if len(body) < 20_000 and b"?>" in body[:200]]
    # What makes feedparser itself fail is another test's matter.
    bodies = [body for body in bodies if _reads(body)]
    lines = b"".join(base64.b64encode(body) + b"\n" for body in bodies)
    ended = subprocess.run([sys.executable, "-c", _AS_IT_COMES], input=lines, capture_output=True, check=True)
    expected = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(expected) == len(bodies) > 120
    for body, as_it_comes in zip(bodies, expected, strict=True):
        assert _kept(_read(body)) == _kept(as_it_comes), body[:300]


def _reads(body: bytes) -> bool:
    try:
        _read(body)
    except Exception:  # noqa: BLE001 whatever feedparser raises
        return False
    return True


def test_a_place_or_a_size_that_is_incomplete_does_not_cost_the_feed() -> None:
    item = (
        "<item><title>Kept</title><georss:where><gml:Point><gml:pos>1</gml:pos></georss:where>"
        "<georss:box>1 2</georss:box>"
        "<image><width><a/></width><height><b></height></image><psc:chapter start='x'/></item>"
    )
    feed = feeds.parse_feed(
        f"<rss><channel>{item}</channel></rss>".encode(), url="https://c.example/", content_type=None
    )
    assert [entry.title for entry in feed.entries] == ["Kept"]
