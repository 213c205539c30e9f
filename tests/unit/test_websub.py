"""WebSub decided: which hub, what to ask it and when, what its calls mean, and how often to poll meanwhile."""

import asyncio
import hashlib
import hmac
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest

from digest.errors import BlockedAddressError
from digest.model.feed import Entry
from digest.model.fetch import FetchState
from digest.model.hub import HubOffer, HubState, HubSubscription, HubToken
from digest.net import AddressGuard, GuardedClient, Place
from digest.stages.fetch import HubLinks, has_missed, hub_offer, interval_beside_hub, links_in_header, why_out_of_reach
from digest.stages.fetch.hub_calls import LONGEST_CHALLENGE, LONGEST_LEASE, answer_hub, is_signed, takes_pushes
from digest.stages.fetch.websub import (
    ASK_PAUSE,
    LONGEST_ASK_PAUSE,
    MOST_LEAVES,
    NEW_EVERY,
    PROOFS_TO_TRUST,
    TRUSTED_INTERVAL,
    HubMode,
    HubPlan,
    ask_hub,
    leave,
    new_subscription,
    next_step,
    not_taken,
    plan_hub,
    renew_at,
)
from tests.factories import NOON, PRESS

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)
FEED = PRESS.feed
HUB = "https://hub.example/"
OTHER_HUB = "https://other-hub.example/"
CALLBACKS = "https://news.example/websub/"


def an_offer(hub: str = HUB, topic: str = FEED, feed: str = FEED) -> HubOffer:
    return HubOffer(source_id=PRESS.id, feed=feed, hub_url=hub, topic_url=topic)


def a_subscription(**changes: object) -> HubSubscription:
    """One that was verified at noon and has five days to go."""
    values: dict[str, object] = {
        "token": HubToken("token-1"),
        "callback": f"{CALLBACKS}token-1",
        "secret": "a secret of the two",
        "source_id": PRESS.id,
        "feed": FEED,
        "hub_url": HUB,
        "topic_url": FEED,
        "state": HubState.ACTIVE,
        "created_at": NOON - HOUR,
        "due_at": NOON + 5 * DAY,
        "verified_at": NOON,
        "lease_until": NOON + 5 * DAY,
    }
    return HubSubscription(**values | changes)  # type: ignore[arg-type]  # a test names only what it is about


def an_asked_one(**changes: object) -> HubSubscription:
    return a_subscription(
        **{"state": HubState.ASKED, "verified_at": None, "lease_until": None, "due_at": NOON + HOUR} | changes
    )


def an_entry(published_at: datetime | None) -> Entry:
    return Entry(
        guid="g",
        url=None,
        title="t",
        author=None,
        summary="",
        text="",
        links=(),
        published_at=published_at,
        stated_published=None,
    )


def a_query(subscription: HubSubscription, mode: str, **more: str) -> bytes:
    said = {"hub.mode": mode, "hub.topic": subscription.topic_url}
    said |= {f"hub.{name}": value for name, value in more.items()}
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in said.items()).encode()


# --- which hub -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "hubs", "topic"),
    [
        ('<https://hub.example/>; rel="hub", <https://press.example/feed>; rel="self"', (HUB,), "feed"),
        ("<https://hub.example/>; rel=hub, </feed>; rel=self", (HUB,), "feed"),
        ('</feed>; title="a, b"; rel="alternate SELF", <//hub.example/>; REL = "Hub"', (HUB,), "feed"),
        ('<https://a.example/?x=1,2>; rel="hub", <https://b.example/>; rel="hub"',
         ("https://a.example/?x=1,2", "https://b.example/"), None),
        ('<https://hub.example/>; rel="hubcap", <https://x.example/>; title="; rel=hub"', (), None),
        ("no link at all", (), None),
        ("", (), None),
        (None, (), None),
    ],
)  # fmt: skip
def test_link_header_names_hubs_and_topic(header: str | None, hubs: tuple[str, ...], topic: str | None) -> None:
    found = links_in_header(header, base_url="https://press.example/old")
    assert found == HubLinks(hubs=hubs, topic=topic and f"https://press.example/{topic}")


def test_endless_link_header_is_read_to_a_bound() -> None:
    assert len(links_in_header("<https://h.example/>; rel=hub, " * 20_000, base_url=FEED).hubs) == 5
    assert links_in_header("<" * 100_000 + ";" * 100_000, base_url=FEED) == HubLinks()


