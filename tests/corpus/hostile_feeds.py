"""Feeds of our own making that are broken as feeds in the wild are, and feeds that mean harm."""

from tests.corpus.feeds import ATOM, RSS_2


def rss(*items: str, head: str = "") -> bytes:
    """A channel with these items; whatever stands in them stands in it."""
    return f'<rss version="2.0"><channel><title>Courier</title>{head}{"".join(items)}</channel></rss>'.encode()


def _item(inside: str) -> str:
    return f"<item><title>Kept</title><link>https://courier.example/kept</link>{inside}</item>"


BROKEN = {
    "blanks before the declaration": b" \n\n" + RSS_2.encode(),
    "a warning of PHP before the declaration": b"<br />\n<b>Warning</b>: Undefined variable\n" + RSS_2.encode(),
    "cut off in the second entry": RSS_2.encode()[: RSS_2.index("Second report") + 20],
    "cut off in a CDATA section": RSS_2.encode()[: RSS_2.index("froze</b>")],
    "a page of the server's after the end": RSS_2.encode() + b"<html><body>Generated in 0.1 s</body></html>",
    "two feeds in one": RSS_2.encode() + ATOM.encode(),
    "a bare ampersand": rss(_item("<description>Fish & chips &amp peas</description>")),
    "entities of HTML": rss(_item("<description>Fish &nbsp;&mdash;&eacute;</description>")),
    "markup that is not escaped": rss(_item("<description><p>Fish <b>and<br>chips</b></description>")),
    "tags in the wrong order": rss(_item("<description>Fish</link></description><author>")),
    "an attribute without quotes": rss(_item("<guid isPermaLink=false>7</guid><enclosure url=/a.png type=image/png>")),
    "control characters": rss(_item("<description>Fish\x00 \x08and\x0bchips</description>")),
    "a prefix that nobody declared": rss(_item("<dc:creator>Ida</dc:creator><content:encoded>Fish</content:encoded>")),
    "upper case": rss(_item("")).upper().replace(b"HTTPS://COURIER.EXAMPLE/KEPT", b"https://courier.example/kept"),
    "a document type with entities on one line": b'<!DOCTYPE rss [<!ENTITY nbsp "&#160;">]>' + rss(_item("")),
    "bytes of two encodings": rss(_item("<description>Ærø</description>")) + "<!-- Ærø -->".encode("cp1252"),
    "a mark of UTF-8 in the middle": rss(_item("<description>a\ufeffb</description>")),
    "CDATA in CDATA": rss(_item("<description><![CDATA[a <![CDATA[b]]> c]]></description>")),
}
"""Each with at least one entry that a reader can have."""


def _nested(opening: str, closing: str, depth: int) -> str:
    return opening * depth + "x" + closing * depth


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">\n' for n in range(1, 10))
_BOMB = (
    f'<?xml version="1.0" encoding="%s"?>\n<!DOCTYPE r [\n<!ENTITY l0 "lol">\n{_LAUGHS}]>\n'
    + rss(_item("<description>&l9;</description>")).decode()
)
_MANY = 100_000

