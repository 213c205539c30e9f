"""Staff's file, sources.yaml: reads it strictly, judges its imprint, and changes it without losing a comment.

The only part that writes the file. Fetching never does: what it learns stands in the fetch state and is proposed.
"""

from digest.sources.changing import add_source, pause_source
from digest.sources.imprint import placeholder_problems
from digest.sources.reading import fingerprint, parse_campaign, read_campaign

__all__ = ["add_source", "fingerprint", "parse_campaign", "pause_source", "placeholder_problems", "read_campaign"]
