"""A story's one-line summary: one whole sentence that a member says of itself, chosen and never written. Pure.

An outlet's own summary may be quoted, as far as its terms allow; what was extracted of its pages is read to see what
the story is about, and never quoted. What the campaign wrote is its own. The words below are English: a sentence of
another language is held to the rest.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from digest.model.article import Article
from digest.model.ids import ArticleId, SourceId
from digest.model.source import SourceKind
from digest.model.text import fold_tail, is_round_up, iter_sentences, loudness
from digest.model.words import names_of, numbers_of, words_of
from digest.stages.cluster.features import LEAD_CHARACTERS
from digest.stages.cluster.roles import rank

LONGEST = 200
"""Characters: one line. A longer sentence is no candidate, for it would have to be cut."""
FEWEST_TOLD = 5
"""Of a sentence's words those of meaning; a figure counts twice."""
FEWEST_NEW = 2
"""Words of meaning that the title does not have: with fewer, a sentence says the title again."""
FIRST_OF_OURS = 3
"""Sentences of what the campaign wrote: it says first what it is about."""
LEAST_CENTRAL = 0.2
"""Of 0 to 1, see `_Matter.centrality`. Below it a sentence is an aside."""
LEAST_CENTRAL_ELSEWHERE = 0.65
"""The same of what is not told of the happening that names the story: it may be over, or a side of the matter."""

