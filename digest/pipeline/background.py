"""What is common in the campaign's archive: counted once a day, read whenever articles are compared."""

from digest.model.background import Background
from digest.pipeline.tools import ACTIVE_WINDOW, Tools
from digest.stages.cluster import LEAD_CHARACTERS, background_of, seed

MOST_COUNTED = 20_000
"""The newest of the archive. More would change little and take longer than two seconds."""


def count_background(tools: Tools) -> None:
    """Count the words of what has left the active window, and keep the counts."""
    before = tools.clock.now() - ACTIVE_WINDOW
    with tools.storage.read() as tx:
        leads = tx.articles.leads_before(before, most=MOST_COUNTED, characters=LEAD_CHARACTERS)
    found = background_of(leads)
    with tools.storage.begin() as tx:
        tx.background.keep(found)


def known_background(tools: Tools) -> Background:
    """The archive's, and the sample campaign's, which the archive outweighs as it grows."""
    with tools.storage.read() as tx:
        counted = tx.background.load()
    return seed() if counted is None else seed() + counted
