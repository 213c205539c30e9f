"""Claims and answers: the sentences of the press that can be answered, and the campaign's passages that might.

Only what can be shown by itself counts: whole sentences that name their subject.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.model.article import Article, Span
from digest.model.source import Candidate
from digest.model.text import fold_tail, iter_sentences
from digest.model.words import words_of

MOST_CLAIMS = 10
"""Of one article: the true ones of the sample campaign are among the first six in 97 of 100."""
MOST_ANSWERS = 24
FEWEST_WORDS = 6
MOST_CHARACTERS = 420
PAIR_CHARACTERS = 300
"""Two sentences are one passage within this."""
# What a claim scores for each trait; below LEAST_WORTH it is colour, not a claim.
NAMES_CANDIDATE = 2.0
ATTRIBUTES = 1.0
HAS_NUMBER = 1.0
HAS_QUOTE = 0.5
CONTRASTS = 0.5
OPENS = 1.0
"""Times how near the top it stands, 1 for the first sentence, 0 for the tenth and later."""
LEAST_WORTH = 0.5
# And what an answer scores.
OURS = 1.0
FULL = 1.0
FULL_WORDS = 12
TWO_SENTENCES = 1.5

_ATTRIBUTION = re.compile(
    r"""\b(?:said|says|say|claim(?:s|ed)?|warn(?:s|ed)?|accus(?:es|ed)|argu(?:es|ed)|according\ to|critici[sz](?:es|ed)|
    estimat(?:es|ed)|found|finds|report(?:s|ed)?|show(?:s|ed)?|complain(?:s|ed)?|question(?:s|ed)?|admit(?:s|ted)?|
    den(?:ies|ied)|insist(?:s|ed)?|told|called|calls|refus(?:es|ed)|block(?:s|ed)|would\ cost|fail(?:s|ed)?)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_CONTRAST = re.compile(
    r"\b(?:but|however|despite|although|though|instead|yet|no|not|never|without|only)\b", re.IGNORECASE
)
_QUOTE = re.compile(r"[“\"‘][^”\"’]{8,}[”\"’]")
# What cannot stand alone: it speaks of somebody or something that was named before.
_LEANS = re.compile(
    r"""^[“"'‘(\[]*(?:(?:and|but|or|so|then|yet|also|nor)\b[\s,]+)?(?:he|she|it|they|him|her|his|hers|its|their|them|this|
    that|these|those|such|both|neither|either|there|here|another|others?|the\ (?:same|latter|former|two|pair))\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FIGURE = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten) in (?:two|three|four|five|ten)\b", re.IGNORECASE
)
_CONNECTS = re.compile(
    r"^[“\"'‘(\[]*(?:and|or|so|then|yet|nor|also|still|elsewhere|meanwhile|however|instead)\b", re.IGNORECASE
)
_DATELINE = re.compile(r"[A-Z][A-Z .'’-]+(?:,[^()–—-]{1,30})?\s*(?:\([^)]{1,40}\)\s*)?[–—-]+\s+(?=[A-Z“\"])")
_OURS = re.compile(r"\b(?:we|our|ours|us|I|my)\b")
_LINK = re.compile(r"https?://\S+|pic\.twitter\.com/\S+|[@#]\w+")
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of an article that may be a claim or an answer."""

    article: Article
    start: int
    end: int
    worth: float
    """How much a claim asks for an answer, or how well an answer would be shown."""
    names_candidate: bool = False
    """The backed one."""

    @property
    def text(self) -> str:
        return self.article.text[self.start : self.end]

    @property
    def span(self) -> Span:
        return Span(article_id=self.article.id, revision=self.article.revision, start=self.start, end=self.end)


def claims_of(article: Article, candidates: Sequence[Candidate]) -> list[Passage]:
    """A press article's sentences that could be answered, most worth an answer first."""
    name = _backed(candidates)
    found = []
    for place, (start, end) in enumerate(iter_sentences(article.text)):
        if dateline := _DATELINE.match(article.text[start:end]):
            start += dateline.end()  # noqa: PLW2901 - the sentence begins behind it
        sentence = article.text[start:end]
        if not stands_alone(sentence):
            continue
        is_named = bool(name.search(sentence))
        worth = (
            NAMES_CANDIDATE * is_named
            + ATTRIBUTES * bool(_ATTRIBUTION.search(sentence))
            + HAS_NUMBER * bool(_FIGURE.search(sentence))
            + HAS_QUOTE * bool(_QUOTE.search(sentence))
            + CONTRASTS * bool(_CONTRAST.search(sentence))
            + OPENS * max(0.0, 1 - place / 10)
        )
        if worth >= LEAST_WORTH:
            found.append(Passage(article=article, start=start, end=end, worth=worth, names_candidate=is_named))
    return sorted(found, key=lambda claim: (-claim.worth, claim.start))[:MOST_CLAIMS]


def answers_of(article: Article, candidates: Sequence[Candidate]) -> list[Passage]:
    """A campaign article's passages in order: each sentence, without the links and tags that trail it, and each two
    sentences of one paragraph that belong together."""
    name = _backed(candidates)
    body = article.text
    sentences = [(start, start + len(fold_tail(body[start:end]))) for start, end in iter_sentences(body)]
    found = []
    for place, (start, end) in enumerate(sentences):
        ends = [end]
        if place + 1 < len(sentences) and "\n\n" not in body[end : sentences[place + 1][0]]:
            ends.append(sentences[place + 1][1])
        for length, last in enumerate(ends):
            passage = body[start:last]
            if (length == 0 or len(passage) <= PAIR_CHARACTERS) and stands_alone(passage, is_answer=True):
                is_named = bool(name.search(passage))
                worth = (
                    OURS * bool(is_named or _OURS.search(passage))
                    + HAS_NUMBER * bool(_FIGURE.search(passage))
                    + FULL * (len(_WORD.findall(passage)) >= FULL_WORDS)
                    + OPENS * max(0.0, 1 - place / 10)
                    - TWO_SENTENCES * length
                )
                found.append(Passage(article=article, start=start, end=last, worth=worth, names_candidate=is_named))
    return found[:MOST_ANSWERS]


def stands_alone(passage: str, *, is_answer: bool = False) -> bool:
    """Whether a reader who sees nothing else understands who and what is meant: whole, of some length, no leading
    pronoun."""
    bare = _LINK.sub(" ", passage)
    if len(_WORD.findall(bare)) < FEWEST_WORDS or len(passage) > MOST_CHARACTERS:
        return False
    if (
        passage[:1].islower()
        or passage.startswith(("@", "—", "–", "-"))
        or _LEANS.match(passage)
        or _CONNECTS.match(passage)
    ):
        return False
    if passage.count("“") != passage.count("”") or passage.count('"') % 2:
        return False  # the half of a quotation
    if passage.rstrip("\"'”’)]").endswith((":", "…", "...")) or (not is_answer and passage.endswith("?")):
        return False
    return bool(words_of(bare))


def _backed(candidates: Sequence[Candidate]) -> re.Pattern[str]:
    names = sorted((name for c in candidates[:1] for name in c.names), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b" if names else r"(?!)")