def test_headers_come_before_the_feed_and_the_topic_is_what_the_feed_calls_itself() -> None:
    header, body = HubLinks(hubs=(HUB,), topic=None), HubLinks(hubs=(OTHER_HUB,), topic="https://press.example/self")
    check = AddressGuard().check
    assert hub_offer(PRESS, [header, body], url=FEED, check=check) == an_offer(topic="https://press.example/self")
    assert hub_offer(PRESS, [HubLinks(), body], url=FEED, check=check) == an_offer(
        OTHER_HUB, topic="https://press.example/self"
    )
    assert hub_offer(PRESS, [header], url="https://press.example/final", check=check) == an_offer(
        topic="https://press.example/final"
    )
    assert hub_offer(PRESS, [HubLinks(topic=FEED)], url=FEED, check=check) is None


@pytest.mark.parametrize(
    "bad", ["http://127.0.0.1/", "http://169.254.169.254/", "file:///etc/passwd", "https://hub.example:22/", "nonsense"]
)
def test_hub_that_may_not_be_reached_is_passed_over_and_such_a_topic_ends_it(bad: str) -> None:
    check = AddressGuard().check
    found = hub_offer(PRESS, [HubLinks(hubs=(bad, HUB))], url=FEED, check=check)
    assert found == an_offer()
    assert hub_offer(PRESS, [HubLinks(hubs=(bad,))], url=FEED, check=check) is None
    assert hub_offer(PRESS, [HubLinks(hubs=(HUB,), topic=bad)], url=FEED, check=check) is None


def test_what_came_encrypted_is_not_taken_from_a_hub_that_is_not() -> None:
    plain = HubLinks(hubs=("http://hub.example/",))
    check = AddressGuard().check
    assert hub_offer(PRESS, [plain], url="https://press.example/feed", check=check) is None
    assert hub_offer(PRESS, [plain], url="http://press.example/feed", check=check) is not None


def test_guard_is_asked_about_every_hub_before_it_is_offered() -> None:
    def refuse(url: str) -> Place:
        raise BlockedAddressError("no")

    assert hub_offer(PRESS, [HubLinks(hubs=(HUB,))], url=FEED, check=refuse) is None


# --- what a hub's call means -----------------------------------------------------------------------------------


def test_hub_that_verifies_gets_its_challenge_back_and_the_lease_counts_from_now() -> None:
    answer = answer_hub(
        an_asked_one(failures=2, last_error="x"),
        a_query(a_subscription(), "subscribe", challenge="abc", lease_seconds="86400"),
        now=NOON,
    )
    assert answer is not None
    assert answer.body == b"abc"
    after = answer.after
    assert (after.state, after.lease_until, after.due_at) == (HubState.ACTIVE, NOON + DAY, NOON + DAY)
    assert (after.failures, after.last_error, after.verified_at) == (0, "", NOON)


@pytest.mark.parametrize("challenge", [b"<script>", b"%FF%00%80", b"a+b%2B", b"\xe9"])
def test_challenge_goes_back_as_the_bytes_that_came(challenge: bytes) -> None:
    query = a_query(a_subscription(), "subscribe", lease_seconds="86400") + b"&hub.challenge=" + challenge
    answer = answer_hub(an_asked_one(), query, now=NOON)
    assert answer is not None
    assert (
        answer.body
        == {
            b"<script>": b"<script>",
            b"%FF%00%80": b"\xff\x00\x80",
            b"a+b%2B": b"a b+",
            b"\xe9": b"\xe9",
        }[challenge]
    )


@pytest.mark.parametrize(
    "query",
    [
        b"",
        a_query(a_subscription(topic_url=f"{FEED}/x"), "subscribe", challenge="c", lease_seconds="86400"),
        a_query(a_subscription(), "subscribe", lease_seconds="86400"),
        a_query(a_subscription(), "subscribe", challenge="c" * (LONGEST_CHALLENGE + 1), lease_seconds="86400"),
        a_query(a_subscription(), "subscribe", challenge="c" * 1_000_000, lease_seconds="86400"),
        a_query(a_subscription(), "subscribe", challenge="c"),
        a_query(a_subscription(), "subscribe", challenge="c", lease_seconds="60"),
        a_query(a_subscription(), "subscribe", challenge="c", lease_seconds="-86400"),
        a_query(a_subscription(), "subscribe", challenge="c", lease_seconds="1e9"),
        a_query(a_subscription(), "unsubscribe", challenge="c"),
        a_query(a_subscription(), "publish", challenge="c"),
        a_query(a_subscription(), "subscribe", challenge="c", lease_seconds="86400") + b"&x=1" * 50,
    ],
)  # fmt: skip
def test_what_we_did_not_ask_for_is_not_agreed_to(query: bytes) -> None:
    assert answer_hub(an_asked_one(), query, now=NOON) is None
    assert answer_hub(a_subscription(), query, now=NOON) is None


