"""Hubs: what feeds offer, what is agreed, what was pushed and how much of it may wait."""

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.model.fetch import FetchState
from digest.model.hub import HubOffer, HubState, HubSubscription, HubToken
from digest.model.source import Source
from digest.storage import Storage
from digest.storage.hubs import MOST_AN_HOUR, MOST_WAITING, MOST_WAITING_BYTES
from tests.factories import NOON, PRESS, RIVAL_PRESS

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def known_sources(storage: Storage) -> None:
    with storage.begin() as tx:
        tx.sources.mirror([PRESS, RIVAL_PRESS], now=NOON)


def an_offer(source: Source = PRESS, hub_url: str = "https://hub.example/") -> HubOffer:
    return HubOffer(source_id=source.id, feed=source.feed, hub_url=hub_url, topic_url=source.feed)


def saved(storage: Storage, token: str = "one", source: Source = PRESS, **changes: object) -> HubSubscription:
    values: dict[str, object] = {
        "token": HubToken(token),
        "callback": f"https://news.example/websub/{token}",
        "secret": f"secret of {token}",
        "source_id": source.id,
        "feed": source.feed,
        "hub_url": "https://hub.example/",
        "topic_url": source.feed,
        "state": HubState.ACTIVE,
        "created_at": NOON,
        "due_at": NOON + DAY,
        "verified_at": NOON,
        "lease_until": NOON + DAY,
    }
    subscription = HubSubscription(**values | changes)  # type: ignore[arg-type]  # a test names only what it is about
    with storage.begin() as tx:
        tx.hubs.save(subscription)
    return subscription


def test_offer_is_what_the_feed_said_last(storage: Storage) -> None:
    with storage.begin() as tx:
        tx.hubs.note_offers({PRESS.id: an_offer(), RIVAL_PRESS.id: an_offer(RIVAL_PRESS)})
        tx.hubs.note_offers({PRESS.id: an_offer(hub_url="https://other.example/"), RIVAL_PRESS.id: None})
        tx.hubs.note_offers({})
    with storage.read() as tx:
        assert tx.hubs.offers() == {PRESS.id: an_offer(hub_url="https://other.example/")}


def test_subscription_comes_back_as_it_was_saved_last(storage: Storage) -> None:
    first = saved(storage)
    with storage.read() as tx:
        assert (tx.hubs.find(first.token), tx.hubs.find(HubToken("two")), tx.hubs.all()) == (first, None, [first])
    changed = replace(first, state=HubState.DENIED, last_error="half a pair: \ud800", lease_until=None, failures=3)
    with storage.begin() as tx:
        assert tx.hubs.lock(first.token) == first
        tx.hubs.save(changed)
    with storage.read() as tx:
        assert tx.hubs.find(first.token) == replace(changed, last_error="half a pair: \N{REPLACEMENT CHARACTER}")


def test_source_is_pushed_under_the_subscription_that_was_verified_last(storage: Storage) -> None:
    saved(storage, "old", verified_at=NOON - HOUR)
    new = saved(storage, "new")
    saved(storage, "asked", source=RIVAL_PRESS, state=HubState.ASKED)
    with storage.read() as tx:
        assert tx.hubs.active(NOON) == {PRESS.id: new}
        assert tx.hubs.active(NOON + DAY) == {}


def test_counts_add_up_and_doubt_ends_every_proof_of_a_source(storage: Storage) -> None:
    saved(storage, "one", proofs=1)
    saved(storage, "two", proofs=2)
    other = saved(storage, "three", source=RIVAL_PRESS, proofs=3)
    with storage.begin() as tx:
        tx.hubs.count(HubToken("one"), refused=1)
        tx.hubs.count(HubToken("one"), pushes=1, pushed_at=NOON)
        tx.hubs.prove(HubToken("one"))
        one = tx.hubs.find(HubToken("one"))
    assert one is not None
    assert (one.refused, one.pushes, one.pushed_at, one.proofs) == (1, 1, NOON, 2)
    with storage.begin() as tx:
        tx.hubs.doubt([PRESS.id])
        assert [each.proofs for each in tx.hubs.all() if each.source_id == PRESS.id] == [0, 0]
        assert tx.hubs.find(other.token) == other


