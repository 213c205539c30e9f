"""newspaper's reading of a page. It costs several times what the other readers cost: only doubtful pages come here."""

from functools import cache
from pathlib import Path
from typing import Any

from lxml.html import HtmlElement

from digest.stages.extract.child.limits import MAX_TEXT
from digest.stages.extract.text import tidy_text


def read_by_newspaper(tree: HtmlElement, *, title: str, language: str | None) -> str:
    """The text that newspaper reads in `tree`, which it takes apart; nothing where it fails.

    Only its search for the body runs: its `Article` looks for authors, dates and films too, at twice the cost, and can
    fetch.
    """
    newspaper = _newspaper()
    config = newspaper.configuration.Configuration()
    config.clean_article_html = False
    if language in newspaper.utils.get_available_languages():
        config.language = language
    try:
        body = newspaper.extractors.articlebody_extractor.ArticleBodyExtractor(config)
        body.parse(tree)
        if body.top_node is None:
            return ""
        cleaned = newspaper.cleaners.DocumentCleaner(config).clean(body.top_node_complemented)
        text, _ = newspaper.outputformatters.OutputFormatter(config).get_formatted(cleaned, title)
    except Exception:  # noqa: BLE001 a second opinion that fails (4 of 181 real pages) leaves us with the first
        return ""
    return tidy_text(text or "", limit=MAX_TEXT)


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
