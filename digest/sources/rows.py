"""What may stand in sources.yaml: every key with what is right for it, and the models that check the values."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import time
from enum import StrEnum
from typing import Annotated, TypeAlias, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from digest.model.ids import SourceId, TopicId
from digest.model.source import (
    Campaign,
    Candidate,
    ExcerptMode,
    Imprint,
    PublishMode,
    Site,
    Source,
    SourceKind,
    Terms,
    Topic,
)

MAX_SOURCES = 2_000
MAX_TOPICS = 200
MAX_ID = 64
MAX_LINE = 500
MAX_URL = 2_000
MIN_EXCERPT = 40
MAX_EXCERPT = 400
"""Characters. More than a short excerpt of somebody else's text needs a lawyer, not a setting."""

Loc: TypeAlias = tuple[str | int, ...]
"""Where a value stands, such as ("sources", 3, "kind")."""
Choices = TypeVar("Choices", bound=StrEnum)

RIGHT: Mapping[str, str] = {
    "site": "write the keys title, campaign, candidates, imprint, time_zone and edition_hour under it",
    "site.title": "write the public name of the edition, such as title: The Marsh Letter",
    "site.campaign": "write the campaign's own name as readers know it, such as campaign: Marsh for Leader",
    "site.candidates": "write a list with the backed candidate first, such as - name: Ada Marsh",
    "site.candidates.name": "write one name, such as name: Ada Marsh",
    "site.candidates.aliases": "write a list of other names for the same person, such as [Marsh, Ada]",
    "site.imprint": "write promoter, address and on_behalf_of under it",
    "site.imprint.promoter": "write who promotes this: a person's or organisation's name",
    "site.imprint.address": "write the promoter's postal address on one line",
    "site.imprint.on_behalf_of": "write on whose behalf it is published",
    "site.time_zone": "write a zone like Europe/London or America/New_York",
    "site.edition_hour": "write a time of day in the campaign's zone, such as 18:00",
    "site.language": "write a language code like en or cy",
    "site.publish": "write approved (an edition waits for a person) or automatic",
    "site.show_above": "write a number from 0 to 1, or leave it out so that nothing is shown without a person",
    "site.excerpt_characters": "write a whole number from 40 to 400",
    "site.sample": "leave it out; only the invented sample campaign has it",
    "topics": "write a list in which each topic begins with - id: and has name and seeds",
    "topics.id": "write small letters, digits and hyphens, such as id: housing; it is permanent",
    "topics.name": "write the topic's name as readers see it",
    "topics.seeds": "write a list of words or sentences that say what belongs here, such as [rents, new homes]",
    "sources": "write a list in which each source begins with - id: and has name, kind, feed and site",
    "sources.id": "write small letters, digits and hyphens, such as id: daily-herald; it is permanent",
    "sources.name": "write the outlet's name as readers know it",
    "sources.kind": "write campaign, friendly or mainstream",
    "sources.feed": "write the feed's whole address, such as https://herald.example/rss.xml",
    "sources.site": "write the address of the outlet's front page, such as https://herald.example/",
    "sources.language": "write a language code like en or cy",
    "sources.owner": "write who owns the outlet",
    "sources.weight": "write a number from 0.1 to 3; 1 is usual",
    "sources.terms": "write excerpt and images under it",
    "sources.terms.excerpt": "write a number of characters from 40 to 400, headline only, or link only",
    "sources.terms.images": "write true or false",
    "sources.paused": "write true or false",
}
"""What to write instead, by the key's place without list numbers. A test holds it to the models below."""

_KEYS = frozenset(place.rpartition(".")[2] for place in RIGHT)

SYNONYMS: Mapping[str, str] = {
    "zone": "time_zone",
    "timezone": "time_zone",
    "hour": "edition_hour",
    "url": "feed",
    "rss": "feed",
    "homepage": "site",
    "type": "kind",
    "words": "seeds",
    "keywords": "seeds",
    "party": "campaign",
    "lang": "language",
    "press": "mainstream",
    "supportive": "friendly",
    "manual": "approved",
    "auto": "automatic",
}
"""What people write when they mean one of our words, where spelling alone would not tell."""


def keys_at(place: str) -> list[str]:
    """The keys that may stand at a place such as "site.imprint"; "" is the top of the file."""
    prefix = f"{place}." if place else ""
    return [key.removeprefix(prefix) for key in RIGHT if key.startswith(prefix) and "." not in key.removeprefix(prefix)]


def mistakes_of(error: ValidationError) -> list[ErrorDetails]:
    """Pydantic's errors, without the one that calls a list empty whose entries are all wrong and told one by one."""
    found = error.errors(include_url=False)
    return [mistake for mistake in found if mistake["type"] != "too_short" or not mistake["input"]]


