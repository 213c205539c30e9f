"""Judges the imprint: why nothing of a site may be published yet."""

import re

from digest.model.source import Site
from digest.sources.rows import RIGHT, shown

_STAND_IN = re.compile(
    r"\b(?:TODO|TBC|TBD|FIXME|XXX+)\b"  # as written by people who mean to come back
    r"|(?i:\byour (?:full )?(?:name|address|street|town|organi[sz]ation|campaign|candidate)\b"
    r"|\b(?:promoter|candidate|campaign|organi[sz]ation)(?:'s)? (?:full )?(?:name|address)\b"
    r"|\b(?:name|address|street|postcode|town) here\b"
    r"|\bexample (?:street|road|avenue|lane|town|city|person|campaign|candidate)\b"
    r"|\bexample\.(?:org|com|net)\b|\.(?:example|invalid|test)\b"
    r"|\b(?:any ?town|any ?street|placeholder|change ?me|lorem ipsum|fill (?:this )?in)\b"
    r"|[<\[{][^>\]}]*[>\]}]|\.\.\.|…|_{3,})"
)
_EMPTY_WORDS = {
    "example",
    "test",
    "name",
    "address",
    "promoter",
    "candidate",
    "none",
    "n/a",
    "na",
    "unknown",
    "todo",
    "x",
}
SAMPLE_PROMOTER = "Wilhelmina Oddy"
"""Of the sample campaign: an imprint that was copied from it is nobody's. A test compares it with the sample."""


def placeholder_problems(site: Site, *, in_demo: bool = False) -> list[str]:
    """Why nothing of this site may be published, in whole sentences; empty when its imprint can stand.

    in_demo: whether this is `digest demo`, the only place for the sample campaign.
    """
    if in_demo:
        return []
    if site.is_sample:
        return ["This is the sample campaign (site.sample in sources.yaml); it is published in `digest demo` alone."]
    imprint = site.imprint
    parts = {"promoter": imprint.promoter, "address": imprint.address, "on_behalf_of": imprint.on_behalf_of}
    problems = []
    for key, value in parts.items():
        place = f"site.imprint.{key}"
        if not value.strip():
            problems.append(f"{place} in sources.yaml is empty; {RIGHT[place]}.")
        elif _STAND_IN.search(value) or value.strip(" .-").lower() in _EMPTY_WORDS or not re.search(r"\w", value):
            problems.append(f"{place} in sources.yaml is still a placeholder ({shown(value)}); {RIGHT[place]}.")
        elif key == "address" and len(value.split()) < 2:
            problems.append(f"{place} in sources.yaml is no postal address ({shown(value)}); {RIGHT[place]}.")
    if imprint.promoter.strip().casefold() == SAMPLE_PROMOTER.casefold():
        problems.append("site.imprint in sources.yaml is the sample campaign's; write your own promoter and address.")
    return problems
