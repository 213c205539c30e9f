"""OPML as other readers write it, read as the child reads it."""

import pytest

from digest.errors import FeedError
from digest.stages.extract.child.opml import MAX_OUTLINES, parse_opml

LIST = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE opml>
<opml version="2.0" xmlns:r="urn:rejoinder:opml:1" xmlns:other="urn:other">
  <head><title>My reads</title></head>
  <body>
    <outline text="News">
      <outline text="Local" title="Local">
        <outline text=" The  Herald " xmlUrl="https://herald.example/rss?a=1&amp;b=2" htmlUrl="https://herald.example/"
          category="/press/mainstream,uk" language="en" r:id="herald" other:id="no"/>
      </outline>
      <outline title="Only a title" XMLURL="feed:https://t.example/f"/>
    </outline>
    <outline text="A link" type="link" url="https://x.example/"/>
    <outline text="Last" xmlUrl=""/>
  </body>
</opml>
"""


def test_outlines_with_a_feed_are_read_with_their_folders_lines_and_our_attributes() -> None:
    listed = parse_opml(LIST)
    first, second, last = listed.outlines
    assert listed.title == "My reads"
    assert (first.name, first.feed, first.site) == (
        "The Herald",
        "https://herald.example/rss?a=1&b=2",
        "https://herald.example/",
    )
    assert first.folders == ("News", "Local")
    assert first.categories == ("press", "mainstream", "uk")
    assert first.own == {"id": "herald"}
    assert (second.name, second.feed, second.folders) == ("Only a title", "https://t.example/f", ("News",))
    assert (last.name, last.feed, last.line) == ("Last", "", 14)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "iso-8859-1", "utf-8-sig"])
def test_other_encodings_are_read(encoding: str) -> None:
    head = "\ufeff" if encoding == "utf-16-le" else ""
    declared = '<?xml version="1.0" encoding="iso-8859-1"?>' if encoding == "iso-8859-1" else ""
    text = f'{head}{declared}<opml><body><outline text="Ü &amp; Ö" xmlUrl="https://a.example/"/></body></opml>\n'
    assert parse_opml(text.encode(encoding)).outlines[0].name == "Ü & Ö"


def test_a_bare_ampersand_costs_no_part_of_an_address() -> None:
    (outline,) = parse_opml(
        b'<opml><body><outline text="Q & A&nbsp;caf&eacute;" xmlUrl="https://a.example/?x=1&y=2&amp;z=3"/></body></opml>'
    ).outlines
    assert outline.feed == "https://a.example/?x=1&y=2&z=3"
    assert outline.name == "Q & A café"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "is not XML"),
        (b"https://a.example/feed", "is not XML"),
        (b"<html><body></body></html>", "is no OPML file"),
        (b'<opml><body><outline text="A" xmlUrl="https://a.example/"/>', "is not XML that can be read"),
        (b"<opml><body>" + b"<outline text='x'>" * 5_000, "Excessive depth"),
    ],
)
def test_what_is_no_list_or_half_of_one_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(FeedError, match=says):
        parse_opml(body)


def test_an_entity_bomb_is_refused_and_no_file_is_read() -> None:
    bomb = b"".join(b'<!ENTITY aa%d "%s">' % (n, b"&aa%d;" % (n - 1) * 10) for n in range(1, 12))
    body = b'<!DOCTYPE opml [<!ENTITY aa0 "lol">%s]><opml><body><outline text="&aa11;" xmlUrl="https://a.example/"/></body></opml>'
    with pytest.raises(FeedError, match="amplification"):
        parse_opml(body % bomb)
    for attack in (
        b'<!ENTITY file SYSTEM "file:///etc/hostname">',
        b'<!ENTITY % file SYSTEM "file:///etc/hostname"> %file;',
    ):
        head = b"<!DOCTYPE opml [%s]><opml><head><title>&file;</title></head><body>" % attack
        try:
            listed = parse_opml(head + b'<outline text="x" xmlUrl="https://a.example/"/></body></opml>')
        except FeedError:
            continue
        assert listed.title in {"", "&file;"}


def test_more_feeds_than_anybody_reads_are_refused() -> None:
    one = b'<outline text="A" xmlUrl="https://a.example/"/>\n'
    assert len(parse_opml(b"<opml><body>%s</body></opml>" % (one * 10_000)).outlines) == 10_000
    with pytest.raises(FeedError, match="names more than"):
        parse_opml(b"<opml><body>%s</body></opml>" % (one * (MAX_OUTLINES + 1)))
