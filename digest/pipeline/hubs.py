"""WebSub: hubs are asked for what is due."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from datetime import datetime

from digest.model.hub import HubSubscription
from digest.model.ids import SourceId
from digest.pipeline.tools import Tools
from digest.stages.fetch.websub import HubMode, ask_hub, leave, new_subscription, next_step, not_taken, plan_hub
from digest.storage import Transaction

logger = logging.getLogger(__name__)

MOST_ASKED = 20
"""Questions to hubs in one go: a thousand feeds may share one hub, which is asked once a second, and passes wait."""
ASK_SECONDS = 60.0
"""For all of them: passes wait meanwhile."""
RANDOM_BYTES = 32
"""Of a token and of a secret: 43 characters each, where the protocol takes fewer than 200 bytes."""

Question = tuple[HubSubscription, HubMode]


def keep_hubs(tools: Tools) -> str:
    """Ask hubs for what is due: subscriptions, renewals, ends. Says how many were asked, and how many took it.

    Raises StorageError. What a hub does is never an error: it is asked again later, and its sources are polled.
    """
    with tools.storage.begin() as tx:
        _plan(tx, tools)
    with tools.storage.begin() as tx:
        questions = _due(tx, tools.clock.now())
    if not questions:
        return "no hub to ask"
    failures = asyncio.run(_ask(tools, questions))
    for (subscription, mode), reason in zip(questions, failures, strict=True):
        fields = {"source": subscription.source_id, "mode": mode.value}
        if reason is None:
            logger.info("hub asked", extra=fields)
            continue
        logger.warning("hub could not be asked", extra=fields | {"reason": reason})
        with tools.storage.begin() as tx:
            # It may have called back meanwhile.
            current = tx.hubs.lock(subscription.token)
            if current is not None:
                tx.hubs.save(not_taken(current, reason, now=tools.clock.now()))
    return f"{len(questions)} hubs asked, {failures.count(None)} took it"


def _plan(tx: Transaction, tools: Tools) -> None:
    """Bring the subscriptions in line with sources.yaml, with what feeds offer, and with the operator's wishes."""
    now, offers = tools.clock.now(), tx.hubs.offers()
    polled = {source.id: source for source in tools.campaign.sources if not source.paused}
    held: dict[SourceId, list[HubSubscription]] = {}
    for subscription in tx.hubs.all():
        held.setdefault(subscription.source_id, []).append(subscription)
    for source_id in {*held, *offers}:
        plan = plan_hub(
            polled.get(source_id),
            offers.get(source_id),
            held.get(source_id, ()),
            callbacks=tools.callbacks,
            now=now,
        )
        for subscription in plan.leave:
            current = tx.hubs.lock(subscription.token)
            if current is not None:
                tx.hubs.save(leave(current, now=now))
        if plan.subscribe is not None and tools.callbacks is not None:
            tx.hubs.save(
                new_subscription(
                    plan.subscribe,
                    callbacks=tools.callbacks,
                    token=secrets.token_urlsafe(RANDOM_BYTES),
                    secret=secrets.token_urlsafe(RANDOM_BYTES),
                    proofs=plan.proofs,
                    now=now,
                )
            )


def _due(tx: Transaction, now: datetime) -> list[Question]:
    """The questions whose time has come, longest due first, noted as asked; what needs no question is settled."""
    questions: list[Question] = []
    for found in sorted(tx.hubs.all(), key=lambda subscription: subscription.due_at):
        if found.due_at > now or len(questions) >= MOST_ASKED:
            break
        subscription = tx.hubs.lock(found.token)
        if subscription is None or subscription.due_at > now:
            continue
        after, mode = next_step(subscription, now=now)
        if after is None:
            tx.hubs.forget(subscription.token)
            continue
        tx.hubs.save(after)
        if mode is not None:
            questions.append((after, mode))
    return questions


async def _ask(tools: Tools, questions: Sequence[Question]) -> list[str | None]:
    async with tools.open_client() as client:

        async def ask(subscription: HubSubscription, mode: HubMode) -> str | None:
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    return await ask_hub(client, subscription, mode)
            except TimeoutError:
                return "its turn did not come in time"

        return await asyncio.gather(*(ask(*question) for question in questions))
