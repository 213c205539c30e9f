"""Words of another language than the page's, marked so that a screen reader says them right."""

import re

from markupsafe import Markup

from digest.rendering.days import text_direction

_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def foreign(language: str, *, page: str) -> Markup:
    """The attributes, with a blank before them, of an element whose words are of another language than the page.

    Empty where the language is the page's, is not known, or is no language tag: what feeds claim is untrusted.
    """
    if not _TAG.fullmatch(language) or primary(language) == primary(page):
        return Markup("")
    direction = text_direction(language) if text_direction(language) != text_direction(page) else ""
    return Markup(' lang="{}"').format(language) + (Markup(' dir="{}"').format(direction) if direction else "")


def primary(language: str) -> str:
    """ "de" of "de-AT"."""
    return language.partition("-")[0].lower()
