"""Bylines as feeds and pages state them, made names: no addresses, no links, no software. Pure."""

import json
import re
from collections.abc import Iterable, Iterator

from digest.stages.extract.text import tidy_line

MAX_BYLINE = 200
MAX_STATED = 500
"""Characters of a byline that are looked at: what a hostile one costs grows with their square."""
_ADDRESS = re.compile(r"(?:mailto:)?[^\s<>()\[\],;\"]+@[^\s<>()\[\],;\"]+|\S+\s*[\[(]at[\])]\s*\S+", re.IGNORECASE)
_LINK = re.compile(r"(?:https?:)?//\S+|\bwww\.\S+", re.IGNORECASE)
_LEFTOVERS = re.compile(r"[<(\[]\s*[>)\]]")
_WHOLLY_BRACKETED = re.compile(r"[(\[<]([^()\[\]<>]+)[)\]>]")
_BY = re.compile(r"^(?:posted\s+by|written\s+by|author|by|von|par|por|av|gan)\b\s*:?\s+", re.IGNORECASE)
# What software writes where nobody is named.
_NOBODY = frozenset(
    "admin administrator author editor nobody none no-reply noreply null undefined unknown user webmaster n/a".split()  # noqa: SIM905 a list of words reads best as words
)


def byline(stated: Iterable[str]) -> str | None:
    """The names in bylines, each once, joined by commas; None where nobody is named.

    `noreply@paper.example (Ida Brandt)`, `By Ida Brandt`, `Ida Brandt <ida@paper.example>` and
    `[{"name": "Ida Brandt"}]` are all "Ida Brandt". A person's address is never kept.
    """
    names = dict.fromkeys(name for each in stated for part in _unpacked(each[:MAX_STATED]) if (name := _name(part)))
    return tidy_line(", ".join(names), limit=MAX_BYLINE) or None


def _unpacked(stated: str) -> Iterator[str]:
    """The strings in a byline, which some software writes as JSON."""
    if stated.lstrip()[:1] not in {"[", "{"}:
        yield stated
        return
    try:
        value = json.loads(stated)
    except (ValueError, RecursionError):
        yield stated
        return
    for entry in value if isinstance(value, list) else [value]:
        name = entry.get("name") if isinstance(entry, dict) else entry
        if isinstance(name, str):
            yield name


def _name(stated: str) -> str:
    words = _LEFTOVERS.sub(" ", _LINK.sub(" ", _ADDRESS.sub(" ", stated)))
    words = " ".join(words.split()).strip(" ,;|/-–—\"'")
    whole = _WHOLLY_BRACKETED.fullmatch(words)
    words = _BY.sub("", whole[1] if whole else words).strip(" ,;:|/-–—\"'")
    is_somebody = any(character.isalpha() for character in words) and words.casefold() not in _NOBODY
    return words if is_somebody else ""
