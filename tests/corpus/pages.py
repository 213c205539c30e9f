"""Article pages of our own making in the manner of outlets, with their true text known by construction; and injuries.

Each outlet sets invented prose (prose.py) its own way. What a reader would call the article is its truth: paragraphs,
subheads, quotes, lists and corrections. Headline, byline, captions, adverts, bios, comments and other stories are not.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape

from tests.corpus.prose import LANGUAGES, Prose, invent


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    outlet: str
    url: str
    html: bytes
    text: str
    """The true text, paragraphs parted by a blank line."""
    prose: Prose


@dataclass(slots=True)
class _Setting:
    """A page while it is set: `told` goes into the page and into the truth, what is returned otherwise does not."""

    chance: random.Random
    prose: Prose
    truth: list[str] = field(default_factory=list)

    def told(self, words: str, markup: str = "<p>{}</p>") -> str:
        self.truth.append(words)
        return markup.format(escape(words))

    def body(self, markup: str = "<p>{}</p>", *, between: Callable[[int], str] = lambda _at: "") -> str:
        """All paragraphs in order, with `between(n)` after the nth."""
        return "\n".join(self.told(words, markup) + between(at) for at, words in enumerate(self.prose.paragraphs))

    def links(self, start: int = 0, count: int = 6, markup: str = "<li><a href='/s/{0}'>{1}</a></li>") -> str:
        return "".join(markup.format(at, escape(self.prose.teasers[at])) for at in range(start, start + count))

    def byline(self, markup: str = "<div class='byline'>By <a rel='author' href='/by'>{}</a></div>") -> str:
        when = self.prose.published_at
        return markup.format(self.prose.author) + f"<time datetime='{when.isoformat()}'>{when:%d %B %Y}</time>"

    def figure(self, at: int) -> str:
        words = escape(self.prose.captions[at % 12])
        return f"<figure><img src='/i/{at}.jpg' alt=''><figcaption>{words} Photo: Harbour Press</figcaption></figure>"


Outlet = Callable[[_Setting], str]


def specimens(each: int, *, seed: int) -> Iterator[Specimen]:
    """`each` pages of every outlet. The same seed gives the same pages."""
    for name, outlet in OUTLETS.items():
        for number in range(each):
            chance = random.Random(f"{seed} {name} {number}")
            language = LANGUAGES[number % len(LANGUAGES)] if number % 2 else "en"
            setting = _Setting(chance=chance, prose=invent(chance, language=language))
            html = outlet(setting).encode()
            yield Specimen(
                outlet=name,
                url=f"https://{name}.example/2026/{number}",
                html=html,
                text="\n\n".join(setting.truth),
                prose=setting.prose,
            )


def _document(setting: _Setting, body: str, *, head: str = "", title: str = "{} | The Courier") -> str:
    prose = setting.prose
    named = escape(title.format(prose.title))
    facts = (
        f"<meta property='og:title' content='{escape(prose.title)}'><meta property='og:image' content='/lead.jpg'>"
        f"<meta name='description' content='{escape(prose.lead)}'><meta name='author' content='{prose.author}'>"
        f"<meta property='article:published_time' content='{prose.published_at.isoformat()}'>"
    )
    return (
        f"<!doctype html><html lang='{prose.language}'><head><meta charset='utf-8'><title>{named}</title>"
        f"{facts if not head else ''}{head}<style>.a{{b:c}}</style></head><body>{body}</body></html>"
    )


def _furniture(setting: _Setting, inner: str, *, side: str = "") -> str:
    nav = setting.links(0, 8)
    foot = "<p>© 2026 Courier Press. All rights reserved.</p><p>Registered at Quay 1, Nordvik.</p>"
    return (
        f"<header class='site-header'><a href='/'>The Courier</a><nav><ul>{nav}</ul></nav></header>{inner}"
        f"<aside class='sidebar'><h3>Most read</h3><ol>{setting.links(8, 6)}</ol>{side}</aside>"
        f"<footer class='site-footer'><ul>{setting.links(14, 5)}</ul>{foot}</footer>"
    )


# --- outlets ------------------------------------------------------------------------------------------------


def _wordpress(s: _Setting) -> str:
    share = "<div class='sharedaddy'><h3>Share this:</h3><ul><li><a>Facebook</a></li><li><a>Twitter</a></li></ul></div>"
    comments = "".join(
        f"<li class='comment'><div class='comment-author'>Reader {at}</div><div class='comment-content'><p>"
        f"{escape(words)}</p></div></li>"
        for at, words in enumerate(s.prose.asides[:6])
    )
    bio = f"<div class='author-box'><p>{s.prose.author} is our correspondent on the islands since 2014.</p></div>"
    inner = (
        f"<main id='main'><article class='post type-post'><header class='entry-header'><h1 class='entry-title'>"
        f"{escape(s.prose.title)}</h1><div class='entry-meta'>{s.byline()}</div></header><div class='entry-content'>"
        f"{s.body(between=lambda at: s.told(s.prose.subheads[at // 4], '<h2>{}</h2>') if at % 4 == 3 else '')}"
        f"{share}<div id='jp-relatedposts'><h3>Related</h3>{s.links(10, 3)}</div></div>{bio}</article>"
        f"<div id='comments' class='comments-area'><ol class='comment-list'>{comments}</ol></div></main>"
    )
    return _document(s, _furniture(s, inner))


def _amp(s: _Setting) -> str:
    def between(at: int) -> str:
        picture = f"<amp-img src='/i/{at}.jpg' width=1 height=1></amp-img><p class='caption'>{escape(s.prose.captions[at % 12])}</p>"
        return "<amp-ad type='x'></amp-ad>" + (picture if at == 1 else "")

    inner = (
        f"<article><h1>{escape(s.prose.title)}</h1>{s.byline()}<section>{s.body(between=between)}</section></article>"
    )
    return _document(s, f"<amp-sidebar><ul>{s.links()}</ul></amp-sidebar>{inner}<amp-list>{s.links(8)}</amp-list>")


def _next_js(s: _Setting) -> str:
    inner = (
        f"<div id='__next'><div class='css-1ab'><div class='css-9z'>{s.links(0, 9, '<a href=/{0}>{1}</a>')}</div>"
        f"<main class='css-77'><div class='css-3'><h1 class='css-q'>{escape(s.prose.title)}</h1></div>"
        f"<div class='css-5'><div class='css-6'><span>{s.prose.author}</span></div>"
        f"<div class='css-8'>{s.body('<div class=css-p><p class=css-k>{}</p></div>')}</div></div></main>"
        f"<div class='css-rail'>{s.links(9, 9, '<div class=css-t><a href=/{0}><span>{1}</span></a></div>')}</div></div></div>"
    )
    data = json.dumps({"props": {"page": {"teasers": s.prose.teasers, "body": s.prose.paragraphs}}})
    return _document(s, f"{inner}<script id='__NEXT_DATA__' type='application/json'>{data}</script>")


def _tables(s: _Setting) -> str:
    left = s.links(0, 10, "<a href='/{0}'>{1}</a><br>")
    return _document(
        s,
        f"<table width='980'><tr><td colspan=3><font size=5>THE COURIER</font></td></tr><tr><td class=l>{left}</td>"
        f"<td class=m><b>{escape(s.prose.title)}</b><br><i>by {s.prose.author}</i>{s.body()}</td>"
        f"<td class=r>{s.links(10, 8)}</td></tr></table><p align=center>© 2026 Courier Press</p>",
        title="{}",
    )


def _live_blog(s: _Setting) -> str:
    posts = "".join(
        f"<div class='live-post'><time>1{at % 10}:0{at % 6}</time>{s.told(s.prose.teasers[at], '<h2>{}</h2>')}{s.told(words)}</div>"
        for at, words in enumerate(s.prose.paragraphs)
    )
    inner = f"<main><h1>{escape(s.prose.title)}</h1><article class='liveblog'>{posts}</article></main>"
    return _document(s, _furniture(s, inner))


def _gallery(s: _Setting) -> str:
    body = s.body(between=lambda at: s.figure(at) if at % 2 else "")
    return _document(
        s, _furniture(s, f"<article><h1>{escape(s.prose.title)}</h1>{s.byline()}{s.figure(9)}{body}</article>")
    )


def _listicle(s: _Setting) -> str:
    body = "".join(
        s.told(f"{at + 1}. {s.prose.teasers[at]}", "<h2>{}</h2>") + s.told(words) + s.figure(at)
        for at, words in enumerate(s.prose.paragraphs)
    )
    inner = f"<div class='content'><h1>{escape(s.prose.title)}</h1>{s.told(s.prose.lead)}{body}</div>"
    return _document(s, _furniture(s, inner))


def _interview(s: _Setting) -> str:
    body = "".join(
        s.told(s.prose.captions[at % 12], "<p><strong>{}</strong></p>") + s.told(words)
        for at, words in enumerate(s.prose.paragraphs[:12])
    )
    return _document(
        s, _furniture(s, f"<div class='story-body'><h1>{escape(s.prose.title)}</h1>{s.byline()}{body}</div>")
    )


def _line_breaks(s: _Setting) -> str:
    body = s.body("{}<br><br>")
    inner = f"<div id='story'><h1>{escape(s.prose.title)}</h1><div class='text'>{body}</div></div>"
    return _document(s, _furniture(s, inner))


def _bare_boxes(s: _Setting) -> str:
    body = s.body("<div class='paragraph'>{}</div>")
    inner = f"<div class='articleview'><h1>{escape(s.prose.title)}</h1><div class='articletext'>{body}</div></div>"
    return _document(s, _furniture(s, inner))


def _pull_quotes(s: _Setting) -> str:
    def between(at: int) -> str:
        pulled = escape(s.prose.paragraphs[at].split(".")[0])
        return (f"<aside class='pullquote'><p>{pulled}</p></aside>" if at % 5 == 2 else "") + (
            s.told(s.prose.quotes[0], "<blockquote><p>{}</p></blockquote>") if at == 1 else ""
        )

    inner = f"<article class='longread'><h1>{escape(s.prose.title)}</h1>{s.byline()}<div>{s.body(between=between)}</div></article>"
    return _document(s, _furniture(s, inner))


def _fact_box(s: _Setting) -> str:
    box = f"<aside class='factbox'><h3>{escape(s.prose.subheads[0])}</h3><p>{escape(s.prose.asides[0])}</p></aside>"
    body = s.body(between=lambda at: box if at == 2 else "")
    inner = f"<article><h1>{escape(s.prose.title)}</h1><div class='article__body'>{body}</div></article>"
    return _document(s, _furniture(s, inner))


def _related_inside(s: _Setting) -> str:
    def between(at: int) -> str:
        if at == 1:
            return f"<p><strong>Read more: <a href='/x'>{escape(s.prose.teasers[3])}</a></strong></p>"
        if at == 3:
            return f"<div class='related-inline'><h4>Related stories</h4><ul>{s.links(4, 3)}</ul></div>"
        if at == 4:
            return (
                f"<div class='promo-card'><a href='/y'><h4>{escape(s.prose.teasers[8])}</h4><p>"
                f"{escape(s.prose.asides[2])}</p></a></div>"
            )
        return ""

    inner = f"<div class='article-body'><h1>{escape(s.prose.title)}</h1>{s.body(between=between)}</div>"
    return _document(s, _furniture(s, inner))


def _newsletter_box(s: _Setting) -> str:
    box = (
        "<div class='newsletter-signup'><h3>The Courier Morning</h3><p>Get the islands in your inbox every morning.</p>"
        "<form><input type='email'><button>Sign up</button></form><p>By signing up you agree to our terms.</p></div>"
    )
    note = s.body(between=lambda at: box if at == 2 else "<div class='ad'>Advertisement</div>" if at % 3 == 0 else "")
    inner = f"<article><h1>{escape(s.prose.title)}</h1>{s.byline()}<div class='body'>{note}</div></article>"
    return _document(s, _furniture(s, inner))


def _many_comments(s: _Setting) -> str:
    name = s.chance.choice(("comments", "reader-comments", "comentarios", "kommentare", "disqus_thread"))
    comments = "".join(
        f"<div class='c-item'><b>anna{at}</b><p>{escape(w)}</p></div>" for at, w in enumerate(s.prose.asides)
    )
    inner = (
        f"<div class='story'><h1>{escape(s.prose.title)}</h1>{s.byline()}{s.body()}</div>"
        f"<section id='{name}'><h3>30 comments</h3>{comments}</section>"
    )
    return _document(s, _furniture(s, inner))


def _cookie_wall(s: _Setting) -> str:
    consent = (
        "<div id='onetrust-consent' class='cookie-banner'><h2>We value your privacy</h2><p>We and our 812 partners store "
        "and access information on a device, such as cookies, and process personal data, such as unique identifiers, "
        "for the purposes described below.</p><p>You may click to consent to our processing, or refuse, at any time."
        "</p><button>Accept all</button></div>"
    )
    inner = f"<article><h1>{escape(s.prose.title)}</h1><div class='rich-text'>{s.body()}</div></article>"
    return _document(s, consent + _furniture(s, inner))


def _highlights(s: _Setting) -> str:
    points = "".join(s.told(item, "<li>{}</li>") for item in s.prose.items[:4])
    inner = (
        f"<article><h1>{escape(s.prose.title)}</h1><ul class='key-points'>{points}</ul>{s.byline()}"
        f"<div class='article-text'>{s.body()}</div></article>"
    )
    return _document(s, _furniture(s, inner))


def _magazine(s: _Setting) -> str:
    """Text split over many boxes, with pictures and adverts of their own between."""
    sections, size = [], 3
    for start in range(0, len(s.prose.paragraphs), size):
        inner = "".join(s.told(words) for words in s.prose.paragraphs[start : start + size])
        sections.append(f"<div class='chapter'><div class='chapter__inner'>{inner}</div></div>")
    joined = f"<div class='wide-image'>{s.figure(1)}</div><div class='ad-slot'></div>".join(sections)
    inner = f"<div class='hero'><h1>{escape(s.prose.title)}</h1></div><div class='chapters'>{joined}</div>"
    return _document(s, _furniture(s, inner))


def _microdata(s: _Setting) -> str:
    inner = (
        f"<div itemscope itemtype='https://schema.org/NewsArticle'><h1 itemprop='headline'>{escape(s.prose.title)}</h1>"
        f"<span itemprop='author'>{s.prose.author}</span><meta itemprop='datePublished' "
        f"content='{s.prose.published_at.isoformat()}'><div itemprop='articleBody'>{s.body()}</div>"
        f"<div class='keywords'>{s.links(3, 5, '<a href=/{0}>{1}</a> ')}</div></div>"
    )
    return _document(s, _furniture(s, inner))


def _stated_body(s: _Setting) -> str:
    """JSON-LD carries the whole text; the page shows it in elements of the outlet's own, which hide it from readers."""
    shown = s.body("<story-line><span>{}</span></story-line>")
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": s.prose.title,
        "author": [{"@type": "Person", "name": s.prose.author}],
        "datePublished": s.prose.published_at.isoformat(),
        "articleBody": "\n\n".join(s.prose.paragraphs),
    }
    head = f"<script type='application/ld+json'>{json.dumps(data)}</script>"
    teasers = "".join(f"<p><a href='/{at}'>{escape(words)}</a></p>" for at, words in enumerate(s.prose.asides[:4]))
    return _document(s, _furniture(s, f"<story-page>{shown}</story-page><div class='more'>{teasers}</div>"), head=head)


