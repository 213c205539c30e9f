"""Feeds of our own making, well formed: each dialect, shape and encoding that a reader meets. No real text is in them.

`tests.corpus.hostile_feeds` has what is broken or meant to harm, `tests.corpus.feed_mutations` injures both.
"""

import html
import random

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

RSS_090 = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">
<channel><title>Harbour Wire</title><link>https://wire.example/</link><description>Wire</description></channel>
<item><title>Crane repaired</title><link>https://wire.example/crane</link></item></rdf:RDF>"""

RSS_091 = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd"
[
<!ENTITY pier "Pier Nine">]>
<rss version="0.91"><channel><title>Quay News</title><link>https://quay.example/</link><language>en-us</language>
<image><title>Quay</title><url>https://quay.example/logo.gif</url><link>https://quay.example/</link>
<width>88</width><height>31</height></image>
<item><title>&pier; opens</title><link>https://quay.example/pier</link><description>It opened.</description></item>
<textinput><title>Search</title><name>q</name><link>https://quay.example/search</link></textinput></channel></rss>"""

RSS_092 = """<rss version="0.92"><channel><title>Dock Diary</title><link>https://dock.example/</link>
<item><description>A post &lt;a href="https://dock.example/a"&gt;without a title&lt;/a&gt;.</description>
<enclosure url="https://dock.example/a.mp3" length="1" type="audio/mpeg"/>
<source url="https://other.example/feed">Other</source><category domain="x">Docks</category></item></channel></rss>"""

ATOM_03 = """<?xml version="1.0" encoding="utf-8"?>
<feed version="0.3" xmlns="http://purl.org/atom/ns#" xml:lang="en"><title mode="escaped" type="text/html">Old &lt;i&gt;Atom&lt;/i&gt;</title>
<link rel="alternate" type="text/html" href="https://old-atom.example/"/><tagline>Old</tagline>
<modified>2026-11-01T00:00:00Z</modified>
<entry><title>Tram line agreed</title><link rel="alternate" type="text/html" href="https://old-atom.example/tram"/>
<id>tag:old-atom.example,2026:tram</id><issued>2026-11-01T08:00:00Z</issued><modified>2026-11-01T09:00:00Z</modified>
<author><name>Per Lund</name></author>
<content type="application/xhtml+xml" mode="xml"><p xmlns="http://www.w3.org/1999/xhtml">Agreed at <b>last</b>.</p></content>
</entry></feed>"""

CDF = """<?xml version="1.0"?><CHANNEL HREF="https://cdf.example/" LASTMOD="2026-11-01T00:00:00Z"><TITLE>Channel of Old</TITLE>
<ITEM HREF="https://cdf.example/1" LASTMOD="2026-11-02T00:00:00Z"><TITLE>Buoys moved</TITLE><ABSTRACT>They moved.</ABSTRACT></ITEM>
</CHANNEL>"""

PODCAST = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:podcast="https://podcastindex.org/namespace/1.0"
 xmlns:psc="http://podlove.org/simple-chapters" xmlns:atom="http://www.w3.org/2005/Atom">
<channel><title>The Tide Table</title><link>https://tide.example</link><itunes:author>Tide Radio</itunes:author>
<itunes:owner><itunes:name>Tide</itunes:name><itunes:email>radio@tide.example</itunes:email></itunes:owner>
<itunes:image href="https://tide.example/cover.jpg"/><itunes:category text="News"><itunes:category text="Politics"/></itunes:category>
<itunes:explicit>no</itunes:explicit><itunes:keywords>tide, news</itunes:keywords>
<item><title>Episode 9: rents</title><itunes:title>Rents</itunes:title><guid isPermaLink="false">tide-9</guid>
<pubDate>Wed, 4 Nov 2026 06:00:00 GMT</pubDate><enclosure url="https://tide.example/9.mp3" type="audio/mpeg" length="9"/>
<itunes:duration>31:07</itunes:duration><itunes:summary>Rents rose.</itunes:summary>
<psc:chapters version="1.2"><psc:chapter start="00:00:00" title="Start"/></psc:chapters></item></channel></rss>"""

GEORSS = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml">
<title>Works on the roads</title><id>urn:roads</id><updated>2026-11-02T00:00:00Z</updated>
<entry><title>Bridge Street closed</title><id>urn:roads:1</id><updated>2026-11-02T00:00:00Z</updated>
<link href="https://roads.example/1"/><georss:where><gml:Point><gml:pos>54.1 9.2</gml:pos></gml:Point></georss:where>
<georss:line>45.2 -110.4 46.4 -109.4</georss:line><georss:box>42.9 -71.0 43.0 -69.8</georss:box>
<summary>Until Friday.</summary></entry></feed>"""