HOSTILE = {
    "a path": b"/etc/passwd",
    "an address": b"http://127.0.0.1:9/feed",
    "an address of a file": b"file:///etc/passwd",
    "a billion laughs": (_BOMB % "utf-8").encode(),
    "a billion laughs in UTF-16": (_BOMB % "utf-16").encode("utf-16"),
    "a billion laughs in UTF-7": (_BOMB % "utf-7").encode("utf-7"),
    "a billion laughs in EBCDIC": (_BOMB % "cp037").encode("cp037"),
    "a quadratic blow-up": b'<!DOCTYPE r [\n<!ENTITY a "' + b"a" * 60_000 + b'">\n]>' + rss(_item("&a;" * 60_000)),
    "an entity from a file": b'<!DOCTYPE r [\n<!ENTITY f SYSTEM "file:///etc/passwd">\n]>' + rss(_item("&f;")),
    "an entity from the network": b'<!DOCTYPE r [\n<!ENTITY f SYSTEM "http://127.0.0.1:9/f">\n]>' + rss(_item("&f;")),
    "a document type from the network": b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/rss.dtd">' + rss(_item("&f;")),
    "entities of parameters": (
        b'<!DOCTYPE r [\n<!ENTITY % f SYSTEM "file:///etc/passwd">\n<!ENTITY % e "<!ENTITY x \'%f;\'>">\n%f;\n%e;\n]>'
        + rss(_item("&x;"))
    ),
    "an inclusion": rss(
        _item('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>')
    ),
    "a base that is a file": b'<rss version="2.0" xml:base="file:///etc/"><channel>'
    + _item("<description>&lt;a href='passwd'&gt;x&lt;/a&gt;&lt;img src='passwd'&gt;</description>").encode()
    + b"</channel></rss>",
    "a style sheet": b'<?xml-stylesheet type="text/xsl" href="file:///etc/passwd"?>' + rss(_item("")),
    "a hundred thousand entries": rss(*[f"<item><link>/{n}</link></item>" for n in range(_MANY)]),
    "a hundred thousand entries that do not end": rss(*[f"<item><link>/{n}" for n in range(_MANY)]),
    "a hundred thousand entries in UTF-16": rss(*[f"<item><link>/{n}</link></item>" for n in range(_MANY)])
    .decode()
    .encode("utf-16"),
    "a hundred thousand categories": rss(_item("".join(f"<category>c{n}</category>" for n in range(_MANY)))),
    "a hundred thousand links": rss(_item("".join(f"<link>/{n}</link>" for n in range(_MANY)))),
    "a hundred thousand enclosures": rss(_item("".join(f'<enclosure url="/{n}"/>' for n in range(_MANY)))),
    "a hundred thousand authors": rss(_item("".join(f"<author>a{n}</author>" for n in range(_MANY)))),
    "a hundred thousand contents": rss(_item("<content>x</content>" * _MANY)),
    "a hundred thousand dates": rss(_item("<pubDate>Thu, 01 Jan 2026 00:00:00 GMT</pubDate>" * _MANY)),
    "a hundred thousand pictures": rss(_item('<media:content url="/a.png"/>' * _MANY)),
    "a hundred thousand attributes": rss("<item " + " ".join(f"a{n}='1'" for n in range(_MANY)) + "></item>"),
    "a hundred thousand namespaces": rss("<item " + " ".join(f"xmlns:n{n}='u:{n}'" for n in range(_MANY)) + "></item>"),
    "nested namespaces": rss(
        _item(
            "".join(f'<n{n}:a xmlns:n{n}="u:{n}">' for n in range(3000))
            + "".join(f"</n{n}:a>" for n in range(2999, -1, -1))
        )
    ),
    "a hundred thousand elements in each other": rss(_item(_nested("<a>", "</a>", _MANY))),
    "boxes of HTML in each other": rss(
        _item(f"<description><![CDATA[{_nested('<div>', '</div>', _MANY)}]]></description>")
    ),
    "XHTML in itself": (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><title>Kept</title><content type="xhtml">'
        + _nested('<div xmlns="http://www.w3.org/1999/xhtml">', "</div>", 20_000).encode()
        + b"</content></entry></feed>"
    ),
    "entries in each other": rss(_nested("<item>", "</item>", 20_000)),
    "an author of 64 kB": rss(_item(f"<author>{'a' * 65_536}</author>")),
    "an author of 64 kB that is nearly an address": rss(_item(f"<author>{'a.' * 32_768}@{'b-.' * 20_000}</author>")),
    "a name of 64 kB": ATOM.replace("Ole Vik", "a" * 65_536).encode(),
    "a date of 1 MB": rss(_item(f"<pubDate>{'1' * 1_000_000}</pubDate>")),
    "a date of many parts": rss(_item(f"<pubDate>{'2026-' * 200_000}T{':' * 99_999}</pubDate>")),
    "a title of 3 MB": rss(f"<item><title>{'&lt;b&gt;t ' * 250_000}</title></item>"),
    "an address of 1 MB": rss(f"<item><link>https://courier.example/{'a/../' * 200_000}</link></item>"),
    "a guid of 1 MB": rss(f"<item><guid>{'&amp;x;' * 150_000}</guid></item>"),
    "words that look like markup": rss(_item(f"<title>{'</a ' * 200_000}</title>".replace("<", "&lt;"))),
    "ampersands": rss(_item(f"<description>{'&' * 500_000}</description>")),
    "brackets": rss(_item("<" * 500_000)),
    "quotes": rss(_item("<a '" * 100_000)),
    "declarations that do not end": rss(_item("<!x " * 100_000)),
    "comments that do not end": rss(_item("<!-- " * 100_000)),
    "CDATA that does not end": rss(_item("<![CDATA[ " * 100_000)),
    "marked sections": rss(_item("<![if x[ " * 100_000)),
    "instructions that do not end": rss(_item("<? " * 100_000)),
    "tags that end at once": rss(_item("<a " + "/ " * 200_000)),
    "a declaration of the encoding that does not end": b"<?xml " + b"encoding='x' " * 50_000 + rss(_item("")),
    "a document type that does not end": b"<!DOCTYPE " + b"[<!ENTITY a 'b'> " * 50_000,
    "entities without number": b"<!DOCTYPE r [\n"
    + b"".join(b'<!ENTITY e%d "v">\n' % n for n in range(50_000))
    + b"]>"
    + rss(_item("&e1;")),
    "a script in each field": rss(
        "<item><title>&lt;script&gt;x()&lt;/script&gt;&lt;img src=x onerror=x()&gt;Kept</title>"
        "<link>javascript:x()</link><author>&lt;script&gt;x()&lt;/script&gt;</author>"
        "<category>&lt;svg onload=x()&gt;</category><enclosure url='javascript:x()' type='image/png'/>"
        "<guid>javascript:x()</guid><description>&lt;a href='javascript:x()'&gt;x&lt;/a&gt;</description></item>",
        head="<link>javascript:x()</link><language>&lt;script&gt;</language>",
    ),
    "JSON in itself": b'{"items": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "JSON objects in each other": b'{"items": [' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"]}",
    "JSON of great numbers": b'{"items": [{"id": ' + b"9" * 1_000_000 + b', "title": "Kept"}, {"id": 1e999999}]}',
    "JSON of no numbers": b'{"items": [{"id": NaN, "title": "Kept"}, {"id": -Infinity, "content_text": Infinity}]}',
    "JSON of the same key": b'{"items": [], "items": [{"id": 1, "id": 2, "title": "Kept", "title": ["x"]}]}',
    "JSON of wrong kinds": b'{"version": 1, "title": {}, "authors": "x", "items": [1, "x", null, [],'
    b' {"authors": [1, null], "author": [], "url": {}, "image": 5, "attachments": 7, "date_published": 20261104,'
    b' "content_html": ["x"]}]}',
    "JSON of a hundred thousand items": b'{"items": [' + b'{"id": "x", "content_html": "<p>x"},' * _MANY + b"{}]}",
    "JSON of a text of 4 MB": b'{"items": [{"id": 1, "content_html": "' + b"<b>a&amp;" * 444_444 + b'"}]}',
    "JSON of lone surrogates": b'{"items": [{"id": "\\ud800", "title": "\\udc00\\u202e", "url": "https://\\ud800/"}]}',
}
