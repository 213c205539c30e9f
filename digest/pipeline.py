"""One pass of the pipeline: the stages in order, and the one place where stages and storage meet.

    sources.yaml | fetch | extract | embed | cluster | match | compose | publish | deliver

Every stage can be run again: the same inputs give the same result. What a stage made is stored before the next begins,
and within fetch source by source, together with that source's fetch state, so a crash costs at most the work in hand.
"""

import asyncio
import logging
import os
import secrets
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol, assert_never

import numpy as np

from digest.clock import Clock
from digest.errors import (
    AlreadyPublishedError,
    ConflictError,
    ExtractError,
    FeedError,
    HeldError,
    NotApprovedError,
    NotFoundError,
)
from digest.model.article import Article, NewArticle, StoreOutcome
from digest.model.delivery import Medium, Message, OutboxRow, SubjectKind
from digest.model.edition import Cadence, Edition, EditionDocument, EditionState, PublishedRevision
from digest.model.feed import Entry, Feed, Page
from digest.model.fetch import Fetched, FetchFailed, FetchOutcome, FetchState, NotModified
from digest.model.ids import ArticleId, ChannelName, EditionId, SourceId, StaffName, StoryId
from digest.model.job import JSON
from digest.model.pairing import Pairing, PairingState
from digest.model.source import Campaign, Source, SourceKind
from digest.net import GuardedClient
from digest.ports import Embeds, Mails, Notifies, Vector, Vectors
from digest.rendering.email import email_message
from digest.rendering.push import push_message
from digest.stages.cluster import cluster_articles, plan_stories, topic_texts
from digest.stages.compose import Composition, DraftInput, StoryMaterial, compose
from digest.stages.deliver import Delivered, deliver
from digest.stages.embed import embedding_key, embedding_text
from digest.stages.extract import ParserPool, article_from, needs_page
from digest.stages.fetch import RobotsCache, fetch_feed, fetch_page, is_due, is_unchanged, next_state
from digest.stages.match import match_pairings, texts_needed
from digest.stages.publish import Gate, edition_day, edition_moment, problems, window
from digest.stages.publish import is_due as is_edition_due
from digest.storage import Storage, Transaction

logger = logging.getLogger(__name__)

ACTIVE_WINDOW = timedelta(days=7)
"""What clusters and pairs; older stories rest."""
FIRST_READ_ENTRIES = 60
"""Of a feed met for the first time, the newest this many: a back catalogue is not news."""
EMBED_BATCH = 64
LEASE = timedelta(minutes=10)
LEASE_NAME = "pipeline"
_PROCESS = secrets.token_hex(4)
"""Tells this process from an earlier one that had the same number."""
AUTOMATIC = StaffName("automatic")
"""Who publishes where sources.yaml says `publish: automatic`."""


class Progress(Protocol):
    """How a person who watches sees the work: one bar per stage."""

    def stage(self, name: str, *, total: int) -> None: ...

    def advance(self, steps: int = 1) -> None: ...


class NoProgress:
    def stage(self, name: str, *, total: int) -> None:
        pass

    def advance(self, steps: int = 1) -> None:
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """The operator's bounds on reaching out."""

    concurrency: int
    poll_interval: timedelta
    is_everything_due: bool
    """True: ask every source now (`digest run`); False: only those whose time has come (`digest serve`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the stages work with, made once by the command that runs them."""

    storage: Storage
    campaign: Campaign
    clock: Clock
    open_client: Callable[[], GuardedClient]
    parsers: ParserPool
    embedder: Embeds
    limits: FetchLimits
    base_url: str
    channels: tuple[ChannelName, ...]
    email_list: tuple[str, ...]
    placeholders: tuple[str, ...]
    """Why the imprint is no imprint; empty when it is one."""
    keep_text_days: int
    is_demo: bool = False
    progress: Progress = field(default_factory=NoProgress)

    def with_campaign(self, campaign: Campaign) -> "Tools":
        """The same tools for sources.yaml as it stands now."""
        return replace(self, campaign=campaign)


