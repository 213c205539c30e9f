"""WebSub, there and back: a feed and a hub on loopback that a test plays, our own web app, the pipeline between."""

import asyncio
import hashlib
import hmac
import html
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from digest.assembly import callbacks_of
from digest.doctor import Finding, examine
from digest.jobs import Jobs
from digest.model.fetch import FetchState
from digest.model.hub import HubOffer, HubState, HubSubscription, HubToken
from digest.model.ids import SourceId
from digest.model.job import JobKind
from digest.model.source import Source, SourceKind
from digest.net import AddressGuard, GuardedClient
from digest.net.client import MAX_REDIRECTS
from digest.pipeline import FetchLimits, PassReport, keep_hubs, read_pushes
from digest.pipeline.gather import gather
from digest.pipeline.hubs import MOST_ASKED
from digest.pipeline.lease import hold_lease
from digest.settings import Settings
from digest.stages.extract import ParserPool
from digest.stages.fetch.websub import ASK_PAUSE, PROOFS_TO_TRUST, TRUSTED_INTERVAL, renew_at
from digest.storage import Storage, open_storage
from digest.storage.hubs import MOST_WAITING
from tests.factories import NOON, PRESS, RIVAL_PRESS, a_campaign
from tests.fakes import fake_tools
from web.app import create_app
from web.hooks import websub

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
POLL = timedelta(minutes=30)
BASE = "https://news.example.org"
CALLBACKS = f"{BASE}/websub/"
LEASE = 5 * DAY
SOURCE_ID = SourceId("quill-posts")


class Hands:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.moment = NOON

    def now(self) -> datetime:
        return self.moment


@dataclass
class Hub:
    """An outlet's feed and its hub, as a test wants them now."""

    base: str = ""
    entries: list[tuple[str, str, datetime]] = field(default_factory=list)
    link_header: str | None = None
    is_named: bool = True
    status: int = 202
    location: str | None = None
    """Where the hub at `/hub` sends us on to."""
    repeats_form: bool = False
    page_waits: threading.Event | None = None
    """Set when pages that never come may let go."""
    asked: list[dict[str, str]] = field(default_factory=list)
    calls_back_first: "World | None" = None
    """Whose callback is called before the question is answered."""
    is_silent: threading.Event | None = None
    """Set when a hub that never answers may let go."""

    @property
    def hub_url(self) -> str:
        return f"{self.base}/hub"

    @property
    def topic(self) -> str:
        return f"{self.base}/feed"

    def publish(self, name: str, at: datetime) -> None:
        self.entries.insert(0, (name, f"What is new of {name}.", at))

    def feed(self, *names: str) -> bytes:
        """The feed; or, of names, what a hub makes of it that sends only what is new."""
        links = f"<atom:link rel='self' href='{self.topic}'/>"
        links += f"<atom:link rel='hub' href='{self.hub_url}'/>" if self.is_named else ""
        items = "".join(
            f"<item><guid isPermaLink='false'>{name}</guid><title>News of {name}</title>"
            f"<link>{self.base}/{name}</link><pubDate>{format_datetime(at)}</pubDate>"
            f"<description>{html.escape(text)}</description></item>"
            for name, text, at in self.entries
            if not names or name in names
        )
        atom = "xmlns:atom='http://www.w3.org/2005/Atom'"
        return f"<rss version='2.0' {atom}><channel><title>T</title>{links}{items}</channel></rss>".encode()


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if hub.page_waits is not None and not self.path.startswith("/feed"):
                hub.page_waits.wait(20)
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            if hub.link_header is not None:
                self.send_header("Link", hub.link_header)
            self.end_headers()
            self.wfile.write(hub.feed())

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            hub.asked.append(form)
            if hub.is_silent is not None:
                hub.is_silent.wait(20)
                return
            if hub.calls_back_first is not None:
                assert hub.calls_back_first.verify(form).status_code == 200
            is_sent_on = hub.location is not None and self.path == "/hub"
            self.send_response(hub.status if is_sent_on or hub.location is None else 202)
            if hub.location is not None:
                self.send_header("Location", hub.location)
            body = f"bad:\x1b {form['hub.secret']} {form['hub.callback']}".encode() if hub.repeats_form else b""
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the base class
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64  # of five, half of twenty that call at once would be turned away

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    hub.base = f"http://127.0.0.1:{server.server_address[1]}"
    yield hub
    server.shutdown()
    server.server_close()
    thread.join()


