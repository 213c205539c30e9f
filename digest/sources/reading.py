"""Reads sources.yaml strictly: every mistake at once, each with its line and what would be right. Writes nothing."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.composer import MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from digest.errors import ConfigError
from digest.model.source import Campaign
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
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = MAX_DEPTH
    try:
        node: Node | None = yaml.compose(text)
    except MaxDepthExceededError as error:
        raise ConfigError(f"{name} nests more than {MAX_DEPTH} levels deep; the file needs five or six.") from error
    except MarkedYAMLError as error:
        raise ConfigError(*_syntax_problems(error, text, name)) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{name} line {line} holds a control character; delete it.") from error
    except YAMLError as error:
        raise ConfigError(f"{name} is not YAML: {error}") from error
    return node


def _syntax_problems(error: MarkedYAMLError, text: str, name: str) -> list[str]:
    """What is wrong with the punctuation, in words for someone who has never heard of a scanner."""
    lines = text.splitlines()
    if tabs := [number for number, line in enumerate(lines, 1) if "\t" in line[: len(line) - len(line.lstrip())]]:
        return [f"{name} line {number} begins with a tab; indent with spaces, two for each level." for number in tabs]
    mark = error.problem_mark or error.context_mark
    problem, context = error.problem or "", error.context or ""
    if "quoted scalar" in context:
        mark = error.context_mark or mark
        said = (
            "opens a quotation mark that is never closed, or holds a backslash in double quotes; close it, or use '…'"
        )
    elif "cannot start any token" in problem and mark and "\t" in lines[mark.line]:
        said = f"holds a tab; put a space in its place: {' '.join(lines[mark.line].split())}"
    elif "cannot start any token" in problem:
        said = "begins a value with a sign that YAML keeps for itself; put the value in quotes"
    elif "mapping values" in problem:
        said = "has a second colon, or is indented further than the line above; quote the value or align the line"
    elif "another document" in problem:
        said = "begins a second document with ---; delete that line"
    elif "undefined alias" in problem:
        said = "begins a value with *, which is a YAML alias; put the value in quotes or write it out"
    elif "expected ',' or" in problem:
        mark = error.context_mark or mark
        said = "opens a [ or { that is never closed; close it, or write one line with - for each"
    else:
        said = f"is not valid YAML ({problem or context}); check its indentation against the lines above"
    number = min(mark.line + 1, max(len(lines), 1)) if mark else 1
    return [f"{name} line {number} {said}."]


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
        for key_node, value_node in pairs:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.add(loc, f"a list or group stands where a key belongs, on line {line}; write key: value")
                continue
            key = str(key_node.value)
            if key in values:
                first = self._lines[(*loc, key)]
                place = self._place((*loc, key))
                said = f"{place}: stands here and on line {first}; keep one of the two."
                self.problems.append((line, f"{self._name} line {line}, {said}"))
                continue
            self._lines[(*loc, key)] = line
            values[key] = self.tree(value_node, (*loc, key))
            if key == "id" and isinstance(values[key], str):
                self._ids[loc] = str(values[key])
        return values

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
                known = first.setdefault(_feed_key(value) if key == "feed" else value.strip(), loc)
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


_ONCE = {
    ("topics", "id"): "give each topic an id of its own",
    ("sources", "id"): "give each source an id of its own",
    ("sources", "feed"): "list each feed once",
}


def _feed_key(url: str) -> str:
    """What makes two feed addresses the same one: http or https, www. and a slash at the end make no difference."""
    scheme, mark, rest = url.strip().partition("://")
    host, slash, path = rest.partition("/")
    return f"{host.lower().removeprefix('www.')}{slash}{path}".rstrip("/") if mark else scheme
