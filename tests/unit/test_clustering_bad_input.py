"""What feeds get wrong, and what touches everything, leaves the stories of everything else as they are.

By both ways into stories: `cluster_articles` takes the whole window, `place_articles` what arrives.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from digest.model.article import Article
from digest.model.ids import ArticleId, SourceId
from digest.model.story import Binding, BindingKind, Cluster
from digest.model.text import first_sentence, is_round_up
from digest.ports import Vectors
from digest.stages.cluster import UNDATED, cluster_articles, place_articles
from digest.stages.embed import embedding_text
from tests.evaluation.test_sample_campaign import articles as sample_articles
from tests.evaluation.test_sample_campaign import embedder, true_story, vectors
from tests.factories import FERRY, NOON, an_article, ferry, rent

pytestmark = pytest.mark.xdist_group("model")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Finds = Callable[[Sequence[Article], Vectors], list[Cluster]]


def placed_from_nothing(articles: Sequence[Article], rows: Vectors) -> list[Cluster]:
    return place_articles(articles, rows, existing=[])


BOTH_WAYS = pytest.mark.parametrize("find", [cluster_articles, placed_from_nothing])


def embedded(articles: Sequence[Article]) -> Vectors:
    return embedder().embed([embedding_text(article.headline, article.text or article.summary) for article in articles])


def members(clusters: Sequence[Cluster]) -> list[frozenset[ArticleId]]:
    return [frozenset(cluster.article_ids) for cluster in clusters]


def together(clusters: Sequence[Cluster], *articles: Article) -> bool:
    return any({article.id for article in articles} <= story for story in members(clusters))


# --- what touches every story ---------------------------------------------------------------------------------


def sample_articles_alone() -> list[Article]:
    return [article for _, article in sample_articles()]


@cache
def true_story_by_id() -> Mapping[ArticleId, str]:
    return {article.id: true_story()[name] for name, article in sample_articles() if name in true_story()}


@cache
def matters_by_day() -> list[list[Article]]:
    """Of each day of the sample campaign the first report of each of its stories."""
    days: dict[datetime, dict[str, Article]] = defaultdict(dict)
    for article in sorted(sample_articles_alone(), key=lambda article: article.published_at):
        if article.id in true_story_by_id():
            midnight = article.published_at.replace(hour=0, minute=0)
            days[midnight].setdefault(true_story_by_id()[article.id], article)
    return [list(firsts.values()) for firsts in days.values()]


def round_ups(headline: str) -> list[Article]:
    """One by each of ten outlets on each day, a sentence on every story of the day, each outlet in its own order."""
    chance = np.random.default_rng(7)
    found: list[Article] = []
    for firsts in matters_by_day():
        for outlet in range(10):
            order = [firsts[int(place)] for place in chance.permutation(len(firsts))]
            found.append(
                an_article(
                    id=ArticleId(1_000_000 + len(found)),  # the sample campaign's are small
                    source_id=SourceId(f"outlet-{outlet}"),
                    headline=headline.format(first=order[0].headline, other=order[-1].headline),
                    text="\n\n".join(f"{article.headline}. {first_sentence(article.text)}" for article in order),
                    published_at=max(article.published_at for article in firsts)
                    + timedelta(minutes=int(chance.integers(60))),
                )
            )
    return found


def precision(clusters: Sequence[Cluster]) -> float:
    """B-cubed precision of the sample campaign's stories: of each report's company, how much is of its story."""
    shares = []
    for story in members(clusters):
        truths = [true_story_by_id()[article_id] for article_id in story if article_id in true_story_by_id()]
        shares += [truths.count(truth) / len(truths) for truth in truths]
    return float(np.mean(shares))


def glued_by(round_ups: Sequence[Article], clusters: Sequence[Cluster]) -> int:
    """How many stories with a round-up hold reports of more than one true story."""
    ids = {article.id for article in round_ups}
    stories = (story for story in members(clusters) if not ids.isdisjoint(story))
    truths = ({true_story_by_id()[i] for i in story if i in true_story_by_id()} for story in stories)
    return sum(len(told) > 1 for told in truths)


SAID = [
    "What you need to know today",
    "PM briefing",
    "The day in pictures",
    "Politics live: {first}",
    "{first} – as it happened",
    "Five things we learned on the trail",
    "Newsletter: {first}",
    "Le brief politique",
    "Presseschau",
]
UNSAID = ["{first}", "{first}; {other}", "Good morning from the harbour", "On today's agenda"]


@pytest.mark.parametrize("headline", SAID)
def test_round_up_that_says_so_is_known_by_its_headline(headline: str) -> None:
    for found in round_ups(headline)[:10]:
        assert is_round_up(found.headline)


@pytest.mark.parametrize(
    "headline",
    [
        "What you need to know about the rent cap",
        "Minister goes live on the Wireless",
        "First minister's questions are put off",
        "The latest: typhoon makes landfall",
        "Brief stay for the Patient Margaret",
        "Front-page apology for Hester Quill",
        "Live music returns to Brackmouth",
    ],
)
def test_report_of_one_matter_is_no_round_up(headline: str) -> None:
    assert not is_round_up(headline)


def test_round_up_changes_nothing_for_the_rest() -> None:
    blogs = round_ups("Politics live: {first}")
    after = cluster_articles([*sample_articles_alone(), *blogs], np.concatenate([vectors(), embedded(blogs)]))
    assert {story for story in members(after) if min(story) < blogs[0].id} == set(members(clusters_before()))
    assert all(len(story) == 1 for story in members(after) if max(story) >= blogs[0].id)


@cache
def clusters_before() -> tuple[Cluster, ...]:
    return tuple(cluster_articles(sample_articles_alone(), vectors()))


# A list that says nothing in its headline is known by its paragraphs, three in four of these. Were they taken for
# reports, three of these headlines would glue four or five stories each, rather than none, one and two.
@BOTH_WAYS
@pytest.mark.parametrize("headline", UNSAID)
def test_lists_of_every_story_by_ten_outlets_a_day_glue_next_to_nothing(find: Finds, headline: str) -> None:
    blogs = round_ups(headline)
    before = find(sample_articles_alone(), vectors())
    after = find([*sample_articles_alone(), *blogs], np.concatenate([vectors(), embedded(blogs)]))
    assert glued_by(blogs, after) <= 2
    assert precision(after) >= precision(before) - 0.04


@BOTH_WAYS
def test_staff_may_put_a_round_up_into_a_story(find: Finds) -> None:
    blog = an_article(headline=f"Live: {FERRY}", text=ferry(1).text)
    articles = [ferry(1), ferry(2), blog]
    assert not together(find(articles, embedded(articles)), *articles)
    bound = Binding(kind=BindingKind.MUST, a=articles[0].id, b=blog.id)
    assert together(cluster_articles(articles, embedded(articles), bindings=[bound]), *articles)
    assert together(place_articles(articles, embedded(articles), existing=[], bindings=[bound]), *articles)


# --- what is hardly there, or much too much -------------------------------------------------------------------


@BOTH_WAYS
def test_ten_thousand_identical_headlines_of_a_day_are_one_event(find: Finds) -> None:
    articles, rows = nearly_one(lambda _: "Ferry timetable changes on Monday", 10_000)
    (found,) = find(articles, rows)
    assert [len(event) for event in found.events] == [10_000]


@BOTH_WAYS
def test_two_thousand_headlines_that_differ_in_a_number_are_all_somewhere(find: Finds) -> None:
    articles, rows = nearly_one(lambda number: f"Ferry timetable: sailing number {number}", 2_000)
    assert sum(len(cluster.article_ids) for cluster in find(articles, rows)) == 2_000


def nearly_one(of: Callable[[int], str], size: int) -> tuple[list[Article], Vectors]:
    """Within a day, each with a headline of its number and with one of a hundred vectors, nearly."""
    articles = [
        an_article(headline=of(number), text="", published_at=NOON - timedelta(seconds=8 * number))
        for number in range(size)
    ]
    noise = np.random.default_rng(1).normal(scale=0.002, size=(size, 384)).astype(np.float32)
    rows = embedded(articles[:100])[np.arange(size) % 100] + noise
    return articles, rows / np.linalg.norm(rows, axis=1, keepdims=True)


@BOTH_WAYS
def test_articles_without_text_or_with_one_word_stand_where_their_words_put_them(find: Finds) -> None:
    empty = [an_article(headline="", text="") for _ in range(3)]
    words = [an_article(headline=word, text="") for word in ("Ferry", "Rent", "!", "…", "7", "Rent")]
    articles = [ferry(1), ferry(2), rent(1), rent(2), *empty, *words]
    found = find(articles, embedded(articles))
    assert sorted(i for story in members(found) for i in story) == sorted(article.id for article in articles)
    assert together(found, articles[0], articles[1])
    assert together(found, articles[2], articles[3])
    assert not any(together(found, articles[0], other) for other in (*empty, *words[1:]))
    assert all(frozenset({article.id}) in members(found) for article in (*empty, words[2], words[3]))


@BOTH_WAYS
@pytest.mark.parametrize("broken", [0.0, math.nan, math.inf])
def test_row_that_is_no_direction_pulls_nothing_together_and_spoils_no_other(find: Finds, broken: float) -> None:
    articles = [ferry(1), ferry(2), rent(1), rent(2), an_article(headline="Tide tables", text="High water at noon.")]
    rows = embedded(articles)
    rows[-1] = broken
    found = find(articles, rows)
    assert together(found, *articles[:2])
    assert together(found, *articles[2:4])
    assert frozenset({articles[-1].id}) in members(found)


@BOTH_WAYS
def test_windows_of_one_article_and_of_none(find: Finds) -> None:
    assert find([], np.zeros((0, 384), dtype=np.float32)) == []
    alone = ferry(1)
    assert members(find([alone], embedded([alone]))) == [frozenset({alone.id})]


@BOTH_WAYS
def test_controls_right_to_left_and_a_megabyte_of_headline_are_text_like_any_other(find: Finds) -> None:
    odd = [
        an_article(headline="\x00\x07\u202e\ud800", text="\x1b[2J\x00"),
        an_article(headline="العبّارة تتعطل قبالة الميناء", text="تعطلت العبّارة وعلى متنها ٥٣ راكبا."),
        an_article(headline="word " * 200_000, text=""),
        an_article(headline="x" * 1_000_000, text="\n" * 100_000),
    ]
    articles = [ferry(1), *odd, ferry(2)]
    found = find(articles, embedded(articles))
    assert together(found, articles[0], articles[-1])
    assert all(frozenset({article.id}) in members(found) for article in odd)


# --- time ----------------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_order_in_which_articles_are_given_changes_nothing(find: Finds) -> None:
    articles = [ferry(n, published_at=NOON - n * HOUR) for n in (3, 1, 2)]
    articles += [rent(n, published_at=NOON - n * HOUR) for n in (2, 3, 1)]
    rows = embedded(articles)
    orders = [np.random.default_rng(seed).permutation(6) for seed in range(5)]
    assert all(find([articles[i] for i in order], rows[order]) == find(articles, rows) for order in orders)


@BOTH_WAYS
def test_undated_and_absurdly_dated_articles_break_nothing(find: Finds) -> None:
    first, last = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    odd = [ferry(3, published_at=moment) for moment in (first, last)]
    nobody_knows = ferry(4, published_at=UNDATED)
    articles = [ferry(1), ferry(2), rent(1), *odd, nobody_knows]
    found = find(articles, embedded(articles))
    assert together(found, articles[0], articles[1], nobody_knows)
    assert sorted(i for story in members(found) for i in story) == sorted(article.id for article in articles)


# --- copies and languages -------------------------------------------------------------------------------------


@BOTH_WAYS
def test_agency_copy_in_six_papers_is_one_event_whatever_each_cuts_off(find: Finds) -> None:
    copy = ferry(1).text + "\n\nEbb said that a tug would bring them in by dusk.\n\nNobody was hurt."
    articles = [
        an_article(source_id=SourceId(f"paper-{n}"), headline=FERRY + tail, text=copy[:length])
        for n, (tail, length) in enumerate([("", 999), ("", 999), ("", 90), (" | The Ledger", 999), (" – Beacon", 140)])
    ]
    (cluster,) = find(articles, embedded(articles))
    assert cluster.events == (cluster.article_ids,)


@BOTH_WAYS
def test_headline_in_another_language_joins_nothing_else(find: Finds) -> None:
    articles = [
        ferry(1),
        ferry(2),
        rent(1),
        rent(2),
        an_article(headline="Le ferry Patient Margaret en panne au large de Skerrow", text="53 passagers à bord."),
        an_article(headline="Mietdeckel: Vermieter warnen", text="Der Verband rechnet mit 9.400 Wohnungen weniger."),
    ]
    found = find(articles, embedded(articles))
    assert not any(together(found, one, other) for one in articles[:2] for other in articles[2:4])
    assert not any(together(found, articles[4], article) for article in articles[2:4])
    assert not any(together(found, articles[5], article) for article in articles[:2])
