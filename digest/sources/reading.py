"""Reads sources.yaml strictly: every mistake at once, each with its line and what would be right. Writes nothing."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from digest.errors import ConfigError
from digest.model.source import Campaign
from digest.sources.punctuation import odd_blanks, syntax_problems
from digest.sources.rows import CampaignFile, Loc, in_words, mistakes_of, shown

MAX_BYTES = 2_000_000
MAX_DEPTH = 12
"""Nesting; the deepest thing we read is six levels down."""

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"
"""YAML with every scalar as the text that stands in the file; nothing written at all is "".

Types come from our models, never from YAML's guesses: a title may be 1984, a language `no`, an hour 18:00.
"""


def read_campaign(path: Path) -> Campaign:
    """The campaign that `path` describes, in the file's order.

    Raises ConfigError with one sentence for each mistake, in the order of lines.
    """
    return parse_campaign(read_bytes(path), name=path.name)


def parse_campaign(body: bytes, *, name: str = "sources.yaml") -> Campaign:
    """The campaign that the bytes of a sources.yaml describe; `name` is what messages call the file.

    An imprint may still be empty. Raises ConfigError like `read_campaign`.
    """
    text = _decoded(body, name)
    reading = _Reading(name)
    tree = reading.tree(compose_yaml(text, name))
    if tree == "" and not reading.problems:
        raise ConfigError(f"{name} is empty; run `digest init` in another folder to see what belongs in it.")
    campaign = None
    try:
        campaign = CampaignFile.model_validate(tree).campaign()
    except ValidationError as error:
        for mistake in mistakes_of(error):
            reading.mistake(mistake)
    reading.find_duplicates(tree)
    if reading.problems or campaign is None:
        raise ConfigError(*reading.sentences())
    return campaign


def fingerprint(path: Path) -> str:
    """SHA-256 of the file as it stands, to hand back as `expected_sha256` with a change. Raises ConfigError."""
    return hashlib.sha256(read_bytes(path)).hexdigest()


def read_bytes(path: Path) -> bytes:
    if not path.exists():
        raise ConfigError(
            f"{path} does not exist; run `digest init` to write one, or name another with DIGEST_SOURCES."
        )
    if not path.is_file():
        raise ConfigError(f"{path} is not a file; name the sources.yaml itself in DIGEST_SOURCES.")
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path} can't be read ({error.strerror}); make it readable for this user.") from error
    if len(body) > MAX_BYTES:
        raise ConfigError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB; that is no sources.yaml.")
    return body


def _decoded(body: bytes, name: str) -> str:
    if b"\0" in body:
        raise ConfigError(f"{name} is not a text file; open it in a text editor and save it as plain text (UTF-8).")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name} line {line} holds a letter that is not UTF-8; save the file as UTF-8.") from error


def compose_yaml(text: str, name: str) -> Node | None:
    """The file's nodes with their lines, before anything is made of them. Raises ConfigError for what is no YAML."""
    if odd := odd_blanks(text, name):
        raise ConfigError(*odd)
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MAX_DEPTH
    try:
        node: Node | None = yaml.compose(text)
    except MaxDepthExceededError as error:
        raise ConfigError(f"{name} nests more than {MAX_DEPTH} levels deep; the file needs five or six.") from error
    except MarkedYAMLError as error:
        raise ConfigError(*syntax_problems(error, text, name)) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{name} line {line} holds a control character; delete it.") from error
    except YAMLError as error:
        raise ConfigError(f"{name} is not YAML: {error}") from error
    return node


