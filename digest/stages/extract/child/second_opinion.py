"""newspaper's reading of a page. It costs six to ten times what trafilatura costs, so only doubtful pages come here."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from digest.stages.extract.child.limits import MAX_TEXT
from digest.stages.extract.text import tidy_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One library's answer. Empty where it found nothing."""

    extractor: str
    text: str
    title: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    image_url: str = ""


def read_by_newspaper(html: str, *, url: str) -> Reading | None:
    """What newspaper reads in `html`, or None where it fails. Nothing is fetched."""
    newspaper = _newspaper()
    config = newspaper.Config()
    # Each of these is on by default or can be switched on by a page, and then reaches for the network or the disk.
    config.fetch_images = False
    config.follow_meta_refresh = False
    config.memorize_articles = False
    config.disable_category_cache = True
    config.clean_article_html = False
    article = newspaper.Article(url, config=config)
    try:
        article.download(input_html=html)
        article.parse()
    except Exception:  # noqa: BLE001 a second opinion that fails (4 of 181 real pages) leaves us with the first
        return None
    stated = article.publish_date
    return Reading(
        extractor="newspaper",
        text=tidy_text(article.text or "", limit=MAX_TEXT),
        title=article.title or "",
        authors=tuple(article.authors or ()),
        published_at=_in_utc(stated) if isinstance(stated, datetime) else None,
        image_url=article.top_image or "",
    )


@cache
def _newspaper() -> Any:
    """The library, imported on first need: half a second and 45 MB, for a small share of pages."""
    make_folder = Path.mkdir
    # newspaper makes itself a cache folder when it is imported, which the cage refuses; nothing here uses that folder.
    setattr(Path, "mkdir", lambda *_arguments, **_options: None)  # noqa: B010 mypy rightly minds the plain assignment
    try:
        import newspaper  # noqa: PLC0415
    finally:
        setattr(Path, "mkdir", make_folder)  # noqa: B010 likewise
    return newspaper


def _in_utc(moment: datetime) -> datetime | None:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
