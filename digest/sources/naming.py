"""What a new source could be called: a name out of what its feed says, and an id that nobody has yet. Pure."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from pydantic import ValidationError

from digest.model.ids import SourceId
from digest.sources.rows import MAX_ID, MAX_LINE, SourceRow, in_words, mistakes_of

_JOINTS = (" | ", " - ", " – ", " — ", " » ", " › ", " :: ", " · ", " • ", ": ")
_OF_A_FEED = re.compile(
    r"(?:\W*\b(?:rss|atom)(?:\s?2\.0)?\b(?:\s+feed)?|\s+feed|\s+newsfeed|'s posts on mastodon)\W*$", re.IGNORECASE
)
# What stands beside an outlet's name in its title and names none: the page, not the paper.
_NO_NAME = frozenset("home homepage welcome start news rss feed blog frontpage index latest all articles posts".split())  # noqa: SIM905 a list of words reads best as words
_USUAL_HOSTS = re.compile(r"^(?:www|m|feeds?|rss|blog|news)\.(?=.*\.)")


def proposed_name(*titles: str, url: str) -> str:
    """The first of these titles that names something, cleaned of "Home |" and "RSS feed"; else the address's host."""
    for title in titles:
        name = " ".join(title.split())
        for joint in _JOINTS:
            start, joined, end = name.partition(joint)
            if joined and start.casefold().strip() in _NO_NAME:
                name = end
            elif joined and end.casefold().strip() in _NO_NAME:
                name = start
        name = _OF_A_FEED.sub("", name).strip(" |-–—»›·•:")
        if name and name.casefold() not in _NO_NAME:
            return name[:MAX_LINE]
    return _host(url) or "source"


def proposed_id(name: str, *, url: str, taken: Collection[str]) -> SourceId:
    """An id made of the name's letters, or of the host where it has none of ours; numbered where it is taken."""
    slug = _slug(name) or _slug(_host(url)) or "source"
    proposed, number = slug, 2
    while proposed in taken:
        proposed = f"{slug[: MAX_ID - len(str(number)) - 1].rstrip('-')}-{number}"
        number += 1
    return SourceId(proposed)


def front_page_of(feed: str) -> str:
    """The front page of the host that keeps a feed."""
    scheme, _, rest = feed.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest, maxsplit=1)[0]}/"


def _host(url: str) -> str:
    try:
        return _USUAL_HOSTS.sub("", urlsplit(url).hostname or "")
    except ValueError:  # an address that can't be taken apart, which is told elsewhere
        return ""


def _slug(text: str) -> str:
    text = text.replace("'", "").replace("’", "")
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
    if len(slug) <= MAX_ID:
        return slug
    return slug[: MAX_ID + 1].rpartition("-")[0][:MAX_ID] or slug[:MAX_ID]


def problems_with_source(row: Mapping[str, object]) -> dict[str, str]:
    """What would be wrong with a source of these keys in sources.yaml: for each such key a clause, in the file's words.

    Keys that are not given are not judged.
    """
    problems: dict[str, str] = {}
    try:
        SourceRow.model_validate(dict(row))
    except ValidationError as error:
        for mistake in mistakes_of(error):
            key = str(mistake["loc"][0]) if mistake["loc"] else ""
            if key in row:
                problems.setdefault(key, in_words(mistake, ("sources", *mistake["loc"]), is_written=True))
    return problems