def test_hub_whose_answer_to_us_was_lost_may_still_verify() -> None:
    query = a_query(a_subscription(), "subscribe", challenge="c", lease_seconds="86400")
    answer = answer_hub(not_taken(an_asked_one(), "it broke off", now=NOON), query, now=NOON)
    assert answer is not None
    assert answer.after.state is HubState.ACTIVE


@pytest.mark.parametrize("state", [HubState.DENIED, HubState.LEAVING, HubState.OVER])
def test_hub_cannot_subscribe_us_again_when_we_have_not_asked(state: HubState) -> None:
    query = a_query(a_subscription(), "subscribe", challenge="c", lease_seconds="86400")
    assert answer_hub(a_subscription(state=state), query, now=NOON) is None


def test_lease_is_held_to_a_bound() -> None:
    query = a_query(a_subscription(), "subscribe", challenge="c", lease_seconds="999999999")
    answer = answer_hub(an_asked_one(), query, now=NOON)
    assert answer is not None
    assert answer.after.lease_until == NOON + LONGEST_LEASE


def test_hub_that_says_no_is_remembered_with_its_reason_in_one_bounded_line() -> None:
    query = a_query(a_subscription(), "denied", reason="not\r\n\x1b[2Jyou " + "x" * 5000)
    answer = answer_hub(a_subscription(), query, now=NOON)
    assert answer is not None
    assert (answer.body, answer.after.state) == (b"", HubState.DENIED)
    assert answer.after.last_error.startswith("the hub says no (not [2Jyou xxx")
    assert len(answer.after.last_error) < 300
    assert not takes_pushes(answer.after, now=NOON)


def test_leaving_is_agreed_to_once() -> None:
    query = a_query(a_subscription(), "unsubscribe", challenge="bye", lease_seconds="nonsense")
    answer = answer_hub(leave(a_subscription(), now=NOON), query, now=NOON)
    assert answer is not None
    assert (answer.body, answer.after.state) == (b"bye", HubState.OVER)
    assert answer_hub(answer.after, query, now=NOON) is None


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512", "SHA256"])
def test_right_signature_is_known_by_each_method_of_the_recommendation(method: str) -> None:
    subscription = a_subscription()
    right = hmac.new(subscription.secret.encode(), b"body", method.lower()).hexdigest()
    assert is_signed(subscription, f"{method}={right}", b"body")
    assert is_signed(subscription, f"{method}={right.upper()}", b"body")
    assert not is_signed(subscription, f"{method}={right}", b"Body")
    assert not is_signed(subscription, f"{method}={right[:-1]}", b"body")
    assert not is_signed(replace(subscription, secret="another"), f"{method}={right}", b"body")


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "sha256=",
        "=" + "0" * 64,
        "md5=" + hmac.new(b"a secret of the two", b"body", hashlib.md5).hexdigest(),
        "new=" + "0" * 64,
        "sha256=é",
        "sha256=" + "0" * 100_000,
    ],
)
def test_missing_or_odd_signature_proves_nothing(said: str | None) -> None:
    assert not is_signed(a_subscription(), said, b"body")


def test_secret_and_token_are_in_no_text_of_a_subscription() -> None:
    text = repr(a_subscription())
    assert "a secret of the two" not in text
    assert "token-1" not in text


# --- what to ask for -------------------------------------------------------------------------------------------


def plan(*held: HubSubscription, offer: HubOffer | None, now: datetime = NOON) -> HubPlan:
    return plan_hub(PRESS, offer, held, callbacks=CALLBACKS, now=now)


def test_offer_is_taken_up_once() -> None:
    assert plan(offer=an_offer()).subscribe == an_offer()
    asked = an_asked_one(created_at=NOON - DAY)
    for held in (asked, replace(asked, state=HubState.WANTED), a_subscription(), a_subscription(state=HubState.DENIED)):
        assert (plan(held, offer=an_offer()).subscribe, plan(held, offer=an_offer()).leave) == (None, ())


