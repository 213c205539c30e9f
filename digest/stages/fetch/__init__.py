"""Fetch: an address to bytes, or to the reason why not. Polite, conditional, and never an exception.

    source, state --fetch_feed--> FetchOutcome --next_state--> state

    asking      the questions themselves: a feed, a page
    robots      may this page be asked for?
    rules       what a robots.txt says to us
    answers     what an answer means
    pauses      what to remember of it, and when to ask again
    discovery   where a site's feed may be
    websub      to be told instead: what is agreed with a feed's hub, and when to poll less
    hub_links   which hub a feed names
    hub_calls   what a hub's call to us means

What came of a question is a value; what to remember of it and when to ask again is decided by pure functions. Reads no
clock and stores nothing: the pipeline hands in `now` and keeps the state.
"""

from digest.stages.fetch.answers import is_gone, is_passing, is_unchanged, next_page_pause
from digest.stages.fetch.asking import fetch_feed, fetch_page
from digest.stages.fetch.discovery import (
    addresses_meant,
    fetch_address,
    guessed_feeds,
    in_order_of_worth,
    is_of_comments,
    known_feeds,
    likeness,
    those_to_ask,
    why_without_feed,
)
from digest.stages.fetch.hub_links import HubLinks, hub_offer, links_in_header
from digest.stages.fetch.pauses import feed_address, is_due, next_state, proposal_in_words, proposed_feed
from digest.stages.fetch.robots import RobotsCache
from digest.stages.fetch.websub import has_missed, interval_beside_hub, why_out_of_reach

__all__ = [
    "HubLinks",
    "RobotsCache",
    "addresses_meant",
    "feed_address",
    "fetch_address",
    "fetch_feed",
    "fetch_page",
    "guessed_feeds",
    "has_missed",
    "hub_offer",
    "in_order_of_worth",
    "interval_beside_hub",
    "is_due",
    "is_gone",
    "is_of_comments",
    "is_passing",
    "is_unchanged",
    "known_feeds",
    "likeness",
    "links_in_header",
    "next_page_pause",
    "next_state",
    "proposal_in_words",
    "proposed_feed",
    "those_to_ask",
    "why_out_of_reach",
    "why_without_feed",
]