class World:
    """Us: the pipeline, step by step at whatever hour the test says, and the web app that hubs call."""

    def __init__(self, storage: Storage, hub: Hub, parsers: ParserPool, web: TestClient, clock: Hands) -> None:
        self.storage, self.hub, self.web, self.clock = storage, hub, web, clock
        self.source = Source(id=SOURCE_ID, name="Quill", kind=SourceKind.CAMPAIGN, feed=hub.topic, site=hub.base)
        self.timeout_seconds = 5.0
        self.tools = fake_tools(
            storage,
            a_campaign(sources=(self.source,)),
            clock=clock,
            open_client=self._open_client,
            parsers=parsers,
            limits=FetchLimits(concurrency=4, poll_interval=POLL, is_everything_due=False),
            base_url=BASE,
            callbacks=CALLBACKS,
        )

    def _open_client(self) -> GuardedClient:
        return GuardedClient(
            AddressGuard((self.hub.base.removeprefix("http://"),)),
            timeout_seconds=self.timeout_seconds,
            max_bytes=1_000_000,
            user_agent="test",
            host_spacing_seconds=0,
        )

    def at(self, moment: datetime) -> "World":
        self.clock.moment = moment
        return self

    def poll(self) -> PassReport:
        report = PassReport()
        with self.storage.begin() as tx:
            tx.sources.mirror(self.tools.campaign.sources, now=self.clock.moment)
        asyncio.run(gather(self.tools, report, lambda: None))
        return report

    def keep(self) -> str:
        return keep_hubs(self.tools)

    def work(self) -> int:
        """Read what was pushed; how many bodies."""
        handlers = {JobKind.PUSH: lambda _: read_pushes(self.tools)}
        jobs = Jobs(storage=self.storage, clock=self.clock, handlers=handlers, wait=lambda _: True)
        done = 0
        while jobs.do_next():
            done += 1
        return done

    def verify(self, form: dict[str, str], *, lease: timedelta = LEASE, challenge: str = "c1") -> Response:
        return self.web.get(
            urlsplit(form["hub.callback"]).path,
            params={
                "hub.mode": form["hub.mode"],
                "hub.topic": form["hub.topic"],
                "hub.challenge": challenge,
                "hub.lease_seconds": str(int(lease.total_seconds())),
            },
        )

    def push(self, body: bytes, *, form: dict[str, str] | None = None, signature: str | None = "right") -> Response:
        form = form or self.hub.asked[-1]
        headers = {"Content-Type": "application/rss+xml"}
        if signature == "right":
            signature = "sha256=" + hmac.new(form["hub.secret"].encode(), body, hashlib.sha256).hexdigest()
        if signature is not None:
            headers["X-Hub-Signature"] = signature
        return self.web.post(urlsplit(form["hub.callback"]).path, content=body, headers=headers)

    def subscribed(self) -> dict[str, str]:
        """The question that our hub was asked and has verified, at noon."""
        self.hub.publish("old", NOON - HOUR)
        self.poll()
        self.keep()
        form = self.hub.asked[-1]
        assert self.verify(form).status_code == 200
        return form

    def proved(self) -> dict[str, str]:
        """The same, after pushes that brought what a poll would have found; at a quarter past noon."""
        form = self.subscribed()
        for number in range(PROOFS_TO_TRUST):
            self.hub.publish(f"pushed-{number}", NOON + number * MINUTE)
            assert self.push(self.hub.feed(), form=form).status_code == 202
            assert self.work() == 1
        return form

    def subscriptions(self) -> list[HubSubscription]:
        with self.storage.read() as tx:
            return tx.hubs.all()

    def states(self) -> list[HubState]:
        return [subscription.state for subscription in self.subscriptions()]

    def titles(self) -> set[str]:
        with self.storage.read() as tx:
            return {article.guid for article in tx.articles.active(NOON - 7 * DAY)}

    def fetch_state(self) -> FetchState:
        with self.storage.read() as tx:
            return tx.fetches.states()[SOURCE_ID]

    def next_poll(self) -> datetime:
        due = self.fetch_state().next_due_at
        assert due is not None
        return due

    def waiting(self) -> int:
        with self.storage.read() as tx:
            return tx.jobs.pending(JobKind.PUSH)


