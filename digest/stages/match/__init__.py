"""Find which campaign passage answers which press claim, how surely, and why. Decides; stores nothing.

    articles -> claims and answers, as spans                find_passages
    articles -> the texts whose vectors are wanted          texts_needed
    articles, vectors -> proposed pairings with evidence    match_pairings

`passages` finds sentences that can be answered and passages that might, `candidates` those that share words, `signals`
what speaks for a pair, `weights` how much it counts, `relation` what kind of answer it seems, `evidence` why, in words.
`ranking` asks the broader question, which stories a whole post is about.
Most campaign articles answer nothing: to propose nothing is the normal case.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from digest.model.article import Article, Span
from digest.model.ids import ArticleId, SourceId, StoryId
from digest.model.pairing import ProposedPairing
from digest.model.source import Candidate, SourceKind
from digest.stages.match.candidates import PassagePair, passage_pairs
from digest.stages.match.evidence import evidence_of
from digest.stages.match.passages import answers_of, claims_of
from digest.stages.match.ranking import Document, Ranked, Ranking, stance
from digest.stages.match.relation import relation_of
from digest.stages.match.signals import Corpus, Signals, Vector, is_coverage, lead_of
from digest.stages.match.weights import Judgement, judge

__all__ = ["Document", "Ranked", "Ranking", "find_passages", "match_pairings", "stance", "texts_needed"]

LEAST_CONFIDENCE = 0.3
"""Below this nothing is proposed."""
MOST_PER_STORY = 4
MOST_STORIES_PER_ANSWER = 3
WORTH = 0.5
"""Of a point of a passage's worth, beside log odds."""


def find_passages(article: Article, *, candidates: Sequence[Candidate]) -> list[Span]:
    """A press article's claims, most worth an answer first, or a campaign article's possible answers, in order.

    A supportive article has neither.
    """
    match article.kind:
        case SourceKind.MAINSTREAM:
            return [claim.span for claim in claims_of(article, candidates)]
        case SourceKind.CAMPAIGN:
            return [answer.span for answer in answers_of(article, candidates)]
        case SourceKind.FRIENDLY:
            return []


def texts_needed(
    articles: Sequence[Article], *, candidates: Sequence[Candidate], source_names: Mapping[SourceId, str]
) -> list[str]:
    """The texts whose vectors `match_pairings` wants for these articles, each once.

    Of passages, those that share words with one of the other side; and the leads of their articles, which clustering
    has embedded already.
    """
    corpus = Corpus(articles, candidates, source_names)
    pairs = passage_pairs(articles, candidates, corpus)
    passages = [passage for pair in pairs for passage in (pair.claim, pair.answer)]
    return sorted({text for passage in passages for text in (passage.text, lead_of(passage.article))})


def match_pairings(
    articles: Sequence[Article],
    *,
    story_by_article: Mapping[ArticleId, StoryId],
    candidates: Sequence[Candidate],
    source_names: Mapping[SourceId, str],
    vectors: Mapping[str, Vector],
) -> list[ProposedPairing]:
    """Pairings worth a person's look among these articles of any kind, surest first.

    story_by_article: the present story of each press article; one without is not answered.   candidates: the backed
    one first.   source_names: by source, as readers know them.   vectors: unit vector by text, for `texts_needed`;
    where one is missing its signal is silent.

    For each campaign article and story the best pair of passages, at most a few for each story and for each campaign
    article, none below `LEAST_CONFIDENCE`. A report that only carries the campaign's own answer is no claim. The order
    of articles does not matter.
    """
    corpus = Corpus(articles, candidates, source_names)
    best: dict[tuple[StoryId, ArticleId], _Judged] = {}
    for pair in passage_pairs(articles, candidates, corpus):
        story = story_by_article.get(pair.claim.article.id)
        if story is None or is_coverage(pair.claim, pair.answer):
            continue
        signals = corpus.signals(pair.claim, pair.answer, vectors)
        judged = _Judged(pair, signals, judge(signals))
        key = (story, pair.answer.article.id)
        if judged.confidence >= LEAST_CONFIDENCE and (key not in best or judged.is_better_than(best[key])):
            best[key] = judged
    taken_by_story: dict[StoryId, int] = defaultdict(int)
    taken_by_answer: dict[ArticleId, int] = defaultdict(int)
    proposals = []
    for (story, answer), judged in sorted(best.items(), key=lambda item: item[1].rank):
        if taken_by_story[story] < MOST_PER_STORY and taken_by_answer[answer] < MOST_STORIES_PER_ANSWER:
            taken_by_story[story] += 1
            taken_by_answer[answer] += 1
            proposals.append(judged.proposal(corpus))
    return proposals


class _Judged:
    """A pair of passages with what was made of it."""

    def __init__(self, pair: PassagePair, signals: Signals, judgement: Judgement) -> None:
        self._claim, self._answer = pair.claim, pair.answer
        self._signals, self._judgement = signals, judgement
        self.confidence = round(judgement.confidence, 4)
        self.merit = judgement.log_odds + WORTH * (pair.claim.worth + pair.answer.worth)
        """Between passages of the same two articles: how sure, and how well they would be shown."""
        self.rank = (
            -self.confidence,
            pair.claim.article.canonical_url,
            pair.claim.start,
            pair.answer.article.canonical_url,
            pair.answer.start,
        )

    def is_better_than(self, other: "_Judged") -> bool:
        return (-self.merit, self.rank) < (-other.merit, other.rank)

    def proposal(self, corpus: Corpus) -> ProposedPairing:
        return ProposedPairing(
            claim=self._claim.span,
            claim_text=self._claim.text,
            answer=self._answer.span,
            answer_text=self._answer.text,
            relation=relation_of(self._claim, self._answer),
            confidence=self.confidence,
            evidence=evidence_of(self._claim, self._answer, self._signals, self._judgement.shares, corpus),
        )