@dataclass(slots=True, kw_only=True)
class PassReport:
    """What one pass did, for the summary that a person reads."""

    reached: int = 0
    unchanged: int = 0
    not_due: int = 0
    failed: dict[SourceId, str] = field(default_factory=dict)
    """Source id → why, in words."""
    warnings: dict[SourceId, str] = field(default_factory=dict)
    added: int = 0
    updated: int = 0
    pages_missing: int = 0
    """Articles whose page could not be had: the feed's own summary stands in, marked."""
    active_articles: int = 0
    stories: int = 0
    suggested: int = 0
    confirmed: int = 0
    edition_on: date | None = None
    edition_state: str = ""
    cards: int = 0
    answered: int = 0
    holds: tuple[str, ...] = ()
    would_reach: dict[str, int] = field(default_factory=dict)
    """Medium or channel → recipients that the edition would go to."""
    published: bool = False
    delivered: Delivered | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    is_model_loaded: bool = False


def run_pass(tools: Tools, *, mails: Mails | None = None, notifies: Notifies | None = None) -> PassReport:
    """One full pass: fetch … compose, and publish and deliver where sources.yaml and the hour allow.

    Raises ConflictError when another pass is running.
    """
    report = PassReport()
    with _lease(tools.storage) as renew:
        now = tools.clock.now()
        with tools.storage.begin() as tx:
            tx.sources.mirror(tools.campaign.sources, now=now)
            number = tx.passes.start(now)
        with _timed(report, "fetch"):
            asyncio.run(_gather(tools, report, renew))
        renew()
        with _timed(report, "embed"):
            articles, vectors = _embed(tools, report)
        with _timed(report, "cluster"):
            _cluster(tools, articles, vectors, report)
        renew()
        with _timed(report, "match"):
            _match(tools, articles, report)
        with _timed(report, "compose"):
            edition = compose_edition(tools, report)
        with _timed(report, "publish"):
            _publish_if_due(tools, edition, report)
        if notifies is not None:
            with _timed(report, "deliver"):
                report.delivered = deliver_due(tools.storage, tools.clock, notifies=notifies, mails=mails)
        with tools.storage.begin() as tx:
            tx.articles.delete_texts(now - timedelta(days=tools.keep_text_days))
            tx.passes.finish(number, now=tools.clock.now(), summary=_summary(report))
    return report


# --- the pass holds a lease ---------------------------------------------------------------------------------


@contextmanager
def _lease(storage: Storage) -> Iterator[Callable[[], None]]:
    """Hold the lease of the pass; yields what renews it. Raises ConflictError when a living process holds it.

    Leases go by the machine's clock and not by `--now`: they say whether a process lives, not what day its edition has.
    """
    holder = f"{socket.gethostname()}/{os.getpid()}/{_PROCESS}/{time.monotonic_ns()}"

    def take() -> bool:
        now = datetime.now(UTC)
        with storage.begin() as tx:
            other = tx.leases.holder(LEASE_NAME, now)
            if other is not None and other != holder and _is_dead(other):
                tx.leases.release(LEASE_NAME, other)
            return tx.leases.take(LEASE_NAME, holder=holder, now=now, until=now + LEASE)

    if not take():
        raise ConflictError(
            "Another `digest run` or `digest serve` is in the middle of a pass; this one has done nothing. "
            "Wait until it ends, or stop it first."
        )
    renewed = time.monotonic()

    def renew() -> None:
        nonlocal renewed
        if time.monotonic() - renewed < LEASE.total_seconds() / 5:
            return
        if not take():
            raise ConflictError("This pass was held up for so long that another one has taken over; it stops here.")
        renewed = time.monotonic()

    try:
        yield renew
    finally:
        with storage.begin() as tx:
            tx.leases.release(LEASE_NAME, holder)


def _is_dead(holder: str) -> bool:
    """Whether a lease's holder was a process of this machine that is no longer there (killed, say)."""
    host, pid, process, _ = holder.split("/")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    # Our own number on another's lease: a process before us had it (in a container everybody is process 1).
    return int(pid) == os.getpid() and process != _PROCESS