@pytest.fixture
def world(storage: Storage, hub: Hub, parsers: ParserPool, tmp_path: Path) -> Iterator[World]:
    clock = Hands()
    settings = Settings.isolated(base_url=BASE, sources=tmp_path / "none.yaml", fetch_max_bytes=1_000_000)
    with TestClient(create_app(settings, storage, clock=clock), follow_redirects=False) as web:
        yield World(storage, hub, parsers, web, clock)


# --- there and back --------------------------------------------------------------------------------------------


def test_subscribe_verify_receive_poll_less_renew_lapse_and_poll_as_ever(world: World) -> None:
    hub = world.hub
    form = world.subscribed()
    assert (form["hub.mode"], form["hub.topic"]) == ("subscribe", hub.topic)
    assert form["hub.callback"].startswith(CALLBACKS)
    assert 40 < len(form["hub.secret"]) < 200
    assert world.states() == [HubState.ACTIVE]

    # Received: stored as if it had been polled, and the poll that follows finds nothing new.
    hub.publish("first", NOON + MINUTE)
    assert world.at(NOON + 2 * MINUTE).push(hub.feed()).status_code == 202
    assert "first" not in world.titles()
    assert world.work() == 1
    assert world.titles() == {"old", "first"}
    before = world.fetch_state()
    assert before.next_due_at is not None
    assert world.at(before.next_due_at).poll().added == 0
    assert world.next_poll() - world.clock.moment <= POLL

    # Proved: polled less.
    for number in range(PROOFS_TO_TRUST - 1):
        hub.publish(f"more-{number}", world.clock.moment)
        world.push(hub.feed())
        assert world.work() == 1
    world.at(world.next_poll()).poll()
    pause = world.next_poll() - world.clock.moment
    assert TRUSTED_INTERVAL * 0.8 < pause <= TRUSTED_INTERVAL

    # Renewed, at another address with another secret, before the end; the old one is left and refuses what comes.
    (old,) = world.subscriptions()
    assert world.at(renew_at(old)).keep() == "1 hubs asked, 1 took it"
    renewal = hub.asked[-1]
    assert (renewal["hub.callback"] == form["hub.callback"], renewal["hub.secret"] == form["hub.secret"]) == (
        False,
    ) * 2
    assert world.verify(renewal).status_code == 200
    assert [s.proofs for s in world.subscriptions()] == [PROOFS_TO_TRUST] * 2
    world.keep()
    assert hub.asked[-1] == {
        "hub.mode": "unsubscribe", "hub.topic": hub.topic, "hub.callback": form["hub.callback"]
    }  # fmt: skip
    assert world.verify(hub.asked[-1], challenge="bye").text == "bye"
    assert world.states() == [HubState.OVER, HubState.ACTIVE]
    assert world.push(hub.feed(), form=form).status_code == 410
    assert world.push(hub.feed() + b" ", form=renewal).status_code == 202

    # The hub takes no renewal: its lease runs out, and polling is as ever.
    hub.status = 500
    (_, new) = world.subscriptions()
    world.at(renew_at(new)).poll()
    assert world.next_poll() - world.clock.moment <= POLL
    assert new.lease_until is not None
    world.at(new.lease_until).keep()
    assert HubState.ACTIVE not in world.states()
    assert world.push(hub.feed(), form=renewal).status_code == 410
    world.poll()
    assert world.next_poll() - world.clock.moment <= POLL


def test_hub_in_the_headers_comes_before_the_one_in_the_feed(world: World) -> None:
    world.hub.link_header = f'<{world.hub.base}/other-hub>; rel="hub", </feed?topic>; rel="self"'
    world.hub.publish("old", NOON - HOUR)
    world.poll()
    world.keep()
    (subscription,) = world.subscriptions()
    assert subscription.hub_url == f"{world.hub.base}/other-hub"
    assert subscription.topic_url == f"{world.hub.base}/feed?topic"


def test_header_without_a_topic_does_not_change_what_the_feed_calls_itself(world: World) -> None:
    world.hub.link_header = f'<{world.hub.hub_url}>; rel="hub"'
    world.source = replace(world.source, feed=f"{world.hub.base}/feed?x=1")
    world.tools = replace(world.tools, campaign=a_campaign(sources=(world.source,)))
    world.poll()
    assert world.at(NOON + HOUR).poll().unchanged == 1
    with world.storage.read() as tx:
        assert [offer.topic_url for offer in tx.hubs.offers().values()] == [world.hub.topic]