def _old_site(s: _Setting) -> str:
    body = s.body("<p><font face='Verdana' size='2'>{}</font>")
    return _document(
        s,
        f"<center><a href='/'><img src='/logo.gif'></a></center><hr><font size=5><b>{escape(s.prose.title)}</b></font>"
        f"<p><i>{s.prose.author}</i>{body}<hr><p align=center>{s.links(0, 5, '[ <a href=/{0}>{1}</a> ] ')}</p>",
        title="{}",
    )


def _press_release(s: _Setting) -> str:
    points = "".join(s.told(item, "<li>{}</li>") for item in s.prose.items)
    inner = (
        f"<main role='main'><h1>{escape(s.prose.title)}</h1><dl class='metadata'><dt>From</dt><dd>Harbour Office</dd></dl>"
        f"<div class='govspeak'>{s.body()}<ul>{points}</ul>"
        f"{s.told(s.prose.subheads[0], '<h2>{}</h2>')}{s.told(s.prose.quotes[1])}</div>"
        f"<div class='feedback'><p>Is this page useful?</p><button>Yes</button></div></main>"
    )
    return _document(s, _furniture(s, inner))


def _next_story_below(s: _Setting) -> str:
    """An endless page: another whole article follows under the first."""
    other = "".join(f"<p>{escape(words)}</p>" for words in s.prose.asides[:8])
    inner = (
        f"<article id='a1'><h1>{escape(s.prose.title)}</h1>{s.byline()}<div class='article-content'>{s.body()}</div></article>"
        f"<article id='a2'><h1>{escape(s.prose.teasers[1])}</h1><div class='article-content'>{other}</div></article>"
    )
    return _document(s, _furniture(s, inner))


