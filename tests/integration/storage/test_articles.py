"""Articles: unique, revised, renamed, and forgotten in time."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.errors import NotFoundError
from digest.model.article import Article, NewArticle, Stored, StoreOutcome, TextOrigin
from digest.model.background import Background
from digest.model.ids import ArticleId, SourceId, StaffName
from digest.model.pairing import KeptClaim, PairingState, ProposedPairing, Relation
from digest.storage import Storage, Transaction
from tests.factories import FRIEND, NOON, OURS, PRESS, RIVAL_PRESS, a_new_article, a_span
from tests.integration.storage.lives import a_plan

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def known_sources(storage: Storage) -> None:
    with storage.begin() as tx:
        tx.sources.mirror([PRESS, RIVAL_PRESS, FRIEND, OURS], now=NOON)


def stored(storage: Storage, new: NewArticle | None = None, *, now: datetime = NOON, **changes: Any) -> Article:
    with storage.begin() as tx:
        return tx.articles.get(tx.articles.add(new or a_new_article(**changes), now=now).article_id)


def test_an_article_comes_back_as_it_was_stored(storage: Storage) -> None:
    new = a_new_article(
        author="Ada Penn",
        summary="In short.",
        links=("https://quill.example/plan", "https://ledger.example/other"),
        image_url="https://ledger.example/picture.jpg",
        published_at=datetime(2026, 11, 23, 9, 30, 15, 250_000, tzinfo=UTC),
        headline="Ünïcödé “headline” 🗳",
    )
    article = stored(storage, new)
    assert {name: getattr(article, name) for name in SHARED} == {name: getattr(new, name) for name in SHARED}
    assert (article.kind, article.revision, article.first_seen_at, article.withdrawn_at) == (PRESS.kind, 1, NOON, None)


SHARED = (
    *("source_id", "guid", "url", "canonical_url", "headline", "author", "summary", "text", "text_origin"),
    *("links", "language", "image_url", "published_at"),
)


def test_storing_the_same_article_again_changes_nothing(storage: Storage) -> None:
    new = a_new_article()
    with storage.begin() as tx:
        first, second = tx.articles.add(new, now=NOON), tx.articles.add(new, now=NOON + HOUR)
        assert (first.outcome, second.outcome) == (StoreOutcome.ADDED, StoreOutcome.SAME)
        assert first.article_id == second.article_id
        assert tx.articles.count() == 1
        assert tx.articles.get(first.article_id).first_seen_at == NOON


def test_a_feed_that_repeats_its_items_with_new_guids_doubles_nothing(storage: Storage) -> None:
    address = {"url": "https://ledger.example/rents", "canonical_url": "https://ledger.example/rents"}
    with storage.begin() as tx:
        first = tx.articles.add(a_new_article(guid="one", text="Same.", headline="Same", **address), now=NOON)
        second = tx.articles.add(a_new_article(guid="two", text="Same.", headline="Same", **address), now=NOON)
        assert second.outcome is StoreOutcome.SAME
        assert first.article_id == second.article_id


def test_the_same_article_from_another_source_stays_the_first_ones(storage: Storage) -> None:
    address = {"url": "https://ledger.example/rents", "canonical_url": "https://ledger.example/rents"}
    with storage.begin() as tx:
        first = tx.articles.add(a_new_article(**address), now=NOON)
        second = tx.articles.add(a_new_article(source_id=RIVAL_PRESS.id, headline="Mine now", **address), now=NOON)
        assert (second.outcome, second.article_id) == (StoreOutcome.DUPLICATE, first.article_id)
        assert tx.articles.get(first.article_id).headline != "Mine now"


def test_a_source_that_repeats_a_whole_text_under_new_ids_has_one_article(storage: Storage) -> None:
    text = "The ferry ran aground off Skerrow, and nobody was hurt. " * 5
    first = stored(storage, text=text, headline="A ferry ran aground")
    assert stored(storage, text=text, headline="A ferry ran aground").id == first.id
    assert stored(storage, text=text, headline="Another headline").id != first.id
    assert stored(storage, text="Good morning.", headline="Good morning.").id != (
        stored(storage, text="Good morning.", headline="Good morning.").id
    )


def test_nothing_was_published_after_we_saw_it(storage: Storage) -> None:
    article = stored(storage, published_at=NOON + timedelta(seconds=1))
    assert article.published_at == article.first_seen_at == NOON


def test_two_sources_may_use_the_same_guid(storage: Storage) -> None:
    assert stored(storage, guid="1").id != stored(storage, guid="1", source_id=RIVAL_PRESS.id).id


def test_a_changed_text_is_a_new_revision(storage: Storage) -> None:
    new = a_new_article(guid="g", text="As it was.")
    before = stored(storage, new)
    with storage.begin() as tx:
        changed = a_new_article(guid="g", text="As it is.", headline=new.headline)
        assert tx.articles.add(changed, now=NOON + HOUR).outcome is StoreOutcome.UPDATED
        after = tx.articles.get(before.id)
    assert (before.revision, after.revision, after.text) == (1, 2, "As it is.")
    assert before.text_sha256 != after.text_sha256
    assert after.canonical_url == before.canonical_url


def test_a_summary_never_takes_the_place_of_a_page(storage: Storage) -> None:
    before = stored(
        storage, a_new_article(guid="g", headline="Same", text="The whole page.", text_origin=TextOrigin.PAGE)
    )
    summary = a_new_article(guid="g", headline="Same", text="In short.", text_origin=TextOrigin.SUMMARY)
    assert stored(storage, summary) == before


def test_a_page_takes_the_place_of_a_summary(storage: Storage) -> None:
    stored(storage, guid="g", text="In short.", text_origin=TextOrigin.SUMMARY)
    after = stored(storage, guid="g", text="The whole page.", text_origin=TextOrigin.PAGE)
    assert (after.revision, after.text, after.text_origin) == (2, "The whole page.", TextOrigin.PAGE)


def test_a_former_headline_is_kept(storage: Storage) -> None:
    new = a_new_article(headline="Quill soars")
    article = stored(storage, new)
    with storage.begin() as tx:
        renamed = replace(new, headline="Quill sinks")
        assert tx.articles.add(renamed, now=NOON + HOUR).outcome is StoreOutcome.UPDATED
        assert tx.articles.add(renamed, now=NOON + 2 * HOUR).outcome is StoreOutcome.SAME
        assert tx.articles.get(article.id).headline == "Quill sinks"
        assert tx.articles.former_headlines(article.id) == [("Quill soars", NOON + HOUR)]


def test_guids_are_the_sources_own_and_addresses_anybodys(storage: Storage) -> None:
    ours = stored(
        storage, guid="1", own_url="https://ledger.example/a?from=feed", canonical_url="https://ledger.example/a"
    )
    theirs = stored(storage, guid="2", source_id=RIVAL_PRESS.id, canonical_url="https://whistle.example/b")
    asked = ["https://ledger.example/a", "https://ledger.example/a?from=feed", "https://whistle.example/b", "no"]
    with storage.read() as tx:
        assert tx.articles.by_guid(PRESS.id, ["1", "2", "3"]) == {"1": ours.id}
        assert tx.articles.by_address(asked) == dict(zip(asked, (ours.id, ours.id, theirs.id), strict=False))


SPELLINGS = [
    "https://ledger.example/rents?id=3&part=two",
    "http://ledger.example/rents?id=3&part=two",
    "https://www.ledger.example/rents/?id=3&part=two",
    "http://www.ledger.example/news/../rents?part=two&id=3",
]


@pytest.mark.parametrize("spelling", SPELLINGS[1:])
def test_an_address_in_another_spelling_is_the_same_article_and_the_first_spelling_stays(
    storage: Storage, spelling: str
) -> None:
    first = stored(storage, canonical_url=SPELLINGS[0])
    twin = a_new_article(source_id=RIVAL_PRESS.id, canonical_url=spelling)
    again = a_new_article(canonical_url=spelling, headline=first.headline, text=first.text)
    other = a_new_article(source_id=RIVAL_PRESS.id, canonical_url=spelling.replace("id=3", "id=2"))
    with storage.begin() as tx:
        outcomes = tx.articles.add_all([twin, again, other], now=NOON)
        assert [each.outcome for each in outcomes] == [StoreOutcome.DUPLICATE, StoreOutcome.SAME, StoreOutcome.ADDED]
        assert {outcomes[0].article_id, outcomes[1].article_id} == {first.id}
        assert tx.articles.get(first.id).canonical_url == SPELLINGS[0]


def test_an_article_is_known_by_every_spelling_of_its_canonical_and_of_its_own_address(storage: Storage) -> None:
    article = stored(storage, canonical_url="http://ledger.example/rents-rise-again/", own_url=SPELLINGS[3])
    asked = [*SPELLINGS, "https://www.ledger.example/rents-rise-again"]
    with storage.read() as tx:
        assert tx.articles.by_address(asked) == dict.fromkeys(asked, article.id)
        assert (
            tx.articles.by_address(["https://ledger.example/rents", "https://ledger.example/Rents?id=3&part=two"]) == {}
        )


def test_two_articles_under_two_spellings_of_one_declared_address_stay_two(storage: Storage) -> None:
    rents = a_new_article(headline="Rents", text=RENTS, canonical_url="https://ledger.example/latest")
    ferry = a_new_article(headline="Ferry", text=FERRY, canonical_url="http://www.ledger.example/latest/", own_url=OWN)
    with storage.begin() as tx:
        outcomes = tx.articles.add_all([rents, ferry, ferry], now=NOON)
        assert [each.outcome for each in outcomes] == [StoreOutcome.ADDED, StoreOutcome.ADDED, StoreOutcome.SAME]
        assert tx.articles.get(outcomes[1].article_id).canonical_url == OWN


def test_a_declared_address_that_is_the_own_one_in_another_spelling_is_no_second_address(storage: Storage) -> None:
    rents = a_new_article(text=RENTS, canonical_url="https://ledger.example/latest")
    ferry = a_new_article(text=FERRY, canonical_url=rents.canonical_url, own_url="http://www.ledger.example/latest/")
    with storage.begin() as tx:
        outcomes = tx.articles.add_all([rents, ferry], now=NOON)
        assert [each.outcome for each in outcomes] == [StoreOutcome.ADDED, StoreOutcome.UPDATED]


@pytest.mark.parametrize("length", [1_999, 2_001, 50_000])
def test_an_endless_guid_or_address_is_stored_and_recognised(storage: Storage, length: int) -> None:
    new = a_new_article(
        guid="é" * length, own_url=f"https://ledger.example/{'a' * length}", canonical_url="https://l.example/"
    )
    article = stored(storage, new)
    with storage.begin() as tx:
        assert tx.articles.add(new, now=NOON).outcome is StoreOutcome.SAME
        assert tx.articles.by_guid(PRESS.id, [new.guid]) == {new.guid: article.id}
        assert tx.articles.by_address([new.own_url]) == {new.own_url: article.id}


def test_what_no_database_can_hold_is_replaced_letter_by_letter(storage: Storage) -> None:
    new = a_new_article(text="a\x00b\ud800c", headline="nul\x00", guid="g\x00")
    article = stored(storage, new)
    assert (article.text, article.headline) == ("a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c", "nul\ufffd")
    with storage.begin() as tx:
        assert tx.articles.add(new, now=NOON).outcome is StoreOutcome.SAME
        assert tx.articles.by_guid(PRESS.id, [new.guid]) == {new.guid: article.id}


def test_active_articles_are_the_fresh_ones_oldest_first(storage: Storage) -> None:
    new, newest = stored(storage, published_at=NOON - HOUR), stored(storage, published_at=NOON)
    stored(storage, published_at=NOON - 8 * DAY)
    withdrawn = stored(storage)
    exact = stored(storage, published_at=NOON - 7 * DAY)
    with storage.begin() as tx:
        tx.articles.withdraw(withdrawn.id, now=NOON)
    with storage.read() as tx:
        assert tx.articles.active(NOON - 7 * DAY) == [exact, new, newest]
        assert tx.articles.ids_since(NOON - 7 * DAY) == [exact.id, new.id, newest.id]
        assert tx.articles.get(withdrawn.id).withdrawn_at == NOON


def test_an_article_that_can_be_read_again_is_no_longer_withdrawn(storage: Storage) -> None:
    new = a_new_article()
    article = stored(storage, new)
    with storage.begin() as tx:
        tx.articles.withdraw(article.id, now=NOON)
        tx.articles.add(replace(new, text_origin=TextOrigin.SUMMARY), now=NOON + HOUR)
        assert tx.articles.get(article.id).withdrawn_at == NOON
        assert tx.articles.add(new, now=NOON + HOUR).outcome is StoreOutcome.UPDATED
        assert tx.articles.get(article.id).withdrawn_at is None


def test_many_articles_come_in_the_order_asked(storage: Storage) -> None:
    with storage.begin() as tx:
        ids = [tx.articles.add(a_new_article(), now=NOON).article_id for _ in range(1_200)]
    asked = list(reversed(ids))
    with storage.read() as tx:
        assert [article.id for article in tx.articles.get_many(asked)] == asked


def test_an_unknown_article_is_not_found(storage: Storage) -> None:
    with storage.begin() as tx:
        for act in (
            lambda: tx.articles.get(ArticleId(7)),
            lambda: tx.articles.get_many([ArticleId(7)]),
            lambda: tx.articles.withdraw(ArticleId(7), now=NOON),
        ):
            with pytest.raises(NotFoundError, match="7"):
                act()


def test_an_article_of_a_source_gone_from_the_file_is_still_there(storage: Storage) -> None:
    article = stored(storage)
    with storage.begin() as tx:
        tx.sources.mirror([OURS], now=NOON)
    with storage.read() as tx:
        assert tx.articles.get(article.id) == article
        assert tx.sources.all() == [OURS]


# --- deleting texts -----------------------------------------------------------------------------------------


def a_proposal(claim: Article, answer: Article) -> ProposedPairing:
    return ProposedPairing(
        claim=a_span(claim),
        claim_text=claim.text,
        answer=a_span(answer),
        answer_text=answer.text,
        relation=Relation.REBUTS,
        confidence=0.5,
        evidence=(),
    )


@pytest.mark.parametrize(("source", "is_kept"), [(PRESS, False), (FRIEND, False), (OURS, True)])
def test_after_a_while_only_the_campaigns_own_texts_stay(storage: Storage, source: Any, is_kept: bool) -> None:
    article = stored(storage, source_id=source.id, text="Words.", summary="In short.")
    with storage.begin() as tx:
        assert tx.articles.delete_texts(NOON) == 0
        assert tx.articles.delete_texts(NOON + HOUR) == int(not is_kept)
        assert tx.articles.delete_texts(NOON + HOUR) == 0
        after = tx.articles.get(article.id)
    assert (after.text, after.summary) == (("Words.", "In short.") if is_kept else ("", ""))
    assert (after.headline, after.text_sha256) == (article.headline, article.text_sha256)


def test_a_young_revision_keeps_its_text_when_the_old_one_goes(storage: Storage) -> None:
    stored(storage, guid="g", text="Old.", summary="In short.")
    article = stored(storage, guid="g", text="New.", summary="In short.", now=NOON + DAY)
    with storage.begin() as tx:
        assert tx.articles.delete_texts(NOON + HOUR) == 1
        after = tx.articles.get(article.id)
    assert (after.text, after.summary) == ("New.", "In short.")


@pytest.mark.parametrize(("source", "is_kept"), [(PRESS, False), (FRIEND, False), (OURS, True)])
def test_with_a_summary_goes_the_sentence_of_it_that_sums_up_a_story(
    storage: Storage, source: Any, is_kept: bool
) -> None:
    said = "The ferry was towed to Skerrow."
    article = stored(storage, source_id=source.id, summary=said)
    with storage.begin() as tx:
        plan = a_plan(article, summary=said, summary_article_id=article.id)
        (story,) = tx.stories.apply([plan], now=NOON)
        tx.stories.sum_up(story, "Staff's own words.", now=NOON)
        tx.articles.delete_texts(NOON + HOUR)
        after = tx.stories.get(story)
    assert (after.summary, after.summary_article_id) == ((said, article.id) if is_kept else ("", None))
    assert after.staff_summary == "Staff's own words."


def test_a_confirmed_pairing_keeps_its_claim_when_the_text_goes_and_a_suggested_one_does_not(storage: Storage) -> None:
    kept_claim, lost_claim = stored(storage, text="Kept claim."), stored(storage, text="Lost claim.")
    answer = stored(storage, source_id=OURS.id, text="Answer.")
    kept = KeptClaim(
        sentence="Kept claim.", before="", after="", text_sha256=kept_claim.text_sha256, url="https://l.example"
    )
    with storage.begin() as tx:
        tx.pairings.propose([a_proposal(lost_claim, answer)], considered=[], show_above=None, now=NOON)
        confirmed = tx.pairings.add_confirmed(a_proposal(kept_claim, answer), by=StaffName("ann"), now=NOON, kept=kept)
        tx.articles.delete_texts(NOON + HOUR)
        suggested = next(p for p in tx.pairings.between(all_ids(tx)) if p.state is PairingState.SUGGESTED)
        assert (suggested.claim_text, suggested.answer_text) == ("", "Answer.")
        assert tx.pairings.get(confirmed).claim_text == "Kept claim."
        assert tx.pairings.get(confirmed).kept == kept


def all_ids(tx: Transaction) -> list[ArticleId]:
    return tx.articles.ids_since(NOON - DAY)


def test_an_article_needs_a_source_of_the_file(storage: Storage) -> None:
    from digest.errors import ConflictError

    with pytest.raises(ConflictError):
        stored(storage, source_id=SourceId("nobody"))


def test_one_canonical_address_for_two_articles_is_the_second_ones_own(storage: Storage) -> None:
    rents = a_new_article(headline="Rents", text=RENTS, canonical_url="https://ledger.example/latest")
    ferry = a_new_article(headline="Ferry", text=FERRY, canonical_url="https://ledger.example/latest", own_url=OWN)
    other_source = replace(ferry, source_id=RIVAL_PRESS.id, guid="other", own_url=f"{OWN}-politics", text=THIRD)
    with storage.begin() as tx:
        tx.sources.mirror([PRESS, RIVAL_PRESS], now=NOON)
        stored = [tx.articles.add(each, now=NOON) for each in (rents, ferry, ferry, other_source)]
        addresses = [tx.articles.get(each.article_id).canonical_url for each in stored]
    assert [each.outcome for each in stored] == [
        StoreOutcome.ADDED,
        StoreOutcome.ADDED,
        StoreOutcome.SAME,
        StoreOutcome.ADDED,
    ]
    assert addresses == [rents.canonical_url, OWN, OWN, f"{OWN}-politics"]


def test_a_rewritten_article_under_a_new_guid_and_address_is_the_same_one(storage: Storage) -> None:
    rents = a_new_article(headline="Rents", text=RENTS, canonical_url="https://ledger.example/latest")
    update = replace(rents, guid="new", headline="Rents up", text=f"Updated. {RENTS} More follows.", own_url=OWN)
    with storage.begin() as tx:
        tx.sources.mirror([PRESS], now=NOON)
        first, second = (tx.articles.add(each, now=NOON) for each in (rents, update))
        assert (second.article_id, second.outcome) == (first.article_id, StoreOutcome.UPDATED)
        assert tx.articles.former_headlines(first.article_id) == [("Rents", NOON)]


def test_one_headline_over_two_texts_is_two_articles(storage: Storage) -> None:
    monday = a_new_article(headline="Morning briefing", text=RENTS, canonical_url="https://ledger.example/briefing")
    tuesday = replace(monday, guid="tuesday", text=FERRY, own_url=OWN)
    with storage.begin() as tx:
        tx.sources.mirror([PRESS], now=NOON)
        outcomes = [each.outcome for each in tx.articles.add_all([monday, tuesday], now=NOON)]
    assert outcomes == [StoreOutcome.ADDED, StoreOutcome.ADDED]


OWN = "https://ledger.example/2026/ferry"
RENTS = "Rents in Brackmouth rose again, tenants told Alderman Hodge; flats near the harbour cost double."
FERRY = "Ferries to Gullhaven stop: islanders wait eleven days because engineers found cracks in a hull."
THIRD = "Teachers strike on Friday over pensions, their union announced after ballots were counted twice."


# --- batches ------------------------------------------------------------------------------------------------


def test_a_batch_comes_to_what_its_articles_come_to_one_by_one(storage: Storage) -> None:
    for seed in range(12):
        batch = drawn_batch(random.Random(seed))
        with storage.trial() as tx:
            one_by_one = [tx.articles.add(new, now=NOON) for new in batch]
            singly = contents(tx, one_by_one)
        with storage.trial() as tx:
            assert contents(tx, tx.articles.add_all(batch, now=NOON)) == singly


def drawn_batch(draw: random.Random) -> list[NewArticle]:
    """Articles that are often one another: under the same guid, address, or headline and text."""
    return [
        a_new_article(
            source_id=draw.choice([PRESS.id, RIVAL_PRESS.id]),
            guid=f"guid-{draw.randrange(8)}",
            canonical_url=f"{draw.choice(['http', 'https'])}://ledger.example/{draw.randrange(8)}",
            headline=f"Headline {draw.randrange(3)}",
            text=f"Text {draw.randrange(4)}. " * 30,
            text_origin=draw.choice(list(TextOrigin)),
        )
        for _ in range(20)
    ]


def contents(tx: Transaction, outcomes: list[Stored]) -> list[object]:
    """What came of each, with the articles by the order in which they were first met."""
    places = {article_id: place for place, article_id in enumerate(dict.fromkeys(o.article_id for o in outcomes))}
    articles = [replace(article, id=ArticleId(0)) for article in tx.articles.get_many(list(places))]
    histories = [tx.articles.former_headlines(article_id) for article_id in places]
    return [*((o.outcome, places[o.article_id]) for o in outcomes), *articles, *histories]


def test_the_newest_of_a_batch_is_looked_at_when_one_of_it_comes_again(storage: Storage) -> None:
    first = a_new_article(headline="First")
    with storage.begin() as tx:
        tx.articles.add(first, now=NOON)
        outcomes = tx.articles.add_all(
            [replace(first, headline="Second"), replace(first, headline="Third"), replace(first, headline="Third")],
            now=NOON + HOUR,
        )
        assert [each.outcome for each in outcomes] == [StoreOutcome.UPDATED, StoreOutcome.UPDATED, StoreOutcome.SAME]
        former = [headline for headline, _ in tx.articles.former_headlines(outcomes[0].article_id)]
    assert former == ["First", "Second"]


def test_leads_of_the_archive_are_the_newest_first_and_short(storage: Storage) -> None:
    stored(storage, now=NOON - 40 * DAY, headline="Its text is gone", published_at=NOON - 40 * DAY)
    stored(storage, headline="Oldest", text="far away", published_at=NOON - 30 * DAY)
    stored(storage, headline="Older", text="", summary="its summary", published_at=NOON - 9 * DAY)
    withdrawn = stored(storage, headline="Taken back", published_at=NOON - 8 * DAY)
    stored(storage, headline="Old", text="abcdefgh and more", published_at=NOON - 8 * DAY)
    stored(storage, headline="Of the window", published_at=NOON - DAY)
    with storage.begin() as tx:
        tx.articles.withdraw(withdrawn.id, now=NOON)
        tx.articles.delete_texts(NOON - 30 * DAY)
    with storage.read() as tx:
        found = tx.articles.leads_before(NOON - 7 * DAY, most=9, characters=8)
        assert found == ["Old\nabcdefgh", "Older\nits summ", "Oldest\nfar away"]
        assert tx.articles.leads_before(NOON - 7 * DAY, most=1, characters=8) == found[:1]


def test_counts_of_the_archives_words_take_the_place_of_those_before(storage: Storage) -> None:
    with storage.begin() as tx:
        assert tx.background.load() is None
        tx.background.keep(Background(articles=2, seen_in={"ferri": 2}))
        tx.background.keep(Background(articles=9, seen_in={"café": 5}))
    with storage.read() as tx:
        assert tx.background.load() == Background(articles=9, seen_in={"café": 5})