def test_hub_that_calls_back_before_it_answers_is_understood(world: World) -> None:
    world.hub.calls_back_first = world
    world.poll()
    world.keep()
    assert world.states() == [HubState.ACTIVE]
    world.hub.calls_back_first = None
    assert world.keep() == "no hub to ask"


def test_poll_that_finds_what_no_push_has_brought_trusts_the_hub_no_more(world: World) -> None:
    world.proved()
    world.at(world.next_poll()).poll()
    assert world.next_poll() - world.clock.moment > POLL
    world.hub.publish("never pushed", world.clock.moment + MINUTE)
    world.at(world.next_poll()).poll()
    assert world.next_poll() - world.clock.moment <= POLL
    assert [s.proofs for s in world.subscriptions()] == [0]
    assert "never pushed" in world.titles()


def test_switched_off_or_out_of_reach_no_hub_is_asked(world: World) -> None:
    world.tools = replace(world.tools, callbacks=None)
    world.poll()
    assert world.keep() == "no hub to ask"
    assert (world.hub.asked, world.subscriptions()) == ([], [])


# --- the hub's calls -------------------------------------------------------------------------------------------


def test_answers_carry_the_strict_headers_no_cookie_and_no_markup_that_a_browser_would_read(world: World) -> None:
    world.poll()
    world.keep()
    challenge = "<script>alert(1)</script>\u00e9"
    answer = world.verify(world.hub.asked[-1], challenge=challenge)
    assert answer.content == challenge.encode()
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "change",
    [
        {"hub.topic": "http://127.0.0.1/other"},
        {"hub.callback": f"{CALLBACKS}guessed"},
        {"hub.callback": f"{CALLBACKS}%00%ff"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": "denied", "hub.topic": "http://127.0.0.1/other"},
    ],
)
def test_call_that_fits_nothing_we_asked_is_404_and_changes_nothing(world: World, change: dict[str, str]) -> None:
    world.poll()
    world.keep()
    before = world.subscriptions()
    answer = world.verify(world.hub.asked[-1] | change)
    assert (answer.status_code, answer.content) == (404, b"")
    assert world.subscriptions() == before


def test_challenge_without_measure_and_a_head_request_are_not_answered(world: World) -> None:
    world.poll()
    world.keep()
    form = world.hub.asked[-1]
    assert world.verify(form, challenge="x" * 60_000).status_code == 404
    assert world.web.head(urlsplit(form["hub.callback"]).path).status_code == 405
    assert world.states() == [HubState.ASKED]


def test_hub_that_says_no_later_is_polled_again_at_once(world: World) -> None:
    form = world.proved()
    world.at(world.next_poll()).poll()
    assert world.next_poll() > world.clock.moment + POLL
    said = world.web.get(
        urlsplit(form["hub.callback"]).path,
        params={"hub.mode": "denied", "hub.topic": form["hub.topic"], "hub.reason": "over quota"},
    )
    assert said.status_code == 200
    assert world.next_poll() == world.clock.moment
    assert [s.last_error for s in world.subscriptions()] == ["the hub says no (over quota)"]
    assert world.push(world.hub.feed(), form=form).status_code == 410
    assert world.at(world.clock.moment + DAY).keep() == "no hub to ask"


# --- what is pushed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signature", [None, "", "sha256=" + "0" * 64, "sha1=nonsense", "plain=x"])
def test_body_that_is_not_signed_is_answered_like_any_and_ignored(world: World, signature: str | None) -> None:
    form = world.subscribed()
    world.hub.publish("forged", NOON)
    assert world.push(world.hub.feed(), form=form, signature=signature).status_code == 202
    assert (world.work(), world.titles()) == (0, {"old"})
    assert [(s.refused, s.pushes, s.pushed_at) for s in world.subscriptions()] == [(1, 0, None)]


def test_replayed_body_is_read_once(world: World) -> None:
    form = world.subscribed()
    world.hub.publish("plan", NOON)
    first = world.hub.feed()
    assert world.push(first, form=form).status_code == 202
    assert world.work() == 1
    name, _, at = world.hub.entries.pop(0)
    world.hub.entries.insert(0, (name, "The corrected figure of the plan.", at))
    assert world.push(world.hub.feed(), form=form).status_code == 202
    assert world.work() == 1
    assert world.push(first, form=form).status_code == 202
    assert world.work() == 0
    with world.storage.read() as tx:
        texts = {article.guid: article.text for article in tx.articles.active(NOON - DAY)}
    assert texts["plan"] == "The corrected figure of the plan."


