"""How much of a feed or page is kept. Generous to honest ones; a hostile one costs no more than this."""

MAX_ENTRIES = 500
MAX_TITLE = 1_000
MAX_AUTHOR = 300
MAX_GUID = 1_000
MAX_SUMMARY = 5_000
MAX_HUBS = 5
MAX_TEXT = 200_000
MAX_FEED_TEXT = 8_000_000
"""Code points of all texts of one feed together; entries past it keep everything but their text."""