def _brief(s: _Setting) -> str:
    """Two paragraphs of news beside many teasers with text of their own."""
    told = "".join(s.told(words) for words in s.prose.paragraphs[:2])
    teasers = "".join(
        f"<div class='teaser'><h3><a href='/{at}'>{escape(s.prose.teasers[at])}</a></h3><p>{escape(words)}</p></div>"
        for at, words in enumerate(s.prose.asides[:8])
    )
    inner = f"<article><h1>{escape(s.prose.title)}</h1>{s.byline()}{told}</article><section class='more-news'>{teasers}</section>"
    return _document(s, _furniture(s, inner))


def _correction(s: _Setting) -> str:
    note = s.told("Correction: an earlier version of this report gave the number of boats as 40.", "<p><em>{}</em></p>")
    body = s.body()
    s.truth.append(s.truth.pop(0))
    inner = (
        f"<article><h1>{escape(s.prose.title)}</h1><p class='updated'>Updated at 15:20</p><div class='c-body'>{body}{note}"
        f"</div><p class='tagline'>{s.prose.author} can be reached at desk@courier.example.</p></article>"
    )
    return _document(s, _furniture(s, inner))


def _figures(s: _Setting) -> str:
    rows = "".join(
        f"<tr><td>{escape(s.prose.teasers[at])}</td><td>{s.chance.randint(10, 900)}</td></tr>" for at in range(4)
    )
    table = f"<table class='figures'><tr><th>Matter</th><th>Votes</th></tr>{rows}</table>"
    s_body = s.body(between=lambda at: table if at == 3 else "")
    # What a table of figures says belongs to the article, but readers may leave it out: it is not in the truth.
    inner = f"<article><h1>{escape(s.prose.title)}</h1><div class='post-body'>{s_body}</div></article>"
    return _document(s, _furniture(s, inner))