def test_subscription_is_renewed_before_its_end_and_the_old_one_left_when_the_new_one_stands() -> None:
    old = a_subscription(proofs=4)
    moment = renew_at(old)
    assert NOON + 3 * DAY < moment < NOON + 5 * DAY - 12 * HOUR
    assert plan(old, offer=an_offer(), now=moment - HOUR).subscribe is None
    renewal = plan(old, offer=an_offer(), now=moment)
    assert (renewal.subscribe, renewal.proofs, renewal.leave) == (an_offer(), 4, ())
    new = a_subscription(token=HubToken("2"), created_at=moment, verified_at=moment, lease_until=moment + 5 * DAY)
    after = plan(old, new, offer=an_offer(), now=moment + HOUR)
    assert (after.leave, after.subscribe) == ((old,), None)


def test_renewals_of_many_sources_spread() -> None:
    moments = {renew_at(a_subscription(token=HubToken(f"token-{number}"))) for number in range(50)}
    assert len(moments) == 50
    assert max(moments) - min(moments) > 12 * HOUR


def test_another_hub_is_asked_before_the_old_one_is_left() -> None:
    old = a_subscription()
    move = plan(old, offer=an_offer(OTHER_HUB), now=NOON + HOUR)
    assert (move.subscribe, move.leave) == (an_offer(OTHER_HUB), ())
    new = a_subscription(token=HubToken("2"), hub_url=OTHER_HUB, verified_at=NOON + HOUR)
    assert plan(old, new, offer=an_offer(OTHER_HUB), now=NOON + 2 * HOUR).leave == (old,)


def test_feed_that_names_another_hub_at_every_poll_makes_few_new_subscriptions() -> None:
    just_made = an_asked_one(created_at=NOON)
    soon = plan(just_made, offer=an_offer(OTHER_HUB), now=NOON + NEW_EVERY / 2)
    assert (soon.subscribe, soon.leave) == (None, (just_made,))
    assert plan(just_made, offer=an_offer(OTHER_HUB), now=NOON + NEW_EVERY).subscribe is not None


def test_feed_that_names_no_hub_any_more_keeps_its_lease_and_gets_no_other() -> None:
    gone = plan(a_subscription(), offer=None, now=renew_at(a_subscription()))
    assert (gone.subscribe, gone.leave) == (None, ())


@pytest.mark.parametrize(
    ("source", "callbacks"),
    [
        (None, CALLBACKS),
        (replace(PRESS, feed="https://press.example/new"), CALLBACKS),
        (PRESS, None),
        (PRESS, "https://moved.example/websub/"),
    ],
    ids=["removed or paused", "another address", "switched off", "we have moved"],
)
def test_what_is_no_longer_polled_there_is_left(source: object, callbacks: str | None) -> None:
    held = [
        a_subscription(),
        an_asked_one(),
        a_subscription(state=HubState.OVER),
        a_subscription(state=HubState.DENIED),
    ]
    ended = plan_hub(source, None, held, callbacks=callbacks, now=NOON)  # type: ignore[arg-type]  # a Source or None
    assert list(ended.leave) == held[:2]
    # An offer of the old address says nothing of the new one.
    assert source is PRESS or plan_hub(source, an_offer(), held, callbacks=callbacks, now=NOON).subscribe is None  # type: ignore[arg-type]


def test_hub_that_was_never_verified_is_let_go_without_a_word() -> None:
    assert leave(an_asked_one(), now=NOON).state is HubState.OVER
    assert leave(a_subscription(), now=NOON).state is HubState.LEAVING


def test_new_subscription_is_due_at_once_at_an_address_of_its_own() -> None:
    new = new_subscription(an_offer(), callbacks=CALLBACKS, token="t", secret="s", proofs=2, now=NOON)
    assert (new.callback, new.state, new.due_at, new.proofs) == (f"{CALLBACKS}t", HubState.WANTED, NOON, 2)


# --- steps -----------------------------------------------------------------------------------------------------


def test_hub_that_never_calls_back_is_asked_ever_less_often_and_never_given_up() -> None:
    subscription, now, pauses = an_asked_one(state=HubState.WANTED, due_at=NOON), NOON, []
    for _ in range(9):
        after, mode = next_step(subscription, now=now)
        assert mode is HubMode.SUBSCRIBE
        assert after is not None
        pauses.append(after.due_at - now)
        subscription, now = after, after.due_at
    assert pauses[:3] == [ASK_PAUSE, 2 * ASK_PAUSE, 4 * ASK_PAUSE]
    assert pauses[-1] == LONGEST_ASK_PAUSE
    assert subscription.last_error == "the hub did not call back to verify"


