"""What may be shown of other people's words: whose, how much, and never more over a whole edition."""

import re
from collections import Counter
from collections.abc import Mapping

from digest.model.article import Article
from digest.model.ids import ArticleId, SourceId
from digest.model.source import Campaign, ExcerptMode, SourceKind
from digest.model.text import fold_tail, iter_sentences, shorten

LEAST_EXCERPT = 60
"""Characters. Less than a clause is no excerpt."""


class Outlets:
    """The sources of the file as composition asks for them; one that has left it shows its headlines and no more."""

    def __init__(self, campaign: Campaign) -> None:
        self._sources = campaign.source_by_id()
        self._site_limit = campaign.site.excerpt_characters

    @property
    def names(self) -> Mapping[SourceId, str]:
        return {source_id: source.name for source_id, source in self._sources.items()}

    def name(self, source_id: SourceId) -> str:
        source = self._sources.get(source_id)
        return source.name if source else source_id

    def weight(self, source_id: SourceId) -> float:
        source = self._sources.get(source_id)
        return source.weight if source else 1.0

    def mode(self, article: Article) -> ExcerptMode:
        source = self._sources.get(article.source_id)
        return source.terms.mode if source else ExcerptMode.HEADLINE_ONLY

    def headline(self, article: Article) -> str:
        """Empty where the source's terms allow a link and nothing else."""
        return "" if self.mode(article) is ExcerptMode.LINK_ONLY else article.headline

    def limit(self, article: Article) -> int:
        """How many characters of the article's text may be shown."""
        source = self._sources.get(article.source_id)
        return min(source.terms.quotable, self._site_limit) if source else 0

    def can_quote(self, article: Article, words: str) -> bool:
        """Whether these words may be shown whole, as far as the source's terms go."""
        return article.kind is SourceKind.CAMPAIGN or len(fold_tail(words)) <= self.limit(article)


class Quotations:
    """One account for each press article of what an edition quotes of it."""

    def __init__(self, outlets: Outlets) -> None:
        self._outlets = outlets
        self._spent: Counter[ArticleId] = Counter()

    def claim(self, article: Article, words: str) -> str:
        """A reported sentence whole, or nothing: half of it may leave out the half that is answered."""
        display = fold_tail(words)
        return self._spend(article, display) if len(display) <= self._left(article) else ""

    def excerpt(self, article: Article) -> str:
        """The beginning of an article: whole sentences where one fits, else cut at a word."""
        text = fold_tail(article.summary or article.text)
        left = self._left(article)
        if left < min(LEAST_EXCERPT, len(text)):
            return ""
        return self._spend(article, text if len(text) <= left else first_sentences(text, left))

    def _left(self, article: Article) -> int:
        return self._outlets.limit(article) - self._spent[article.id]

    def _spend(self, article: Article, words: str) -> str:
        self._spent[article.id] += len(words)
        return words


def first_sentences(text: str, most: int) -> str:
    """As many whole sentences of the first paragraph as fit, at least one (cut at a word if it must be).

    "Dear friends," is no paragraph.
    """
    paragraphs = [paragraph.strip() for paragraph in re.split(r"\n\s*\n", text.strip())]
    paragraph = next((p for p in paragraphs if not p.endswith(",")), paragraphs[0])
    if len(paragraph) <= most:
        return paragraph
    ends = [end for _, end in iter_sentences(paragraph) if end <= most]
    return paragraph[: ends[-1]] if ends else shorten(paragraph, most)
