"""`digest evaluate`: the product's own clustering and pairing on labelled sets. JSON lines in, JSON lines out.

Reads files, embeds, asks the same stages that the pipeline asks, and writes predictions; what they are worth a scorer
says.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from digest.errors import ConfigError
from digest.model.article import Article, TextOrigin
from digest.model.ids import ArticleId, SourceId
from digest.model.source import SourceKind
from digest.ports import Embeds, Vectors
from digest.stages.cluster import UNDATED, cluster_articles
from digest.stages.embed import Embedder, embedding_text
from digest.stages.match import Document, Ranked, Ranking, stance

EMBED_BATCH = 256
MOST_STORIES = 50
"""Of one post, best first."""


class Level(StrEnum):
    EVENT = "event"
    STORY = "story"


def evaluate_stories(articles: Path, out: Path, *, level: Level) -> None:
    """Write `{"id", "cluster"}` for every article, in the order of the file.

    articles: JSON lines of id, title, text and, where known, published, source and url. What is missing is not
    compared. Raises ConfigError naming the file and line that cannot be read, or why nothing can be written; nothing is
    written then.
    """
    _refuse_places(out, articles)
    ids, found = read_articles(articles)
    vectors = embedded(Embedder(), [embedding_text(article.headline, article.text) for article in found])
    clusters = cluster_articles(found, vectors)
    match level:
        case Level.STORY:
            groups = [cluster.article_ids for cluster in clusters]
        case Level.EVENT:
            groups = [event for cluster in clusters for event in cluster.events]
    group_of = {article_id: number for number, group in enumerate(groups) for article_id in group}
    _write(out, ({"id": ids[article.id], "cluster": group_of[article.id]} for article in found))


def evaluate_pairings(posts: Path, stories: Path, out: Path, *, pairs: Path | None) -> None:
    """Write `{"post", "story", "score", "relation"}`: each post's best 50 stories, best first.

    posts: JSON lines of id, text and, where known, published.   stories: of id, title, text, published.
    pairs: JSON lines of post and story; then just these are judged, one line for each, in order.
    Raises ConfigError naming the file and line that cannot be read, or that names what is not there, or why nothing can
    be written.
    """
    _refuse_places(out, posts, stories, *([pairs] if pairs is not None else []))
    asked = read_documents(posts, is_day_its_end=True)
    told = read_documents(stories)
    wanted = _read_pairs(pairs, posts=asked, stories=told) if pairs is not None else None
    if not told:
        _write(out, iter(()))
        return
    texts = sorted({document.comparable for document in (*asked.values(), *told.values())})
    vectors = dict(zip(texts, embedded(Embedder(), texts), strict=True))
    ranking = Ranking(list(told.values()), vectors)
    if wanted is None:
        ranked: Iterator[Ranked] = (
            found for post in _watched(list(asked.values()), "Ranking") for found in ranking.best(post, MOST_STORIES)
        )
    else:
        ranked = _judged(ranking, asked, wanted)
    _write(
        out,
        (
            {
                "post": found.post,
                "story": found.story,
                "score": round(found.confidence, 6),
                "relation": stance(told[found.story], asked[found.post], is_related=found.is_related),
            }
            for found in ranked
        ),
    )


def _judged(ranking: Ranking, posts: Mapping[str, Document], pairs: Sequence[tuple[str, str]]) -> Iterator[Ranked]:
    stories_of: dict[str, list[str]] = defaultdict(list)
    for post, story in pairs:
        stories_of[post].append(story)
    found = {
        (ranked.post, ranked.story): ranked
        for post, stories in _watched(list(stories_of.items()), "Judging")
        for ranked in ranking.judge(posts[post], stories)
    }
    return (found[pair] for pair in pairs)


def read_articles(file: Path) -> tuple[dict[ArticleId, str], list[Article]]:
    """The file's ids by our own, and its articles, in the order of the file. Raises ConfigError naming the line."""
    ids: dict[ArticleId, str] = {}
    articles = []
    for number, row in _rows(file):
        article_id = ArticleId(number)
        ids[article_id] = _text(row, "id", file, number)
        text = _text(row, "text", file, number, default="")
        url = _text(row, "url", file, number, default="") or f"line:{number}"
        published_at = _moment(row, file, number) or UNDATED
        articles.append(
            Article(
                id=article_id,
                source_id=SourceId(_text(row, "source", file, number, default="")),
                kind=SourceKind.MAINSTREAM,
                guid=ids[article_id],
                url=url,
                canonical_url=url,
                headline=_text(row, "title", file, number, default=""),
                author=None,
                summary="",
                text=text,
                revision=1,
                text_sha256=sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
                text_origin=TextOrigin.FEED,
                links=(),
                language=None,
                image_url=None,
                published_at=published_at,
                first_seen_at=published_at,
            )
        )
    _refuse_repeats(file, list(ids.values()))
    return ids, articles


