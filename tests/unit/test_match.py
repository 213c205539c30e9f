"""Claims, answers and what joins them: verbatim, explained, and nothing where nothing answers."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from digest.model.article import Article
from digest.model.ids import SourceId, StoryId
from digest.model.pairing import ProposedPairing, Relation
from digest.model.source import Candidate, SourceKind
from digest.stages.match import (
    MOST_STORIES_PER_ANSWER,
    Document,
    Ranking,
    find_passages,
    match_pairings,
    stance,
    texts_needed,
)
from digest.stages.match.relation import relation_between, relation_between_texts
from tests.factories import NOON, OURS, PRESS, an_answer, an_article
from tests.fakes import FakeEmbedder

HOUR = timedelta(hours=1)
QUILL = (Candidate(name="Hester Quill", aliases=("Quill",)),)
ELSEWHERE = (
    "The Patient Margaret broke down off Skerrow with 53 passengers, harbour master Ebb said.",
    "Surveyors warned that 61 school roofs in Thirlow are unsafe after the storm.",
    "Admiral the tortoise was found two miles from his garden in Applewick on Sunday.",
    "The Treasurer published his estimate of the water bills on the eve of the debate.",
    "The Wireless will broadcast the leadership debate from the old corn exchange.",
    "Evening clinics need nurses, and the College of Nurses wants two evenings at most.",
)
"""What else the press wrote that day: without it no word is rare."""
REPORT = (
    "The Landlords' Guild said that Hester Quill's Steady Rent cap would take 9,400 homes off the market. "
    "It was raining. The Guild's chairman, Ambrose Tench, said tenants would be worse off within two years."
)
REPLY = (
    "The Landlords' Guild is wrong about 9,400 homes: Steady Rent keeps them to let, as the colleges of St Osk have "
    "shown for six years. Thank you."
)


def a_report(**changes: object) -> Article:
    return an_article(
        headline="Guild: rent cap would cost 9,400 homes", text=REPORT, published_at=NOON - 4 * HOUR, **changes
    )


def a_reply(**changes: object) -> Article:
    return an_answer(headline="Steady Rent keeps homes to let", text=REPLY, published_at=NOON, **changes)


OTHERS = [an_article(headline=text[:40], text=text, published_at=NOON - 5 * HOUR) for text in ELSEWHERE]


def matched(articles: Sequence[Article], **changes: object) -> list[ProposedPairing]:
    names = {PRESS.id: PRESS.name, OURS.id: OURS.name}
    articles = [*articles, *OTHERS]
    texts = texts_needed(articles, candidates=QUILL, source_names=names)
    values: dict[str, object] = {
        "story_by_article": {a.id: StoryId("rent") for a in articles if a.kind is not SourceKind.CAMPAIGN},
        "candidates": QUILL,
        "source_names": names,
        "vectors": dict(zip(texts, FakeEmbedder().embed(texts), strict=True)) if texts else {},
    }
    return match_pairings(articles, **values | changes)  # type: ignore[arg-type]  # a test names only what it is about


def test_reply_is_paired_with_the_sentence_it_answers_and_says_why() -> None:
    report, reply = a_report(), a_reply()
    (proposal,) = matched([report, reply])
    assert proposal.claim_text == report.text[proposal.claim.start : proposal.claim.end]
    assert "9,400 homes" in proposal.claim_text
    assert proposal.answer_text == reply.text[proposal.answer.start : proposal.answer.end]
    assert proposal.relation is Relation.REBUTS
    assert 0.3 <= proposal.confidence <= 1
    assert any("9,400" in evidence.quoted for evidence in proposal.evidence)
    for evidence in proposal.evidence:
        assert all(words in report.text and words in reply.text for words in evidence.quoted)


def test_order_of_articles_does_not_matter() -> None:
    articles = [a_report(), a_reply(), an_article(), an_answer()]
    assert matched(articles) == matched(articles[::-1])


def test_post_that_answers_nothing_gets_nothing() -> None:
    canvass = an_answer(
        headline="Canvass", text="Two hundred doors in Pellory today, in the rain. Thank you all very much."
    )
    assert matched([a_report(), canvass]) == []


@pytest.mark.parametrize("hours", [-200, 30])
def test_report_outside_the_window_is_not_answered(hours: int) -> None:
    report = an_article(headline="Guild on homes", text=REPORT, published_at=NOON + hours * HOUR)
    assert matched([report, a_reply()]) == []


def test_report_that_carries_our_own_answer_is_no_claim() -> None:
    reply = a_reply()
    quoting = an_article(
        headline="Quill hits back",
        text='Hester Quill said: "The Landlords\' Guild is wrong about 9,400 homes: Steady Rent keeps them to let."',
        published_at=NOON + HOUR,
    )
    assert matched([quoting, reply]) == []


def test_report_of_no_story_and_a_supportive_one_are_not_answered() -> None:
    report = a_report()
    assert matched([report, a_reply()], story_by_article={}) == []
    friend = a_report(kind=SourceKind.FRIENDLY, source_id=SourceId("lamplight"))
    assert matched([friend, a_reply()]) == []


def test_missing_vectors_silence_one_signal_and_nothing_else() -> None:
    report = a_report()
    assert matched([report, a_reply(links=(report.url,))], vectors={})


def test_claims_stand_alone_and_supportive_articles_have_none() -> None:
    report = a_report()
    spans = find_passages(report, candidates=QUILL)
    texts = [report.text[span.start : span.end] for span in spans]
    assert texts[0].startswith("The Landlords' Guild said that Hester Quill's")
    assert "It was raining." not in texts
    assert find_passages(a_report(kind=SourceKind.FRIENDLY), candidates=QUILL) == []


@pytest.mark.parametrize(
    ("claim", "answer", "relation"),
    [
        ("It would cost 480 a household.", "It is not 480 but 104 a household.", Relation.REBUTS),
        ("Bills would rise by 9 per cent.", "Bills would rise by 2 per cent and then fall.", Relation.ADDS_CONTEXT),
        ("The office corrected her sum.", "She thanks the office and accepts the sum.", Relation.RESPONDS),
        ("Roofs are unsafe.", "Every roof will be looked at in our first year.", Relation.RESPONDS),
        ("The ferry is 41 years old.", "It has lost 53 sailings since spring.", Relation.ADDS_CONTEXT),
    ],
)
def test_relation_is_read_from_words_that_deny_grant_or_promise(claim: str, answer: str, relation: Relation) -> None:
    assert relation_between(claim, answer, is_on_candidate=False) is relation


def test_ranking_is_of_the_open_stories_best_first() -> None:
    stories = [
        Document(id="rent", title="Guild: rent cap would cost homes", text=REPORT, published_at=NOON),
        Document(id="old", title="Guild: rent cap would cost homes", text=REPORT, published_at=NOON - 300 * HOUR),
        Document(id="ferry", title="Ferry breaks down", text="The ferry broke down off Skerrow.", published_at=None),
    ]
    post = Document(id="post", title="", text=REPLY.removesuffix("Thank you."), published_at=NOON)
    ranking = Ranking(stories, {})
    assert [found.story for found in ranking.best(post, 50)] == ["rent", "ferry"]
    judged = ranking.judge(post, ["ferry", "old", "rent"])
    assert {found.story: found.is_related for found in judged} == {"rent": True, "old": True, "ferry": False}
    assert [found.confidence for found in judged] == sorted((found.confidence for found in judged), reverse=True)
    assert judged[0].confidence > ranking.best(post, 1)[0].confidence, "a pair that is asked about is likelier"


def test_post_that_is_not_about_a_story_has_no_stance_on_it() -> None:
    story = Document(id="rent", title="Guild: rent cap would cost homes", text=REPORT, published_at=None)
    post = Document(id="post", title="", text=REPLY.removesuffix("Thank you."), published_at=None)
    assert stance(story, post, is_related=False) == "unrelated"
    assert stance(story, post, is_related=True) == "rebuts"


@pytest.mark.parametrize(
    ("said", "post", "relation"),
    [
        ("Robot trips over its own cable", "Robot film was a hoax by students", Relation.REBUTS),
        ("Robot film was a hoax, students say", "Robot trips over its own cable", Relation.REBUTS),
        ("Robot film was a hoax, students say", "Robot hoax fooled a nation", Relation.ADDS_CONTEXT),
        ("Roofs are unsafe", "Every roof will be mended.", Relation.RESPONDS),
        ("Sums are wrong, office says", "She accepts the correction, wrong as the sum was", Relation.RESPONDS),
        ("Ferry is 41 years old", "It never sails in spring", Relation.REBUTS),
        ("Ferry is 41 years old", "It has lost 53 sailings", Relation.ADDS_CONTEXT),
    ],
)
def test_whole_texts_rebut_where_one_alone_calls_it_false(said: str, post: str, relation: Relation) -> None:
    assert relation_between_texts(said, post) is relation


def test_withdrawn_report_and_round_up_are_not_answered() -> None:
    assert matched([a_report(withdrawn_at=NOON), a_reply()]) == []
    briefing = an_article(headline="Morning briefing: rents, ferries", text=REPORT, published_at=NOON - 4 * HOUR)
    assert matched([briefing, a_reply()]) == []


def test_reply_is_matched_with_a_few_stories_at_most() -> None:
    reports = [a_report() for _ in range(MOST_STORIES_PER_ANSWER + 2)]
    stories = {report.id: StoryId(f"rent-{number}") for number, report in enumerate(reports)}
    proposals = matched([*reports, a_reply()], story_by_article=stories)
    assert len(proposals) == MOST_STORIES_PER_ANSWER
    assert len({stories[proposal.claim.article_id] for proposal in proposals}) == MOST_STORIES_PER_ANSWER


def test_link_to_a_report_is_the_weightiest_reason() -> None:
    report = a_report()
    (plain,) = matched([report, a_reply()])
    (linked,) = matched([report, a_reply(links=(f"{report.url}?utm_source=x",))])
    assert linked.confidence > plain.confidence
    assert linked.evidence[0].kind == "link"
    assert sum(evidence.weight for evidence in linked.evidence) <= 1.01


@pytest.mark.parametrize("opening", ["—Hester Quill this morning", "@quill this morning", "She said this morning"])
def test_what_leans_on_something_before_is_no_answer(opening: str) -> None:
    post = an_answer(
        headline="Post", text=f"{opening} on the Landlords' Guild and its 9,400 homes to let in Brackmouth."
    )
    assert find_passages(post, candidates=QUILL) == []
