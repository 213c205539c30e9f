"""The sample campaign keeps its promises: enough of everything, quoted letter for letter, in an order that can be."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from digest.model.pairing import Relation
from digest.model.source import Campaign, ExcerptMode, SourceKind
from digest.sources import read_campaign

SAMPLES = Path(__file__).parents[2] / "samples"
DAYS = range(-4, 1)
CALENDAR = re.compile(
    r"\b(mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(summer|autumn|winter)\b"
    r"|\b(January|February|April|June|July|August|September|October|November|December)\b",
    re.IGNORECASE,
)
PRONOUNS = {"he", "her", "his", "i", "it", "its", "our", "she", "that", "their", "these", "they", "this", "those", "we"}


def load(name: str) -> Any:
    return YAML(typ="safe").load(SAMPLES / name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    id: str
    source: str
    kind: SourceKind
    day: int
    time: str
    title: str | None
    author: str | None
    summary: str | None
    text: str

    @property
    def minute(self) -> int:
        """Since midnight of day 0; negative before."""
        hour, minute = map(int, self.time.split(":"))
        return (self.day * 24 + hour) * 60 + minute

    @property
    def paragraphs(self) -> list[str]:
        return self.text.strip().split("\n\n")

    @property
    def words(self) -> int:
        return len(self.text.split())


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return read_campaign(SAMPLES / "sources.yaml")


@pytest.fixture(scope="module")
def rows(campaign: Campaign) -> dict[str, list[dict[str, Any]]]:
    """What stands in each outlet's file."""
    return {str(source.id): load(f"articles/{source.id}.yaml") for source in campaign.sources}


@pytest.fixture(scope="module")
def articles(campaign: Campaign, rows: dict[str, list[dict[str, Any]]]) -> dict[str, Article]:
    kinds = {str(source.id): source.kind for source in campaign.sources}
    return {row["id"]: Article(source=source, kind=kinds[source], **row) for source in rows for row in rows[source]}


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    truth: dict[str, Any] = load("truth.yaml")
    return truth


@pytest.fixture(scope="module")
def story_of(truth: dict[str, Any]) -> dict[str, str]:
    """The story of each article that is in an event."""
    return {article: event["story"] for event in truth["events"] for article in event["articles"]}


def in_own_words(story: dict[str, Any]) -> bool:
    return not story["id"].startswith("briefing-")


# The files


def test_every_file_begins_with_a_comment_for_whoever_opens_it() -> None:
    assert [path.name for path in SAMPLES.rglob("*.yaml") if not path.read_text("utf-8").startswith("# ")] == []


def test_lines_outside_the_articles_texts_are_short_enough_to_read() -> None:
    long_lines = []
    for path in SAMPLES.rglob("*.*"):
        is_text = False
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            is_text = line == "  text: |" or (is_text and not line.startswith("- id:"))
            if len(line) > 140 and not is_text:
                long_lines.append(f"{path.name}:{number}")
    assert long_lines == []


def test_each_outlet_has_its_file_and_its_dress_and_there_are_no_others(campaign: Campaign) -> None:
    ids = {str(source.id) for source in campaign.sources}
    assert {path.stem for path in (SAMPLES / "articles").iterdir()} == ids
    assert set(load("outlets.yaml")) == ids


def test_every_format_of_feed_is_published_at_least_twice() -> None:
    outlets = load("outlets.yaml").values()
    formats = Counter(outlet["format"] for outlet in outlets)
    assert set(formats) == {"rss2", "rss1", "atom", "jsonfeed"}
    assert min(formats.values()) >= 2
    assert {outlet["full_text"] for outlet in outlets} == {True, False}
    assert {outlet["page"] for outlet in outlets} == {"broadsheet", "tabloid", "plain", "blog", "post"}
    assert all(outlet["motto"] and len(outlet["navigation"]) >= 3 for outlet in outlets)
    assert all(re.fullmatch(r"#[0-9a-f]{6}", outlet["colour"]) for outlet in outlets)


# The sources


def test_the_sources_are_read_by_the_product_and_are_marked_as_a_sample(campaign: Campaign) -> None:
    assert campaign.site.is_sample
    assert campaign.site.candidates[0].name == campaign.site.imprint.on_behalf_of == "Hester Quill"
    assert len(campaign.site.candidates) == 4
    assert 6 <= len(campaign.topics) <= 8


