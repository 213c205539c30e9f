"""One pass of the pipeline: the stages in order."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from digest.pipeline.delivery import deliver_due
from digest.pipeline.editions import compose_edition, publish_if_due
from digest.pipeline.gather import gather
from digest.pipeline.lease import hold_lease
from digest.pipeline.report import PassReport
from digest.pipeline.stories import update_pairings, update_stories
from digest.pipeline.tools import Tools
from digest.pipeline.vectors import embed_articles
from digest.ports import Mails, Notifies


def run_pass(tools: Tools, *, mails: Mails | None = None, notifies: Notifies | None = None) -> PassReport:
    """One full pass: fetch … compose, and publish and deliver where sources.yaml and the hour allow.

    Raises ConflictError when another pass is running.
    """
    report = PassReport()
    with hold_lease(tools.storage) as renew:
        now = tools.clock.now()
        with tools.storage.begin() as tx:
            tx.sources.mirror(tools.campaign.sources, now=now)
            number = tx.passes.start(now)
        with _timed(report, "fetch"):
            asyncio.run(gather(tools, report, renew))
        renew()
        with _timed(report, "embed"):
            articles, vectors = embed_articles(tools, report)
        with _timed(report, "cluster"):
            update_stories(tools, articles, vectors, report)
        renew()
        with _timed(report, "match"):
            update_pairings(tools, articles, report)
        with _timed(report, "compose"):
            edition = compose_edition(tools, report)
        with _timed(report, "publish"):
            publish_if_due(tools, edition, report)
        if notifies is not None:
            with _timed(report, "deliver"):
                report.delivered = deliver_due(tools.storage, tools.clock, notifies=notifies, mails=mails)
        with tools.storage.begin() as tx:
            tx.articles.delete_texts(now - timedelta(days=tools.keep_text_days))
            tx.passes.finish(number, now=tools.clock.now(), summary=report.summary())
    return report


@contextmanager
def _timed(report: PassReport, stage: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        report.seconds[stage] = round(time.perf_counter() - began, 3)
