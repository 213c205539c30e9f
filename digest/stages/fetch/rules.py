"""What a robots.txt says to us (RFC 9309): a file to the rules of our group, and a page's address to yes or no. Pure.

Written by us because neither library will do. urllib.robotparser knows no `*` and `$`, takes the first rule rather than
the longest and merges no groups; Protego 0.7 reads the RFC well but copies every rule to every agent that a group
names, and a file of 500 kB with 30,000 agents and 10,000 rules keeps it busy for minutes, in our own process. Here each
line is looked at once, and what is not for us is not kept.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Self
from urllib.parse import unquote_to_bytes

from digest.net import ROBOT

MOST_BYTES = 500 * 1024
"""RFC 9309, section 2.5: at least so much is read; the rest of a longer file is not."""
MOST_RULES = 2_000
"""More than any file we know of has for one agent; each costs a look at every page. The first ones count."""
LONGEST_PATTERN = 2_000
"""Browsers and servers give up on longer addresses. A Disallow beyond it is cut, and so reaches further."""
MOST_STARS = 10
"""In one rule; a Disallow is cut after them. Each is a search through the address; rules of a hundred are hostile."""

_LINE = re.compile(r"\r\n|\r|\n")
_STARS = re.compile(r"\*+")
_AGENT = re.compile(r"\*|[a-z_-]+", re.IGNORECASE)
# Encoded and plain forms of these are the same thing (RFC 3986, section 2.3); of all others they are not.
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ENCODED = re.compile(rb"%[0-9A-Fa-f]{2}")
_OTHER = re.compile(rb"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class Rule:
    """One Allow or Disallow. pattern: its path as `_same_form` gives it, with `*` and a `$` at the end."""

    is_allow: bool
    pattern: str

    def matches(self, target: str) -> bool:
        """In time linear in the target for each `*`: a part is taken where it is first found, and never again."""
        is_anchored = self.pattern.endswith("$")
        first, *parts = self.pattern.removesuffix("$").split("*")
        if not target.startswith(first):
            return False
        if not parts:
            return not is_anchored or len(target) == len(first)
        at = len(first)
        for part in parts[:-1] if is_anchored else parts:
            found = target.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        return not is_anchored or (target.endswith(parts[-1]) and len(target) - len(parts[-1]) >= at)


@dataclass(frozen=True)
class Rules:
    """The rules that speak to us, in the file's order; none of them: everything is allowed."""

    rules: tuple[Rule, ...] = ()

    @classmethod
    def read(cls, body: bytes) -> Self:
        """What a robots.txt says to us: every group that names us, else every group for `*`. Never raises."""
        text = body[:MOST_BYTES].decode("utf-8-sig", "replace")
        ours: list[Rule] = []
        everyones: list[Rule] = []
        is_named = names_us = names_all = in_agents = False
        for line in _LINE.split(text):
            key, _, value = line.partition("#")[0].partition(":")
            key, value = key.strip().lower(), value.strip()
            if key == "user-agent":
                if not in_agents:
                    names_us = names_all = False
                in_agents = True
                agent = _AGENT.match(value)
                names_us |= agent is not None and agent[0].lower() == ROBOT.lower()
                names_all |= agent is not None and agent[0] == "*"
                is_named |= names_us
            elif key in {"allow", "disallow"}:
                in_agents = False
                # An empty one says nothing: "Disallow:" is the old way to allow everything.
                pattern = _pattern(value) if value and (names_us or names_all) else ""
                if pattern and not (key == "allow" and _is_cut(value)):
                    rule = Rule(key == "allow", pattern)
                    if names_us:
                        ours.append(rule)
                    if names_all:
                        everyones.append(rule)
        return cls(tuple(dict.fromkeys(ours if is_named else everyones))[:MOST_RULES])

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The rules that `as_text` wrote down."""
        lines = (line.partition(" ") for line in text.splitlines())
        return cls(tuple(Rule(word == "allow", pattern) for word, _, pattern in lines))

    def as_text(self) -> str:
        """The rules as lines, to be kept: a file of 500 kB seldom says more than a few of them to us."""
        return "\n".join(f"{'allow' if rule.is_allow else 'disallow'} {rule.pattern}" for rule in self.rules)

    @cached_property
    def _longest_first(self) -> tuple[Rule, ...]:
        return tuple(sorted(self.rules, key=lambda rule: (-len(rule.pattern), not rule.is_allow)))

    def allow(self, target: str) -> bool:
        """Whether a path with its query may be asked for: the longest rule that matches decides, Allow where two tie.

        Source: RFC 9309, section 2.2.2.
        """
        if target == "/robots.txt":
            return True
        same = _literal(_same_form(target))
        return next((rule.is_allow for rule in self._longest_first if rule.matches(same)), True)


def _pattern(value: str) -> str:
    """A rule's path in the one form, `*` run together; what begins with neither `/` nor `*` gets a `/`."""
    path = _STARS.sub("*", value[:LONGEST_PATTERN])
    path = "*".join(path.split("*")[: MOST_STARS + 1])
    same = _same_form(path if path.startswith(("/", "*")) else f"/{path}")
    # A dollar that is not the last letter is one; only at the end it means that nothing follows.
    return same[:-1].replace("$", "%24") + same[-1:]


def _is_cut(value: str) -> bool:
    """Whether `_pattern` reaches further than what was written: no harm in a Disallow, no leave in an Allow."""
    return len(value) > LONGEST_PATTERN or _STARS.sub("*", value).count("*") > MOST_STARS


def _same_form(target: str) -> str:
    """A path so written that equal ones are equal letter for letter: unreserved letters plain, all else as %XX."""
    encoded = _OTHER.sub(lambda found: b"%%%02X" % found[0][0], target.encode("utf-8", "replace"))
    return _ENCODED.sub(_plain_if_unreserved, encoded).decode("ascii")


def _literal(target: str) -> str:
    """A path whose own `*` and `$` stand encoded, as a rule writes them that means them (RFC 9309, section 2.2.3)."""
    return target.replace("*", "%2A").replace("$", "%24")


def _plain_if_unreserved(found: re.Match[bytes]) -> bytes:
    letter = unquote_to_bytes(found[0])
    return letter if letter[0] in _UNRESERVED else found[0].upper()