def in_words(mistake: ErrorDetails, loc: Loc, *, is_written: bool) -> str:
    """One of pydantic's errors as a clause: what is wrong, and what would be right.

    loc: the value's place in the whole file. is_written: whether its key stands in the file, if only with nothing
    after it.
    """
    path = [part for part in loc if isinstance(part, str)]
    right = RIGHT.get(".".join(path), "write one value")
    value = mistake["input"]
    match mistake["type"]:
        case "missing":
            return f"is {'empty' if is_written else 'missing'}; {right}"
        case "extra_forbidden":
            keys = keys_at(".".join(path[:-1]))
            return f"'{path[-1]}' is not a key here{did_you_mean(path[-1], keys)}; the keys are {', '.join(keys)}"
        case "said":
            return f"{mistake['msg']}; {right}"
        case "too_short":
            return f"has no entries; {right}"
        case "too_long":
            return f"has more than {mistake['ctx']['max_length']:,} entries; that is the most we read"
        case _ if not loc:
            return "the file should hold the keys site, topics and sources, each at the start of its line"
        case _ if value == "":
            return f"is empty; {right}"
    is_squeezed = isinstance(value, str) and key_without_space(value)
    return f"{shown(value)} {'has no space after its colon' if is_squeezed else 'is not right here'}; {right}"


def key_without_space(line: str) -> tuple[str, str] | None:
    """The key and its value where a line has one of our keys with no space after its colon."""
    found = re.fullmatch(r"\s*(?:-\s+)?(\w+):(\S.*)", line)
    return (found[1], found[2]) if found and found[1] in _KEYS else None


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("said", "{said}", {"said": sentence})


def shown(value: object) -> str:
    """A value as a message quotes it: at most 60 characters of it."""
    match value:
        case str():
            return f"'{value}'" if len(value) <= 60 else f"'{value[:60]}…'"
        case list():
            return "a list"
        case dict():
            return "a group of keys"
    return "this"


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A guess in brackets with a space before it, such as (did you mean feed?), or nothing."""
    synonym = SYNONYMS.get(word.lower())
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.7)
    guess = synonym if synonym in known else close[0] if close else None
    return f" (did you mean {guess}?)" if guess else ""


# --- values --------------------------------------------------------------------------------------------------


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(f"{shown(value)} stands where one value belongs")
    return value.strip()


def _one_line(value: str) -> str:
    if len(value) > MAX_LINE:
        raise _wrong(f"{shown(value)} is longer than {MAX_LINE} characters")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value if not character.isspace()):
        raise _wrong("holds a control character")
    return " ".join(value.split())


def _postal(value: object) -> str:
    """An address on one line: line ends become commas."""
    return _one_line(", ".join(line.strip().rstrip(",") for line in _text(value).splitlines() if line.strip()))


def _id(value: str) -> str:
    if len(value) > MAX_ID:
        raise _wrong(f"{shown(value)} is longer than {MAX_ID} characters")
    if re.fullmatch(r"[a-z0-9-]+", value):
        return value
    ascii_text = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode().lower()
    suggestion = re.sub(r"[^a-z0-9]+", "-", ascii_text).strip("-")
    raise _wrong(f"{shown(value)} is not an id" + (f" (did you mean {suggestion}?)" if suggestion else ""))


def _language(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
        raise _wrong(f"{shown(value)} is not a language code")
    return value


def _url(value: str) -> str:
    """Syntax alone; whether the address may be reached is for `digest.net`."""
    said = shown(value)
    if len(value) > MAX_URL:
        raise _wrong(f"{said} is longer than {MAX_URL} characters")
    if any(character.isspace() or not character.isprintable() for character in value):
        raise _wrong(f"{said} holds a space")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _wrong(f"{said} is not an address") from error
    if parts.scheme not in {"http", "https"}:
        raise _wrong(f"{said} does not begin with https:// or http://")
    if not host or port == 0 or not re.fullmatch(r"[\w.:-]+", host):
        raise _wrong(f"{said} names no host that could exist")
    if parts.username is not None or parts.password is not None:
        raise _wrong(f"{parts.scheme}://…@{host} holds a user name or password, and this file is public")
    return value


_MACHINES_OWN = {"localtime", "posixrules", "Factory"}
"""What each machine reads as its own: the edition's hour must not depend on where it runs."""


def _zone(value: object) -> ZoneInfo:
    name = _text(value)
    if name in _MACHINES_OWN or name.startswith(("posix/", "right/")):
        raise _wrong(f"{shown(name)} means another zone on another machine")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; "../x"; a folder such as "Europe"
        pass
    known = sorted(available_timezones() - _MACHINES_OWN)
    if any(zone.casefold().startswith(f"{name.casefold()}/") for zone in known):
        raise _wrong(f"{shown(name)} is a region without its city")
    city = name.rsplit("/", 1)[-1].replace(" ", "_").lower()
    guesses = [zone for zone in known if zone.rsplit("/", 1)[-1].lower() == city]
    guesses = guesses or difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    raise _wrong(f"{shown(name)} is not a time zone" + (f" (did you mean {guesses[0]}?)" if guesses else ""))


def _hour(value: object) -> time:
    text = _text(value)
    parts = re.fullmatch(r"([01]?\d|2[0-3])(?:[:.]([0-5]\d))?", text)
    if parts is None:
        raise _wrong(f"{shown(text)} is not a time of day")
    return time(int(parts[1]), int(parts[2] or 0))


