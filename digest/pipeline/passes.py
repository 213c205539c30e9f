"""One pass of the pipeline: the stages in order. And its end alone, for the edition hour."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from digest.pipeline.background import count_background
from digest.pipeline.delivery import deliver_due
from digest.pipeline.editions import compose_edition, is_begun, publish_due
from digest.pipeline.gather import gather
from digest.pipeline.lease import hold_lease
from digest.pipeline.report import PassReport
from digest.pipeline.stories import (
    basis_of,
    count_stories,
    ground_of,
    is_clustering_due,
    recall_clustering,
    update_pairings,
    update_stories,
)
from digest.pipeline.tools import ACTIVE_WINDOW, Tools
from digest.pipeline.vectors import embed_articles
from digest.pipeline.watching import draw_rhythms, find_troubles, note_troubles, tell_what_was_taken_back
from digest.ports import Mails, Notifies

KEEP_RECORDS = timedelta(days=30)
"""Of passes and of jobs that are done; of robots.txt files that nobody has asked about since."""
KEEP_TALLIES = timedelta(days=92)
"""Three months of what each source cost a day."""


def run_pass(tools: Tools, *, mails: Mails | None = None, notifies: Notifies | None = None) -> PassReport:
    """One full pass: fetch … compose, and publish and deliver where sources.yaml and the hour allow.

    Raises ConflictError when another pass is running, or when the clock has gone back.
    """
    report = PassReport()
    with hold_lease(tools.storage) as check_lease:
        now = tools.clock.now()
        with tools.storage.begin() as tx:
            tx.clock.advance(now)
            tx.sources.mirror(tools.campaign.sources, now=now)
            is_first_of_day = tx.passes.last_finished_on() != now.date()
            number = tx.passes.start(now)
        with _timed(report, "fetch"):
            asyncio.run(gather(tools, report, check_lease))
        check_lease()
        draw_rhythms(tools)
        report.troubles = find_troubles(tools.storage, tools.campaign, now=now, is_thorough=is_first_of_day)
        note_troubles(tools, report.troubles)
        tell_what_was_taken_back(tools)
        if is_first_of_day:
            count_background(tools)
        _find_stories_and_answers(tools, report, check_lease)
        _finish_day(tools, report)
        if notifies is not None:
            with _timed(report, "deliver"):
                report.delivered = deliver_due(tools.storage, tools.clock, notifies=notifies, mails=mails)
        if is_first_of_day:
            _tidy(tools)
        with tools.storage.begin() as tx:
            tx.passes.finish(number, now=tools.clock.now(), summary=report.summary())
    return report


def _find_stories_and_answers(tools: Tools, report: PassReport, check_lease: Callable[[], None]) -> None:
    """embed | cluster | match, unless the last pass had exactly the same before it and clustered all of it."""
    with tools.storage.read() as tx:
        last = tx.passes.last_finished()
        report.active_articles = len(tx.articles.ids_since(tools.clock.now() - ACTIVE_WINDOW))
    recall_clustering(report, last)
    report.basis = basis_of(tools)
    is_new_edition = not is_begun(tools)
    is_unchanged = last is not None and last.summary.get("basis") == report.basis
    if is_unchanged and not is_clustering_due(
        report,
        now=tools.clock.now(),
        every=tools.recluster_every,
        active=report.active_articles,
        ground=ground_of(tools),
        is_new_edition=is_new_edition,
    ):
        count_stories(tools, report)
        return
    with _timed(report, "embed"):
        articles, vectors = embed_articles(tools, report)
    with _timed(report, "cluster"):
        update_stories(tools, articles, vectors, report, is_new_edition=is_new_edition)
    check_lease()
    with _timed(report, "match"):
        update_pairings(tools, [a for a in articles if a.published_at >= tools.clock.now() - ACTIVE_WINDOW], report)
    check_lease()


def keep_the_hour(tools: Tools) -> PassReport:
    """Compose and publish what is due from what is stored, without asking any source: at the edition hour.

    Raises ConflictError when a pass is running: that one publishes at its own end.
    """
    report = PassReport()
    with hold_lease(tools.storage):
        with tools.storage.begin() as tx:
            tx.clock.advance(tools.clock.now())
        _finish_day(tools, report)
    return report


def _finish_day(tools: Tools, report: PassReport) -> None:
    with _timed(report, "compose"):
        compose_edition(tools, report)
    with _timed(report, "publish"):
        publish_due(tools, report)


def _tidy(tools: Tools) -> None:
    """Delete what is past its time: others' texts, and the records of passes, jobs and fetching."""
    now = tools.clock.now()
    with tools.storage.begin() as tx:
        tx.articles.delete_texts(now - timedelta(days=tools.keep_text_days))
    with tools.storage.begin() as tx:
        tx.jobs.delete_finished(now - KEEP_RECORDS)
        tx.passes.delete(now - KEEP_RECORDS)
        tx.fetches.delete_tallies((now - KEEP_TALLIES).date())
        tx.fetches.delete_robots(now - KEEP_RECORDS)


@contextmanager
def _timed(report: PassReport, stage: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        report.seconds[stage] = round(time.perf_counter() - began, 3)
