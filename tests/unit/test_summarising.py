"""A story's one-line summary: a whole sentence of a member's own, calm, about the matter, or none."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from digest.model.article import Article
from digest.model.source import SourceKind
from digest.stages.cluster.summarising import LONGEST, Summary, choose_summary, says_so
from tests.factories import FRIEND, NOON, OURS, PRESS, RIVAL_PRESS, an_answer, an_article

HOUR = timedelta(hours=1)
TITLE = "Ferry breaks down off Skerrow harbour"
TEXT = "The ferry Patient Margaret broke down off Skerrow harbour with passengers aboard, the harbour master Ebb said."
GOOD = "The Patient Margaret was towed to Skerrow with 53 passengers, the harbour master said."
OTHER = "The ferry Patient Margaret lost power near the harbour of Skerrow, passengers said."
QUOTABLE = {source.id: 200 for source in (PRESS, RIVAL_PRESS, FRIEND)}


def report(summary: str, **changes: Any) -> Article:
    return an_article(**{"headline": TITLE, "text": TEXT, "summary": summary} | changes)


def chosen(*members: Article, event: Sequence[Article] | None = None, **changes: Any) -> Summary | None:
    ids = [article.id for article in (members if event is None else event)]
    values: dict[str, Any] = {"lead": members[0], "event": ids, "quotable": QUOTABLE}
    return choose_summary(members, **values | changes)


def text_of(*members: Article, **changes: Any) -> str:
    found = chosen(*members, **changes)
    return found.text if found else ""


def test_it_is_a_sentence_of_a_feeds_own_summary_with_the_article_it_is_from() -> None:
    article = report(f"{GOOD} Nobody was hurt.")
    assert chosen(article) == Summary(text=GOOD, article_id=article.id)


def test_nothing_is_taken_of_what_was_extracted_of_a_press_page() -> None:
    assert chosen(report("", text=f"{GOOD} {TEXT}")) is None


def test_what_the_campaign_wrote_itself_may_be_taken_where_it_alone_tells_a_story() -> None:
    said = "Hester Quill visited the ferry crew on Skerrow and promised two new ships."
    article = an_answer(headline="On Skerrow", text=f"{said} The crew has waited for six years.", summary="")
    assert text_of(article) == said


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Hester Quill said that the ferry Patient Margaret would be replaced on Skerrow.", True),
        ("Hester Quill would replace the ferry Patient Margaret off Skerrow harbour.", False),
    ],
)
def test_where_others_report_only_what_is_said_to_be_said_is_taken_of_the_campaign(said: str, expected: bool) -> None:
    ours = an_answer(text=said, summary="")
    assert (text_of(report(""), ours) == said) is expected


@pytest.mark.parametrize("quotable", [{}, {PRESS.id: 0}, {PRESS.id: len(GOOD) - 1}])
def test_a_source_that_may_not_be_quoted_at_such_length_is_not(quotable: dict[Any, int]) -> None:
    assert chosen(report(GOOD), quotable=quotable) is None
    assert text_of(report(GOOD), quotable={PRESS.id: len(GOOD)}) == GOOD


def test_the_campaigns_own_words_need_nobodys_leave() -> None:
    said = "Hester Quill visited the ferry crew on Skerrow and promised two new ships."
    assert text_of(an_answer(headline="On Skerrow", text=said), quotable={}) == said


def test_press_comes_before_supportive_outlets_and_both_before_the_campaign() -> None:
    mainstream = report(OTHER)
    friendly = report(GOOD, source_id=FRIEND.id, kind=SourceKind.FRIENDLY)
    ours = report("Hester Quill said the ferry Patient Margaret broke down off Skerrow harbour with passengers aboard.")
    ours = an_article(source_id=OURS.id, kind=SourceKind.CAMPAIGN, headline=TITLE, text=ours.summary)
    assert text_of(friendly, mainstream, ours) == OTHER
    assert text_of(ours, friendly, lead=friendly) == GOOD


@pytest.mark.parametrize(
    "said",
    [
        "The Patient Margaret was TOWED AWAY from Skerrow harbour with 53 passengers.",
        "The Patient Margaret was towed to Skerrow! The harbour master said so.",
        "The Patient Margaret was UNBELIEVABLY slow to reach Skerrow harbour.",
        "Was the ferry Patient Margaret towed to Skerrow with 53 passengers?",
        "We were aboard the ferry Patient Margaret as it was towed to Skerrow.",
        "The ferry Patient Margaret was towed to Skerrow, and your trip is off.",
        "Read how the ferry Patient Margaret was towed to Skerrow harbour.",
        "The ferry Patient Margaret was towed to Skerrow, and readers can sign up for news.",
        "The post on the ferry Patient Margaret appeared first on Skerrow News.",
        "The ferry Patient Margaret was towed to Skerrow harbour, see https://skerrow.example/ferry for more.",
        "It was towed to Skerrow harbour with 53 passengers, the harbour master said.",
        "Eleven days later it reached Skerrow harbour with its passengers.",
        "Three of them were towed to Skerrow harbour with 53 passengers.",
        "What the harbour master of Skerrow said of the ferry Patient Margaret.",
        "Whether the ferry Patient Margaret will leave Skerrow harbour, it is too soon to say.",
        "Skerrow (AP) The Patient Margaret was towed to the harbour with 53 passengers.",
        "Margaret Ebb is a senior fellow of the harbour and ferry board of Skerrow.",
        "The Patient Margaret was towed to Skerrow harbour with 53 passengers, of course.",
        "Fifty-three passengers, one harbour master and a very late ferry.",
        "The Patient Margaret was towed to Skerrow with 53 passengers, the harbour",
        "The Patient Margaret was towed to Skerrow with 53 passengers, the...",
        "The Patient Margaret was towed to Skerrow with 53 passengers […]",
        "The harbour master of Skerrow said “the Patient Margaret was towed.",
        'The harbour master of Skerrow said "the Patient Margaret was towed.',
        "the Patient Margaret was towed to Skerrow with 53 passengers, the harbour master said.",
        "The Patient Margaret was towed\nto the harbour of Skerrow with 53 passengers.",
        "Skerrow Line says there is no good day.",
    ],
)
def test_what_shouts_asks_calls_or_stands_on_another_sentence_is_no_summary(said: str) -> None:
    assert GOOD not in said
    assert text_of(report(said)) == ""


def test_words_in_quotation_marks_are_somebody_elses() -> None:
    said = "“We were towed to Skerrow with your ferry,” the harbour master of Skerrow said."
    assert text_of(report(said)) == said


def test_what_says_the_title_again_is_no_summary() -> None:
    assert text_of(report("The ferry breaks down off the harbour of Skerrow today.")) == ""
    post = "Hester Quill visited the ferry crew on Skerrow and promised two new ships."
    assert text_of(an_answer(headline="Hester Quill visited the ferry crew on…", text=post)) == ""


def test_a_longer_line_is_left_out_and_never_cut() -> None:
    long = GOOD.removesuffix(".") + ", and the ferry harbour of Skerrow" * 4 + "."
    assert len(long) > LONGEST
    assert text_of(report(long), quotable={PRESS.id: 1000}) == ""


def test_an_aside_is_no_summary() -> None:
    assert text_of(report("Somebody named Effie has bought a parrot, three oranges and a bicycle.")) == ""


def test_what_other_reports_say_as_well_comes_first() -> None:
    lone = "The purser Voe was given soup in the kitchen of the ferry at Skerrow, passengers said."
    members = [report(lone), report(GOOD), report(OTHER)]
    assert text_of(*members) in {GOOD, OTHER}


def test_what_is_attributed_comes_before_what_is_claimed() -> None:
    claimed = GOOD.replace(", the harbour master said", " from the harbour")
    assert text_of(report(claimed, published_at=NOON), report(GOOD)) == GOOD


@pytest.mark.parametrize(
    "worse",
    [
        pytest.param("The harbour board met. " + OTHER, id="later"),
        pytest.param(OTHER.replace("lost power", "LOST power"), id="louder"),
    ],
)
def test_what_comes_first_and_calmly_is_chosen(worse: str) -> None:
    assert chosen(report(worse, published_at=NOON - 5 * HOUR), found := report(OTHER)) == Summary(
        text=OTHER, article_id=found.id
    )


def test_a_sentence_that_follows_another_names_somebody() -> None:
    assert text_of(report(f"Short. {GOOD}")) == GOOD
    nameless = "The passengers were towed to the harbour, the harbour master said."
    assert text_of(report(nameless)) == nameless
    assert text_of(report(f"Short. {nameless}")) == ""


def test_of_two_that_say_the_same_that_which_tells_more_is_chosen() -> None:
    more = "The Patient Margaret broke down off Skerrow harbour with passengers aboard, Ebb said."
    less = "The Patient Margaret broke down off Skerrow, Ebb said."
    assert text_of(report(less, published_at=NOON - 5 * HOUR), report(more), lead=report("", headline="")) == more


def test_what_takes_sides_is_no_summary_unless_it_is_somebodys_word() -> None:
    loaded = GOOD.replace("was towed", "was in a laughable state as it was towed")
    assert text_of(report(loaded)) == ""
    quoted = loaded.replace("laughable", "“laughable”")
    assert text_of(report(quoted)) == quoted


def test_the_happening_that_names_the_story_comes_before_another() -> None:
    lead, elsewhere = report(OTHER), report(GOOD)
    assert text_of(lead, elsewhere, event=[lead]) == OTHER
    assert text_of(elsewhere, lead, event=[elsewhere]) == GOOD


def test_another_happening_is_told_of_only_in_words_of_the_whole_story() -> None:
    aside = "The gearbox of the ferry Patient Margaret cost the operator a fortune, harbour master Ebb said."
    assert text_of(report(""), report(aside), event=[]) == ""
    assert text_of(report(aside)) == aside


@pytest.mark.parametrize("headline", ["Morning briefing: a ferry", "OPINION: A ferry too late", "Our view: scrap it"])
def test_neither_a_briefing_nor_an_opinion_says_what_the_story_is_about(headline: str) -> None:
    assert text_of(report("", headline="A ferry"), report(GOOD, headline=headline)) == ""


def test_a_summary_is_in_the_language_of_the_title() -> None:
    assert text_of(report("", language="en"), report(GOOD, language="cy")) == ""


def test_an_article_says_so_while_its_feed_does() -> None:
    assert says_so(report(f"{GOOD} More."), GOOD)
    assert not says_so(report("Other words.", text=GOOD), GOOD)
    assert says_so(an_answer(text=GOOD), GOOD)
