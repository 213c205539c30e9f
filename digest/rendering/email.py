"""The email edition: one document in, subject, HTML and text out. Narrow, inlined, nothing loaded from anywhere."""

import re
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from lxml import html as lxml_html

from digest.errors import DeliveryError
from digest.model.delivery import Message
from digest.model.edition import EditionDocument
from digest.model.text import shorten
from digest.rendering.days import dated_day, day_and_time, text_direction
from digest.rendering.languages import foreign
from digest.rendering.outlets import listed, same_report, stories_taken_back

SUBJECT_CHARACTERS = 90
SHORTEST_CLAUSE = 40
"""A subject cut shorter than this says too little; rather cut it at a word."""
LEAST_CONTRAST = 4.5
"""WCAG 2.2 AA for text; what is large enough for 3 is held to the same."""
_TEMPLATES = Path(__file__).parent / "templates" / "email"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionEmail:
    """What the two templates know."""

    edition: EditionDocument
    subject: str
    day: str
    answered: str
    """ "2 stories answered", or nothing."""
    direction: str


def email_message(document: EditionDocument) -> Message:
    """The email of an edition. Raises DeliveryError, not retryable, when it would fail the accessibility gate."""
    subject = email_subject(document)
    page = EditionEmail(
        edition=document,
        subject=subject,
        day=dated_day(document.edition_on, language=document.language),
        answered=_answered(document.answered),
        direction=text_direction(document.language),
    )
    environment = _environment()
    context = {
        "page": page,
        "same_report": same_report,
        "listed": listed,
        "stories_taken_back": stories_taken_back,
        "foreign": partial(foreign, page=document.language),
        "at": partial(day_and_time, zone=document.time_zone, language=document.language, on=document.edition_on),
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
        return _clause(lead.name)
    return f"{document.title}, {dated_day(document.edition_on, language=document.language)}"


def _clause(sentence: str) -> str:
    """The sentence within SUBJECT_CHARACTERS: whole, else up to its last clause that ends there, else cut at a word."""
    if len(sentence) <= SUBJECT_CHARACTERS:
        return sentence
    ends = [found.start() for found in _CLAUSE_END.finditer(sentence[: SUBJECT_CHARACTERS + 1])]
    clause = sentence[: max(ends, default=0)].rstrip()
    if len(clause) < SHORTEST_CLAUSE:
        return shorten(sentence, SUBJECT_CHARACTERS)
    stands_alone = not _DEPENDENT.match(clause) and all(
        clause.count(pair[0]) == clause.count(pair[1]) for pair in _PAIRS
    )
    return clause if stands_alone else shorten(clause + "…", SUBJECT_CHARACTERS)


_CLAUSE_END = re.compile(r"[,;:](?=\s)|\s[–—-](?=\s)|—")
# A clause that one of these opens waits for another.
_DEPENDENT = re.compile(r"(?:if|when|while|because|although|though|since|unless|once|after|before|as)\b", re.IGNORECASE)
_PAIRS = ("“”", "()", "[]")


def _answered(number: int) -> str:
    return {0: "", 1: "1 story answered"}.get(number, f"{number} stories answered")


def accessibility_failings(html: str, text: str) -> tuple[str, ...]:
    """What keeps an email from being sent, in words.

    Looked at are lang, dir, title, main part, alt, headings, link text, layout tables, contrast and the text part.
    """
    root = lxml_html.document_fromstring(html)
    levels = [int(heading.tag[1]) for heading in root.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    checks = (
        (bool(root.get("lang")), "no lang"),
        (root.get("dir") in {"ltr", "rtl"}, "no dir"),
        (bool((root.findtext(".//title") or "").strip()), "no title"),
        (sum(element.get("role") == "main" for element in root.iter()) == 1, "no main part"),
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
        *((False, f"{ink} on {ground} is too faint") for ink, ground in sorted(_faint(root))),
    )
    return tuple(failing for holds, failing in checks if not holds)


def _faint(root: Any) -> set[tuple[str, str]]:
    """The (text, ground) colours of what can be read that contrast too little, as the inlined styles have them."""
    faint = set()
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag in {"head", "title", "style", "meta"}:
            continue
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            ink, ground = _styled(element, "color", "#000000"), _styled(element, "background", "#ffffff")
            if contrast(ink, ground) < LEAST_CONTRAST:
                faint.add((ink, ground))
    return faint


def _styled(element: Any, name: str, default: str) -> str:
    """The colour that an element has by its own style or by the nearest one around it."""
    for here in (element, *element.iterancestors()):
        found = re.search(rf"(?:^|;)\s*{name}:\s*(#[0-9a-f]{{6}})\b", here.get("style") or "")
        if found:
            return found.group(1)
    return default


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours such as #1f1b16, 1 to 21 (WCAG 2.2, relative luminance)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * value for share, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


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
