"""What a feed carries whole, and what it only teases. Pure; used where entries are read and where pages are chosen."""

import re

from digest.stages.extract.text import has_words

# Teasers of the press are 20 to 60 words, WordPress excerpts 55.
WHOLE_WORDS = 120
_TAIL_ROOM = 400
# Says that there is more, at the beginning of a line or after the end of a sentence, and nothing follows it.
_MORE = re.compile(
    r"(?:^|(?<=\n)|(?<=[.!?…»\]\"”’)]\s))\W{0,5}"
    r"(?:continue reading|keep reading|read more|read the (?:full|rest|whole)|read full)\b[^\n]{0,150}$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\s*\[\s*(?:…|\.\.\.)\s*\]\s*$")
_DOTS = re.compile(r"(?:…|\.\.\.)\W*$")
# WordPress puts this under excerpts and whole texts alike, so it says nothing of either.
_FIRST_APPEARED = re.compile(
    r"(?:^|(?<=\n)|(?<=\s))The post [^\n]{1,250} (?:appeared first on|first appeared on) [^\n]{1,100}$"
)
# Each with what no end of a text matches it without. Most have none of these, and looking for them takes a hundredth
# of the time.
_SIGNS = {
    _FIRST_APPEARED: ("appeared",),
    _MORE: ("reading", "read more", "read the", "read full"),
    _BRACKETED: ("]",),
    _DOTS: ("…", "..."),
}


def without_tail(text: str) -> str:
    """`text` without "Continue reading…", "[…]" and "The post … appeared first on …" at its end."""
    start = max(0, len(text) - _TAIL_ROOM)
    kept, end = text[:start], text[start:].rstrip()
    for tail in _likely(end, _FIRST_APPEARED, _MORE, _BRACKETED):
        end = tail.sub("", end).rstrip()
    return (kept + end).rstrip()


def is_cut_off(text: str) -> bool:
    """Whether `text` says that it goes on elsewhere."""
    end = text[-_TAIL_ROOM:].rstrip()
    for tail in _likely(end, _FIRST_APPEARED):
        end = tail.sub("", end).rstrip()
    return any(tail.search(end) for tail in _likely(end, _MORE, _BRACKETED, _DOTS))


def is_post(text: str, *, title: str) -> bool:
    """Whether this is a post: it has no title of its own, or one that is the beginning of its text, cut off with "…".

    A title that the text merely repeats is none of that: press feeds do it under every headline.
    """
    if not text or not title:
        return bool(text)
    start, is_cut = _DOTS.subn("", title)
    return bool(is_cut) and _letters(text[: 2 * len(title) + 50]).startswith(_letters(start))


def is_whole(text: str, *, title: str) -> bool:
    """Whether `text` is everything there is to read, so that no page need be fetched for it."""
    if not text:
        return False
    return is_post(text, title=title) or (has_words(text, WHOLE_WORDS) and not is_cut_off(text))


def _likely(end: str, *tails: re.Pattern[str]) -> list[re.Pattern[str]]:
    """Those of the tails that `end` may have."""
    lowered = end.lower()
    return [tail for tail in tails if any(sign in lowered for sign in _SIGNS[tail])]


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