@contextmanager
def _timed(report: PassReport, stage: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        report.seconds[stage] = round(time.perf_counter() - began, 3)


# --- fetch and extract --------------------------------------------------------------------------------------


async def _gather(tools: Tools, report: PassReport, renew: Callable[[], None]) -> None:
    """Fetch every source that is due and store what is new of it, source by source."""
    now = tools.clock.now()
    with tools.storage.read() as tx:
        states = tx.fetches.states()
    sources = [source for source in tools.campaign.sources if not source.paused]
    # A state that belongs to another address (staff have changed it) says nothing of this one.
    states = {
        source.id: states[source.id]
        for source in sources
        if source.id in states and states[source.id].url == source.feed
    }
    due = [s for s in sources if tools.limits.is_everything_due or is_due(states.get(s.id), now=now)]
    report.not_due = len(sources) - len(due)
    tools.progress.stage("Reading sources", total=len(due))
    slots = asyncio.Semaphore(tools.limits.concurrency)
    writing = asyncio.Lock()
    async with tools.open_client() as client:
        pages = _PageReader(tools, client)

        async def one(source: Source) -> None:
            async with slots:
                await _gather_source(tools, client, pages, writing, source, states.get(source.id), report)
            renew()
            tools.progress.advance()

        try:
            async with asyncio.TaskGroup() as tasks:
                for source in due:
                    tasks.create_task(one(source))
        except BaseExceptionGroup as group:
            # What ends a pass (the disk is full, a bug) ends every source's task alike; the first says it.
            raise group.exceptions[0] from group


async def _gather_source(
    tools: Tools,
    client: GuardedClient,
    pages: "_PageReader",
    writing: asyncio.Lock,
    source: Source,
    state: FetchState | None,
    report: PassReport,
) -> None:
    now = tools.clock.now()
    outcome = await fetch_feed(client, source, state)
    articles: list[NewArticle] = []
    renamed: list[tuple[ArticleId, str]] = []
    match outcome:
        case Fetched() if not is_unchanged(state, outcome):
            try:
                feed = await asyncio.to_thread(
                    tools.parsers.parse_feed, outcome.body, url=outcome.url, content_type=outcome.content_type
                )
            except FeedError as error:
                # Its validators are not kept: the same broken body is read again when it has been mended.
                outcome = FetchFailed(url=outcome.url, reason=str(error))
                report.failed[source.id] = str(error)
            else:
                report.reached += 1
                if feed.warning:
                    report.warnings[source.id] = feed.warning
                articles, renamed = await _read_entries(tools, pages, source, feed, report)
        case Fetched() | NotModified():
            report.reached += 1
            report.unchanged += 1
        case FetchFailed(reason=reason):
            report.failed[source.id] = reason
        case _:
            assert_never(outcome)
    async with writing:
        await asyncio.to_thread(_store_source, tools, source, state, outcome, articles, renamed, now, report)


async def _read_entries(
    tools: Tools, pages: "_PageReader", source: Source, feed: Feed, report: PassReport
) -> tuple[list[NewArticle], list[tuple[ArticleId, str]]]:
    """The feed's entries that we have not got, as articles; and those known whose headline has changed."""
    now = tools.clock.now()
    entries = [entry for entry in feed.entries if _is_recent(entry, now)][:FIRST_READ_ENTRIES]

    def look_up() -> tuple[list[Entry], list[tuple[ArticleId, str]]]:
        with tools.storage.read() as tx:
            known = tx.articles.known(
                source.id, guids=[e.guid for e in entries], urls=[e.url for e in entries if e.url]
            )
        fresh = [e for e in entries if e.guid not in known.guids and (e.url is None or e.url not in known.urls)]
        return fresh, [(known.guids[e.guid], e.title) for e in entries if e.guid in known.guids and e.title]

    fresh, titles = await asyncio.to_thread(look_up)

    async def article(entry: Entry) -> NewArticle:
        page = None
        if entry.url is not None and needs_page(source, entry):
            page = await pages.read(entry.url)
            report.pages_missing += page is None
        return article_from(source, entry, page, now=now)

    return list(await asyncio.gather(*map(article, fresh))), titles


class _PageReader:
    """Reads article pages, a few at a time: their bodies are what a pass holds in memory."""

    def __init__(self, tools: Tools, client: GuardedClient) -> None:
        self._parsers = tools.parsers
        self._client = client
        self._robots = RobotsCache()
        self._slots = asyncio.Semaphore(tools.limits.concurrency)

    async def read(self, url: str) -> Page | None:
        """The page at an address, or None when it can't be had or gives no article."""
        async with self._slots:
            outcome = await fetch_page(self._client, url, self._robots)
            if not isinstance(outcome, Fetched):
                return None
            try:
                return await asyncio.to_thread(self._parsers.extract_article, outcome.body, url=outcome.url)
            except ExtractError as error:
                logger.info("page gave no article", extra={"url": url, "reason": str(error)})
                return None


def _is_recent(entry: Entry, now: datetime) -> bool:
    """Whether an entry can be of the active window: undated ones and absurd dates may be."""
    return entry.published_at is None or entry.published_at.year < 1995 or entry.published_at >= now - ACTIVE_WINDOW


def _store_source(
    tools: Tools,
    source: Source,
    state: FetchState | None,
    outcome: FetchOutcome,
    articles: Sequence[NewArticle],
    titles: Sequence[tuple[ArticleId, str]],
    now: datetime,
    report: PassReport,
) -> None:
    """Store a source's new articles together with its fetch state: never one without the other."""
    with tools.storage.begin() as tx:
        for article in articles:
            stored = tx.articles.add(article, now=now)
            report.added += stored.outcome is StoreOutcome.ADDED
            report.updated += stored.outcome is StoreOutcome.UPDATED
        for article_id, title in titles:
            tx.articles.rename(article_id, title, now=now)
        tx.fetches.save(next_state(source, state, outcome, now=now, interval=tools.limits.poll_interval))
        tx.fetches.tally(
            source.id,
            now.date(),
            requests=1,
            not_modified=int(isinstance(outcome, NotModified)),
            wire_bytes=outcome.wire_bytes if isinstance(outcome, Fetched) else 0,
            failures=int(isinstance(outcome, FetchFailed)),
        )


# --- embed --------------------------------------------------------------------------------------------------


def _embed(tools: Tools, report: PassReport) -> tuple[list[Article], Vectors]:
    """The active articles and their vectors, row by row; the model is loaded only when something is new."""
    with tools.storage.read() as tx:
        articles = tx.articles.active(tools.clock.now() - ACTIVE_WINDOW)
    report.active_articles = len(articles)
    texts = [embedding_text(article.headline, article.text or article.summary) for article in articles]
    vector_by_text = _vectors_of(tools, texts, "Embedding articles", report)
    rows = [vector_by_text[text] for text in texts]
    return articles, np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32)


