"""robots.txt: may this page be asked for? (RFC 9309). What the file says is `rules`' to read; this asks for it."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.errors import FetchError, HeldBackError
from digest.model.fetch import PageCost, RobotsFile
from digest.net import GuardedClient, Response
from digest.stages.fetch.answers import fresh_seconds, in_words, retry_after_seconds
from digest.stages.fetch.rules import Rules

LONGEST_KEPT = timedelta(days=1)
"""RFC 9309, section 2.4: no copy is used longer, unless the file can't be had."""
SHORTEST_KEPT = timedelta(hours=1)
"""What a site says of its front page's freshness, and often of every file: the rules of a site change less often."""
ASK_AGAIN = timedelta(hours=1)
"""After how long a file that could not be had is asked for again."""
LAST_GOOD_FOR = timedelta(days=30)
"""RFC 9309, section 2.3.1.4, for how long an old copy may stand in for one that can't be had."""


@dataclass(frozen=True, slots=True)
class _Known:
    file: RobotsFile
    rules: Rules | None
    why_not: str = ""
    """Why the file could not be had, where nothing stands in for it."""


class RobotsCache:
    """The robots.txt of every site that is met, kept from pass to pass for a day at most (RFC 9309).

    No such file (any 4xx but 429) allows everything. While a server fails or cannot be reached, its last good file
    counts; without one nothing of it is read.

    known: what earlier passes learned.   now: the moment of this pass.
    """

    def __init__(self, known: Iterable[RobotsFile] = (), *, now: datetime) -> None:
        self._now = now
        self._known = {file.site: file for file in known}
        self._fresh: dict[str, _Known] = {}
        self._learned: list[RobotsFile] = []
        self._asking: dict[str, asyncio.Lock] = {}

    async def why_not(self, client: GuardedClient, url: str, cost: PageCost) -> str | None:
        """Why the page must not be asked for, as a clause, or None. Raises BlockedAddressError."""
        place = client.check(url)
        site = f"{place.scheme}://{place.authority}"
        async with self._asking.setdefault(site, asyncio.Lock()):
            if site not in self._fresh:
                self._fresh[site] = await self._known_of(client, site, cost)
        known = self._fresh[site]
        if known.rules is None:
            return f"its site's robots.txt could not be had ({known.why_not}), so it is left alone for now"
        if not known.rules.allow(place.target):
            return "its site's robots.txt asks robots to stay away"
        return None

    def take_learned(self) -> list[RobotsFile]:
        """What was learned since this was last called, to be kept."""
        learned, self._learned = self._learned, []
        return learned

    async def _known_of(self, client: GuardedClient, site: str, cost: PageCost) -> _Known:
        kept = self._known.get(site)
        # A copy from the future is none: somebody has turned the clock back.
        if kept is not None and self._now < kept.expires_at <= self._now + LONGEST_KEPT:
            return _Known(kept, _rules_of(kept, self._now), "when it was last asked for")
        learned = await self._ask(client, site, kept, cost)
        self._learned.append(learned.file)
        return learned

    async def _ask(self, client: GuardedClient, site: str, kept: RobotsFile | None, cost: PageCost) -> _Known:
        try:
            response = await client.get(f"{site}/robots.txt", headers={"Accept": "text/plain, */*;q=0.1"})
        except FetchError as error:
            cost.robots_files += not isinstance(error, HeldBackError)
            wait = retry_after_seconds(error.headers) if isinstance(error, HeldBackError) else None
            return self._failed(site, kept, str(error), wait)
        cost.robots_files += 1
        cost.wire_bytes += response.wire_bytes
        if response.status == 200:
            rules = Rules.read(response.body)
        elif 400 <= response.status < 500 and response.status != 429:
            rules = Rules()
        else:
            return self._failed(site, kept, in_words(response.status), retry_after_seconds(response.headers))
        until = self._now + _kept_for(response)
        return _Known(RobotsFile(site=site, rules=rules.as_text(), read_at=self._now, expires_at=until), rules)

    def _failed(self, site: str, kept: RobotsFile | None, reason: str, wait_seconds: int | None) -> _Known:
        """The last good file goes on counting, and is asked for again soon, but no sooner than its server wants."""
        wait = min(max(ASK_AGAIN, timedelta(seconds=wait_seconds or 0)), LONGEST_KEPT)
        file = RobotsFile(
            site=site,
            rules=kept.rules if kept else None,
            read_at=kept.read_at if kept else None,
            expires_at=self._now + wait,
        )
        return _Known(file, _rules_of(file, self._now), reason)


def _rules_of(file: RobotsFile, now: datetime) -> Rules | None:
    if file.rules is None or file.read_at is None or not now - LAST_GOOD_FOR <= file.read_at <= now:
        return None
    return Rules.from_text(file.rules)


def _kept_for(response: Response) -> timedelta:
    seconds = fresh_seconds(response.headers)
    if seconds is None:
        return LONGEST_KEPT
    return min(max(timedelta(seconds=seconds), SHORTEST_KEPT), LONGEST_KEPT)