def _choice(choices: type[Choices], noun: str) -> Callable[[object], Choices]:
    def choose(value: object) -> Choices:
        word = _text(value)
        if word.lower() in list(choices):
            return choices(word.lower())
        raise _wrong(f"{shown(word)} is not {noun}{did_you_mean(word, list(choices))}")

    return choose


def _excerpt(value: object) -> int | ExcerptMode:
    said = _text(value)
    text = re.sub(r"[\s_-]+", " ", said).strip().lower()
    if text in (ExcerptMode.HEADLINE_ONLY, ExcerptMode.LINK_ONLY):
        return ExcerptMode(text)
    if said.isdecimal() and MIN_EXCERPT <= int(said[:9]) <= MAX_EXCERPT:
        return int(said)
    modes = [ExcerptMode.HEADLINE_ONLY, ExcerptMode.LINK_ONLY]
    raise _wrong(f"{shown(said)} is not how much may be shown{did_you_mean(text, modes)}")


Line = Annotated[str, AfterValidator(_one_line), Field(min_length=1)]
Id = Annotated[str, AfterValidator(_id)]
Url = Annotated[str, AfterValidator(_url)]
Language = Annotated[str, AfterValidator(_language)]


# --- the rows of the file ------------------------------------------------------------------------------------


class Row(BaseModel):
    """Keys we know and no others; a key with nothing after it counts as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        return {key: value for key, value in values.items() if value != "" or key not in cls.model_fields}


class CandidateRow(Row):
    name: Line
    aliases: tuple[Line, ...] = ()


class ImprintRow(Row):
    """May be empty while a site is being set up: nothing is published then, see `placeholder_problems`."""

    promoter: Line = ""
    address: Annotated[str, PlainValidator(_postal)] = ""
    on_behalf_of: Line = ""


class SiteRow(Row):
    title: Line
    campaign: Line
    candidates: Annotated[tuple[CandidateRow, ...], Field(min_length=1, max_length=50)]
    imprint: ImprintRow = ImprintRow()
    time_zone: Annotated[ZoneInfo, PlainValidator(_zone)]
    edition_hour: Annotated[time, PlainValidator(_hour)]
    language: Language = "en"
    publish: Annotated[PublishMode, PlainValidator(_choice(PublishMode, "a way to publish"))] = PublishMode.APPROVED
    show_above: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] | None = None
    excerpt_characters: Annotated[int, Field(ge=MIN_EXCERPT, le=MAX_EXCERPT)] = 200
    sample: bool = False

    def site(self) -> Site:
        return Site(
            title=self.title,
            campaign=self.campaign,
            candidates=tuple(Candidate(name=row.name, aliases=row.aliases) for row in self.candidates),
            imprint=Imprint(**self.imprint.model_dump()),
            zone=self.time_zone,
            edition_hour=self.edition_hour,
            language=self.language,
            publish=self.publish,
            show_above=self.show_above,
            excerpt_characters=self.excerpt_characters,
            is_sample=self.sample,
        )


class TopicRow(Row):
    id: Id
    name: Line
    seeds: Annotated[tuple[Line, ...], Field(min_length=1, max_length=200)]

    def topic(self) -> Topic:
        return Topic(id=TopicId(self.id), name=self.name, seeds=self.seeds)


class TermsRow(Row):
    excerpt: Annotated[int | ExcerptMode | None, PlainValidator(_excerpt)] = None
    images: bool = False

    def terms(self, *, default_characters: int) -> Terms:
        if isinstance(self.excerpt, ExcerptMode):
            return Terms(mode=self.excerpt, images=self.images)
        return Terms(excerpt_characters=self.excerpt or default_characters, images=self.images)


class SourceRow(Row):
    id: Id
    name: Line
    kind: Annotated[SourceKind, PlainValidator(_choice(SourceKind, "a kind"))]
    feed: Url
    site: Url
    language: Language | None = None
    owner: Line = ""
    weight: Annotated[float, Field(ge=0.1, le=3, allow_inf_nan=False)] = 1.0
    terms: TermsRow = TermsRow()
    paused: bool = False

    def source(self, *, language: str, excerpt_characters: int) -> Source:
        """language, excerpt_characters: the site's, for what the row leaves open."""
        return Source(
            id=SourceId(self.id),
            name=self.name,
            kind=self.kind,
            feed=self.feed,
            site=self.site,
            language=self.language or language,
            owner=self.owner,
            weight=self.weight,
            terms=self.terms.terms(default_characters=excerpt_characters),
            paused=self.paused,
        )


class CampaignFile(Row):
    site: SiteRow
    topics: Annotated[tuple[TopicRow, ...], Field(max_length=MAX_TOPICS)] = ()
    sources: Annotated[tuple[SourceRow, ...], Field(max_length=MAX_SOURCES)] = ()

    def campaign(self) -> Campaign:
        return Campaign(
            site=self.site.site(),
            topics=tuple(row.topic() for row in self.topics),
            sources=tuple(
                row.source(language=self.site.language, excerpt_characters=self.site.excerpt_characters)
                for row in self.sources
            ),
        )