def _vectors_of(tools: Tools, texts: Sequence[str], stage: str, report: PassReport) -> dict[str, Vector]:
    """A vector for each text, from the cache or made and cached batch by batch."""
    key_by_text = {text: embedding_key(text) for text in texts}
    while True:
        backend = tools.embedder.backend
        with tools.storage.read() as tx:
            missing = set(tx.vectors.missing(list(key_by_text.values()), backend=backend))
        new = [text for text, key in key_by_text.items() if key in missing]
        if new:
            report.is_model_loaded = True
        tools.progress.stage(stage, total=len(new))
        for first in range(0, len(new), EMBED_BATCH):
            batch = new[first : first + EMBED_BATCH]
            rows = tools.embedder.embed(batch)
            # The first use may have fallen back to another backend: its vectors are not of this family.
            if tools.embedder.backend != backend:
                break
            with tools.storage.begin() as tx:
                tx.vectors.add(backend, {key_by_text[text]: row for text, row in zip(batch, rows, strict=True)})
            tools.progress.advance(len(batch))
        else:
            break
    with tools.storage.read() as tx:
        loaded = tx.vectors.load(list(key_by_text.values()), backend=backend)
    return {text: loaded[key] for text, key in key_by_text.items()}


# --- cluster and match --------------------------------------------------------------------------------------


def _cluster(tools: Tools, articles: Sequence[Article], vectors: Vectors, report: PassReport) -> None:
    now = tools.clock.now()
    topics = tools.campaign.topics
    seeds = [text for topic in topics for text in topic_texts(topic)]
    seed_vectors = _vectors_of(tools, seeds, "Embedding topics", report)
    with tools.storage.read() as tx:
        bindings = tx.stories.bindings()
        existing = tx.stories.active(now - ACTIVE_WINDOW)
    tools.progress.stage("Finding stories", total=1)
    clusters = cluster_articles(articles, vectors, bindings=bindings)
    plans = plan_stories(
        clusters,
        articles=articles,
        vectors=vectors,
        existing=existing,
        topics=topics,
        topic_vectors={topic.id: np.stack([seed_vectors[text] for text in topic_texts(topic)]) for topic in topics},
        weights={source.id: source.weight for source in tools.campaign.sources},
        bindings=bindings,
        now=now,
    )
    with tools.storage.begin() as tx:
        tx.stories.apply(plans, now=now)
    tools.progress.advance()
    report.stories = len(plans)


