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
_LONGEST_TITLE = 500
# What only an outlet's own words are about, and what news is about as well: "The report was withdrawn by ministers."
_OURS = r"(?:article|story|post|blog ?post|column|content)"
_ANY = r"(?:article|story|blog ?post|post|column|content|report|page|item|interview|video|piece|material|webpage|text)"
_GONE = r"(?:removed|retracted|withdrawn|taken down|deleted|unpublished|pulled|taken offline)"
_NOW = r"(?: (?:now|since|also|therefore|temporarily|permanently|sadly)){0,2}"
_SITE = r"(?:site|website|web site|pages?|platforms?|archives?|publication|app)"
_WHY = (
    r"(?: at the request of| at (?:his|her|their|its|the \w{1,20}['’]s?) request"
    r"| for (?:legal|editorial|copyright|privacy|safety)"
    r"| (?:following|after|pending|due to|owing to|because of|in response to|on) (?:an? |the |further |receiving )?"
    r"(?:\w{1,20} )?(?:complaints?|request|review|inquiry|investigation|advice|ruling|clarification|reasons?|dispute"
    r"|error|mistake|concerns?|grounds)"
    r"| (?:because|as|since) (?:it|we|parts?|some|its|the (?:article|story|post|author|writer|information|facts?)) "
    r"| in error| by (?:the |its |our )?(?:authors?|editors?|publishers?|moderators?|us|newsroom)\b"
    r"|,? and (?:we |the \w{1,20} )?(?:\w{1,20} )?(?:apologi[sz]e|apology|regret|replaced)"
    r"| and is (?:no longer|under review)"
    r"| or is no longer available)"
)
# Where the sentence ends, or goes on as notices do. Not "from sale", "from the shelves", "by the candidate".
_SO = (
    r"(?=(?: online| here| now| today)?(?: from (?:our|this|the(?! \w{1,30}['’]s)(?: \w{1,20}){0,2}) "
    rf"{_SITE}(?! of\b))?(?:{_WHY}|\s*(?:[.!)\]\n]|$)))"
)
_DATE = r"(?: on \d{1,2} \w{3,9}| on \w{3,9} \d{1,2})(?:,? \d{4})?"
_LEAD = (
    r"(?:(?:(?:we(?:['’]| a)re )?(?:very )?sorry|apologies|unfortunately|please note|we regret to say|we regret"
    r"|(?:an? )?(?:editor['’]?s['’]? note|editorial note|note|notice|update|correction|retraction)"
    r"|for (?:legal|editorial|copyright) reasons|(?:following|after) an? (?:\w{1,20} )?complaint)"
    r"[,:.–—-]?\s{0,3}(?:but |that )?)?"
)
_WAS_HERE = (
    r"(?: (?:that|which))?(?: (?:was|were|had been|has been|appeared|stood))?"
    r"(?: (?:previously|formerly|originally|once))?(?: (?:published|posted|carried|appeared|available))?"
    r" (?:here|(?:on|at|under) (?:this|our) (?:page|address|link|url|site|website))"
)
_HAS_BEEN = rf"(?: has| have|['’]s)?{_NOW} (?:been|was|were|is){_NOW} {_GONE}"
# Each is met at the start of a text, or of a sentence in it: not "He said this article was removed from …".
_ANYWHERE = re.compile(
    rf"(?:^|[.!?:\n])\s{{0,3}}[\[(*]{{0,3}}{_LEAD}(?:"
    rf"this {_ANY}{_HAS_BEEN}{_SO}"
    rf"|this (?:article|story){_HAS_BEEN}{_DATE}"
    rf"|this {_ANY} is no longer (?:available|online|accessible|published){_SO}"
    rf"|an? (?:earlier|previous|original) version of (?:this|the) {_OURS}{_HAS_BEEN}{_SO}"
    rf"|(?:an?|the) {_ANY}{_WAS_HERE}{_HAS_BEEN}{_SO}"
    rf"|we(?: have|['’]ve)?{_NOW} {_GONE} (?:this|the) {_OURS}{_SO}"
    rf"|we(?: have|['’]ve)?{_NOW} {_GONE} this {_ANY}{_SO}"
    rf"|we(?: have|['’]ve)?{_NOW} taken (?:this|the) {_OURS} (?:down|offline){_SO}"
    rf"|we(?: have|['’]ve)?{_NOW} {_GONE} an? {_OURS}{_WAS_HERE}{_SO}"
    rf"|the (?:\w{{1,30}} ){{1,4}}has{_NOW} {_GONE} this {_OURS}{_SO}"
    rf"|die(?:ser|se|ses) (?:artikel|text|beitrag|meldung) (?:wurde|ist)(?: \w{{1,20}})?"
    rf" (?:zurückgezogen|entfernt|gelöscht|nicht mehr verfügbar)(?=\s*(?:[.!;,)\n–—]|$)| worden\b)"
    rf"|(?:cet article|cette page)(?: a été (?:retirée?|supprimée?)| n['’]est plus disponible)"
    rf"(?=\s*(?:[.!;,)\n–—]|$)| de notre site| à la (?:demande|suite))"
    rf"|(?:este artículo|esta página) (?:ha sido (?:retirad|eliminad)[oa]|ya no está disponible)"
    rf"(?=\s*(?:[.!;,)\n–—]|$)| de nuestr| a petición)"
    rf")",
    re.IGNORECASE,
)
# In the midst of a report "The video has been deleted." is news; it is a notice where nothing stands before it.
_FIRST = re.compile(
    rf"[\[(*]{{0,3}}{_LEAD}(?:the {_ANY}(?: (?:that )?you(?:['’]re| are| were| have)? (?:are )?"
    rf"(?:looking for|requested|tried to reach|trying to (?:reach|read|view)))?"
    rf"(?:{_HAS_BEEN}| is no longer (?:available|online|accessible)){_SO}"
    rf"|the (?:article|story){_HAS_BEEN}{_DATE}"
    rf"|(?:article|story|post|page|content) {_GONE}{_SO})",
    re.IGNORECASE,
)
_NOTED = re.compile(rf"(?:note|update|correction|retraction)[:.–—-]\s{{0,3}}the {_OURS}{_HAS_BEEN}{_SO}", re.IGNORECASE)
_MARKED = re.compile(
    r"\W{0,3}(?:(?:article|story|post) )?(?:retracted|removed|withdrawn|deleted)(?:\s{0,3}[:\])|–—-]+\s{0,3}|$)",
    re.IGNORECASE,
)
_TITLED = re.compile(
    rf"\W{{0,3}}(?:this |the )?(?:article|story|post|page|content)(?: has been| was)? (?:{_GONE}|unavailable"
    rf"|(?:is )?no longer available)\W{{0,3}}",
    re.IGNORECASE,
)


