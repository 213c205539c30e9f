"""Articles taken back without a 404: a notice in the text's place, or a way to another page. Pure.

Both are told conservatively. What is missed stays until its address is gone; what is wrongly told takes an honest
report off the pages.
"""

import re
from urllib.parse import urlsplit

from digest.stages.extract.addresses import canonical_url, is_front_or_section
from digest.stages.extract.text import count_words

MOST_WORDS = 150
"""Of a notice, with the apology and the link to the corrections column."""
_START = 300
_WHAT = r"(?:article|story|report|post|page|content|item|column|interview|video|piece)"
_GONE = r"(?:removed|retracted|withdrawn|taken down|deleted|unpublished|pulled)"
# At the start of a sentence: "This article was removed on 3 November"; not "He said this article was removed from …".
_NOTICE = re.compile(
    rf"(?:^|[.!?:\n]\s*)(?:"
    rf"(?:this|the) {_WHAT} (?:has been|was|have been) (?:temporarily |permanently )?{_GONE}\b"
    rf"|(?:this|the) {_WHAT} (?:you are looking for |you requested )?is no longer available"
    rf"|we have (?:removed|retracted|withdrawn|taken down|deleted) (?:this|the) {_WHAT}\b"
    rf"|(?:article|story|post) (?:removed|retracted|withdrawn)\b"
    rf"|die(?:ser|se|ses) (?:artikel|text|beitrag|meldung)"
    rf" (?:wurde (?:zurückgezogen|entfernt|gelöscht)|ist nicht mehr verfügbar)"
    rf"|(?:cet article|cette page) (?:a été (?:retirée?|supprimée?)|n['’]est plus disponible)"
    rf"|(?:este artículo|esta página) (?:ha sido (?:retirad|eliminad)[oa]|ya no está disponible)"
    rf")",
    re.IGNORECASE,
)
_MARKED = re.compile(r"^\W*(?:(?:article|story|post) )?(?:retracted|removed|withdrawn)\s*(?:[:\]–—-]|$)", re.IGNORECASE)


def is_removal_notice(title: str, text: str) -> bool:
    """Whether this stands where an article stood, and says that it was taken back."""
    if count_words(text) > MOST_WORDS:
        return False
    return bool(_MARKED.match(title.strip()) or _NOTICE.search(text[:_START].strip()))


def leads_elsewhere(asked: str, answered: str) -> bool:
    """Whether an article's address has led to its outlet's front page, or to a section that it stood in."""
    asked, answered = canonical_url(asked), canonical_url(answered)
    is_same_port = urlsplit(asked).port == urlsplit(answered).port
    return asked != answered and is_same_port and is_front_or_section(answered, of=asked)