def read_documents(file: Path, *, is_day_its_end: bool = False) -> dict[str, Document]:
    """Posts or stories by id, in the order of the file. Raises ConfigError naming the line that cannot be read.

    is_day_its_end: of a post that has a day and no time, so that every story of its day is before it.
    """
    documents = [
        Document(
            id=_text(row, "id", file, number),
            title=_text(row, "title", file, number, default=""),
            text=_text(row, "text", file, number, default=""),
            published_at=_moment(row, file, number, is_day_its_end=is_day_its_end),
        )
        for number, row in _rows(file)
    ]
    _refuse_repeats(file, [document.id for document in documents])
    return {document.id: document for document in documents}


def _read_pairs(file: Path, *, posts: Mapping[str, Document], stories: Mapping[str, Document]) -> list[tuple[str, str]]:
    pairs = []
    for number, row in _rows(file):
        pair = (_text(row, "post", file, number), _text(row, "story", file, number))
        for name, known in zip(pair, (posts, stories), strict=True):
            if name not in known:
                raise ConfigError(f"{file} line {number} names {name!r}, which is in neither list.")
        pairs.append(pair)
    return pairs


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file of JSON lines with their line numbers; empty lines are passed over."""
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except json.JSONDecodeError as error:
                    raise ConfigError(
                        f"{file} line {number} is not JSON: {error.msg}, column {error.colno}. "
                        f"Write one whole object on each line."
                    ) from error
                except (ValueError, RecursionError) as error:
                    raise ConfigError(f"{file} line {number} cannot be read: {error}.") from error
                if not isinstance(row, dict):
                    raise ConfigError(f'{file} line {number} is no object; write {{"id": …}} on each line.')
                yield number, row
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text ({error.reason}); save it as UTF-8.") from error
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}.") from error


def _text(row: Mapping[str, Any], key: str, file: Path, number: int, *, default: str | None = None) -> str:
    value = row.get(key)
    if value is None and default is not None:
        return default
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None or value == "":
        if default is None:
            raise ConfigError(f"{file} line {number} has no {key!r}; give each line one.")
        return default
    if not isinstance(value, str):
        wanted = "" if default is None else ", or be left out"
        raise ConfigError(f"{file} line {number}: {key!r} must be a text{wanted}.")
    return value


def _moment(row: Mapping[str, Any], file: Path, number: int, *, is_day_its_end: bool = False) -> datetime | None:
    value = row.get("published")
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError as error:
        raise ConfigError(
            f"{file} line {number}: 'published' must be ISO 8601, such as 2026-11-23T18:00Z, or be left out."
        ) from error
    if is_day_its_end and len(str(value).strip()) == len("2026-11-23"):
        moment += timedelta(days=1)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _refuse_repeats(file: Path, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in ids:
        if name in seen:
            raise ConfigError(f"{file} has the id {name!r} more than once; give each line an id of its own.")
        seen.add(name)


def _refuse_places(out: Path, *read: Path) -> None:
    """Before anything takes long: whether predictions can go there. Raises ConfigError."""
    if not out.parent.is_dir():
        raise ConfigError(f"{out} cannot be written: {out.parent} is no folder. Make it first, or name another --out.")
    if any(out.exists() and out.samefile(file) for file in read if file.exists()):
        raise ConfigError(f"{out} is what is read; name another file with --out.")


def embedded(embedder: Embeds, texts: Sequence[str]) -> Vectors:
    """Unit vectors, shape (n, d), row i of texts[i]; with a progress bar when somebody watches."""
    batches = [texts[first : first + EMBED_BATCH] for first in range(0, len(texts), EMBED_BATCH)]
    rows = [embedder.embed(batch) for batch in _watched(batches, "Embedding")]
    return np.concatenate(rows) if rows else np.zeros((0, 1), dtype=np.float32)


def _watched(items: Sequence[Any], what: str) -> Iterator[Any]:
    """The items, with a progress bar on stderr when somebody watches."""
    console = Console(stderr=True)
    yield from track(items, description=what, console=console, transient=True, disable=not console.is_terminal)


def _write(file: Path, rows: Iterator[dict[str, object]]) -> None:
    """All rows or none: written beside the file, then put in its place."""
    unfinished = file.with_name(file.name + ".part")
    try:
        with unfinished.open("w", encoding="utf-8") as lines:
            for row in rows:
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        unfinished.replace(file)
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written: {error.strerror or error}. Name another file with --out."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
