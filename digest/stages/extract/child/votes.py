"""What several readers kept of a page's blocks, and which blocks are the article. Decides; parses nothing."""

from collections.abc import Sequence
from itertools import combinations

from digest.stages.extract.child.blocks import Block, bare_of

Kept = frozenset[int]

# Blocks shorter than this are looked up as whole paragraphs: "Reuters" stands somewhere in every text.
_SHORT = 24


def kept_of(blocks: Sequence[Block], text: str) -> Kept:
    """Numbers of the blocks whose words `text` has."""
    paragraphs = {bare_of(line) for line in text.split("\n")}
    whole = bare_of(text)
    return frozenset(
        number
        for number, block in enumerate(blocks)
        if block.bare in paragraphs or (len(block.bare) >= _SHORT and block.bare in whole)
    )


def agreement(blocks: Sequence[Block], one: Kept, other: Kept) -> float:
    """F1 of two readings by words, 0..1."""
    total = words_in(blocks, one) + words_in(blocks, other)
    return 2 * words_in(blocks, one & other) / total if total else 0.0


def words_in(blocks: Sequence[Block], kept: Kept) -> int:
    return sum(blocks[number].words for number in kept)


def without_apart(blocks: Sequence[Block], kept: Kept) -> Kept:
    """`kept` less what boxes that are set apart hold, unless little else is left."""
    outside = frozenset(number for number in kept if not blocks[number].apart)
    left = words_in(blocks, outside)
    return outside if left >= 40 and left >= 0.1 * words_in(blocks, kept) else kept


def are_agreed(blocks: Sequence[Block], readings: Sequence[Kept], *, at_least: float) -> bool:
    """Whether any two readings agree so far: then no one more can outvote them."""
    return any(agreement(blocks, one, other) >= at_least for one, other in combinations(readings, 2))


def closest(blocks: Sequence[Block], readings: Sequence[Kept]) -> int:
    """Which reading agrees most with the others; the first of equals."""
    sums = [sum(agreement(blocks, one, other) for other in readings if other is not one) for one in readings]
    return max(range(len(readings)), key=lambda at: (round(sums[at], 3), -at))


def settled(blocks: Sequence[Block], kept: Kept, *, others: Sequence[Kept]) -> Kept:
    """`kept` with what it misses and without the tail that no other reader has."""
    agreed = frozenset(number for number in kept if any(number in other for other in others))
    return without_tail(blocks, mended(blocks, kept, others=others), agreed=agreed)


def mended(blocks: Sequence[Block], kept: Kept, *, others: Sequence[Kept]) -> Kept:
    """`kept` with the sentences that it misses: those within it, and those above it that another reader has."""
    if not kept:
        return kept
    places = {blocks[number].place for number in kept if blocks[number].is_prose}
    holders = {blocks[number].holder for number in kept if blocks[number].is_prose}
    first, last = min(kept), max(kept)
    missing = []
    for number, block in enumerate(blocks):
        if number in kept or block.apart or not block.is_prose:
            continue
        is_within = first < number < last
        is_voted = any(number in other for other in others)
        if block.holder in holders or (is_within and (is_voted or block.place in places)):
            missing.append(number)
    return kept | frozenset(missing)


def without_tail(blocks: Sequence[Block], kept: Kept, *, agreed: Kept) -> Kept:
    """`kept` less what follows the last block of `agreed` in boxes that hold none of `agreed`, when it is little."""
    if not agreed:
        return kept
    places = {blocks[number].place for number in agreed}
    holders = {blocks[number].holder for number in agreed}
    last = max(agreed)
    tail = frozenset(
        number
        for number in kept
        if number > last and blocks[number].holder not in holders and blocks[number].place not in places
    )
    return kept - tail if words_in(blocks, tail) < 0.25 * words_in(blocks, kept) else kept
