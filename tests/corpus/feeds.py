"""Feeds of our own making, well formed and mutated: what property tests and the benchmark throw at `parse_feed`."""

import random
from collections.abc import Iterator

RSS_2 = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>The Harbour Courier</title><link>https://courier.example/</link><language>en-GB</language>
<item><title>Ferry fares to be frozen &amp; buses &#8220;extended&#8221;</title>
<link>/2026/ferry?utm_source=rss</link><guid isPermaLink="false">courier-1</guid>
<pubDate>Tue, 03 Nov 2026 09:30:00 +0100</pubDate>
<dc:creator>Ida Brandt</dc:creator><media:thumbnail url="/img/1.png"/>
<description><![CDATA[<p>The council froze fares. <a href="/budget">Budget</a>
<a href="x">Continue reading…</a></p>]]></description>
<content:encoded><![CDATA[<p>The council <b>froze</b> fares.</p><p>It&rsquo;s the third year.</p>]]>
</content:encoded></item>
<item><title>Second report</title><link>https://courier.example/2</link><guid>https://courier.example/2</guid>
<pubDate>2026-11-03 08:00:00</pubDate><description>Plain words of a report.</description></item>
</channel></rss>"""

RSS_1 = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
         xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://old.example/"><title>Old Gazette</title><link>https://old.example/</link></channel>
<item rdf:about="https://old.example/a"><title>Lighthouse sold</title><link>https://old.example/a</link>
<dc:date>2026-11-02T10:00:00Z</dc:date><description>The lighthouse was sold.</description></item>
</rdf:RDF>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://atom.example/news/">
<title>Atom Observer</title><link rel="alternate" href="/"/><link rel="self" href="feed.xml"/>
<entry><title type="html">Tides &amp;lt;b&amp;gt;high&amp;lt;/b&amp;gt; &lt;b&gt;today&lt;/b&gt;</title>
<id>tag:atom.example,2026:1</id>
<link href="tides"/><published>2026-11-01T12:00:00Z</published><updated>2026-11-01T13:00:00Z</updated>
<author><name>Ole Vik</name><email>ole@atom.example</email></author>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>High <em>tides</em>.</p>
<p><a href="map">Map</a></p></div></content></entry></feed>"""

JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "Json Journal",
"home_page_url": "https://json.example/", "language": "en", "authors": [{"name": "Mia Holm"}], "items": [
{"id": "j1", "url": "https://json.example/j1", "title": "Bridge reopens",
 "content_html": "<p>It is <a href='/open'>open</a>.</p>",
 "date_published": "2026-11-04T07:15:00+01:00", "image": "/bridge.jpg"},
{"id": 2, "content_text": "A post without a title. It links to https://json.example/else."}]}"""

WELL_FORMED = {
    "RSS 2.0": RSS_2.encode(),
    "RSS 1.0": RSS_1.encode(),
    "Atom": ATOM.encode(),
    "JSON Feed": JSON_FEED.encode(),
}

_HOSTILE = (
    b"<![CDATA[",
    b"]]>",
    b"&#0;&#x1F;&#xD800;&nbsp;&unknown;&amp;amp;",
    b"<!DOCTYPE x [<!ENTITY e 'eeee'>]>",
    b"<!--",
    b"-->",
    b"<script>alert(1)</script>",
    b"<a href='javascript:alert(1)'>x</a>",
    b"\xff\xfe\x00\x80",
    b"\xe2\x80\xae",
    b'"}],{[',
    b"\\ud800",
    b"<item><item><entry>",
    b"</channel>",
    b"1" * 400,
    b"<div>" * 300,
    b"http://[::1]:99999/\x00",
    b"0000-99-99T99:99:99",
    b"Thu, 01 Jan 99999 00:00:00 GMT",
    b"<?xml version='1.0' encoding='utf-7'?>",
    b"xml:base='http://[bad'",
)


def mutated_feeds(count: int, *, seed: int) -> Iterator[bytes]:
    """`count` feeds, each a well-formed one with one to five random injuries. The same seed gives the same feeds."""
    chance = random.Random(seed)
    originals = list(WELL_FORMED.values())
    for number in range(count):
        body = bytearray(originals[number % len(originals)])
        for _ in range(chance.randint(1, 5)):
            _injure(body, chance)
        yield bytes(body)


def _injure(body: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(body) + 1)
    end = min(len(body), start + chance.choice((1, 3, 20, 200)))
    match chance.randrange(6):
        case 0:
            del body[start:end]
        case 1:
            body[start:end] = bytes(chance.randrange(256) for _ in range(end - start))
        case 2:
            body[start:start] = chance.choice(_HOSTILE)
        case 3:
            body[start:start] = body[start:end] * chance.choice((2, 50))
        case 4:
            del body[start:]
        case _:
            body[:] = body.replace(chance.choice((b"<", b">", b'"', b"=", b"/")), b"", chance.randint(1, 3))