def test_unknown_address_is_404_whatever_is_brought(world: World) -> None:
    world.subscribed()
    for token in ("guessed", "x" * 5000, "%00", "%2e%2e"):
        assert world.web.post(f"/websub/{token}", content=b"x").status_code == 404
    assert world.web.put("/websub/guessed").status_code == 405
    assert world.waiting() == 0


def test_body_of_sixty_megabytes_is_refused_before_it_is_read_whole(world: World) -> None:
    form = world.subscribed()
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in range(60):
            read += 1_000_000
            yield b"x" * 1_000_000

    path = urlsplit(form["hub.callback"]).path
    assert world.web.post(path, content=endless()).status_code == 413
    assert world.web.post(path, content=b"", headers={"Content-Length": "60000000"}).status_code == 413
    assert world.push(b"x" * 1_000_001, form=form).status_code == 413
    assert world.waiting() == 0


def test_worker_takes_one_body_of_a_hub_and_few_in_all_at_a_time(world: World) -> None:
    form = world.subscribed()
    pushing = world.web.app_state["shared"].pushing
    for others in ({form["hub.callback"].rpartition("/")[2]}, {str(number) for number in range(websub.MOST_AT_ONCE)}):
        pushing.update(others)
        answer = world.push(world.hub.feed(), form=form)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        pushing.difference_update(others)
    for body, status in ((b"x" * 1_000_001, 413), (world.hub.feed(), 202), (b"junk", 202)):
        assert world.push(body, form=form).status_code == status
        assert pushing == set()


def test_flood_finds_little_room_and_the_rest_is_polled_for_at_once(world: World) -> None:
    form = world.proved()
    world.at(world.next_poll()).poll()
    assert world.next_poll() > world.clock.moment
    for number in range(MOST_WAITING + 5):
        assert world.push(world.hub.feed() + b" " * number, form=form).status_code == 202
    assert world.waiting() == MOST_WAITING
    assert world.next_poll() == world.clock.moment
    assert world.work() == MOST_WAITING
    assert world.push(world.hub.feed() + b" " * 99, form=form).status_code == 202
    assert world.waiting() == 1


