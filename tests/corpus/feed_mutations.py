"""Feeds injured at random, in their bytes and in their structure. The same seed gives the same feeds."""

import random
import re
from collections.abc import Iterator

from tests.corpus.feeds import TITLE_BY_ENCODING, WELL_FORMED
from tests.corpus.hostile_feeds import BROKEN

_ELEMENT = re.compile(rb"<([\w:]{1,30})(?:\s[^<>]*)?>.*?</\1>", re.DOTALL)
_TAG = re.compile(rb"<[^<>]{1,300}>")
_VALUE = re.compile(rb'="[^"<>]*"')
_ENCODINGS = (
    "utf-16",
    "utf-16-be",
    "utf-32",
    "utf-7",
    "cp037",
    "cp1252",
    "koi8-r",
    "gb18030",
    "shift_jis",
    "utf-8-sig",
)
_LONGEST = 300_000

_SPLINTERS = (
    b"<![CDATA[",
    b"]]>",
    b"&#0;&#x1F;&#xD800;&nbsp;&unknown;&amp;amp;",
    b"<!DOCTYPE x [\n<!ENTITY e 'eeee'>\n]>",
    b"<!--",
    b"-->",
    b"<script>alert(1)</script>",
    b"<a href='javascript:alert(1)'>x</a>",
    b"\xff\xfe\x00\x80",
    b"\xe2\x80\xae",
    b'"}],{[',
    b"\\ud800",
    b"<item><item><entry>",
    b"</channel>",
    b"1" * 400,
    b"<div>" * 300,
    b"http://[::1]:99999/\x00",
    b"0000-99-99T99:99:99",
    b"Thu, 01 Jan 99999 00:00:00 GMT",
    b"<?xml version='1.0' encoding='utf-7'?>",
    b" xml:base='http://[bad'",
    b" xmlns:a b='c'",
    b" xmlns='http://www.w3.org/1999/xhtml'",
    b" type='xhtml'",
    b" mode='base64'",
    b"<source><image><textinput><author><contributor><cloud>",
    b"<svg xmlns='http://www.w3.org/2000/svg'><title>x</title>",
    b"<georss:where><gml:Polygon><gml:posList>1 2 x</gml:posList>",
    b"<psc:chapter start='1:2:3:4'/><itunes:image/><itunes:explicit>",
    b"<media:content url='//[' medium='image'/>",
)


def mutated_feeds(count: int, *, seed: int) -> Iterator[bytes]:
    """`count` feeds, each one of the corpus with one to six injuries."""
    chance = random.Random(seed)
    originals = [*WELL_FORMED.values(), *(body for _, body in TITLE_BY_ENCODING.values()), *BROKEN.values()]
    for _ in range(count):
        body = chance.choice(originals)
        for _ in range(chance.randint(1, 6)):
            injure = chance.choice(_INJURIES)
            body = injure(body, chance, chance.choice(originals))[:_LONGEST]
        yield body


def _delete_bytes(body: bytes, chance: random.Random, _other: bytes) -> bytes:
    start, end = _stretch(body, chance)
    return body[:start] + body[end:]


def _replace_bytes(body: bytes, chance: random.Random, _other: bytes) -> bytes:
    start, end = _stretch(body, chance)
    return body[:start] + chance.randbytes(end - start) + body[end:]


def _repeat_bytes(body: bytes, chance: random.Random, _other: bytes) -> bytes:
    start, end = _stretch(body, chance)
    return body[:start] + body[start:end] * chance.choice((2, 50, 10_000)) + body[end:]


def _truncate(body: bytes, chance: random.Random, _other: bytes) -> bytes:
    return body[: chance.randint(0, len(body))]


def _remove_marks(body: bytes, chance: random.Random, _other: bytes) -> bytes:
    return body.replace(chance.choice((b"<", b">", b'"', b"=", b"/", b";", b"]")), b"", chance.randint(1, 3))


def _insert_splinter(body: bytes, chance: random.Random, _other: bytes) -> bytes:
    places = [match.end() for match in _TAG.finditer(body)] or [0]
    place = chance.choice((chance.choice(places), chance.choice(places) - 1, chance.randint(0, len(body))))
    return body[: max(0, place)] + chance.choice(_SPLINTERS) + body[max(0, place) :]


def _splice(body: bytes, chance: random.Random, other: bytes) -> bytes:
    return body[: chance.randint(0, len(body))] + other[chance.randint(0, len(other)) :]


def _swap_encoding(body: bytes, chance: random.Random, _other: bytes) -> bytes:
    return body.decode(chance.choice(("utf-8", "latin-1")), "replace").encode(chance.choice(_ENCODINGS), "replace")


def _delete_element(body: bytes, chance: random.Random, _other: bytes) -> bytes:
    start, end = _element(body, chance)
    return body[:start] + body[end:]


def _move_element(body: bytes, chance: random.Random, other: bytes) -> bytes:
    """An element of another feed, or of this one, to another place."""
    giver = chance.choice((body, other))
    start, end = _element(giver, chance)
    place, _ = _element(body, chance)
    return body[:place] + giver[start:end] + body[place:]


def _repeat_element(body: bytes, chance: random.Random, _other: bytes) -> bytes:
    start, end = _element(body, chance)
    return body[:start] + body[start:end] * chance.choice((2, 30, 10_000)) + body[end:]


def _nest_element(body: bytes, chance: random.Random, _other: bytes) -> bytes:
    start, end = _element(body, chance)
    opening, name = _TAG.match(body, start), re.compile(rb"<([\w:]+)").match(body, start)
    if not opening or not name:
        return body
    times = chance.choice((1, 20, 5000))
    return body[:start] + opening[0] * times + body[start:end] + b"</" + name[1] + b">" * times + body[end:]


def _grow_attribute(body: bytes, chance: random.Random, _other: bytes) -> bytes:
    values = list(_VALUE.finditer(body))
    if not values:
        return body
    value = chance.choice(values)
    grown = chance.choice((b"a", b"a ", b"../", b"&amp;", b"<")) * chance.choice((100, 60_000))
    return body[: value.start() + 2] + grown + body[value.end() - 1 :]


def _rename_tag(body: bytes, chance: random.Random, other: bytes) -> bytes:
    ours, theirs = _TAG.findall(body), _TAG.findall(other)
    if not ours or not theirs:
        return body
    return body.replace(chance.choice(ours), chance.choice(theirs), chance.choice((1, -1)))


_INJURIES = (
    _delete_bytes,
    _replace_bytes,
    _repeat_bytes,
    _truncate,
    _remove_marks,
    _insert_splinter,
    _insert_splinter,
    _splice,
    _swap_encoding,
    _delete_element,
    _move_element,
    _repeat_element,
    _nest_element,
    _grow_attribute,
    _rename_tag,
)


def _stretch(body: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randint(0, len(body))
    return start, min(len(body), start + chance.choice((1, 3, 20, 200)))


def _element(body: bytes, chance: random.Random) -> tuple[int, int]:
    """Where an element begins and ends; nowhere, when there is none near a random place."""
    place = chance.randint(0, len(body))
    found = _ELEMENT.search(body, place, place + 20_000) or _ELEMENT.search(body, 0, 20_000)
    return found.span() if found else (place, place)
