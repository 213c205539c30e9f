"""What runs in the parsing child, and only there: the parsers, and the cage around them.

`python -m digest.stages.extract.child` reads requests from stdin and answers on stdout until stdin ends. Nothing in
the parent imports this package; it imports feedparser, newspaper and trafilatura, each on first need.
"""