def _quoted_posts(s: _Setting) -> str:
    def between(at: int) -> str:
        if at % 4 != 2:
            return ""
        told = s.told(s.prose.quotes[at % 3], "<p lang='en' dir='ltr'>{}</p>")
        return f"<blockquote class='twitter-tweet'>{told}&mdash; Ole Vik (@olevik) <a href='/t'>3 March 2026</a></blockquote>"

    inner = (
        f"<article><h1>{escape(s.prose.title)}</h1><div class='post__content'>{s.body(between=between)}</div></article>"
    )
    return _document(s, _furniture(s, inner))


def _hidden_boxes(s: _Setting) -> str:
    hidden = (
        "<div style='display:none' class='modal'><p>Create a free account to save stories and read them later on any "
        "device you own.</p><p>Already registered? Log in with your address.</p></div>"
        f"<div hidden><p>{escape(s.prose.asides[4])}</p></div>"
    )
    body = s.body(between=lambda at: hidden if at == 1 else "")
    return _document(s, _furniture(s, f"<article><h1>{escape(s.prose.title)}</h1><div>{body}</div></article>"))


def _teaser_lists_with_text(s: _Setting) -> str:
    """More words beside the article than in it, in paragraphs without links."""
    side = "".join(
        f"<div class='opinion-item'><h4>{escape(s.prose.teasers[at])}</h4><p>{escape(words)}</p></div>"
        for at, words in enumerate(s.prose.asides[:20])
    )
    inner = f"<div class='two-col'><div class='col-main'><h1>{escape(s.prose.title)}</h1>{s.byline()}<div class='copy'>{s.body()}</div></div>"
    return _document(s, _furniture(s, f"{inner}<div class='col-right'>{side}</div></div>"))


