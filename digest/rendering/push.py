"""The push of an edition: one whole sentence of the campaign's answer, what is inside, the link, the imprint."""

import re

from digest.model.delivery import Message
from digest.model.edition import EditionDocument
from digest.model.text import first_sentence, shorten
from digest.rendering.days import long_day

SHORTEST = 120
"""Below this no channel carries a sentence and a link."""
CLAIM_FREE = 60
"""The claim never stands in the first characters, which is all that a lock screen shows."""


def push_message(document: EditionDocument, *, most_characters: int) -> Message:
    """The message that a channel gets, within its length.

    The sentence is the lead's confirmed answer; with nothing answered, today's message; else a plain announcement.
    What does not fit is left out whole, in this order: imprint (one tap away on the page), count; a sentence too long
    is shortened at a word. The link always stands.
    """
    lines = [_sentence(document), _count(document), document.address, document.imprint_short]
    text = "\n".join(line for line in lines if line)
    if len(text) > most_characters:
        text = "\n".join(line for line in lines[:3] if line)
    if len(text) > most_characters:
        room = most_characters - len(document.address) - 1
        text = f"{shorten(lines[0], room)}\n{document.address}" if room >= SHORTEST // 2 else document.address
    return Message(
        title=f"{document.title}, {long_day(document.edition_on, language=document.language)}",
        text=text,
        url=document.address,
    )


def _sentence(document: EditionDocument) -> str:
    for card in document.cards:
        for pairing in card.pairings:
            if pairing.is_confirmed:
                sentence = first_sentence(pairing.answer.display)
                if not _opens_with(sentence, pairing.claim.text):
                    return sentence
    if document.message is not None:
        headline, excerpt = document.message.headline, document.message.excerpt
        return headline if headline.endswith((".", "!", "?")) else first_sentence(excerpt or headline)
    return "Today's edition is out."


def _count(document: EditionDocument) -> str:
    match document.answered:
        case 0:
            return ""
        case 1:
            return "1 story answered today."
        case number:
            return f"{number} stories answered today."


def _opens_with(sentence: str, claim: str) -> bool:
    """Whether the claim, or its beginning, stands in the first characters of a sentence."""
    beginning = _words(claim[: CLAIM_FREE // 2])
    return bool(beginning) and beginning in _words(sentence[:CLAIM_FREE])


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
