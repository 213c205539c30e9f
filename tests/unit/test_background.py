from digest.model.background import Background
from digest.stages.cluster.background import background_of, seed
from digest.stages.cluster.features import features_of
from scripts.background import FILE, in_lines, sample_background
from tests.factories import an_article
from tests.fakes import FakeEmbedder


def likeness(*headlines: str, background: Background) -> float:
    articles = [an_article(headline=headline, text="") for headline in headlines]
    words = features_of(articles, FakeEmbedder().embed(headlines), background=background).words
    return float(words[[0]].cosines(words[[1]])[0, 0])


def test_word_that_the_archive_is_full_of_says_little_when_two_articles_share_it() -> None:
    pair = ("The minister opens a bridge", "The minister sells a tortoise")
    unknown = likeness(*pair, background=Background(articles=200, seen_in={}))
    common = likeness(*pair, background=Background(articles=200, seen_in={"minist": 150}))
    assert common < unknown / 2


def test_each_article_counts_once_and_what_one_alone_says_is_left_out() -> None:
    found = background_of(["Ferry, ferry, ferry\nA ferry", "The ferries\nA harbour", "A tortoise\n"])
    assert found == Background(articles=3, seen_in={"ferri": 2})


def test_archive_outweighs_the_sample_campaign_as_it_grows() -> None:
    both = seed() + Background(articles=1000, seen_in={"tortois": 400})
    assert both.articles == seed().articles + 1000
    assert both.seen_in["tortois"] >= 400


def test_seed_is_what_the_sample_campaign_says() -> None:
    assert FILE.read_text(encoding="utf-8") == in_lines(sample_background()), "run `python -m scripts.background`"
    assert seed() == sample_background()