def _print_page(s: _Setting) -> str:
    return _document(
        s,
        f"<div class='print'><p>Printed from courier.example</p><h2>{escape(s.prose.title)}</h2><p>By {s.prose.author}</p>"
        f"{s.body()}<p>Find this article at: https://courier.example/2026/03/ferry</p></div>",
    )


def _split_lead(s: _Setting) -> str:
    """The first paragraph stands in a box of its own above the picture."""
    first, *rest = s.prose.paragraphs
    lead = s.told(first, "<div class='article-intro'><p>{}</p></div>")
    told = "".join(s.told(words) for words in rest)
    inner = (
        f"<article><h1>{escape(s.prose.title)}</h1>{lead}{s.figure(3)}<div class='article-main'>{told}</div></article>"
    )
    return _document(s, _furniture(s, inner))


def _read_more_fold(s: _Setting) -> str:
    """The second half waits in a box that a button unfolds."""
    half = len(s.prose.paragraphs) // 2
    shown = "".join(s.told(words) for words in s.prose.paragraphs[:half])
    folded = "".join(s.told(words) for words in s.prose.paragraphs[half:])
    inner = (
        f"<div class='post'><h1>{escape(s.prose.title)}</h1><div class='visible-part'>{shown}</div><button>Read more</button>"
        f"<div class='collapsed-part'>{folded}</div></div>"
    )
    return _document(s, _furniture(s, inner))