@pytest.mark.parametrize(
    "body", [b"<html>no feed</html>", b"\x00\xff\xfe", b"{", b"<!DOCTYPE x [<!ENTITY a 'b'>]><rss>&a;"]
)
def test_broken_body_is_a_warning_and_the_source_is_polled_at_once(
    world: World, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    form = world.subscribed()
    with caplog.at_level(logging.INFO):
        assert world.push(body, form=form).status_code == 202
        assert world.work() == 1
    assert "what a hub pushed is not in order" in caplog.messages
    assert "job failed" not in caplog.messages
    assert (world.waiting(), world.next_poll()) == (0, NOON)


def test_empty_body_says_only_that_something_is_new(world: World) -> None:
    form = world.subscribed()
    assert world.next_poll() > NOON
    assert world.push(b"", form=form).status_code == 202
    assert (world.work(), world.next_poll()) == (0, NOON)


def test_what_a_hub_leaves_out_has_not_vanished(world: World) -> None:
    world.hub.publish("older", NOON - 2 * HOUR)
    world.hub.publish("middle", NOON - HOUR - MINUTE)
    form = world.subscribed()
    world.hub.publish("new", NOON)
    assert world.push(world.hub.feed("new", "older"), form=form).status_code == 202
    assert world.work() == 1
    assert world.titles() == {"older", "middle", "old", "new"}
    with world.storage.read() as tx:
        readings = tx.readings.of(SOURCE_ID, [article.id for article in tx.articles.active(NOON - DAY)])
    assert [reading and reading.vanished_at for reading in readings.values()] == [None] * 4


def test_push_leaves_validators_and_hour_of_the_next_poll_alone(world: World) -> None:
    form = world.subscribed()
    before = world.fetch_state()
    world.hub.publish("new", NOON)
    world.push(world.hub.feed(), form=form)
    assert world.work() == 1
    assert world.fetch_state() == before


def test_pages_that_never_come_hold_up_no_pass_and_are_left_to_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.pipeline.pushes.READ_SECONDS", 0.5)
    world.source = replace(world.source, kind=SourceKind.MAINSTREAM)
    world.tools = replace(world.tools, campaign=a_campaign(sources=(world.source,)))
    form = world.subscribed()
    world.hub.page_waits = threading.Event()
    world.hub.publish("slow", NOON)
    world.push(world.hub.feed(), form=form)
    assert world.work() == 1
    world.hub.page_waits.set()
    assert (world.waiting(), world.next_poll()) == (0, NOON)


def test_push_waits_for_a_pass_that_is_running(world: World) -> None:
    form = world.subscribed()
    world.hub.publish("new", NOON)
    world.push(world.hub.feed(), form=form)
    with hold_lease(world.storage):
        assert world.work() == 1
        assert "new" not in world.titles()
    assert world.waiting() == 1
    assert world.at(NOON + 2 * MINUTE).work() == 1
    assert "new" in world.titles()


# --- hubs that misbehave when they are asked -------------------------------------------------------------------


def test_hub_that_redirects_into_a_private_network_is_not_followed(world: World) -> None:
    world.hub.status, world.hub.location = 307, "http://169.254.169.254/latest/meta-data"
    world.poll()
    world.keep()
    (subscription,) = world.subscriptions()
    assert (subscription.state, subscription.failures) == (HubState.WANTED, 1)
    assert "169.254.169.254 is an address on the local link" in subscription.last_error


@pytest.mark.parametrize("status", [307, 308])
def test_hub_that_sends_us_on_to_another_is_followed_there(world: World, status: int) -> None:
    world.hub.status, world.hub.location = status, "/other-hub"
    world.poll()
    assert world.keep() == "1 hubs asked, 1 took it"
    assert [form["hub.mode"] for form in world.hub.asked] == ["subscribe"] * 2
    assert world.verify(world.hub.asked[-1]).status_code == 200


def test_hub_that_sends_us_round_in_a_circle_is_let_go(world: World) -> None:
    world.hub.status, world.hub.location = 307, "/hub"
    world.poll()
    assert world.keep() == "1 hubs asked, 0 took it"
    assert len(world.hub.asked) == MAX_REDIRECTS + 1
    assert "redirects more than" in world.subscriptions()[0].last_error


def test_what_a_hub_did_not_like_is_told_without_the_keys_that_it_repeats(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.hub.status, world.hub.repeats_form = 400, True
    world.poll()
    world.keep()
    form = world.hub.asked[-1]
    (subscription,) = world.subscriptions()
    assert subscription.last_error.startswith("the hub answered 400 (bad: ")
    for said in (subscription.last_error, *(str(vars(record)) for record in caplog.records)):
        assert form["hub.secret"] not in said
        assert form["hub.callback"].rpartition("/")[2] not in said


def test_hub_that_never_answers_costs_its_time_and_is_asked_again_later(world: World) -> None:
    world.timeout_seconds = 0.2
    world.hub.is_silent = threading.Event()
    world.poll()
    assert world.keep() == "1 hubs asked, 0 took it"
    world.hub.is_silent.set()
    (subscription,) = world.subscriptions()
    assert "took longer than" in subscription.last_error
    assert world.keep() == "no hub to ask"
    assert subscription.due_at == NOON + 2 * ASK_PAUSE
    world.hub.is_silent = None
    assert world.at(subscription.due_at).keep() == "1 hubs asked, 1 took it"


def test_hub_of_many_feeds_is_asked_in_portions_so_that_passes_go_on(world: World) -> None:
    sources = [replace(world.source, id=SourceId(f"s{number}")) for number in range(MOST_ASKED + 5)]
    world.tools = replace(world.tools, campaign=a_campaign(sources=tuple(sources)))
    with world.storage.begin() as tx:
        tx.sources.mirror(sources, now=NOON)
        tx.hubs.note_offers(
            {s.id: HubOffer(source_id=s.id, feed=s.feed, hub_url=world.hub.hub_url, topic_url=s.feed) for s in sources}
        )
    assert [world.keep() for _ in range(3)] == ["20 hubs asked, 20 took it", "5 hubs asked, 5 took it", "no hub to ask"]
    assert len({form["hub.callback"] for form in world.hub.asked}) == MOST_ASKED + 5
    assert len({form["hub.secret"] for form in world.hub.asked}) == MOST_ASKED + 5


def test_feed_that_names_a_hub_in_a_private_network_gets_none(world: World) -> None:
    world.hub.link_header = '<http://10.0.0.1/hub>; rel="hub"'
    world.poll()
    assert world.keep() == "no hub to ask"
    assert world.subscriptions() == []


# --- the end ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["removed", "paused", "another address", "switched off"])
def test_source_that_is_no_longer_polled_is_left_politely_and_what_comes_is_refused(world: World, end: str) -> None:
    form = world.subscribed()
    sources: tuple[Source, ...] = {
        "paused": (replace(world.source, paused=True),),
        "another address": (replace(world.source, feed=f"{world.hub.base}/feed2"),),
        "removed": (),
    }.get(end, (world.source,))
    callbacks = None if end == "switched off" else CALLBACKS
    world.push(world.hub.feed("old") + b" ", form=form)
    world.tools = replace(world.tools, campaign=a_campaign(sources=sources), callbacks=callbacks)
    world.at(NOON + HOUR).keep()
    assert (world.hub.asked[-1]["hub.mode"], world.hub.asked[-1]["hub.callback"]) == (
        "unsubscribe",
        form["hub.callback"],
    )
    assert "hub.secret" not in world.hub.asked[-1]
    assert world.push(world.hub.feed(), form=form).status_code == 410
    assert world.work() == 1
    assert world.verify(world.hub.asked[-1], challenge="bye").text == "bye"
    assert world.push(world.hub.feed(), form=form).status_code == 410
    assert world.at(NOON + 10 * DAY).keep() == "no hub to ask"
    assert world.subscriptions() == []
    assert world.push(world.hub.feed(), form=form).status_code == 404


# --- what the operator sees ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "callbacks"),
    [
        ({"base_url": BASE}, CALLBACKS),
        ({"base_url": BASE, "websub": False}, None),
        ({"base_url": "http://127.0.0.1:8000"}, None),
    ],
)
def test_hubs_are_asked_to_call_only_an_address_they_can_reach(
    changes: dict[str, object], callbacks: str | None
) -> None:
    assert callbacks_of(Settings.isolated(**changes)) == callbacks


def test_doctor_says_what_hubs_bring_and_why_others_do_not(sqlite_storage: Storage, tmp_path: Path) -> None:
    def looked_at(**changes: object) -> Finding:
        settings = Settings.isolated(
            database_url=None, data=tmp_path, sources=tmp_path / "none.yaml", now=NOON.isoformat(), **changes
        )
        return next(finding for finding in examine(settings) if finding.subject == "hubs")

    (tmp_path / "digest.sqlite3").rename(tmp_path / "digest.sqlite")
    bringing = HubSubscription(
        token=HubToken("one"), callback="x", secret="x", source_id=PRESS.id, feed=PRESS.feed, hub_url="h",
        topic_url="t", state=HubState.ACTIVE, created_at=NOON, due_at=NOON, lease_until=NOON + DAY,
    )  # fmt: skip
    silent = replace(
        bringing, token=HubToken("two"), source_id=RIVAL_PRESS.id, state=HubState.WANTED, last_error="it broke off"
    )
    storage = open_storage(f"sqlite:///{tmp_path / 'digest.sqlite'}")
    with storage.begin() as tx:
        tx.sources.mirror([PRESS, RIVAL_PRESS], now=NOON)
        tx.hubs.save(bringing)
        tx.hubs.save(silent)
    storage.close()
    found = looked_at(base_url=BASE)
    assert (found.is_fine, found.words) == (
        True, "hubs bring 1 sources, the others are polled\nwhistle: it broke off"
    )  # fmt: skip
    assert "127.0.0.1 is this machine itself" in looked_at().words
    assert looked_at(base_url=BASE, websub=False).words.startswith("switched off (DIGEST_WEBSUB)")


# --- what must not get out -------------------------------------------------------------------------------------


def test_neither_token_nor_secret_stands_in_a_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        form = world.proved()
        world.push(b"junk", form=form)
        world.work()
        world.hub.status = 500
        world.at(NOON + LEASE).keep()
    said = "\n".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records if "httpx" not in record.name)
    assert "hub asked" in said
    assert form["hub.secret"] not in said
    assert form["hub.callback"].rpartition("/")[2] not in said


def test_database_that_is_away_is_told_to_the_hub_and_its_address_to_nobody(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = world.subscribed()

    def away(*_: object) -> None:
        from digest.errors import StorageError

        raise StorageError("the database is away")

    monkeypatch.setattr(websub, "_find", away)
    answer = world.push(world.hub.feed(), form=form)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert form["hub.callback"].rpartition("/")[2] not in "\n".join(caplog.messages)
