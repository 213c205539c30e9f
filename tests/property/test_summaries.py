"""Whatever the members: a summary is words of one of them, verbatim, and their order makes no difference."""

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model.article import Article
from digest.model.source import SourceKind
from digest.stages.cluster.summarising import LONGEST, choose_summary, says_so
from tests.factories import FRIEND, OURS, PRESS, an_article

SOURCES = {SourceKind.MAINSTREAM: PRESS.id, SourceKind.FRIENDLY: FRIEND.id, SourceKind.CAMPAIGN: OURS.id}
QUOTABLE = {PRESS.id: 200, FRIEND.id: 90}
pieces = st.sampled_from(
    [
        "The ferry was towed to Skerrow with 53 passengers, Mr. Ebb said.",
        "Mr. Ebb told the harbour board that the ferry had lost its gearbox.",
        "Islanders gathered before dawn to see the ferry leave Skerrow.",
        "Read more",
        "WHO’S PAYING FOR THE FERRY?",
        "It was “late",
        "again.”",
        "…",
        "\n\n",
        "https://skerrow.example/ferry",
    ]
)
writings = st.one_of(st.lists(pieces, max_size=6).map(" ".join), st.text(max_size=120))
members = st.lists(
    st.builds(
        lambda kind, headline, summary, text: an_article(
            kind=kind, source_id=SOURCES[kind], headline=headline, summary=summary, text=text
        ),
        st.sampled_from(SourceKind),
        st.sampled_from(["Ferry lost off Skerrow", "Morning briefing", ""]),
        writings,
        writings,
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=200)
@given(members, st.randoms(use_true_random=False), st.data())
def test_a_summary_is_verbatim_of_a_member_and_the_same_in_any_order(
    found: list[Article], random: object, data: st.DataObject
) -> None:
    lead = data.draw(st.sampled_from(found))
    event = [article.id for article in found if article is lead or data.draw(st.booleans())]
    summary = choose_summary(found, lead=lead, event=event, quotable=QUOTABLE)
    if summary is not None:
        (said_by,) = (article for article in found if article.id == summary.article_id)
        assert summary.text
        assert summary.text in said_by.summary or (said_by.kind is SourceKind.CAMPAIGN and summary.text in said_by.text)
        assert says_so(said_by, summary.text)
        assert len(summary.text) <= QUOTABLE.get(said_by.source_id, LONGEST)
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert choose_summary(shuffled, lead=lead, event=event[::-1], quotable=QUOTABLE) == summary
