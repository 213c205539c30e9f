"""The sample press: the invented outlets as real web sites on loopback, with feeds, article pages, adverts and all.

It knows nothing of the product: the demo reads it through the ordinary fetcher, as it would read anybody.
"""

import hashlib
import html
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.utils import format_datetime
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from digest.demo.samples import Outlet, SampleArticle, Samples

FEED_LENGTH = 60
_ATOM = "http://www.w3.org/2005/Atom"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS1 = "http://purl.org/rss/1.0/"
_DC = "http://purl.org/dc/elements/1.1/"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
for _prefix, _uri in (("rdf", _RDF), ("dc", _DC), ("content", _CONTENT)):
    ElementTree.register_namespace(_prefix, _uri)


class SamplePress:
    """Feeds and pages of the samples at one address, showing what was published by the press's own clock.

    anchor: when day 0 of the samples is over, in their own zone.
    """

    def __init__(self, samples: Samples, *, base: str, anchor: datetime) -> None:
        self.samples = samples
        self.base = base
        self.anchor = anchor
        self.now = anchor
        """Articles published after this are not there yet."""
        self._outlets = {outlet.id: outlet for outlet in samples.outlets}
        self._articles = {article.id: article for article in samples.articles}

    def address(self, article: SampleArticle) -> str:
        return f"{self.base}/{article.outlet}/{article.id}"

    def address_of(self, article_id: str) -> str:
        """The address of an article by its id in the samples."""
        return self.address(self._articles[article_id])

    @property
    def earliest(self) -> datetime:
        """When the oldest article of the samples was published."""
        return self.samples.articles[0].published_at(self.anchor)

    def respond(self, path: str) -> tuple[str, bytes] | None:
        """(content type, body) of a path, or None when there is nothing."""
        if path == "/robots.txt":
            return "text/plain; charset=utf-8", b"User-agent: *\nAllow: /\n"
        found = re.fullmatch(r"/([a-z0-9-]+)/([a-z0-9-]*)", path)
        if found is None or found[1] not in self._outlets:
            return None
        outlet = self._outlets[found[1]]
        published = self._published(outlet)
        if found[2] == "":
            return "text/html; charset=utf-8", self._page("front.html", outlet, articles=published[:20])
        if found[2] == "feed":
            return self._feed(outlet, published[:FEED_LENGTH])
        article = self._articles.get(found[2])
        if article is None or article.outlet != outlet.id or article.published_at(self.anchor) > self.now:
            return None
        related = [other for other in published if other is not article][:4]
        return "text/html; charset=utf-8", self._page("article.html", outlet, article=article, articles=related)

    def _published(self, outlet: Outlet) -> list[SampleArticle]:
        """Newest first."""
        return [
            article
            for article in reversed(self.samples.articles)
            if article.outlet == outlet.id and article.published_at(self.anchor) <= self.now
        ]

    def _feed(self, outlet: Outlet, articles: Sequence[SampleArticle]) -> tuple[str, bytes]:
        match outlet.format:
            case "rss2":
                return "application/rss+xml; charset=utf-8", _xml(self._rss2(outlet, articles))
            case "rss1":
                return "application/rdf+xml; charset=utf-8", _xml(self._rss1(outlet, articles))
            case "atom":
                return "application/atom+xml; charset=utf-8", _xml(self._atom(outlet, articles))
            case "jsonfeed":
                feed = self._json_feed(outlet, articles)
                return "application/feed+json; charset=utf-8", json.dumps(feed, ensure_ascii=False).encode()
            case other:
                raise ValueError(f"samples/outlets.yaml: {outlet.id} has no such feed format: {other}")

    def _rss2(self, outlet: Outlet, articles: Sequence[SampleArticle]) -> ElementTree.Element:
        root = ElementTree.Element("rss", version="2.0")
        channel = ElementTree.SubElement(root, "channel")
        _add(channel, "title", outlet.name)
        _add(channel, "link", f"{self.base}/{outlet.id}/")
        _add(channel, "description", outlet.motto)
        _add(channel, "language", "en")
        for article in articles:
            item = ElementTree.SubElement(channel, "item")
            if article.title:
                _add(item, "title", article.title)
            _add(item, "link", self.address(article) + "?utm_source=feed")
            _add(item, "guid", f"tag:{outlet.id},{article.id}", isPermaLink="false")
            _add(item, "pubDate", format_datetime(article.published_at(self.anchor)))
            if article.author:
                _add(item, f"{{{_DC}}}creator", article.author)
            _add(item, "description", article.summary)
            if outlet.is_full_text:
                _add(item, f"{{{_CONTENT}}}encoded", self.body_html(article))
        return root

    def _rss1(self, outlet: Outlet, articles: Sequence[SampleArticle]) -> ElementTree.Element:
        root = ElementTree.Element(f"{{{_RDF}}}RDF")
        channel = ElementTree.SubElement(
            root, f"{{{_RSS1}}}channel", {f"{{{_RDF}}}about": f"{self.base}/{outlet.id}/feed"}
        )
        _add(channel, f"{{{_RSS1}}}title", outlet.name)
        _add(channel, f"{{{_RSS1}}}link", f"{self.base}/{outlet.id}/")
        _add(channel, f"{{{_RSS1}}}description", outlet.motto)
        items = ElementTree.SubElement(channel, f"{{{_RSS1}}}items")
        order = ElementTree.SubElement(items, f"{{{_RDF}}}Seq")
        for article in articles:
            ElementTree.SubElement(order, f"{{{_RDF}}}li", {f"{{{_RDF}}}resource": self.address(article)})
            item = ElementTree.SubElement(root, f"{{{_RSS1}}}item", {f"{{{_RDF}}}about": self.address(article)})
            _add(item, f"{{{_RSS1}}}title", article.title or "")
            _add(item, f"{{{_RSS1}}}link", self.address(article))
            _add(item, f"{{{_RSS1}}}description", article.summary)
            _add(item, f"{{{_DC}}}date", article.published_at(self.anchor).isoformat())
            if article.author:
                _add(item, f"{{{_DC}}}creator", article.author)
            if outlet.is_full_text:
                _add(item, f"{{{_CONTENT}}}encoded", self.body_html(article))
        return root

    def _atom(self, outlet: Outlet, articles: Sequence[SampleArticle]) -> ElementTree.Element:
        root = ElementTree.Element("feed", xmlns=_ATOM)
        _add(root, "title", outlet.name)
        _add(root, "id", f"{self.base}/{outlet.id}/")
        ElementTree.SubElement(root, "link", href=f"{self.base}/{outlet.id}/", rel="alternate")
        newest = articles[0].published_at(self.anchor) if articles else self.anchor.replace(hour=0, minute=0, second=0)
        _add(root, "updated", newest.isoformat())
        for article in articles:
            entry = ElementTree.SubElement(root, "entry")
            _add(entry, "title", article.title or "")
            _add(entry, "id", f"tag:{outlet.id},{article.id}")
            ElementTree.SubElement(entry, "link", href=self.address(article), rel="alternate")
            _add(entry, "published", article.published_at(self.anchor).isoformat())
            _add(entry, "updated", article.published_at(self.anchor).isoformat())
            author = ElementTree.SubElement(entry, "author")
            _add(author, "name", article.author or outlet.name)
            if article.summary:
                _add(entry, "summary", article.summary)
            if outlet.is_full_text:
                _add(entry, "content", self.body_html(article), type="html")
        return root

    def _json_feed(self, outlet: Outlet, articles: Sequence[SampleArticle]) -> dict[str, object]:
        items = []
        for article in articles:
            item: dict[str, object] = {
                "id": f"tag:{outlet.id},{article.id}",
                "url": self.address(article),
                "date_published": article.published_at(self.anchor).isoformat(),
                "content_html": self.body_html(article) if outlet.is_full_text else html.escape(article.summary),
            }
            item |= {"title": article.title} if article.title else {}
            item |= {"summary": article.summary} if article.summary else {}
            item |= {"authors": [{"name": article.author}]} if article.author else {}
            items.append(item)
        return {
            "version": "https://jsonfeed.org/version/1.1",
            "title": outlet.name,
            "home_page_url": f"{self.base}/{outlet.id}/",
            "feed_url": f"{self.base}/{outlet.id}/feed",
            "language": "en",
            "items": items,
        }

    def body_html(self, article: SampleArticle) -> str:
        """The article's text as paragraphs; `{article:ID}` becomes a link to that article."""

        def link(found: re.Match[str]) -> str:
            other = self._articles.get(found[1])
            address = self.address(other) if other is not None else self.base
            return f'<a href="{html.escape(address)}">{html.escape(address)}</a>'

        paragraphs = (html.escape(p.strip(), quote=False) for p in article.text.split("\n\n"))
        return "\n".join(f"<p>{re.sub(r'{article:([a-z0-9-]+)}', link, p)}</p>" for p in paragraphs if p)

    def _page(
        self, template: str, outlet: Outlet, *, articles: Sequence[SampleArticle], article: SampleArticle | None = None
    ) -> bytes:
        context = {"press": self, "outlet": outlet, "articles": articles, "article": article}
        return self._environment.get_template(template).render(context).encode()

    @cached_property
    def _environment(self) -> Environment:
        return Environment(
            loader=PackageLoader("digest.demo", "templates"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    """All sources are asked at once; the usual queue of five makes the sixth wait a second to try again."""


@contextmanager
def serve_press(samples: Samples, *, anchor: datetime) -> Iterator[SamplePress]:
    """The sample press on a free loopback port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = press.respond(self.path.partition("?")[0])
            content_type, body = answer or ("text/html; charset=utf-8", b"<!DOCTYPE html><title>Not found</title>")
            etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
            is_known = answer is not None and self.headers.get("If-None-Match") == etag
            self.send_response(404 if answer is None else 304 if is_known else 200)
            self.send_header("Content-Type", content_type)
            self.send_header("ETag", etag)
            self.send_header("Content-Length", "0" if is_known else str(len(body)))
            self.end_headers()
            if not is_known:
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
            """The press keeps no log."""

    server = _Server(("127.0.0.1", 0), Handler)
    press = SamplePress(samples, base=f"http://127.0.0.1:{server.server_address[1]}", anchor=anchor)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield press
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _add(parent: ElementTree.Element, tag: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, tag, attributes).text = text


def _xml(root: ElementTree.Element) -> bytes:
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body
