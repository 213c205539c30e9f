"""Whatever a hub or a feed says about WebSub, it is an answer or nothing, never an exception."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.model.hub import HubState, HubSubscription, HubToken
from digest.net import AddressGuard
from digest.stages.fetch import HubLinks, hub_offer, links_in_header
from digest.stages.fetch.hub_calls import LONGEST_LEASE, answer_hub, is_signed
from tests.factories import NOON, PRESS

FIELDS = st.sampled_from(["hub.mode", "hub.topic", "hub.challenge", "hub.lease_seconds", "hub.reason", "x", ""])
VALUES = st.one_of(
    st.sampled_from(["subscribe", "unsubscribe", "denied", PRESS.feed, "86400", "999999999"]), st.text(max_size=30)
)
QUERIES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.tuples(FIELDS, VALUES), max_size=8).map(
        lambda pairs: "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "replace")
    ),
)
SUBSCRIPTION = HubSubscription(
    token=HubToken("t"),
    callback="https://news.example/websub/t",
    secret="s",
    source_id=PRESS.id,
    feed=PRESS.feed,
    hub_url="https://hub.example/",
    topic_url=PRESS.feed,
    state=HubState.ASKED,
    created_at=NOON,
    due_at=NOON + timedelta(hours=1),
)


@given(QUERIES, st.sampled_from(HubState))
def test_call_of_a_hub_is_agreed_to_or_not(query: bytes, state: HubState) -> None:
    before = replace(SUBSCRIPTION, state=state)
    answer = answer_hub(before, query, now=NOON)
    if answer is None:
        return
    assert b"hub.topic=" in query
    after = answer.after
    assert (after.token, after.secret, after.topic_url) == (before.token, before.secret, before.topic_url)
    assert after.state in {HubState.ACTIVE, HubState.DENIED, HubState.OVER}
    if after.state is HubState.ACTIVE:
        assert after.lease_until is not None
        assert timedelta(hours=1) <= after.lease_until - NOON <= LONGEST_LEASE


@given(st.text(max_size=300), st.binary(max_size=100))
def test_signature_that_was_not_made_with_the_secret_is_none(signature: str, body: bytes) -> None:
    assert not is_signed(SUBSCRIPTION, signature, body)


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=300), st.text(max_size=100))
def test_offer_names_only_what_may_be_reached(header: str, hub: str) -> None:
    guard = AddressGuard()
    links = links_in_header(header, base_url=PRESS.feed)
    offer = hub_offer(PRESS, [links, HubLinks(hubs=(hub,))], url=PRESS.feed, check=guard.check)
    if offer is not None:
        assert offer.hub_url.startswith("https:")
        guard.check(offer.hub_url)
        guard.check(offer.topic_url)