def test_body_waits_until_it_is_read_and_the_same_one_never_waits_twice(storage: Storage) -> None:
    subscription = saved(storage)
    with storage.begin() as tx:
        push_id = tx.hubs.take(subscription.token, b"<rss/>\x00\xff", content_type="text/xml", now=NOON)
        assert push_id is not None
        assert tx.hubs.take(subscription.token, b"<rss/>\x00\xff", content_type=None, now=NOON) is None
    with storage.read() as tx:
        (push,) = tx.hubs.waiting()
    assert (push.body, push.content_type, push.received_at) == (b"<rss/>\x00\xff", "text/xml", NOON)
    assert (push.id, push.subscription) == (push_id, subscription)
    with storage.begin() as tx:
        tx.hubs.finish(push_id)
        assert tx.hubs.take(subscription.token, b"<rss/>\x00\xff", content_type=None, now=NOON) is None
        assert tx.hubs.waiting() == []


def test_one_body_of_each_hub_is_read_at_a_time_the_oldest_first(storage: Storage) -> None:
    one, two = saved(storage, "one"), saved(storage, "two")
    with storage.begin() as tx:
        for token, body in ((one.token, b"1"), (one.token, b"2"), (two.token, b"3")):
            tx.hubs.take(token, body, content_type=None, now=NOON)
        first, second = tx.hubs.waiting()
        assert (first.body, second.body) == (b"1", b"3")
        tx.hubs.finish(first.id)
        assert [push.body for push in tx.hubs.waiting()] == [b"2", b"3"]


def test_forgetting_a_subscription_forgets_what_was_pushed_under_it(storage: Storage) -> None:
    one, two = saved(storage, "one"), saved(storage, "two")
    with storage.begin() as tx:
        for token in (one.token, two.token):
            tx.hubs.take(token, b"body", content_type=None, now=NOON)
        tx.hubs.forget(one.token)
        assert tx.hubs.all() == [two]
        assert [push.subscription for push in tx.hubs.waiting()] == [two]


def test_so_many_bodies_of_one_hub_may_wait(storage: Storage) -> None:
    one, two = saved(storage, "one"), saved(storage, "two")
    with storage.begin() as tx:
        ids = [tx.hubs.take(one.token, b"%d" % number, content_type=None, now=NOON) for number in range(MOST_WAITING)]
        assert not tx.hubs.has_room(one.token, 1, now=NOON)
        assert tx.hubs.has_room(two.token, 1, now=NOON)
        assert ids[0] is not None
        tx.hubs.finish(ids[0])
        assert tx.hubs.has_room(one.token, 1, now=NOON)


def test_hub_may_push_so_many_bodies_an_hour_and_no_more(storage: Storage) -> None:
    one = saved(storage)
    with storage.begin() as tx:
        for number in range(MOST_AN_HOUR):
            assert tx.hubs.has_room(one.token, 1, now=NOON)
            push_id = tx.hubs.take(one.token, b"%d" % number, content_type=None, now=NOON)
            assert push_id is not None
            tx.hubs.finish(push_id)
        assert not tx.hubs.has_room(one.token, 1, now=NOON + HOUR / 2)
        assert tx.hubs.has_room(one.token, 1, now=NOON + HOUR)


def test_all_hubs_together_may_leave_so_many_bytes(storage: Storage) -> None:
    one, two = saved(storage, "one"), saved(storage, "two")
    with storage.begin() as tx:
        tx.hubs.take(one.token, b"x" * 1000, content_type=None, now=NOON)
        assert tx.hubs.has_room(two.token, MOST_WAITING_BYTES - 1000, now=NOON)
        assert not tx.hubs.has_room(two.token, MOST_WAITING_BYTES - 999, now=NOON)


def test_feed_is_asked_soon_unless_it_failed_last_time(storage: Storage) -> None:
    well = FetchState(source_id=PRESS.id, url=PRESS.feed, next_due_at=NOON + HOUR)
    ill = FetchState(source_id=RIVAL_PRESS.id, url=RIVAL_PRESS.feed, next_due_at=NOON + HOUR, failures=1)
    with storage.begin() as tx:
        tx.fetches.save_all([well, ill])
        tx.fetches.ask_soon(PRESS.id, NOON)
        tx.fetches.ask_soon(RIVAL_PRESS.id, NOON)
        assert tx.fetches.states() == {PRESS.id: replace(well, next_due_at=NOON), RIVAL_PRESS.id: ill}
        tx.fetches.ask_soon(PRESS.id, NOON + 2 * HOUR)
        assert tx.fetches.states()[PRESS.id].next_due_at == NOON