def test_there_are_enough_sources_of_each_kind_and_terms_of_each_mode(campaign: Campaign) -> None:
    kinds = Counter(source.kind for source in campaign.sources)
    assert kinds[SourceKind.CAMPAIGN] >= 3
    assert kinds[SourceKind.FRIENDLY] >= 4
    assert kinds[SourceKind.MAINSTREAM] >= 7
    assert {source.terms.mode for source in campaign.sources} == set(ExcerptMode)


def test_the_demo_can_put_its_own_address_into_every_source(campaign: Campaign) -> None:
    for source in campaign.sources:
        assert source.feed == f"http://press.example/{source.id}/feed"
        assert source.site == f"http://press.example/{source.id}/"


# The articles


def test_there_are_enough_articles_of_each_kind(articles: dict[str, Article]) -> None:
    kinds = Counter(article.kind for article in articles.values())
    assert len(articles) >= 190
    assert 120 <= kinds[SourceKind.MAINSTREAM] <= 135
    assert 25 <= kinds[SourceKind.FRIENDLY] <= 30
    assert 45 <= kinds[SourceKind.CAMPAIGN] <= 55


def test_every_id_is_a_slug_used_once(rows: dict[str, list[dict[str, Any]]]) -> None:
    ids = [row["id"] for source in rows.values() for row in source]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    assert [name for name in ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


def test_articles_are_dated_within_five_days_and_before_the_edition(articles: dict[str, Article]) -> None:
    for article in articles.values():
        assert article.day in DAYS, article.id
        assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", article.time), article.id
        assert article.day < 0 or article.time <= "17:45", article.id


def test_every_file_is_in_order_of_time(rows: dict[str, list[dict[str, Any]]]) -> None:
    for source, written in rows.items():
        times = [(row["day"], row["time"]) for row in written]
        assert times == sorted(times), source


def test_only_posts_lack_a_title(articles: dict[str, Article]) -> None:
    for article in articles.values():
        is_post = article.source == "quill-posts"
        assert (article.title is None) == (article.summary is None) == is_post, article.id
        assert article.author, article.id


def test_articles_have_the_length_of_their_kind(articles: dict[str, Article]) -> None:
    campaign_lengths = {"quill-posts": (8, 75), "quill-press": (120, 250), "hester-letters": (250, 400)}
    for article in articles.values():
        low, high = campaign_lengths.get(article.source, (110, 220))
        assert low <= article.words <= high, f"{article.id} has {article.words} words"
        assert len(article.paragraphs) >= (1 if article.source == "quill-posts" else 3), article.id


def test_each_paragraph_stands_on_one_line(articles: dict[str, Article]) -> None:
    broken = [article.id for article in articles.values() if any("\n" in part for part in article.paragraphs)]
    assert broken == []


def test_no_text_names_a_weekday_a_month_or_a_season(articles: dict[str, Article]) -> None:
    """The demo is dated on the day it runs."""
    dated = [
        article.id
        for article in articles.values()
        if CALENDAR.search(" ".join(filter(None, (article.title, article.summary, article.text))))
    ]
    assert dated == []


def test_a_link_in_a_post_leads_to_an_earlier_article(articles: dict[str, Article]) -> None:
    links = [
        (article, target) for article in articles.values() for target in re.findall(r"\{article:(.*?)\}", article.text)
    ]
    assert len(links) >= 10
    for article, target in links:
        assert articles[target].minute < article.minute, f"{article.id} links to {target}"


def test_there_is_a_morning_briefing_every_day(articles: dict[str, Article]) -> None:
    assert {article.day for article in articles.values() if "-briefing" in article.id} == set(DAYS)


# The truth: events and stories


def test_every_press_article_is_in_exactly_one_event(articles: dict[str, Article], truth: dict[str, Any]) -> None:
    members = Counter(article for event in truth["events"] for article in event["articles"])
    assert set(members) <= set(articles)
    assert {name for name, count in members.items() if count > 1} == set()
    assert {name for name in set(articles) - set(members) if articles[name].kind is not SourceKind.CAMPAIGN} == set()


def test_events_and_stories_name_each_other_and_a_known_topic(campaign: Campaign, truth: dict[str, Any]) -> None:
    stories = [story["id"] for story in truth["stories"]]
    events = [event["id"] for event in truth["events"]]
    assert len(set(stories)) == len(stories)
    assert len(set(events)) == len(events)
    assert {event["story"] for event in truth["events"]} == set(stories)
    topics = {str(topic.id) for topic in campaign.topics}
    assert {story["topic"] for story in truth["stories"]} == topics | {None}
    assert all(isinstance(story["deserves_answer"], bool) and story["title"] for story in truth["stories"])


def test_there_are_enough_stories_large_and_small(
    articles: dict[str, Article], truth: dict[str, Any], story_of: dict[str, str]
) -> None:
    stories = {story["id"] for story in truth["stories"] if in_own_words(story)}
    press = defaultdict(list)
    for name, story in story_of.items():
        if articles[name].kind is not SourceKind.CAMPAIGN:
            press[story].append(articles[name])
    assert len(stories) >= 42
    assert sum(len(press[story]) >= 2 for story in stories) >= 24
    assert sum(len(press[story]) == 1 for story in stories) >= 10
    assert sum(len({article.day for article in press[story]}) >= 2 for story in stories) >= 6
    assert Counter(event["story"] for event in truth["events"]).most_common(1)[0][1] >= 3


def test_a_few_stories_are_outside_politics(truth: dict[str, Any]) -> None:
    assert sum(story["topic"] is None and in_own_words(story) for story in truth["stories"]) >= 4


def test_outlets_word_their_headlines_differently(articles: dict[str, Article], truth: dict[str, Any]) -> None:
    for event in truth["events"]:
        titles = [title.casefold() for name in event["articles"] if (title := articles[name].title)]
        assert len(set(titles)) == len(titles), event["id"]


def test_some_wire_copy_is_taken_nearly_word_for_word(articles: dict[str, Article], truth: dict[str, Any]) -> None:
    def is_taken(one: str, other: str) -> bool:
        left, right = articles[one].text.split(), articles[other].text.split()
        return SequenceMatcher(None, left, right, autojunk=False).ratio() > 0.85

    taken = {
        frozenset(pair)
        for event in truth["events"]
        for pair in combinations(event["articles"], 2)
        if "despatch" in {articles[name].source for name in pair} and is_taken(*pair)
    }
    assert len(taken) >= 2


# The truth: pairings


def test_claims_and_answers_are_quoted_letter_for_letter_as_whole_sentences(
    articles: dict[str, Article], truth: dict[str, Any]
) -> None:
    for pairing in truth["pairings"]:
        claim, answer = pairing["claim"], pairing["answer"]
        for name, quoted in ((claim["article"], claim["sentence"]), (answer["article"], answer["passage"])):
            (paragraph,) = [part for part in articles[name].paragraphs if quoted in part]
            before = paragraph[: paragraph.index(quoted)].rstrip()
            assert before == "" or before.endswith((".", "!", "?", '."', '!"', '?"')), quoted
            assert quoted.endswith((".", "!", "?", '."')), quoted


def test_claims_are_the_presss_and_answers_ours(articles: dict[str, Article], truth: dict[str, Any]) -> None:
    for pairing in truth["pairings"]:
        assert articles[pairing["claim"]["article"]].kind is SourceKind.MAINSTREAM
        assert articles[pairing["answer"]["article"]].kind is SourceKind.CAMPAIGN


def test_an_answer_reads_well_alone_as_a_push_message(truth: dict[str, Any]) -> None:
    for passage in {pairing["answer"]["passage"] for pairing in truth["pairings"]}:
        assert 60 <= len(passage) <= 200, f"{len(passage)}: {passage}"
        assert passage.split()[0].casefold() not in PRONOUNS, passage
        assert not re.search(r"[#@{}]|http", passage), passage


def test_a_claim_names_its_subject(truth: dict[str, Any]) -> None:
    for sentence in {pairing["claim"]["sentence"] for pairing in truth["pairings"]}:
        assert sentence.lstrip('"').split()[0].casefold() not in PRONOUNS, sentence


def test_an_answer_speaks_of_what_its_claim_speaks_of_in_its_own_words(truth: dict[str, Any]) -> None:
    for pairing in truth["pairings"]:
        claim, answer = pairing["claim"]["sentence"], pairing["answer"]["passage"]
        names = [set(re.findall(r"\b[A-Z][a-z]{3,}|\d+(?:[,:]\d+)*", text)) for text in (claim, answer)]
        words = [re.findall(r"\w+", text.casefold()) for text in (claim, answer)]
        stems = [{word[:5] for word in side if len(word) >= 4} for side in words]
        copied = SequenceMatcher(None, words[0], words[1], autojunk=False).find_longest_match().size
        assert names[0] & names[1] or len(stems[0] & stems[1]) >= 3, (claim, answer)
        assert copied <= 8, (claim, answer)


def test_an_answer_comes_between_twenty_minutes_and_twenty_hours_after_its_claim(
    articles: dict[str, Article], truth: dict[str, Any]
) -> None:
    for pairing in truth["pairings"]:
        claim, answer = articles[pairing["claim"]["article"]], articles[pairing["answer"]["article"]]
        assert 20 <= answer.minute - claim.minute <= 20 * 60, (claim.id, answer.id)


def test_a_pairing_stands_in_the_story_of_its_claim_and_of_its_answer(
    truth: dict[str, Any], story_of: dict[str, str]
) -> None:
    for pairing in truth["pairings"]:
        assert story_of[pairing["claim"]["article"]] == pairing["story"]
        assert story_of[pairing["answer"]["article"]] == pairing["story"]


def test_there_are_enough_pairings_of_every_relation(truth: dict[str, Any]) -> None:
    relations = Counter(Relation(pairing["relation"]) for pairing in truth["pairings"])
    assert sum(relations.values()) >= 32
    assert min(relations[relation] for relation in Relation) >= 8
    quotes = [(pairing["claim"]["sentence"], pairing["answer"]["passage"]) for pairing in truth["pairings"]]
    assert len(set(quotes)) == len(quotes)


def test_every_day_has_answered_stories_and_today_is_rich(articles: dict[str, Article], truth: dict[str, Any]) -> None:
    answered = defaultdict(set)
    for pairing in truth["pairings"]:
        answered[articles[pairing["answer"]["article"]].day].add(pairing["story"])
    topic_of = {story["id"]: story["topic"] for story in truth["stories"]}
    assert len(set().union(*answered.values())) >= 26
    assert min(len(answered[day]) for day in DAYS) >= 4
    assert len(answered[0]) >= 8
    assert len({topic_of[story] for story in answered[0]}) >= 5


def test_some_stories_deserve_an_answer_and_have_none(truth: dict[str, Any]) -> None:
    answered = {pairing["story"] for pairing in truth["pairings"]}
    deserving = {story["id"] for story in truth["stories"] if story["deserves_answer"]}
    assert len(deserving - answered) >= 8


def test_every_campaign_article_answers_something_or_is_said_to_answer_nothing(
    articles: dict[str, Article], truth: dict[str, Any]
) -> None:
    ours = {article.id for article in articles.values() if article.kind is SourceKind.CAMPAIGN}
    answering = {pairing["answer"]["article"] for pairing in truth["pairings"]}
    nothing = truth["answers_nothing"]
    assert len(nothing) == len(set(nothing)) >= 12
    assert answering | set(nothing) == ours
    assert answering & set(nothing) == set()


def test_each_days_own_message_is_one_worth_leading_with(articles: dict[str, Article], truth: dict[str, Any]) -> None:
    """The newest campaign article of an edition that answers nobody is its message: no small talk there."""
    newest: dict[int, Article] = {}
    for article_id in truth["answers_nothing"]:
        article = articles[article_id]
        edition = article.day + (article.time > "18:00")
        if edition not in newest or newest[edition].minute < article.minute:
            newest[edition] = article
    assert {edition: newest[edition].id for edition in DAYS} == {
        -4: "quill-post-volunteers",
        -3: "quill-press-islands-plan",
        -2: "quill-post-canvass-thirlow",
        -1: "hester-letter-tenants",
        0: "hester-speech-closing",
    }
