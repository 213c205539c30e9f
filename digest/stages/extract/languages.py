"""The language that a text is in, asked of the text itself: outlets state one for a whole site, or none. Pure."""

import logging
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

logger = logging.getLogger(__name__)

# Words of English that no other language written in Latin letters has as often. Most texts are English, and this tells
# it fifty times as fast as the model does (2 against 100 microseconds a text).
_ENGLISH = frozenset(
    "the of and to that was for with his her has were which would from this they have not are been".split()  # noqa: SIM905 a list of words reads best as words
)
_LEAST_ENGLISH = 5
"""Different ones of them among the first words; German and Dutch texts that quote English have fewer."""
# Words that other languages written in Latin letters cannot do without, and English has not. A text that is said to be
# English is asked about only where one of these, or a letter that English has not, speaks against it.
_FOREIGN = frozenset(
    """
    der das und ist nicht auf ein eine von zu mit für den dem sich het een van niet zijn voor le les des une est dans
    qui que pour el los las del una con por il di che della gli os uma não para com em og er ikke det på av jeg och att
    som är yn yr mae ei ar wedi oedd gan agus tha bha chan airson gu tá bhí leis sé go nie się jest że na ve bir bu için
    yang dan untuk dengan akan kepada pada ini itu dari di ja ei että oli hogy és egy nem az si este nu
    """.split()  # noqa: SIM905 a list of words reads best as words
)
WORDS_LOOKED_AT = 60
LONGEST_ON_AVERAGE = 8
"""Characters to a word, with what parts it from the next; languages that do not part their words are as well told."""
CHARACTERS_LOOKED_AT = 400
LEAST_LETTERS = 60
"""Of a shorter text the model is as often wrong as right ("Hester Quill in Brackmouth": English at 0.23)."""
LEAST_PROBABILITY = 0.9
_WORD = re.compile(r"[^\W\d_]+")
# Told apart by their names more than by their words.
_ALIKE = (frozenset({"nb", "nn", "no"}), frozenset({"bs", "hr", "sr"}), frozenset({"id", "ms"}))


def language_of(text: str, *, claimed: str | None) -> str | None:
    """The language of `text` as a tag: the claimed one, with its region, unless the text is plainly of another.

    claimed: what page, feed or source say; also the answer for what is too short to tell.
    """
    words = _WORD.findall(text, 0, WORDS_LOOKED_AT * LONGEST_ON_AVERAGE)[:WORDS_LOOKED_AT]
    if _is_plainly_english(words):
        found: str | None = "en"
    elif sum(map(len, words)) < LEAST_LETTERS or (_is_english(claimed) and not _is_foreign(words)):
        return claimed
    else:
        found = _told_by_model(" ".join(words)[:CHARACTERS_LOOKED_AT])
    return claimed if found is None or (claimed and _is_alike(claimed, found)) else found


def _told_by_model(words: str) -> str | None:
    identifier = _identifier()
    if identifier is None:
        return None
    found, probability = identifier.classify(words)
    return str(found) if probability >= LEAST_PROBABILITY else None


def _is_plainly_english(words: Sequence[str]) -> bool:
    return len(_ENGLISH.intersection(map(str.casefold, words))) >= _LEAST_ENGLISH


def _is_english(tag: str | None) -> bool:
    return tag is not None and _primary(tag) == "en"


def _is_foreign(words: Sequence[str]) -> bool:
    """Whether anything in the words speaks against English."""
    return not _FOREIGN.isdisjoint(map(str.casefold, words)) or not all(map(str.isascii, words))


def _is_alike(claimed: str, found: str) -> bool:
    primary = _primary(claimed)
    return primary == found or any({primary, found} <= group for group in _ALIKE)


def _primary(tag: str) -> str:
    return re.split("[-_]", tag)[0].lower()


@cache
def _identifier() -> Any | None:
    """The model, or None where it cannot be unpacked: then what is claimed has to do, until the next start."""
    # Takes 0.7 s and 100 MB, and only reading needs it: the web never imports it. Its weights are in the package.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    try:
        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    except OSError:  # it unpacks its weights into a temporary file
        logger.warning("languages are not told: there is no room in the temporary folder")
        return None