OUTLETS: dict[str, Outlet] = {
    outlet.__name__.lstrip("_").replace("_", "-"): outlet
    for outlet in (
        *(_wordpress, _amp, _next_js, _tables, _live_blog, _gallery, _listicle, _interview, _line_breaks, _bare_boxes),
        *(_pull_quotes, _fact_box, _related_inside, _newsletter_box, _many_comments, _cookie_wall, _highlights),
        *(_magazine, _microdata, _stated_body, _old_site, _press_release, _next_story_below, _brief, _correction),
        *(_figures, _quoted_posts, _hidden_boxes, _teaser_lists_with_text, _print_page, _split_lead, _read_more_fold),
    )
}


_INJURIES = (
    *(
        b"<div>" * 3000,
        b"</div>" * 50,
        b"<table><tr><td>" * 200,
        b"<!--",
        b"-->",
        b"<script>",
        b"</script>",
        b"\xff\xfe\x00",
    ),
    *(
        b"&#0;&#xD800;&nbsp;&unknown;",
        b"<a href='javascript:alert(1)'>x</a>",
        b"<title>",
        b"<br>" * 2000,
        b"<p>" * 5000,
    ),
    *(
        b"<svg><math>",
        b"<meta charset='utf-7'>",
        b"<base href='http://[bad'>",
        b" x='" + b"y" * 200_000 + b"'",
        b"<b><i>" * 500,
    ),
    *(
        b'<script type="application/ld+json">{"@graph":[[[',
        b"\xe2\x80\xae",
        b"<template>",
        b"<plaintext>",
        b"<frameset>",
    ),
)


def mutated_pages(count: int, *, seed: int) -> Iterator[bytes]:
    """`count` pages, each a whole one with one to five random injuries. The same seed gives the same pages."""
    chance = random.Random(seed)
    whole = [specimen.html for specimen in specimens(2, seed=seed)]
    for _ in range(count):
        page = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 5)):
            at, length = chance.randrange(len(page) + 1), chance.choice((0, 0, 1, 40, 4000))
            page[at : at + length] = chance.choice(_INJURIES)
        yield bytes(page)
