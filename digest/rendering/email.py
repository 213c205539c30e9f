"""The email edition: one document in, subject, HTML and text out. Narrow, inlined, nothing loaded from anywhere."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from lxml import html as lxml_html

from digest.errors import DeliveryError
from digest.model.delivery import Message
from digest.model.edition import EditionDocument
from digest.model.text import first_sentence, shorten
from digest.rendering.days import clock_time, long_day

SUBJECT_CHARACTERS = 90
_TEMPLATES = Path(__file__).parent / "templates" / "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionEmail:
    """What the two templates know."""

    edition: EditionDocument
    subject: str
    day: str
    direction: str


def email_message(document: EditionDocument) -> Message:
    """The email of an edition. Raises DeliveryError, not retryable, when it would fail the accessibility gate."""
    subject = email_subject(document)
    page = EditionEmail(
        edition=document,
        subject=subject,
        day=long_day(document.edition_on, language=document.language),
        direction="rtl" if document.language.split("-")[0] in {"ar", "fa", "he", "ur"} else "ltr",
    )
    environment = _environment()
    context = {
        "page": page,
        "at": lambda moment: _at(document, moment),
        "in_a_sentence": first_sentence,
    }
    html = css_inline.inline(environment.get_template("edition.html").render(context))
    text = environment.get_template("edition.txt").render(context)
    failings = accessibility_failings(html, text)
    if failings:
        raise DeliveryError("the email fails the accessibility gate: " + "; ".join(failings), retryable=False)
    return Message(title=subject, text=text, url=document.address, html=html)


def email_subject(document: EditionDocument) -> str:
    """The lead's confirmed answer, never a claim; with nothing answered, the day."""
    lead = next((card for card in document.cards if card.is_answered), None)
    if lead is not None:
        return shorten(lead.name, SUBJECT_CHARACTERS)
    return f"{document.title}, {long_day(document.edition_on, language=document.language)}"


def accessibility_failings(html: str, text: str) -> tuple[str, ...]:
    """What keeps an email from being sent, in words: lang, dir, title, alt, headings, link text, text part.

    Contrast is held by the one stylesheet's tokens and their test, not measured again for every mail.
    """
    root = lxml_html.document_fromstring(html)
    levels = [int(heading.tag[1]) for heading in root.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    checks = (
        (bool(root.get("lang")), "no lang"),
        (root.get("dir") in {"ltr", "rtl"}, "no dir"),
        (bool((root.findtext(".//title") or "").strip()), "no title"),
        (all(image.get("alt") is not None for image in root.iter("img")), "an image has no alt"),
        (levels[:1] == [1] and levels.count(1) == 1, "not exactly one first-level heading at the start"),
        (
            all(after <= before + 1 for before, after in pairwise(levels)),
            "a heading level is skipped",
        ),
        (all(str(link.xpath("string()")).strip() for link in root.iter("a")), "a link has no text"),
        (
            all(table.get("role") == "presentation" for table in root.iter("table")),
            "a layout table is not presentational",
        ),
        (bool(text.strip()), "no text part"),
    )
    return tuple(failing for holds, failing in checks if not holds)


def _at(document: EditionDocument, moment: datetime) -> str:
    return clock_time(moment, zone=document.time_zone, language=document.language)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