def _match(tools: Tools, articles: Sequence[Article], report: PassReport) -> None:
    now = tools.clock.now()
    site = tools.campaign.site
    source_names = {source.id: source.name for source in tools.campaign.sources}
    texts = texts_needed(articles, candidates=site.candidates, source_names=source_names)
    vectors = _vectors_of(tools, texts, "Reading passages", report)
    with tools.storage.read() as tx:
        stories = tx.stories.active(now - ACTIVE_WINDOW)
    tools.progress.stage("Finding answers", total=1)
    proposals = match_pairings(
        articles,
        story_by_article={article_id: entry.story.id for entry in stories for article_id in entry.story.article_ids},
        candidates=site.candidates,
        source_names=source_names,
        vectors=vectors,
    )
    considered = {article.id for article in articles if article.kind is SourceKind.CAMPAIGN}
    with tools.storage.begin() as tx:
        tx.pairings.propose(proposals, considered=considered, show_above=site.show_above, now=now)
    tools.progress.advance()


# --- compose and publish ------------------------------------------------------------------------------------


def compose_edition(tools: Tools, report: PassReport | None = None) -> Edition:
    """Compose the draft of the day that is being made, and store it when it has changed.

    A draft that somebody approved is left as it was approved: what comes later is the next edition's.
    """
    now, site = tools.clock.now(), tools.campaign.site
    report = report or PassReport()
    with tools.storage.begin() as tx:
        edition = _open_edition(tx, tools, now)
    if edition.state is EditionState.DRAFT:
        composition = _compose(tools, edition)
        with tools.storage.begin() as tx:
            tx.editions.save_revision(edition.id, composition.document, now=now)
            tx.editions.set_holds(edition.id, composition.holds)
            tx.subscribers.mirror_list(tools.email_list, now=now)
    with tools.storage.read() as tx:
        edition = tx.editions.get(edition.id)
        revision = tx.editions.newest(edition.id)
        audience = tx.outbox.audience(tools.channels)
        pairings = tx.pairings.between(tx.articles.ids_since(now - ACTIVE_WINDOW))
    report.edition_on, report.edition_state = edition.edition_on, edition.state.value
    report.cards = len(revision.document.cards) if revision is not None else 0
    report.answered = revision.document.answered if revision is not None else 0
    report.confirmed = sum(pairing.is_confirmed for pairing in pairings)
    report.suggested = sum(p.state in {PairingState.SUGGESTED, PairingState.SHOWN} for p in pairings)
    report.would_reach = {"email": audience.email} if audience.email else {}
    report.would_reach |= dict.fromkeys(audience.channels, 1)
    if revision is not None:
        report.holds = problems_of(tools, edition, revision)
    logger.info("edition composed", extra={"edition": str(edition.edition_on), "zone": site.zone.key})
    return edition


def _open_edition(tx: Transaction, tools: Tools, now: datetime) -> Edition:
    """The edition being made now: today's, or tomorrow's once today's is out."""
    zone = tools.campaign.site.zone
    todays = tx.editions.find(Cadence.DAILY, edition_day(now, zone, is_out=False))
    is_out = todays is not None and todays.state in {EditionState.PUBLISHED, EditionState.RETRACTED}
    day = edition_day(now, zone, is_out=is_out)
    covers_from, cut_off_at = window(now=now, previous_cut_off=tx.editions.previous_cut_off(Cadence.DAILY, day))
    return tx.editions.open_draft(Cadence.DAILY, day, covers_from=covers_from, cut_off_at=cut_off_at)