def is_removal_notice(title: str, text: str, *, known_as: str = "") -> bool:
    """Whether this stands where an article stood, and says that it was taken back.

    known_as: the headline that we have of the article. "Removed: …" marks only what goes on with it; of anything else
    it is a headline like others.
    """
    if count_words(text) > MOST_WORDS:
        return False
    title, start = title.strip()[:_LONGEST_TITLE], text.strip()[: 2 * _START]
    if _TITLED.fullmatch(title) or _is_marked(title, known_as):
        return True
    found = _ANYWHERE.search(start) or _NOTED.search(start)
    return bool((found and found.start() < _START) or _FIRST.match(start))


def _is_marked(title: str, known_as: str) -> bool:
    """Whether a title is the headline that we know behind a mark, or a mark and nothing else."""
    mark = _MARKED.match(title)
    if mark is None or _MARKED.match(known_as.strip()):
        return False
    said, known = (set(re.findall(r"\w+", words.casefold())) for words in (title[mark.end() :], known_as))
    return not said or 4 * len(said & known) >= 3 * max(len(said), len(known))


def leads_elsewhere(asked: str, answered: str) -> bool:
    """Whether an article's address has led to its outlet's front page, or to a section that it stood in."""
    asked, answered = canonical_url(asked), canonical_url(answered)
    is_same_port = urlsplit(asked).port == urlsplit(answered).port
    return asked != answered and is_same_port and is_front_or_section(answered, of=asked)
