"""What a feed carries whole, and what it only teases. Pure; used where entries are read and where pages are chosen."""

import re

from digest.stages.extract.text import count_words

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
# Without one of these in it no tail is there to be looked for. Most texts have none, and looking for these takes a
# hundredth of the time.
_SIGNS = ("read", "appeared", "…", "...")


def without_tail(text: str) -> str:
    """`text` without "Continue reading…", "[…]" and "The post … appeared first on …" at its end."""
    start = max(0, len(text) - _TAIL_ROOM)
    kept, end = text[:start], text[start:].rstrip()
    if not _may_have_tail(end):
        return text.rstrip()
    for tail in (_FIRST_APPEARED, _MORE, _BRACKETED):
        end = tail.sub("", end).rstrip()
    return (kept + end).rstrip()


def is_cut_off(text: str) -> bool:
    """Whether `text` says that it goes on elsewhere."""
    end = text[-_TAIL_ROOM:].rstrip()
    if not _may_have_tail(end):
        return False
    end = _FIRST_APPEARED.sub("", end).rstrip()
    return any(sign.search(end) for sign in (_MORE, _BRACKETED, _DOTS))


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
    return is_post(text, title=title) or (count_words(text) >= WHOLE_WORDS and not is_cut_off(text))


def _may_have_tail(end: str) -> bool:
    lowered = end.lower()
    return any(sign in lowered for sign in _SIGNS)


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