def _compose(tools: Tools, edition: Edition) -> Composition:
    now = tools.clock.now()
    tools.progress.stage("Composing", total=1)
    with tools.storage.read() as tx:
        stories = tx.stories.active(now - ACTIVE_WINDOW)
        articles = {article.id: article for article in tx.articles.active(now - ACTIVE_WINDOW)}
        pairings = tx.pairings.between(list(articles))
        choices = tx.editions.choices(edition.id)
        states = tx.fetches.states()
    story_of = {article_id: entry.story.id for entry in stories for article_id in entry.story.article_ids}
    pairings_of: dict[StoryId, list[Pairing]] = defaultdict(list)
    for pairing in pairings:
        if pairing.claim.article_id in story_of:
            pairings_of[story_of[pairing.claim.article_id]].append(pairing)
    composition = compose(
        DraftInput(
            campaign=tools.campaign,
            edition_on=edition.edition_on,
            covers_from=edition.covers_from,
            cut_off_at=edition.cut_off_at,
            materials=[
                StoryMaterial(
                    story=entry.story,
                    articles=tuple(articles[i] for i in entry.story.article_ids if i in articles),
                    pairings=tuple(pairings_of[entry.story.id]),
                )
                for entry in stories
            ],
            answers={a.id: a for a in articles.values() if a.kind is SourceKind.CAMPAIGN},
            choices=choices,
            is_reached={source_id: state.failures == 0 for source_id, state in states.items()},
            base_url=tools.base_url,
        )
    )
    tools.progress.advance()
    return composition


def problems_of(tools: Tools, edition: Edition, revision: PublishedRevision) -> tuple[str, ...]:
    """Why a revision must not be published as things stand, in words; empty when every gate passes."""
    document = revision.document
    quoted = {
        passage.article_id
        for card in (*document.cards, *document.more)
        for pairing in card.pairings
        for passage in (pairing.claim, pairing.answer)
    }
    with tools.storage.read() as tx:
        texts = {(a.id, a.revision): a.text for a in tx.articles.get_many(sorted(quoted)) if a.text}
    gate = Gate(placeholders=tools.placeholders, holds=tuple(sorted(edition.holds)), texts=texts, is_demo=tools.is_demo)
    return problems(document, gate)


def _publish_if_due(tools: Tools, edition: Edition, report: PassReport) -> None:
    site, now = tools.campaign.site, tools.clock.now()
    moment = edition_moment(edition.edition_on, site.edition_hour, site.zone)
    if not is_edition_due(edition, mode=site.publish, moment=moment, now=now):
        return
    with tools.storage.read() as tx:
        revision = tx.editions.newest(edition.id)
    if revision is None:
        return
    held = problems_of(tools, edition, revision)
    if held:
        report.holds = held
        logger.warning("edition held", extra={"edition": str(edition.edition_on), "reasons": len(held)})
        return
    if edition.state is EditionState.DRAFT:
        with tools.storage.begin() as tx:
            tx.editions.approve(
                edition.id, revision=revision.revision, sha256=revision.sha256, by=AUTOMATIC, now=now, publish_at=None
            )
    publish_edition(tools, edition.id)
    report.published, report.edition_state = True, EditionState.PUBLISHED.value


def publish_edition(tools: Tools, edition_id: EditionId) -> PublishedRevision:
    """Publish the approved revision: the frozen edition and its outbox rows in one transaction.

    Raises NotApprovedError, AlreadyPublishedError, or HeldError with the reasons.
    """
    now = tools.clock.now()
    with tools.storage.read() as tx:
        edition = tx.editions.get(edition_id)
        revision = tx.editions.newest(edition_id)
    if edition.state in {EditionState.PUBLISHED, EditionState.RETRACTED}:
        raise AlreadyPublishedError(f"The edition of {edition.edition_on} is {edition.state.value} already.")
    if edition.state is not EditionState.APPROVED or revision is None:
        raise NotApprovedError(f"Nobody has approved the edition of {edition.edition_on}; `digest publish` does.")
    held = problems_of(tools, edition, revision)
    if held:
        raise HeldError("The edition is held:\n" + "\n".join(held), reasons=held)
    with tools.storage.begin() as tx:
        tx.subscribers.mirror_list(tools.email_list, now=now)
        tx.editions.mark_published(edition_id, revision.revision, now=now)
        tx.outbox.fill_for_edition(edition_id, revision.revision, channels=tools.channels, now=now)
    logger.info("edition published", extra={"edition": str(edition.edition_on), "revision": revision.revision})
    return revision


