"""Whether what a page shows is only the beginning of its article. Decides; parses nothing."""

import re
from collections.abc import Sequence

from digest.stages.extract.child.blocks import Block
from digest.stages.extract.text import count_words

# A longer text is taken for whole whatever its page says: metered outlets put the same notices under whole texts.
# Beginnings that are shown run from 30 to 250 words.
_MOST_WORDS = 350
# What is for subscribers is there after all when its boxes hold so many words.
_MIN_CLOSED_WORDS = 30
# How many blocks below the text a notice may stand, and how long it may be.
_BLOCKS_BELOW = 6
_NOTICE_WORDS = 40

_READING = r"(?:reading|read\ (?:on|more|this|in\ full|full|the\ (?:full|whole|rest|entire|complete|remaining)))"
_JOIN = r"\b(?:subscribe|subscription|sign\ (?:up|in)|log\ ?in|register)\b"
_NOTICE = re.compile(
    rf"""
      (?:{_JOIN}|\bbecome\ a\ (?:member|subscriber)|\bcreate\ an?\ (?:free\ )?account|\bstart\ a(?:\ free)?\ trial)
      .{{0,80}}\b(?:to|and)\ (?:continue|keep|go\ on|finish|unlock)?\ ?{_READING}
    | {_JOIN}.{{0,40}}\bto\ (?:unlock|access|view|see)\b.{{0,30}}\b(?:article|story|content|report)\b
    | \bto\ (?:continue|keep)\ reading\b.{{0,80}}\b(?:subscri|sign|log|regist|join|member|account)
    | \b(?:this|the\ (?:full|whole|(?:rest|remainder)\ of\ th(?:e|is)|remaining))\ (?:article|story|content|text|report)
      \ is\ (?:only\ )?(?:for|(?:available|exclusive|exclusively|reserved|restricted|limited)\ (?:only\ )?(?:to|for))
      \ (?:\w+\ ){{0,3}}(?:subscribers|members)
    | \b(?:subscriber|member)s?(?:-|\ )only\ (?:article|story|content)
    | \byou(?:['’]ve|\ have)\ (?:reached|used|read)\ (?:your|the|all).{{0,40}}\b(?:limit|free\ (?:articles|stories))
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_notice(paragraph: str) -> bool:
    """Whether a paragraph says that the rest is for subscribers."""
    return (
        len(paragraph) < 100 * _NOTICE_WORDS
        and count_words(paragraph) <= _NOTICE_WORDS
        and bool(_NOTICE.search(paragraph))
    )


def is_teaser(text: str, blocks: Sequence[Block], *, is_closed: bool, closed_words: int) -> bool:
    """Whether `text` is a beginning alone: the page says that it is closed and holds nothing more, or a notice follows.

    closed_words: how many words the boxes hold that the page says are for subscribers.
    """
    if count_words(text) > _MOST_WORDS:
        return False
    return (is_closed and closed_words < _MIN_CLOSED_WORDS) or _ends_in_a_notice(text, blocks)


def _ends_in_a_notice(text: str, blocks: Sequence[Block]) -> bool:
    said = set(text.split("\n\n"))
    last = max((number for number, block in enumerate(blocks) if block.text in said), default=-1)
    return any(is_notice(block.text) for block in blocks[max(0, last) : last + 1 + _BLOCKS_BELOW])
