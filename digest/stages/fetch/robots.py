"""robots.txt: may this page be asked for? (RFC 9309)"""

import asyncio
from urllib.robotparser import RobotFileParser

from digest.errors import FetchError
from digest.net import GuardedClient

ROBOT = "Rejoinder"
"""The name that robots.txt files call us by (RFC 9309, section 2.2.1): the User-Agent's first word."""
ROBOTS_BYTES = 512_000
"""RFC 9309 wants 500 KiB read at least."""


class RobotsCache:
    """The robots.txt of every site met in one pass, each asked for once (RFC 9309).

    No such file (any 4xx but 429) allows everything; a server that fails or cannot be reached allows nothing this pass.
    """

    def __init__(self) -> None:
        self._rules: dict[str, RobotFileParser | None] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def why_not(self, client: GuardedClient, url: str) -> str | None:
        """Why the page must not be asked for, as a clause, or None. Raises BlockedAddressError."""
        place = client.check(url)
        site = f"{place.scheme}://{place.authority}"
        async with self._asking.setdefault(site, asyncio.Lock()):
            if site not in self._rules:
                self._rules[site] = await _robots_rules(client, f"{site}/robots.txt")
        rules = self._rules[site]
        if rules is None:
            return "its site's robots.txt could not be had, so it is left alone for now"
        # The parser looks at the path alone; a host of its own choosing could be one that it cannot take apart.
        if not rules.can_fetch(ROBOT, f"http://site{place.target}"):
            return "its site's robots.txt asks robots to stay away"
        return None


async def _robots_rules(client: GuardedClient, url: str) -> RobotFileParser | None:
    """The site's rules; None when they could not be had."""
    try:
        response = await client.get(url, headers={"Accept": "text/plain, */*;q=0.1"})
    except FetchError:
        return None
    rules = RobotFileParser()
    if 400 <= response.status < 500 and response.status != 429:
        rules.parse(())
        return rules
    if response.status != 200:
        return None
    text = response.body[:ROBOTS_BYTES].decode("utf-8-sig", "replace")
    try:
        rules.parse(text.splitlines())
    except ValueError:
        # The parser gives up on some broken addresses; a file we cannot read is not leave to read the site.
        return None
    return rules