def test_hub_that_refused_is_asked_again_later_unless_it_has_called_back_all_the_same() -> None:
    after = not_taken(an_asked_one(), "the hub answered 500", now=NOON)
    assert (after.state, after.failures, after.due_at) == (HubState.WANTED, 1, NOON + 2 * ASK_PAUSE)
    assert not_taken(a_subscription(), "too late", now=NOON) == a_subscription()


def test_lease_that_has_run_out_is_over_and_then_forgotten() -> None:
    end = NOON + 5 * DAY
    over, mode = next_step(a_subscription(), now=end)
    assert mode is None
    assert over is not None
    assert (over.state, over.last_error) == (HubState.OVER, "its lease has run out")
    assert next_step(over, now=over.due_at) == (None, None)


def test_hub_is_told_a_few_times_that_we_leave() -> None:
    subscription, now, modes = leave(a_subscription(), now=NOON), NOON, []
    while subscription.state is HubState.LEAVING:
        after, mode = next_step(subscription, now=now)
        assert after is not None
        modes.append(mode)
        subscription, now = after, after.due_at
    assert modes == [HubMode.UNSUBSCRIBE] * MOST_LEAVES + [None]


# --- how often to poll -----------------------------------------------------------------------------------------


def test_hub_that_has_proved_itself_makes_polling_rarer_until_it_is_to_be_renewed() -> None:
    proved = a_subscription(proofs=PROOFS_TO_TRUST)
    assert interval_beside_hub(HALF_HOUR, proved, now=NOON) == TRUSTED_INTERVAL
    assert interval_beside_hub(HALF_HOUR, proved, now=renew_at(proved) - HOUR) == HOUR
    assert interval_beside_hub(HALF_HOUR, proved, now=renew_at(proved)) == HALF_HOUR
    assert interval_beside_hub(DAY, proved, now=NOON) == DAY


@pytest.mark.parametrize(
    "subscription",
    [
        None,
        a_subscription(proofs=PROOFS_TO_TRUST - 1),
        a_subscription(proofs=9, lease_until=NOON),
        *(a_subscription(proofs=9, state=state) for state in HubState if state is not HubState.ACTIVE),
    ],
)
def test_without_a_standing_proved_hub_polling_is_as_ever(subscription: HubSubscription | None) -> None:
    assert interval_beside_hub(HALF_HOUR, subscription, now=NOON) == HALF_HOUR


@pytest.mark.parametrize(
    ("published_at", "has_seen_all", "is_missed"),
    [
        (NOON + HOUR, False, True),
        (NOON + 2 * HOUR - timedelta(minutes=5), True, False),
        (NOON - HOUR, True, False),
        (None, True, True),
        (None, False, False),
    ],
    ids=["an hour old", "its push may still come", "older than the subscription", "new, undated", "undated"],
)
def test_poll_that_finds_what_no_push_has_brought_says_so(
    published_at: datetime | None, has_seen_all: bool, is_missed: bool
) -> None:
    now = NOON + 2 * HOUR
    before = FetchState(source_id=PRESS.id, url=FEED, body_sha256="a" * 64, last_ok_at=NOON + HOUR)
    before = before if has_seen_all else replace(before, body_sha256=None)
    assert has_missed(a_subscription(), [an_entry(published_at)], before=before, now=now) is is_missed
    assert not has_missed(a_subscription(), [], before=before, now=now)
    assert not has_missed(an_asked_one(), [an_entry(published_at)], before=before, now=now)


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("https://news.example.org", None),
        ("http://93.184.216.34:8080", None),
        ("http://127.0.0.1:8000", "this machine itself"),
        ("http://localhost", "only this machine"),
        ("http://news.localhost", "only this machine"),
        ("http://intranet:8000", "only this machine"),
        ("http://192.168.1.4", "private network"),
    ],
)
def test_public_address_that_no_hub_can_reach_is_told(base_url: str, words: str | None) -> None:
    said = why_out_of_reach(base_url)
    assert said is None if words is None else words in (said or "")


def test_a_hub_in_a_place_that_is_opened_for_another_purpose_is_not_asked() -> None:
    subscription = a_subscription(hub_url="http://127.0.0.1:8801/hub", feed="https://press.example/feed")
    guard = AddressGuard(["127.0.0.1:8801"])

    async def ask() -> str | None:
        async with GuardedClient(guard, timeout_seconds=1, max_bytes=1000, user_agent="test") as client:
            return await ask_hub(client, subscription, HubMode.SUBSCRIBE)

    assert "press.example sends us into the private place 127.0.0.1:8801" in (asyncio.run(ask()) or "")
