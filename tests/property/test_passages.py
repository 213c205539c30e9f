"""Whatever the press and the campaign write: what is quoted of it stands in it, letter for letter."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.article import Article
from digest.model.ids import StoryId
from digest.model.pairing import ProposedPairing
from digest.model.source import Candidate, SourceKind
from digest.stages.match import LEAST_CONFIDENCE, find_passages, match_pairings, texts_needed
from tests.factories import NOON, OURS, PRESS, an_answer, an_article
from tests.fakes import FakeEmbedder

QUILL = (Candidate(name="Hester Quill", aliases=("Quill",)),)
NAMES = {PRESS.id: PRESS.name, OURS.id: OURS.name}

anything = st.text(max_size=400)
phrases = st.sampled_from(
    [
        "Hester Quill",
        "the Landlords’ Guild said",
        "9,400 homes",
        "“It is not so,”",
        "(according to the Ledger)",
        "would cost £1.5 million",
        "is wrong.",
        "She will publish it.",
        "No. 7 Lamp Lane",
        "4.5 per cent",
        "https://ledger.example/7",
        "#Quill",
        "in two years…",
        "ÉTÉ 漢字",
        "not “only” that",
        ".",
        "!",
        "?",
        "\n\n",
        "\n",
    ]
)
prose = st.lists(phrases, max_size=40).map(" ".join)
texts = st.one_of(anything, prose, prose)


@given(texts, texts, st.sampled_from(SourceKind))
def test_passages_are_whole_stretches_of_their_article(headline: str, text: str, kind: SourceKind) -> None:
    article = an_article(headline=headline, text=text, kind=kind)
    spans = find_passages(article, candidates=QUILL)
    assert len(set(spans)) == len(spans)
    for span in spans:
        assert (span.article_id, span.revision) == (article.id, article.revision)
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == text[span.start : span.end].strip()


@settings(max_examples=60)
@given(st.lists(st.tuples(prose, prose), min_size=1, max_size=4), st.lists(prose, min_size=1, max_size=4))
def test_proposals_quote_letter_for_letter_in_any_order(reports: list[tuple[str, str]], replies: list[str]) -> None:
    articles = [
        *(
            an_article(headline=headline, text=text, url=f"https://ledger.example/{page}", published_at=NOON)
            for page, (headline, text) in zip(["rents", "boats", "sport", "roofs"], reports, strict=False)
        ),
        *(
            an_answer(text=text, links=("https://ledger.example/rents",), published_at=NOON + timedelta(hours=2))
            for text in replies
        ),
    ]
    text_of = {article.id: article.text for article in articles}
    wanted = texts_needed(articles, candidates=QUILL, source_names=NAMES)
    assert len(set(wanted)) == len(wanted)
    vectors = dict(zip(wanted, FakeEmbedder().embed(wanted), strict=True)) if wanted else {}

    def proposed(found: list[Article]) -> list[ProposedPairing]:
        return match_pairings(
            found,
            story_by_article={article.id: StoryId("one") for article in found},
            candidates=QUILL,
            source_names=NAMES,
            vectors=vectors,
        )

    proposals = proposed(articles)
    assert proposed(articles[::-1]) == proposals
    for proposal in proposals:
        claim, answer = proposal.claim, proposal.answer
        assert text_of[claim.article_id][claim.start : claim.end] == proposal.claim_text
        assert text_of[answer.article_id][answer.start : answer.end] == proposal.answer_text
        assert LEAST_CONFIDENCE <= proposal.confidence <= 1
        for evidence in proposal.evidence:
            assert all(words in proposal.claim_text and words in proposal.answer_text for words in evidence.quoted)
