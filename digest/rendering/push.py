"""The push of an edition: one whole sentence of the campaign's answer, what is inside, the link, the imprint."""

import re
from collections.abc import Iterator

from digest.model.delivery import Message, Room
from digest.model.edition import EditionDocument
from digest.model.text import first_sentence, iter_sentences, shorten

CLAIM_FREE = 60
"""The claim never stands in the first characters, which is all that a lock screen may show."""
RUN = 4
"""As many words of a claim in a row are the claim: three are mostly a name ("Office of Public Sums")."""
TITLE_CHARACTERS = 65
"""What the title line of a lock screen shows whole. A longer sentence would be cut there, so it opens the text instead,
which wraps, under the name of the paper."""
PLAIN = "Today's edition is out."


def push_message(document: EditionDocument, *, room: Room) -> Message:
    """The message that a channel gets, within its room.

    Its sentence is whole, and names the message where the channel has a title that holds it. It is an answered card's
    staff headline or a sentence of its confirmed answer; with none that will do, today's message; else a plain
    announcement. What does not fit is left out whole: first the imprint (one tap away on the page), then the count,
    then the sentence. The link always stands.
    """
    most = room.text - len(document.address) - 1
    sentence = next((sentence for sentence in _sentences(document) if len(sentence) <= most), "")
    title, opening, count = "", sentence, _count(document)
    if sentence and len(sentence) <= min(TITLE_CHARACTERS, room.title):
        title, opening = sentence, ""
        count = f"{document.title}: {count}" if count else document.title
    elif room.title:
        title = shorten(document.title, room.title)
    lines = [opening, count, document.address, document.imprint_short]
    tries = (lines, lines[:3], [opening, document.address], [document.address])
    texts = ("\n".join(line for line in kept if line) for kept in tries)
    text = next((text for text in texts if len(text) <= room.text), document.address)
    return Message(title=title, text=text, url=document.address)


def _sentences(document: EditionDocument) -> Iterator[str]:
    """Every sentence that may stand for the edition, best first."""
    claimed = _claimed(document)
    return (sentence for sentence in _wanted(document) if not _opens_with_any(claimed, sentence))


def _wanted(document: EditionDocument) -> Iterator[str]:
    for card in document.cards:
        if card.is_answered and _is_sentence(card.name):
            yield first_sentence(card.name)
        for pairing in card.pairings:
            if pairing.is_confirmed:
                yield from _whole(pairing.answer.display)
    if document.message is not None:
        headline, excerpt = document.message.headline, document.message.excerpt
        if _is_sentence(headline):
            yield first_sentence(headline)
        yield from _whole(excerpt)
        if not headline.endswith("…"):
            yield headline
    yield PLAIN


def _whole(text: str) -> Iterator[str]:
    """The sentences of a text that say something by themselves: not "No.", no later "It does.", none that was cut."""
    for start, end in iter_sentences(text):
        sentence = " ".join(text[start:end].split())
        is_hanging = start > 0 and _HANGING.match(sentence)
        if len(_words(sentence)) >= RUN and not is_hanging and not sentence.endswith("…"):
            yield sentence


# What speaks of the sentence before.
_HANGING = re.compile(r"(?:it|its|this|that|these|those|they|their|he|his|she|her|so|but|and|which)\b", re.IGNORECASE)


def _is_sentence(text: str) -> bool:
    return text.rstrip("\"'”’)").endswith((".", "!", "?"))


def _count(document: EditionDocument) -> str:
    match document.answered:
        case 0:
            return ""
        case 1:
            return "1 story answered today."
        case number:
            return f"{number} stories answered today."


def _claimed(document: EditionDocument) -> set[tuple[str, ...]]:
    """The runs of words that make a claim, or a press headline, of any of the cards."""
    runs: set[tuple[str, ...]] = set()
    for card in (*document.cards, *document.more):
        for pairing in card.pairings:
            words = _words(pairing.claim.text)
            runs |= _runs(words, min(RUN, max(len(words), 2)))
            runs |= _runs(_words(pairing.claim.headline), RUN)
        for report in card.reports:
            runs |= _runs(_words(report.headline), RUN)
    return runs


def _opens_with_any(claimed: set[tuple[str, ...]], sentence: str) -> bool:
    """Whether a claimed run of words stands in the first characters; a word that begins there counts."""
    opening = _words(sentence)[: sum(match.start() < CLAIM_FREE for match in _WORD.finditer(sentence))]
    return any(run in claimed for length in range(2, RUN + 1) for run in _runs(opening, length))


def _runs(words: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


# An apostrophe belongs to its word, however it is set: "Quill's" is one word.
_WORD = re.compile(r"\w+(?:['’]\w+)*")


def _words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]