# --- deliver ------------------------------------------------------------------------------------------------


def deliver_due(
    storage: Storage,
    clock: Clock,
    *,
    notifies: Notifies,
    mails: Mails | None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Delivered:
    """Send what the outbox holds due, through the ledger that storage implements."""
    holder = f"{socket.gethostname()}/{os.getpid()}"
    return deliver(
        storage.ledger(holder),
        _Composer(storage),
        notifies=notifies,
        mails=mails,
        clock=clock,
        is_stopping=is_stopping,
    )


class _Composer:
    """Makes messages from published documents, each document read and rendered once."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._documents: dict[str, EditionDocument] = {}
        self._emails: dict[str, Message] = {}

    def message_for(self, row: OutboxRow, *, most_characters: int) -> Message:
        if row.subject_kind is not SubjectKind.EDITION:
            raise NotFoundError(f"This version sends no message of kind {row.subject_kind.value}.")
        if row.medium is Medium.EMAIL:
            if row.subject_id not in self._emails:
                self._emails[row.subject_id] = email_message(self._document(row.subject_id))
            return self._emails[row.subject_id]
        return push_message(self._document(row.subject_id), most_characters=most_characters)

    def _document(self, subject_id: str) -> EditionDocument:
        if subject_id not in self._documents:
            edition_id, _, number = subject_id.partition("/")
            with self._storage.read() as tx:
                revision = tx.editions.revision(EditionId(int(edition_id)), int(number))
            self._documents[subject_id] = revision.document
        return self._documents[subject_id]


# --- looking without storing --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCheck:
    """What one source answered when it was asked once."""

    id: SourceId
    name: str
    kind: str
    is_fine: bool
    entries: int
    newest: str
    words: str


def check_sources(
    campaign: Campaign,
    *,
    open_client: Callable[[], GuardedClient],
    parsers: ParserPool,
    concurrency: int,
) -> list[SourceCheck]:
    """Ask every source that is not paused once, in the file's order; stores nothing."""

    async def all_of_them() -> list[SourceCheck]:
        slots = asyncio.Semaphore(concurrency)
        async with open_client() as client:

            async def one(source: Source) -> SourceCheck:
                async with slots:
                    return await _check_source(client, parsers, source)

            return list(await asyncio.gather(*(one(source) for source in campaign.sources if not source.paused)))

    return asyncio.run(all_of_them())


async def _check_source(client: GuardedClient, parsers: ParserPool, source: Source) -> SourceCheck:
    outcome = await fetch_feed(client, source, None)
    entries, newest, words = 0, "", ""
    match outcome:
        case Fetched(body=body, url=url, content_type=content_type):
            try:
                feed = await asyncio.to_thread(parsers.parse_feed, body, url=url, content_type=content_type)
            except FeedError as error:
                words = str(error)
            else:
                entries = len(feed.entries)
                dates = [entry.published_at for entry in feed.entries if entry.published_at is not None]
                newest = f"{max(dates):%Y-%m-%d %H:%M}" if dates else "undated"
                words = feed.warning or ("ok" if entries else "ok, but empty")
                return SourceCheck(
                    id=source.id,
                    name=source.name,
                    kind=source.kind.value,
                    is_fine=True,
                    entries=entries,
                    newest=newest,
                    words=words,
                )
        case FetchFailed(reason=reason):
            words = reason
        case NotModified():
            words = "said that nothing has changed, although we never asked before"
        case _:
            assert_never(outcome)
    return SourceCheck(
        id=source.id,
        name=source.name,
        kind=source.kind.value,
        is_fine=False,
        entries=entries,
        newest=newest,
        words=words,
    )


def _summary(report: PassReport) -> dict[str, JSON]:
    """What the pass log keeps: counts, seconds and the sources that failed."""
    return {
        "reached": report.reached,
        "unchanged": report.unchanged,
        "failed": {str(source_id): reason for source_id, reason in report.failed.items()},
        "added": report.added,
        "updated": report.updated,
        "stories": report.stories,
        "cards": report.cards,
        "answered": report.answered,
        "holds": list(report.holds),
        "seconds": dict(report.seconds),
    }
