"""Staff's file, sources.yaml: reads it strictly, judges its imprint, and changes it without losing a comment.

The only part that writes the file. Fetching never does: what it learns stands in the fetch state and is proposed.
"""

from digest.sources.changing import add_source, add_sources, move_source, pause_source, source_lines
from digest.sources.imprint import placeholder_problems
from digest.sources.naming import front_page_of, problems_with_source, proposed_id, proposed_name
from digest.sources.opml import Import, import_of, opml_of
from digest.sources.reading import feed_key, fingerprint, parse_campaign, read_campaign

__all__ = [
    "Import",
    "add_source",
    "add_sources",
    "feed_key",
    "fingerprint",
    "front_page_of",
    "import_of",
    "move_source",
    "opml_of",
    "parse_campaign",
    "pause_source",
    "placeholder_problems",
    "problems_with_source",
    "proposed_id",
    "proposed_name",
    "read_campaign",
    "source_lines",
]
