"""Sources as OPML, the list that feed readers exchange: written from our file, and taken over from anybody's.

Pure. The bytes of a list are parsed in the child that can be killed; here its outlines are judged.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import quoteattr

from digest.model.opml import OWN_NAMESPACE, FeedList, Outline
from digest.model.source import Campaign, ExcerptMode, Site, Source, SourceKind
from digest.sources.naming import front_page_of, problems_with_source, proposed_id, proposed_name
from digest.sources.reading import feed_key
from digest.sources.rows import MAX_SOURCES, SourceRow

_FOLDERS = {kind: kind.value.capitalize() for kind in SourceKind}
_KINDS = {word: kind for kind in SourceKind for word in (kind.value, f"{kind.value}s")}
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))


# --- out -----------------------------------------------------------------------------------------------------


def opml_of(campaign: Campaign) -> str:
    """The campaign's sources as OPML 2.0, in a folder for each kind, with all that sources.yaml says of them."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:rejoinder="{OWN_NAMESPACE}">',
        f"  <head><title>{_text(campaign.site.title)}</title></head>",
        "  <body>",
    ]
    for kind, sources in groupby(sorted(campaign.sources, key=_place_of_kind), key=lambda source: source.kind):
        lines.append(f"    <outline text={_quoted(_FOLDERS[kind])}>")
        lines += [f"      <outline {_attributes(source, campaign.site)}/>" for source in sources]
        lines.append("    </outline>")
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _place_of_kind(source: Source) -> int:
    return list(SourceKind).index(source.kind)


def _attributes(source: Source, site: Site) -> str:
    stated = {
        "type": "rss",
        "text": source.name,
        "title": source.name,
        "xmlUrl": source.feed,
        "htmlUrl": source.site,
        "language": source.language,
        "rejoinder:id": source.id,
        "rejoinder:kind": source.kind.value,
    }
    if source.owner:
        stated["rejoinder:owner"] = source.owner
    if source.weight != 1.0:
        stated["rejoinder:weight"] = str(source.weight)
    if source.terms.mode is not ExcerptMode.EXCERPT:
        stated["rejoinder:excerpt"] = source.terms.mode.value
    elif source.terms.excerpt_characters != site.excerpt_characters:
        stated["rejoinder:excerpt"] = str(source.terms.excerpt_characters)
    if source.terms.images:
        stated["rejoinder:images"] = "true"
    if source.paused:
        stated["rejoinder:paused"] = "true"
    return " ".join(f"{name}={_quoted(value)}" for name, value in stated.items())


def _quoted(value: str) -> str:
    return quoteattr(value.translate(_NOT_XML))


def _text(value: str) -> str:
    return value.translate(_NOT_XML).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# --- in ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What would come of taking a list over."""

    sources: tuple[Source, ...]
    repeats: tuple[str, ...]
    """Feeds that are there already, as sentences; harmless."""
    problems: tuple[str, ...]
    """What is wrong with the list, as sentences with their lines; while there are any, nothing of it is taken."""


def import_of(
    listed: FeedList,
    campaign: Campaign,
    *,
    kind: SourceKind | None,
    why_not: Callable[[str], str | None],
) -> Import:
    """The sources that a list adds to a campaign.

    kind: for outlines that name none themselves, by our attribute, their category or their folder.
    why_not: why an address must not be asked for, as a clause, or None.
    """
    feeds = {feed_key(source.feed): str(source.id) for source in campaign.sources}
    ids = {str(source.id) for source in campaign.sources}
    sources: list[Source] = []
    repeats: list[str] = []
    problems: list[str] = []
    for outline in listed.outlines:
        if len(ids) > MAX_SOURCES:
            problems.append(f"The file would have more than {MAX_SOURCES:,} sources, which is the most we read.")
            break
        known = feeds.get(feed_key(outline.feed))
        if known is not None:
            repeats.append(f"Line {outline.line}: {outline.feed[:200]} is there already as {known}.")
            continue
        row = _row(outline, kind, ids)
        wrong = list(_problems(outline, row, why_not))
        if wrong:
            problems += [f"Line {outline.line}, {outline.name[:60] or 'without a name'}: {clause}." for clause in wrong]
            continue
        source = _source(row, campaign.site)
        sources.append(source)
        ids.add(source.id)
        feeds[feed_key(source.feed)] = source.id
    return Import(sources=tuple(sources), repeats=tuple(repeats), problems=tuple(problems))


def _row(outline: Outline, kind: SourceKind | None, ids: set[str]) -> dict[str, object]:
    """The outline in the keys of sources.yaml."""
    wanted = outline.own.get("id", "")
    # What we wrote ourselves has its name already.
    name = (wanted and outline.name) or proposed_name(outline.name, url=outline.site or outline.feed)
    is_free = wanted and wanted not in ids and not problems_with_source({"id": wanted})
    own = outline.own
    row: dict[str, object] = {
        "id": wanted if is_free else str(proposed_id(wanted or name, url=outline.feed, taken=ids)),
        "name": name,
        "kind": _kind_of(outline) or (kind.value if kind else ""),
        "feed": outline.feed,
        "site": outline.site or front_page_of(outline.feed),
    }
    row |= {key: own[key] for key in ("owner", "weight", "paused") if key in own}
    if terms := {key: own[key] for key in ("excerpt", "images") if key in own}:
        row["terms"] = terms
    if outline.language and not problems_with_source({"language": outline.language}):
        row["language"] = outline.language
    return row


def _kind_of(outline: Outline) -> str:
    """As the outline itself says it, or the nearest folder that is called like a kind; empty where none does."""
    if "kind" in outline.own:
        return outline.own["kind"]
    for word in (*outline.categories, *reversed(outline.folders)):
        if (kind := _KINDS.get(word.casefold())) is not None:
            return kind.value
    return ""


def _problems(outline: Outline, row: dict[str, object], why_not: Callable[[str], str | None]) -> Iterable[str]:
    if not row["kind"]:
        yield "it stands in no folder called campaign, friendly or mainstream; say --kind for such feeds"
    # A site's address is often missing or odd in such lists and only leads readers to the front page.
    if "site" in problems_with_source(row):
        row["site"] = front_page_of(outline.feed)
    wrong = problems_with_source({key: value for key, value in row.items() if value})
    yield from (f"{key}: {clause}" for key, clause in wrong.items() if not (key == "site" and "feed" in wrong))
    if not outline.feed:
        yield "its xmlUrl is empty"
    elif "feed" not in wrong and (reason := why_not(outline.feed)) is not None:
        yield reason


def _source(row: dict[str, object], site: Site) -> Source:
    return SourceRow.model_validate(row).source(language=site.language, excerpt_characters=site.excerpt_characters)