class _Reading:
    """One pass over one file: turns nodes to plain text values and collects what is wrong, with lines."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines: dict[Loc, int] = {(): 1}
        self._ids: dict[Loc, str] = {}
        self._seen: set[int] = set()
        self._told: set[Loc] = set()
        self.problems: list[tuple[int, str]] = []

    def sentences(self) -> list[str]:
        """One for each problem, in the order of lines, none twice."""
        return list(dict.fromkeys(sentence for _, sentence in sorted(self.problems, key=lambda found: found[0])))

    def add(self, loc: Loc, said: str) -> None:
        line = self._line(loc)
        place = f", {self._place(loc)}" if loc else ""
        self.problems.append((line, f"{self._name} line {line}{place}: {said}."))

    def tree(self, node: Node | None, loc: Loc = ()) -> Tree:
        """The node's values; a YAML anchor is refused, since a few of them can stand for gigabytes."""
        if node is None:
            return ""
        self._lines.setdefault(loc, node.start_mark.line + 1)
        if node.anchor is not None:
            if id(node) not in self._seen:
                self.add(loc, f"'&{node.anchor}' is a YAML anchor; write the value out where it is needed")
            self._seen.add(id(node))
            self._told.add(loc)
            return ""
        match node:
            case ScalarNode(value=text, style=None) if text in {"", "~", "null", "Null", "NULL"}:
                return ""
            case ScalarNode(value=text):
                return str(text)
            case SequenceNode(value=items):
                return [self.tree(item, (*loc, index)) for index, item in enumerate(items)]
            case MappingNode(value=pairs):
                return self._mapping(pairs, loc)
        raise TypeError(f"YAML gave a {type(node).__name__}")

    def _mapping(self, pairs: Sequence[tuple[Node, Node]], loc: Loc) -> dict[str, Tree]:
        values: dict[str, Tree] = {}
        is_entry = bool(loc) and (isinstance(loc[-1], int) or loc in _LISTS)
        is_next = False  # from the first key once more on, this is an entry that lost its dash
        for key_node, value_node in pairs:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.add(loc, f"a list or group stands where a key belongs, on line {line}; write key: value")
                continue
            key = str(key_node.value)
            if is_entry and values and key == next(iter(values)):
                is_next = True
                begin = f"{key}: {value_node.value}" if isinstance(value_node, ScalarNode) else f"{key}:"
                self._repeated(line, (*loc, key), f"begins another entry without a dash; begin it with - {begin}")
            elif key in values and not is_next:
                first = self._lines[(*loc, key)]
                is_list = isinstance(value_node, SequenceNode)
                right = "join the two lists and delete this line" if is_list else "keep one of the two"
                self._repeated(line, (*loc, key), f"stands here and on line {first}; {right}")
            elif key not in values:
                self._lines[(*loc, key)] = line
                values[key] = self.tree(value_node, (*loc, key))
                if key == "id" and isinstance(values[key], str):
                    self._ids[loc] = str(values[key])
        return values

    def _repeated(self, line: int, loc: Loc, said: str) -> None:
        self.problems.append((line, f"{self._name} line {line}, {self._place(loc)}: {said}."))

    def mistake(self, mistake: ErrorDetails) -> None:
        """Tell one of pydantic's errors in our words."""
        loc = mistake["loc"]
        if loc not in self._told:
            self.add(loc, in_words(mistake, loc, is_written=loc in self._lines))

    def find_duplicates(self, tree: Tree) -> None:
        """Ids of topics, ids of sources and addresses of feeds stand once each."""
        for group, key in (("topics", "id"), ("sources", "id"), ("sources", "feed")):
            rows = tree.get(group) if isinstance(tree, dict) else None
            first: dict[str, Loc] = {}
            for index, row in enumerate(rows if isinstance(rows, list) else ()):
                value = row.get(key) if isinstance(row, dict) else None
                if not isinstance(value, str) or not value.strip():
                    continue
                loc = (group, index, key)
                known = first.setdefault(feed_key(value) if key == "feed" else value.strip(), loc)
                if known != loc:
                    line = self._line(known)
                    self.add(loc, f"{shown(value)} stands on line {line} already; {_ONCE[group, key]}")

    def _line(self, loc: Loc) -> int:
        while loc not in self._lines:
            loc = loc[:-1]
        return self._lines[loc]

    def _place(self, loc: Loc) -> str:
        """ "sources[3].kind of daily-herald"."""
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")
        owner = self._ids.get(loc[:2], "")
        return f"{path} of {owner}" if owner and loc[2:] not in {(), ("id",)} else path


_LISTS = {("topics",), ("sources",), ("site", "candidates")}
"""Where a group without a dash is an entry that lost it."""

_ONCE = {
    ("topics", "id"): "give each topic an id of its own",
    ("sources", "id"): "give each source an id of its own",
    ("sources", "feed"): "list each feed once",
}


def feed_key(url: str) -> str:
    """What makes two feed addresses the same one: http or https, www., the usual port, a slash at the end and what
    follows a # make no difference."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.")
        port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
    except ValueError:  # told as no address already
        return url
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{port}{parts.path.rstrip('/')}{query}"
