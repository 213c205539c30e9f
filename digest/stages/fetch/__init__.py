"""Fetch: an address to bytes, or to the reason why not. Polite, conditional, and never an exception.

    source, state --fetch_feed--> FetchOutcome --next_state--> state

    asking      the questions themselves: a feed, a page
    robots      may this page be asked for?
    rules       what a robots.txt says to us
    answers     what an answer means
    pauses      what to remember of it, and when to ask again

What came of a question is a value; what to remember of it and when to ask again is decided by pure functions. Reads no
clock and stores nothing: the pipeline hands in `now` and keeps the state.
"""

from digest.stages.fetch.answers import is_gone, is_passing, is_unchanged, next_page_pause
from digest.stages.fetch.asking import fetch_feed, fetch_page
from digest.stages.fetch.pauses import feed_address, is_due, next_state, proposal_in_words, proposed_feed
from digest.stages.fetch.robots import RobotsCache

__all__ = [
    "RobotsCache",
    "feed_address",
    "fetch_feed",
    "fetch_page",
    "is_due",
    "is_gone",
    "is_passing",
    "is_unchanged",
    "next_page_pause",
    "next_state",
    "proposal_in_words",
    "proposed_feed",
]
