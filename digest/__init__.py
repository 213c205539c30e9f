"""Rejoinder: what the press said today, beside what the campaign answers.

The product without its HTTP server. `digest.pipeline` runs the eight stages in order; `web` shows what they made.
"""

__version__ = "0.1.0"
