"""The words, names and numbers of a text, as comparison wants them. Pure; shared by the stages. English."""

import re
from collections.abc import Sequence
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d[\d.,]*\d|\d")
_NUMBER = re.compile(r"\d[\d.,]*\d|\d")
_NAME = re.compile(r"\b[A-Z][\w’'-]+\b|\b[A-Z]{2,}\b")
_STOP_WORDS = """
a about after again against all also am an and any are as at be because been before being between
both but by can could did do does doing down during each even few for from further had has have
having he her here hers him his how i if in into is it its just like may me might more most much
must my no nor not now of off on once one only or other our out over own said same say says she
should so some such than that the their them then there these they this those through to too two
under until up us very was we were what when where which while who whom why will with would you your
mr mrs ms dr new news today yesterday tomorrow week year monday tuesday wednesday thursday friday
saturday sunday
"""
_STOP = frozenset(_STOP_WORDS.split())
LEAST_WORDS = 8
"""Different ones, to compare two texts by."""
_stemmer = snowballstemmer.stemmer("english")


def words_of(text: str) -> tuple[str, ...]:
    """Stems of the words that carry meaning, in order; numbers as they are."""
    return tuple(_stem(word) for word in _WORD.findall(text.lower().replace("’", "'")) if word not in _STOP)


def names_of(text: str) -> tuple[str, ...]:
    """Capitalised words, lower case, without those that only begin a sentence like any other word."""
    found = (word.removesuffix("'s").removesuffix("’s").lower() for word in _NAME.findall(text))
    return tuple(word for word in found if word not in _STOP and len(word) > 1)


def numbers_of(text: str) -> tuple[str, ...]:
    """Figures of two digits and more, without thousands separators: small ones say nothing."""
    plain = (number.replace(",", "").rstrip(".") for number in _NUMBER.findall(text))
    return tuple(number for number in plain if len(number) > 1)


def longest_run(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest run of words that stands in both."""
    best = 0
    previous = [0] * (len(other) + 1)
    for word in one:
        current = [0] * (len(other) + 1)
        for place, candidate in enumerate(other, 1):
            if word == candidate:
                current[place] = previous[place - 1] + 1
                best = max(best, current[place])
        previous = current
    return best


def says_the_same(one: str, other: str) -> bool:
    """Whether two texts can be one article at two times: at least half of the shorter's words stand in the longer.

    Two reports of one paper on different matters share a tenth to a quarter. Of too little to judge: yes.
    """
    fewer, more = sorted((set(_WORD.findall(text.lower())) - _STOP for text in (one, other)), key=len)
    return len(fewer) < LEAST_WORDS or len(fewer & more) >= len(fewer) / 2


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    stem: str = _stemmer.stemWord(word.removesuffix("'s"))
    return stem