_CUT = re.compile(r"\.\.|…|\[\W*\]")
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|(?<!\w)‘[^‘]*’(?!\w)|(?<!\w)'[^']*'(?!\w)")
_WRITER_OR_READER = re.compile(
    r"\b(?:I|[Mm]e|[Mm]y|[Mm]ine|[Ww]e|[Uu]s|[Oo]urs?|[Yy]ou|[Yy]ours?|[Oo]urselves|[Mm]yself|[Yy]ourself|[Ll]et['’]s)\b"
)
_STANDS_ON_ANOTHER = re.compile(
    r"""^(?:he|she|it|they|this|that|these|those|his|her|their|its|but|and|or|so|yet|yes|no|not|then|there|here|such|also|both
        |neither|either|another|others|some(?!\ \d)|one(?!\ in\b)|nobody|meanwhile|instead|however|what|why|how|where
        |who|whose|which|whether|although|because|for\ example)\b
    | \bof\ (?:them|these|those)\b | \bthis\W*(?:,|\.|$) | \bhere\b | \bof\ course\b""",
    re.IGNORECASE | re.VERBOSE,
)
# Small letters up to the pronoun: nobody has been named whom it could mean.
_NAMES_NOBODY_FIRST = re.compile(
    r"""(?:In|On|At|As|When|While|After|Before|Since|If|Once|Though|Last|Now|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten
        |Eleven|Twelve)\b[^A-Z]*?\b(?:he|she|they|it)\b""",
    re.VERBOSE,
)
_CALLS = re.compile(
    r"""^(?:read|watch|listen|click|sign|join|find|follow|share|subscribe|see|get|help|tell|vote|donate|meet|please|try
        |check|buy|look|come|do|don['’]t|thank|thanks|welcome|hello|good\ (?:morning|evening)|dear)\b
    | \b(?:read\ more|continue\ reading|full\ story|click\ here|sign\ up|newsletter|appeared\ first\ on|find\ out\ more
        |originally\ published|all\ rights\ reserved|getty\ images|photo(?:graph)?\ by|follow\ (?:us|live)|live\ blog
        |join\ the\ conversation|share\ this|advertisement|javascript|cookies|editor['’]s\ note)\b
    | ©|https?://|www\.|[@\#]\w|[{}<>|]""",
    re.IGNORECASE | re.VERBOSE,
)
_SCREAMS = re.compile(r"!|^[A-Z]{4,}\s+[A-Z]|\b[A-Z]{6,}\b|\b[A-Z]{4,}\b\W+[A-Z]{2,}\b")
_ATTRIBUTED = re.compile(
    r"""\b(?:says?|said|according\ to|tells?|told|reports|reported|finds|found\ that|warns?|warned|argues?|argued
        |announces|announced|estimates|estimated|shows|showed|blames?|blamed|expects?|expected|asks?|asked|promises|promised)\b""",
    re.IGNORECASE | re.VERBOSE,
)
# The finite verbs that news is told in; a list of all would say no more of which sentence to choose.
_TELLS = re.compile(
    r"""(?<!,\ )\b(?:is|are|was|were|has|have|had|will|would|can|could|may|might|must|should|does|did|do
        |(?!hundred|un)\w{3,}ed(?!\ by\b)(?!\W*$)
        |to\ (?:be|decide|rule|vote|close|open|cut|raise|end|begin|start|meet|stand|stay|go|leave|keep|pay)
        |(?:accus|add|aim|approv|arriv|ask|back|becom|begin|belong|blam|bring|call|cit|claim|credit|com|critici[sz]|cross|deni
        |defend|demand|doubt|drop|edg|expect|fac|fall|find|follow|forc|get|giv|go|hit|hold|hop|increas|introduc|join
        |keep|launch|lead|leav|lik|list|loos|los|mak|meet|model|mov|nam|need|offer|open|own|pay|plan|point|promis|propos
        |publish|rais|reject|refus|reli|remain|report|reveal|revis|ris|run|say|see|seek|send|set|show|sign|stand|start
        |stay|suggest|support|tak|tell|trail|tri|turn|urg|use|vot|wait|want|warn|win|withdraw|work|writ)e?s
        |vote|say|want|mean|believe|blame|warn|expect|fear|hope|remember|argue|put|cut|set|shut|hit|became|began|broke|brought|built|came|chose|drew|fell|fought|found|gave
        |got|grew|heard|held|kept|knew|led|left|lost|made|met|paid|ran|rose|said|sat|saw|sent|sought|spent|spoke|stood|struck
        |swept|threw|told|took|went|withdrew|won|wrote)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_ASIDE = re.compile(r",?\ \b(?:that|who|whose|which|whom|what)\b.*|:.*", re.DOTALL)
_TAKES_SIDES = re.compile(
    r"""\b(?:slam(?:s|med)?|blast(?:s|ed)|shame|shameful|shock(?:ing|er)|disgrac\w+|outrageous\w*|bombshell|furious|vile
        |brilliant|amazing|incredible|pathetic|ridiculous|laughable|stunning|terrif\w+|glorious|dreadful|corrupt|liar
        |bigot|clown)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_IS_OPINION = re.compile(r"(?:opinion|comment(?:ary)?|editorial|analysis|column|letters?|our view)\b\W", re.IGNORECASE)
_OF_THE_PAPER = re.compile(
    r"""^[^.]{0,30}\([A-Z][A-Za-z]{1,9}\)\s  # Brackmouth (AP)
    | \bis\ (?:an?|the)\ (?:[\w-]+\ ){0,4}(?:editor|director|professor|lecturer|writer|author|columnist|reporter
        |correspondent|fellow|contributor|analyst)\b
    | \bviews\ expressed\b""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A sentence, verbatim, and the article that says it of itself."""

    text: str
    article_id: ArticleId


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    place: int
    """0 is the first of what it stands in."""
    article: Article


def choose_summary(
    members: Sequence[Article], *, lead: Article, event: Collection[ArticleId], quotable: Mapping[SourceId, int]
) -> Summary | None:
    """The sentence that says best, and with least of an opinion, what a story is about; None where none does.

    lead: the member that names the story.   event: the lead's, of the story's.   quotable: how many characters of its
    own words a source lets us show, else none; the campaign's are not counted.

    Press comes before supportive outlets, and both before the campaign: it is a party to the matter, and where others
    report that, only what it says that somebody said is taken of it. The order of the members makes no difference.
    """
    matter = _Matter(members)
    title = frozenset(words_of(lead.headline))
    ranked = []
    for article in members:
        is_news = not is_round_up(article.headline) and not _IS_OPINION.match(article.headline)
        if not is_news or not _same_language(article, lead):
            continue
        is_elsewhere = article.id not in event
        least = LEAST_CENTRAL_ELSEWHERE if is_elsewhere else LEAST_CENTRAL
        is_party = article.kind is SourceKind.CAMPAIGN and lead.kind is not SourceKind.CAMPAIGN
        for sentence in _sentences(article, quotable.get(article.source_id, 0)):
            central = matter.centrality(sentence)
            if central < least or not _stands_alone(sentence) or _repeats(sentence, lead.headline, title):
                continue
            if is_party and not _ATTRIBUTED.search(sentence.text):
                continue
            merit = round(central + _form(sentence, title) - 0.5 * is_elsewhere, 4)
            place = (_partiality(article.kind), -merit, *rank(article), sentence.place)
            ranked.append((place, sentence))
    if not ranked:
        return None
    _, best = min(ranked, key=lambda entry: entry[0])
    return Summary(text=best.text, article_id=best.article.id)


class _Matter:
    """What the members of a story speak of."""

    def __init__(self, members: Sequence[Article]) -> None:
        self._apart = {a.id: frozenset(words_of(f"{a.headline}\n{a.text[:LEAD_CHARACTERS]}")) for a in members}
        self._whole = {a.id: self._apart[a.id].union(words_of(a.summary)) for a in members}
        self._seen_in = Counter(word for words in self._whole.values() for word in words)

    def centrality(self, sentence: _Sentence) -> float:
        """0 to 1: how much of a sentence is said elsewhere in the story, its own headline and text included.

        A word that one other place has counts for a half, that of two for three quarters, and so on.
        """
        said = frozenset(words_of(sentence.text))
        apart, whole = self._apart[sentence.article.id], self._whole[sentence.article.id]
        counts = (self._seen_in[word] - (word in whole) + (word in apart) for word in said)
        return sum(1 - 0.5**count for count in counts) / max(1, len(said))


def says_so(article: Article, summary: str) -> bool:
    """Whether an article still says so of itself."""
    return any(summary in words for words in _own_words(article))


def _own_words(article: Article) -> tuple[str, ...]:
    """What may be quoted of an article: its feed's summary, and of the campaign's own also its text."""
    return (article.summary, article.text) if article.kind is SourceKind.CAMPAIGN else (article.summary,)


def _sentences(article: Article, quotable: int) -> Iterator[_Sentence]:
    is_ours = article.kind is SourceKind.CAMPAIGN
    most = LONGEST if is_ours else min(LONGEST, quotable)
    for words in _own_words(article):
        whole = fold_tail(words)
        for place, (start, end) in enumerate(iter_sentences(whole)):
            if is_ours and place >= FIRST_OF_OURS:
                break
            if end - start <= most:
                yield _Sentence(whole[start:end], place, article)


def _same_language(article: Article, lead: Article) -> bool:
    return article.language == lead.language or not article.language or not lead.language


def _partiality(kind: SourceKind) -> int:
    match kind:
        case SourceKind.MAINSTREAM:
            return 0
        case SourceKind.FRIENDLY:
            return 1
        case SourceKind.CAMPAIGN:
            return 2
        case _:
            assert_never(kind)


def _stands_alone(sentence: _Sentence) -> bool:
    """Whether it is a whole statement about somebody else, that needs no other sentence and asks nothing."""
    text = sentence.text
    unquoted = _QUOTED.sub(" ", text)
    main = _ASIDE.sub("", unquoted)
    return (
        text.rstrip("\"'”’)").endswith(".")
        and "\n" not in text
        and len(words_of(text)) + len(numbers_of(text)) >= FEWEST_TOLD
        and text.lstrip("\"'“‘(")[:1].isupper() | text[:1].isdigit()
        and not _CUT.search(text)
        and text.count("“") == text.count("”")
        and text.count('"') % 2 == 0
        and not _SCREAMS.search(text)
        and not _CALLS.search(text)
        and not _OF_THE_PAPER.search(text)
        and not _TAKES_SIDES.search(unquoted)
        and not _WRITER_OR_READER.search(unquoted)
        and not _STANDS_ON_ANOTHER.search(unquoted)
        and not _NAMES_NOBODY_FIRST.match(text)
        and bool(_TELLS.search(main) or _ATTRIBUTED.search(main))
        and (sentence.place == 0 or bool(names_of(text[1:]) or numbers_of(text)))
    )


def _form(sentence: _Sentence, title: Collection[str]) -> float:
    """How well it is put: attributed, near the title, early, calm, with something to tell."""
    text = sentence.text
    told = frozenset(words_of(text))
    return (
        0.1 * bool(_ATTRIBUTED.search(text))
        - 0.1 * min(sentence.place, 3)
        - 0.15 * loudness(text)
        + 0.02 * min(len(told), 8)
        + 0.5 * len(told.intersection(title)) / max(1, len(told))
    )


def _repeats(sentence: _Sentence, headline: str, title: Collection[str]) -> bool:
    # A post is named by its own beginning.
    goes_on = bool(title) and sentence.text.startswith(headline.rstrip("… "))
    return goes_on or len(frozenset(words_of(sentence.text)).difference(title)) < FEWEST_NEW
