"""Plain text: sentences, display cuts and slugs. Pure; shared by the stages, which may not import each other.

Every cut is a verbatim part of what it was cut from (`shorten` alone adds an ellipsis), so that what is shown can be
proved against what is stored.
"""

import re
import unicodedata
from collections.abc import Iterator

from digest.model.words import longest_run

# Words after which a full stop does not end a sentence, lower case, without the stop.
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "mx",
        "dr",
        "prof",
        "sr",
        "jr",
        "st",
        "rev",
        "hon",
        "gen",
        "col",
        "lt",
        "maj",
        "capt",
        "cmdr",
        "sgt",
        "gov",
        "sen",
        "rep",
        "pres",
        "supt",
        "insp",
        "cllr",
        "messrs",
        "no",
        "nos",
        "vs",
        "v",
        "vol",
        "fig",
        "figs",
        "pp",
        "ch",
        "art",
        "ed",
        "eds",
        "est",
        "approx",
        "dept",
        "inc",
        "ltd",
        "co",
        "corp",
        "bros",
        "al",
        "cf",
        "ca",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "mon",
        "tue",
        "tues",
        "wed",
        "thu",
        "thur",
        "thurs",
        "fri",
        "e.g",
        "i.e",
        "u.s",
        "u.k",
        "u.n",
        "e.u",
        "d.c",
        "p.m",
        "a.m",
    ]
)
# These may also end one, where what follows clearly begins a sentence: "at 6 p.m. The count …", "in the U.S. He …".
_MAY_END = frozenset(
    {"u.s", "u.k", "u.n", "e.u", "d.c", "p.m", "a.m", "co", "inc", "ltd", "corp", "st", "no", "jr", "sr"}
)
_OPENERS = "\"'“‘«([*_"
_CLOSERS = "\"'”’»)]*_"
_SENTENCE_STARTERS = frozenset(
    [
        "the",
        "a",
        "an",
        "he",
        "she",
        "it",
        "they",
        "we",
        "i",
        "you",
        "this",
        "that",
        "these",
        "those",
        "but",
        "and",
        "in",
        "on",
        "at",
        "for",
        "if",
        "when",
        "while",
        "after",
        "before",
        "as",
        "by",
        "our",
        "his",
        "her",
        "their",
        "its",
        "there",
        "here",
        "what",
        "who",
        "why",
        "how",
        "yet",
        "so",
        "now",
        "not",
        "no",
        "one",
    ]
)
_STOP = re.compile(rf"[.!?…]+[{re.escape(_CLOSERS)}]*(?=\s|$)")
_BREAK = re.compile(r"\n[ \t]*\n\s*|\n(?=[ \t]*[A-Z0-9“‘\"'•*#@–—-])")
_WORD_BEFORE = re.compile(r"([^\s(\[“\"'‘]+)$")
_TAIL_TOKEN = re.compile(
    r"(?:\s|^)(?:https?://\S+|www\.\S+|pic\.twitter\.com/\S+|[#@][\w.@-]+|(?:via|RT|HT|cc)(?=\s|$)|"
    r"[→➡👉👇🔗⬇️↓|•·–—-]+)[\s.,;:)]*$"
)
_ROUND_UP = re.compile(
    r"""\b(?:early|morning|midday|lunchtime|afternoon|evening|nightly|daily|weekend|weekly|monday|tuesday|wednesday|
        thursday|friday|saturday|sunday|today['’]s|tonight['’]s|tomorrow['’]s|first|political|politics|campaign|election|
        westminster)\s+(?:edition\ )?
        (?:briefing|brief|digest|bulletin|headlines|newsletter|round-?up|(?:front\ )?(?:papers|pages)|mail\ ?bag|
        catch-?up|live|minutes?)\b
    | ^(?:the\ )?[ap]\.?m\.?\ (?:briefing|brief|update|edition)\b | ^(?:the\ )?(?:briefing|newsletter)\s*(?:[:|–—-]|$)
    | [|–—:-]\s*(?:newsletter|briefing)$
    | \blive\ ?(?:updates?|blog|coverage|ticker)\b | ^live\b\s*[:|–—-] | [|–—:-]\s*live$
    | \b(?:politics|political|campaign|election|westminster|news)\ latest\s*[:|–—-]
    | \b(?:as\ it\ happened|minute[\ -]by[\ -]minute)\b
    | \bnews\ in\ brief\b | ^in\ brief\b | \b(?:what|the)\ (?:the\ )?papers(?:\ say)?\b
    | \b(?:day|week|weekend|month|year|today|news|morning|night)\ in\ (?:review|pictures|photos|photographs|images|
        numbers|quotes|cartoons|brief|sixty\ seconds|60\ seconds)\b
    | \b(?:pictures|photos|images|quotes)\ of\ the\ (?:day|week|month|year)\b | ^the\ (?:day|week)\ ahead\b
    | \b(?:news|press)\ (?:round-?up|quiz|review)\b | \bfront\ pages?\b(?=\s*[:|–—-]|$)
    | \b(?:two|three|four|five|six|seven|eight|nine|ten|\d+)\ things\b | ^(?:the\ |today['’]s\ )?top\ stories\b
    | ^(?:what|all|everything)\ you\ need\ to\ know\W*$
    | \b(?:what|all|everything)\ you\ need\ to\ know\ (?:for\ |on\ |about\ )?(?:today|tonight|this\ \w+|the\ day|
        monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b
    # Elsewhere the same are called:
    | \ble\ brief\b | \brevue\ de\ presse\b | \bl['’]essentiel\ (?:de\ l['’]actu\w*|du\ jour|de\ la\ semaine)\b
    | ^en\ (?:direct|directo|vivo)\b | ^direct\s*[:|–—.-] | ^(?:in\ )?diretta\b
    | \b(?:presse|medien|nachrichten)(?:schau|überblick)\b | \b(?:news|live)-?(?:blog|ticker)\b
    | \bmorgenbriefing\b | ^was\ heute\ wichtig\b | \b(?:tag|woche)\ (?:im\ überblick|in\ bildern)\b
    | \brevista\ de\ prensa\b | \bresumen\ (?:del\ día|de\ la\ semana)\b | \bminuto\ a\ minuto\b
    | \brassegna\ stampa\b | \bpersoverzicht\b | \bnieuwsoverzicht\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ATTACHED = re.compile(r"https?://|www\.|pic\.twitter\.com/|[#@]\w")
_GLUED_PICTURE = re.compile(r"(?:pic\.twitter\.com/|https?://)\S*$")


def iter_sentences(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of `text` as (start, end), in order, without the white space around them.

    A blank line always parts sentences; a single line break does where the next line begins like a sentence. Titles,
    initials, abbreviations and decimals do not, and closing quotation marks stay with their sentence.
    """
    for start, end in _iter_blocks(text):
        begin = start
        for stop in _STOP.finditer(text, start, end):
            if stop.end() < end and _ends_sentence(text, begin, stop, end):
                yield from _trimmed(text, begin, stop.end())
                begin = stop.end()
        yield from _trimmed(text, begin, end)


def first_sentence(text: str) -> str:
    """The first whole sentence, verbatim; empty when the text is."""
    for start, end in iter_sentences(text):
        return text[start:end]
    return ""


def opening_of(text: str) -> str:
    """The first whole sentence, verbatim, with those after it that stand in one pair of quotation marks with it."""
    for _, end in iter_sentences(text):
        opening = text[:end].strip()
        if opening.count("“") == opening.count("”") and opening.count('"') % 2 == 0:
            return opening
    return first_sentence(text)


def fold_tail(text: str) -> str:
    """`text` without the links, tags and mentions that trail it: a verbatim beginning of it, or of its stripped form.

    A text that is nothing but links, tags and mentions comes back whole: there is nothing else to show.
    """
    whole = text.strip()
    kept = whole
    while kept:
        tail = _TAIL_TOKEN.search(kept) or _GLUED_PICTURE.search(kept)
        if tail is None:
            break
        kept = kept[: tail.start()].rstrip()
    return kept if any(character.isalnum() for character in kept) else whole


def shorten(text: str, most: int) -> str:
    """`text` within `most` characters: whole where it fits, else cut at a word with an ellipsis that counts too."""
    whole = text.strip()
    if len(whole) <= most:
        return whole
    if most < 2:
        return "…"[:most]
    cut = whole[: most - 1]
    if not whole[most - 1].isspace():
        at_word = max((match.start() for match in re.finditer(r"\s", cut)), default=0)
        cut = cut[:at_word] or cut
    return cut.rstrip(" \t\n,;:–—-") + "…"


def lead_text(headline: str, text: str, most: int = 500) -> str:
    """Headline and the first `most` characters of the text on one line: what an article is compared by.

    A text that begins with its own headline (most campaign posts) is not said twice.
    """
    title = " ".join(headline.split())
    lead = " ".join(text[: most * 2].split())[:most]
    if not title or lead.startswith(title.rstrip("…").rstrip()):
        return lead
    return f"{title}. {lead}" if lead else title


def is_round_up(headline: str) -> bool:
    """Whether a headline says that its article speaks of many matters: a briefing, a live blog, a round-up."""
    return _ROUND_UP.search(headline) is not None


def repeats(saying: str, said: str) -> bool:
    """Whether `saying` says again what was said, if only to deny it: at least half of it, in one run of four words or
    more. Names and figures that both need are no repetition.
    """
    own, others = (re.findall(r"\w+(?:['’.,]\w+)*", text.casefold()) for text in (saying, said))
    run = longest_run(own, others)
    return run >= 4 and 2 * run >= len(others)


def slug(text: str, most: int = 60) -> str:
    """Lower-case ASCII words joined by hyphens, for the readable part of an address; "story" when none are left."""
    plain = unicodedata.normalize("NFKD", re.sub(r"['’]", "", text)).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    kept = ""
    for word in words:
        longer = f"{kept}-{word}" if kept else word
        if len(longer) > most:
            break
        kept = longer
    return kept or (words[0][:most] if words else "story")


def _iter_blocks(text: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for gap in _BREAK.finditer(text):
        yield begin, gap.start()
        begin = gap.end()
    yield begin, len(text)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    lead = len(piece) - len(piece.lstrip())
    kept = piece.strip()
    if kept:
        yield start + lead, start + lead + len(kept)


def _ends_sentence(text: str, begin: int, stop: re.Match[str], end: int) -> bool:
    following = text[stop.end() : min(end, stop.end() + 40)].lstrip()
    if not following:
        return True
    if _ATTACHED.match(following):
        return True
    opener = following.lstrip(_OPENERS)
    first = opener[:1]
    if first.islower() and "\n" not in text[stop.end() : stop.end() + 2]:
        return False  # “Really?” he asked
    marks = stop.group().rstrip(_CLOSERS)
    if marks != ".":
        return True
    before = _WORD_BEFORE.search(text, begin, stop.start())
    word = before.group(1).lower() if before else ""
    if re.fullmatch(r"[a-z]", word) and word != "i":
        return False  # an initial: J. Smith
    if word in _MAY_END:
        next_word = re.split(r"\W", opener, maxsplit=1)[0].lower()
        return next_word in _SENTENCE_STARTERS
    return word not in _ABBREVIATIONS


_SHOUTED = re.compile(r"\b[A-Z]{4,}\b")
_TEASES = re.compile(r"(?:\.\.\.|…)[\"'”’]*\s*$")


def loudness(headline: str) -> int:
    """How many ways a headline shouts, 0 to 3: words in capitals, exclamation marks, an ending that only teases.

    Four capitals are a shout: three and fewer are mostly names (NHS, EU).
    """
    return bool(_SHOUTED.search(headline)) + ("!" in headline) + bool(_TEASES.search(headline))
