"""Stories keep their addresses for ever; staff's word on them is kept."""

from digest.model.story import Binding, BindingKind
from digest.storage import Storage
from tests.factories import NOON
from tests.integration.storage.lives import ANN, DAY, a_plan, a_stored_story, published, stored


def test_a_story_has_ten_characters_of_its_founding_article(storage: Storage) -> None:
    article = stored(storage, canonical_url="https://ledger.example/founding")
    story_id = a_stored_story(storage, article)
    assert len(story_id) == 10
    with storage.read() as tx:
        assert tx.stories.get(story_id).article_ids == (article.id,)
        assert tx.stories.resolve(story_id) == story_id


def test_the_same_plans_again_change_nothing(storage: Storage) -> None:
    one, other = stored(storage), stored(storage)
    story_id = a_stored_story(storage, one, other)
    with storage.begin() as tx:
        before = tx.stories.active(NOON - DAY)
        assert tx.stories.apply([a_plan(one, other, id=story_id)], now=NOON) == [story_id]
        assert tx.stories.active(NOON - DAY) == before


def test_what_sums_a_story_up_is_kept_with_the_article_that_says_so(storage: Storage) -> None:
    one, other = stored(storage), stored(storage)
    story_id = a_stored_story(storage, one, other)
    with storage.begin() as tx:
        before = tx.stories.get(story_id)
        plan = a_plan(one, other, id=story_id, summary="Half \ud800 a pair.", summary_article_id=other.id)
        tx.stories.apply([plan], now=NOON + DAY)
        told = tx.stories.get(story_id)
        tx.stories.apply([plan], now=NOON + 2 * DAY)
        assert tx.stories.get(story_id) == told
    assert (before.summary, before.summary_article_id, before.staff_summary) == ("", None, None)
    assert (told.summary, told.summary_article_id) == ("Half \N{REPLACEMENT CHARACTER} a pair.", other.id)
    assert told.updated_at == NOON + DAY


def test_merged_stories_lead_to_what_they_became_however_often(storage: Storage) -> None:
    articles = [stored(storage) for _ in range(3)]
    ids = [a_stored_story(storage, article) for article in articles]
    published(storage, story=ids[0])
    with storage.begin() as tx:
        tx.stories.apply([a_plan(articles[0], articles[1], id=ids[1], absorbs=(ids[0],))], now=NOON)
        tx.stories.apply([a_plan(*articles, id=ids[2], absorbs=(ids[1],))], now=NOON)
        assert [tx.stories.resolve(story_id) for story_id in ids] == [ids[2]] * 3
        assert ids[0] in tx.stories.aliases(ids[2])


def test_young_story_that_nobody_saw_is_gone_when_it_is_empty(storage: Storage) -> None:
    one, other = stored(storage), stored(storage)
    kept, emptied = a_stored_story(storage, one), a_stored_story(storage, other)
    with storage.begin() as tx:
        tx.stories.apply([a_plan(one, other, id=kept)], now=NOON)
        assert tx.stories.resolve(emptied) in {None, kept}
        assert [entry.story.id for entry in tx.stories.active(NOON - DAY)] == [kept]


def test_an_id_is_never_used_again(storage: Storage) -> None:
    one, other = stored(storage), stored(storage)
    first = a_stored_story(storage, one)
    published(storage, story=first)
    with storage.begin() as tx:
        (grown,) = tx.stories.apply([a_plan(other, id=None)], now=NOON)
        tx.stories.apply([a_plan(one, other, id=grown, absorbs=(first,))], now=NOON)
        again = tx.stories.apply([a_plan(other, id=grown), a_plan(one, id=None)], now=NOON)
    assert len({first, *again}) == 3


def test_staffs_last_word_on_two_articles_counts(storage: Storage) -> None:
    one, other = stored(storage), stored(storage)
    with storage.begin() as tx:
        tx.stories.bind(Binding(kind=BindingKind.MUST, a=other.id, b=one.id), by=ANN, now=NOON)
        tx.stories.bind(Binding(kind=BindingKind.CANNOT, a=one.id, b=other.id), by=ANN, now=NOON)
        (binding,) = tx.stories.bindings()
    assert binding.kind is BindingKind.CANNOT
