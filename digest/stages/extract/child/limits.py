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

MAX_PARSED_BYTES = 3_000_000
"""Of a feed's body: it is read at 4 to 20 MB a second, and begins with its newest entries. 500 of 6 kB each fit."""

MAX_FEED_SHARE = 0.1
"""How much of its wall clock a feed may spend computing: 1 of the usual 10 seconds. A feed of 30 entries takes 0.01 s,
one of 3 MB 0.2 to 0.8 s; the rest of the clock is for a machine with other things to do."""