WORDPRESS = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
	xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"
	xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"
	xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel><title>Ward Blog</title><atom:link href="https://ward.example/feed/" rel="self" type="application/rss+xml" />
<link>https://ward.example</link><lastBuildDate>Tue, 03 Nov 2026 09:30:00 +0000</lastBuildDate><language>en-GB</language>
<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency><generator>https://wordpress.org/?v=6.9</generator>
<item><title>Nurses&#8217; hours</title><link>https://ward.example/2026/11/nurses/</link>
<comments>https://ward.example/2026/11/nurses/#respond</comments><dc:creator><![CDATA[Ann Dale]]></dc:creator>
<pubDate>Tue, 03 Nov 2026 09:30:00 +0000</pubDate><category><![CDATA[Health]]></category><category><![CDATA[Wards]]></category>
<guid isPermaLink="false">https://ward.example/?p=7</guid>
<description><![CDATA[<p>Hours were agreed. [&#8230;]</p>
<p>The post <a href="https://ward.example/2026/11/nurses/">Nurses&#8217; hours</a> appeared first on <a href="https://ward.example">Ward Blog</a>.</p>
]]></description><content:encoded><![CDATA[
<p class="wp-block-paragraph">Hours were agreed.</p><figure class="wp-block-image"><img src="/w.jpg" alt=""/><figcaption>A ward</figcaption></figure>
<ul><li>Nights</li><li>Days</li></ul>]]></content:encoded>
<wfw:commentRss>https://ward.example/2026/11/nurses/feed/</wfw:commentRss><slash:comments>0</slash:comments></item></channel></rss>"""

VIDEOS = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom">
<link rel="self" href="https://video.example/feeds/videos.xml?channel_id=UC1"/><id>yt:channel:1</id><title>Speeches</title>
<author><name>Speeches</name><uri>https://video.example/channel/UC1</uri></author><published>2020-01-01T00:00:00+00:00</published>
<entry><id>yt:video:abc</id><yt:videoId>abc</yt:videoId><title>Speech on rents</title>
<link rel="alternate" href="https://video.example/watch?v=abc&amp;t=1"/><published>2026-11-03T18:00:00+00:00</published>
<updated>2026-11-03T19:00:00+00:00</updated><media:group><media:title>Speech on rents</media:title>
<media:content url="https://video.example/v/abc" type="application/x-shockwave-flash" width="640" height="390"/>
<media:thumbnail url="https://video.example/abc.jpg" width="480" height="360"/><media:description>Rents must fall.</media:description>
<media:community><media:starRating count="9" average="5.00"/><media:statistics views="90"/></media:community></media:group></entry></feed>"""

MASTODON = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:webfeeds="http://webfeeds.org/rss/1.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title>Ida Brandt</title><description>Public posts from @ida@toots.example</description><link>https://toots.example/@ida</link>
<image><url>https://files.toots.example/ida.png</url><title>Ida Brandt</title><link>https://toots.example/@ida</link></image>
<webfeeds:icon>https://files.toots.example/ida.png</webfeeds:icon><generator>Mastodon v4.5</generator>
<item><guid isPermaLink="true">https://toots.example/@ida/1</guid><link>https://toots.example/@ida/1</link>
<pubDate>Tue, 03 Nov 2026 10:00:00 +0000</pubDate>
<description>&lt;p&gt;We froze &lt;a href=&quot;https://toots.example/tags/fares&quot; class=&quot;mention hashtag&quot; rel=&quot;tag&quot;&gt;#&lt;span&gt;fares&lt;/span&gt;&lt;/a&gt;.&lt;br /&gt;Again.&lt;/p&gt;</description>
<media:content url="https://files.toots.example/1.png" type="image/png" fileSize="9" medium="image">
<media:rating scheme="urn:simple">nonadult</media:rating><media:description type="plain">A ferry</media:description></media:content>
<category>fares</category></item></channel></rss>"""

BLUESKY = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>
<description>Posts</description><link>https://sky.example/profile/ida</link><title>@ida - Ida Brandt</title>
<item><link>https://sky.example/profile/ida/post/1</link>
<description>Buses run later from Monday.

https://ida.example/buses

[contains quote post or other embedded content]</description>
<pubDate>03 Nov 2026 11:00 +0000</pubDate><guid isPermaLink="false">at://did:plc:1/app.feed.post/1</guid></item></channel></rss>"""

TELEGRAM = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>Ida / Telegram</title><link>https://t.example/s/ida</link><ttl>5</ttl>
<item><title>&#128226; Meeting tonight at seven, bring a friend and a cha...</title>
<description>&lt;b&gt;&lt;tg-emoji emoji-id=&quot;1&quot;&gt;&#128226;&lt;/tg-emoji&gt;&lt;/b&gt; Meeting tonight at seven, bring a friend and a chair.&lt;br&gt;&lt;br&gt;&lt;a href=&quot;https://ida.example/meet&quot; target=&quot;_blank&quot;&gt;ida.example/meet&lt;/a&gt;&lt;img src=&quot;https://cdn.t.example/1.jpg&quot; referrerpolicy=&quot;no-referrer&quot;&gt;</description>
<link>https://t.example/ida/5</link><guid isPermaLink="false">https://t.example/ida/5</guid>
<pubDate>Tue, 03 Nov 2026 17:00:00 GMT</pubDate><author>Ida</author></item></channel></rss>"""

ATOM_SOURCES = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">
<title type="text">Planet Harbour</title><id>urn:planet</id><updated>2026-11-02T00:00:00Z</updated>
<entry xml:base="https://one.example/blog/" xml:lang="de"><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Hafen &amp; <i>Stadt</i></div></title>
<id>urn:planet:1</id><link href="hafen.html"/><link rel="enclosure" type="image/png" href="hafen.png" length="3"/>
<link rel="replies" href="hafen#c" thr:count="2"/><updated>2026-11-01T23:30:00-01:00</updated>
<author><name>Åse Ø</name></author><contributor><name>Bo</name></contributor><category term="x" scheme="urn:s" label="X"/>
<source><title>One</title><id>urn:one</id><link href="https://one.example/"/><updated>2026-11-01T00:00:00Z</updated></source>
<rights>CC</rights><summary>Kurz.</summary>
<content type="xhtml"><xh:div xmlns:xh="http://www.w3.org/1999/xhtml"><xh:p>Lang <xh:a href="mehr">mehr</xh:a>.</xh:p></xh:div></content>
</entry></feed>"""

JSON_FEED_1 = """{"version": "https://jsonfeed.org/version/1", "title": "Json Early", "feed_url": "https://early.example/feed.json",
"author": {"name": "Early Staff"}, "expired": false, "items": [{"id": "https://early.example/1",
"external_url": "https://other.example/report", "title": "On a report", "content_text": "Read it & weep.",
"summary": "Short.", "banner_image": "https://early.example/b.png", "date_modified": "2026-11-04T07:15:00Z", "tags": ["a"],
"attachments": [{"url": "https://early.example/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 9}]}]}"""


def _encoded(encoding: str, title: str, *, declared: str | None = None, mark: bytes = b"") -> bytes:
    """An RSS feed with one entry of this title, in this encoding, declared as such unless said otherwise."""
    text = f"""<?xml version="1.0" encoding="{declared or encoding}"?>
<rss version="2.0"><channel><title>Encodings</title><link>https://codes.example/</link><item><title>{title}</title>
<link>https://codes.example/1</link><description>&lt;p&gt;{title} &#8364;&lt;/p&gt;</description></item></channel></rss>"""
    return mark + text.encode(encoding)


TITLE_BY_ENCODING = {
    "UTF-8 with a mark": ("Ærø – “Øl”", _encoded("utf-8", "Ærø – “Øl”", mark=b"\xef\xbb\xbf")),
    "UTF-16 little": ("Ærø – “Øl”", _encoded("utf-16-le", "Ærø – “Øl”", declared="utf-16", mark=b"\xff\xfe")),
    "UTF-16 big": ("Ærø – “Øl”", _encoded("utf-16-be", "Ærø – “Øl”", declared="utf-16", mark=b"\xfe\xff")),
    "UTF-32": ("Ærø – “Øl”", _encoded("utf-32-le", "Ærø – “Øl”", declared="utf-32", mark=b"\xff\xfe\x00\x00")),
    "Latin-1": ("Ærø på ø", _encoded("iso-8859-1", "Ærø på ø")),
    "Windows-1252": ("Ærø “Øl”", _encoded("windows-1252", "Ærø “Øl”")),
    "Windows-1252 called Latin-1": ("Ærø “Øl”", _encoded("windows-1252", "Ærø “Øl”", declared="iso-8859-1")),
    "Windows-1252 called UTF-8": ("Ærø “Øl”", _encoded("windows-1252", "Ærø “Øl”", declared="utf-8")),
    "UTF-8 called Latin-1": ("Ærø på ø", _encoded("utf-8", "Ærø på ø", declared="iso-8859-1")),
    "UTF-8 called UTF-16": ("Ærø på øl", _encoded("utf-8", "Ærø på øl", declared="utf-16")),
    "UTF-8 with a slip": ("Ærø på øl", _encoded("utf-8", "Ærø på øl") + b"<!-- \xe2\x82 -->"),
    "an encoding that is none": ("Ærø på ø", _encoded("utf-8", "Ærø på ø", declared="x-unheard-of")),
    "GB18030": ("港口新聞 港口新闻", _encoded("gb18030", "港口新聞 港口新闻")),
    "GB18030 called GB2312": ("港口新聞", _encoded("gb18030", "港口新聞", declared="gb2312")),
    "Shift JIS": ("港のニュース", _encoded("shift_jis", "港のニュース")),
    "KOI8-R": ("Новости порта", _encoded("koi8-r", "Новости порта")),
    "Windows-1251": ("Новости порта", _encoded("windows-1251", "Новости порта")),
    "EBCDIC": ("Harbour news", _encoded("cp037", "Harbour news")),
    "UTF-7": ("Harbour ¶", _encoded("utf-8", "Harbour +ALY-", declared="utf-7")),
}

WELL_FORMED = {
    "RSS 0.90": RSS_090.encode(),
    "RSS 0.91": RSS_091.encode("iso-8859-1"),
    "RSS 0.92": RSS_092.encode(),
    "RSS 1.0": RSS_1.encode(),
    "RSS 2.0": RSS_2.encode(),
    "Atom 0.3": ATOM_03.encode(),
    "Atom": ATOM.encode(),
    "Atom of several sources": ATOM_SOURCES.encode(),
    "CDF": CDF.encode(),
    "JSON Feed 1.0": JSON_FEED_1.encode(),
    "JSON Feed": JSON_FEED.encode(),
    "podcast": PODCAST.encode(),
    "places": GEORSS.encode(),
    "WordPress": WORDPRESS.encode(),
    "videos": VIDEOS.encode(),
    "Mastodon": MASTODON.encode(),
    "Bluesky": BLUESKY.encode(),
    "Telegram": TELEGRAM.encode(),
}

_WORDS = """the council froze ferry fares again after a long debate of its members about money harbour budget lighthouse tide
bridge school nurses clinic housing rents storm sea wall""".split()  # noqa: SIM905 a list of words reads best as words


def ordinary_feeds(chance: random.Random, entries: int = 30) -> dict[str, bytes]:
    """A feed of each common kind with so many entries, as long as such feeds are: 12 to 80 kB for 30."""

    def words(count: int) -> str:
        return " ".join(chance.choice(_WORDS) for _ in range(count)).capitalize() + "."

    def post() -> str:
        paragraph = (
            '<p>{} <a href="https://courier.example/{}?utm_source=rss">more &amp; more</a> <em>it&#8217;s</em></p>'
        )
        paragraphs = (paragraph.format(words(40), number) for number in range(5))
        return "\n".join(paragraphs) + '<figure><img src="/img/1.jpg" alt=""/></figure>'

    def wordpress(n: int) -> str:
        return f"""<item><title>{words(9)} &#8217;</title><link>https://courier.example/2026/{n}/</link>
<dc:creator><![CDATA[Ida Brandt]]></dc:creator><pubDate>Tue, 03 Nov 2026 09:{n % 60:02}:00 +0000</pubDate>
<category><![CDATA[News]]></category><category><![CDATA[Harbour]]></category>
<guid isPermaLink="false">https://courier.example/?p={n}</guid><description><![CDATA[<p>{words(30)} [&#8230;]</p>
<p>The post <a href="https://courier.example/{n}">x</a> appeared first on <a href="https://courier.example">C</a>.</p>]]>
</description><content:encoded><![CDATA[{post()}]]></content:encoded><media:content url="https://courier.example/{n}.jpg"
medium="image"><media:title type="html">x</media:title></media:content></item>"""

    def press(n: int) -> str:
        return f"""<item><title>{words(9)}</title><link>https://courier.example/2026/{n}/</link>
<pubDate>Tue, 03 Nov 2026 09:{n % 60:02}:00 GMT</pubDate><guid>https://courier.example/2026/{n}/</guid>
<description>{words(30)}</description></item>"""

    def atom(n: int) -> str:
        return f"""<entry><title>{words(9)}</title><id>tag:courier.example,2026:{n}</id>
<link rel="alternate" href="https://courier.example/{n}"/><published>2026-11-01T12:{n % 60:02}:00Z</published>
<updated>2026-11-01T13:{n % 60:02}:00+01:00</updated><author><name>Ole Vik</name></author><category term="x"/>
<summary>{words(20)}</summary><content type="html">{html.escape(post())}</content></entry>"""

    def rdf(n: int) -> str:
        return f"""<item rdf:about="https://courier.example/{n}"><title>{words(9)}</title>
<link>https://courier.example/{n}</link><dc:date>2026-11-02T10:{n % 60:02}:00Z</dc:date><dc:creator>X</dc:creator>
<description>{words(30)}</description></item>"""

    several = range(entries)
    spaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:media="http://search.yahoo.com/mrss/"'
    )
    feeds = {
        "RSS 2.0, whole": f'<rss version="2.0" {spaces}><channel><title>C</title>{{}}</channel></rss>'.format(
            "".join(map(wordpress, several))
        ),
        "RSS 2.0, teasers": f'<rss version="2.0"><channel><title>C</title>{"".join(map(press, several))}</channel></rss>',
        "Atom": f'<feed xmlns="http://www.w3.org/2005/Atom"><title>C</title>{"".join(map(atom, several))}</feed>',
        "RSS 1.0": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        f" {spaces}><channel><title>C</title></channel>{''.join(map(rdf, several))}</rdf:RDF>",
    }
    return {name: f'<?xml version="1.0" encoding="UTF-8"?>\n{feed}'.encode() for name, feed in feeds.items()}
