"""Changes sources.yaml as a careful person would: one thing, comments kept, whole or not at all.

Only the characters of the change are spliced into the text, at the places that the YAML composer gives; every other
byte stays as staff wrote it. (A round trip through ruamel's own dumper keeps comments, but sets the indentation and
the gaps before comments its own way.) It happens under a file lock and is compared with what the caller saw; the result
is read back and compared with what should come of it before it is written and renamed into place.
"""

import codecs
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from digest.errors import ConfigError, ConflictError, NotFoundError, StorageError
from digest.model.ids import SourceId
from digest.model.source import Campaign, ExcerptMode, Site, Source
from digest.sources.reading import compose_yaml, parse_campaign, read_bytes

DASH_COLUMN = 2
"""Where a list begins when the file has none to go by."""


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `text` in the place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str


Edit: TypeAlias = Callable[["YamlText", Campaign], tuple[Splice | None, Campaign]]
"""Where to change the text (None: nowhere), and what campaign should come of it."""


def add_source(path: Path, source: Source, *, expected_sha256: str | None = None) -> Campaign:
    """The campaign with `source` at the end of the file's sources; everything else in the file stays as it is.

    expected_sha256: `fingerprint` of what the caller was looking at.
    Raises ConflictError when the file is another by now, ConfigError when the result would be wrong or the file was
    wrong already, StorageError when the folder can't be written. Nothing is written in any of these cases.
    """

    def edit(text: YamlText, campaign: Campaign) -> tuple[Splice, Campaign]:
        added = text.appended("sources", _source_lines(source, campaign.site))
        return added, replace(campaign, sources=(*campaign.sources, source))

    return _change(path, edit, expected_sha256)


def pause_source(
    path: Path, source_id: SourceId, *, paused: bool = True, expected_sha256: str | None = None
) -> Campaign:
    """The campaign with one source paused, or polled again.

    Raises NotFoundError when no source has this id, else like `add_source`.
    """

    def edit(text: YamlText, campaign: Campaign) -> tuple[Splice | None, Campaign]:
        known = campaign.source_by_id()
        if source_id not in known:
            raise NotFoundError(f"No source in {path.name} has the id {source_id}; `digest sources list` shows them.")
        if known[source_id].paused is paused:
            return None, campaign
        row = text.rows("sources")[list(known).index(source_id)]
        sources = tuple(replace(it, paused=paused) if it.id == source_id else it for it in campaign.sources)
        return text.with_key(row, "paused", "true" if paused else "false"), replace(campaign, sources=sources)

    return _change(path, edit, expected_sha256)


def _change(path: Path, edit: Edit, expected_sha256: str | None) -> Campaign:
    target = path.resolve()
    with _locked(target):
        before = read_bytes(target)
        if expected_sha256 not in {None, hashlib.sha256(before).hexdigest()}:
            raise ConflictError(f"{path.name} has been changed by somebody else since; look at it again and repeat.")
        campaign = parse_campaign(before, name=path.name)
        text = YamlText(before)
        splice, wanted = edit(text, campaign)
        if splice is None:
            return campaign
        after = text.spliced(splice)
        changed = parse_campaign(after, name=f"{path.name}, as it would become,")
        if changed != wanted:
            raise StorageError(f"{path.name} can't be changed without touching something else; edit it by hand.")
        _replace(target, before, after)
    return changed


# --- the source as text --------------------------------------------------------------------------------------


def _source_lines(source: Source, site: Site) -> list[str]:
    """One source as staff would write it: what has its usual value is left out."""
    lines = [
        f"id: {source.id}",
        f"name: {scalar(source.name)}",
        f"kind: {source.kind}",
        f"feed: {scalar(source.feed)}",
        f"site: {scalar(source.site)}",
    ]
    if source.language != site.language:
        lines.append(f"language: {scalar(source.language)}")
    if source.owner:
        lines.append(f"owner: {scalar(source.owner)}")
    if source.weight != 1.0:
        lines.append(f"weight: {source.weight:g}")
    terms = []
    if source.terms.mode is not ExcerptMode.EXCERPT:
        terms.append(f"excerpt: {source.terms.mode}")
    elif source.terms.excerpt_characters != site.excerpt_characters:
        terms.append(f"excerpt: {source.terms.excerpt_characters}")
    if source.terms.images:
        terms.append("images: true")
    if terms:
        lines += ["terms:", *(f"  {line}" for line in terms)]
    if source.paused:
        lines.append("paused: true")
    return lines


def scalar(value: str) -> str:
    """A text as YAML: plain where every YAML reader takes it for this same text, else in double quotes."""
    try:
        node = compose_yaml(f"- {value}", "")
    except ConfigError:
        return quoted(value)
    item = node.value[0] if isinstance(node, SequenceNode) and len(node.value) == 1 else None
    match item:
        case ScalarNode(style=None, value=text, tag=tag) if text == value and str(tag).endswith(":str"):
            return value
    return quoted(value)


def quoted(value: str) -> str:
    """A text as a double-quoted YAML scalar: JSON is one, once what YAML will not have raw is escaped its way."""
    return "".join(
        character if character.isprintable() else f"\\U{ord(character):08x}"
        for character in json.dumps(value, ensure_ascii=False)
    )


# --- the file as text ----------------------------------------------------------------------------------------


class YamlText:
    """A valid sources.yaml with the places of its parts. Changes nothing itself: it says where to splice what."""

    def __init__(self, body: bytes) -> None:
        self._mark = codecs.BOM_UTF8 if body.startswith(codecs.BOM_UTF8) else b""
        self._text = body.decode("utf-8-sig")
        self._line_end = "\r\n" if "\r\n" in self._text else "\n"
        root = compose_yaml(self._text, "sources.yaml")
        self._root = root if isinstance(root, MappingNode) else None

    def rows(self, key: str) -> list[Node]:
        """The entries of one of the file's lists, in order."""
        node, _, _ = self._value(self._root, key)
        return list(node.value) if isinstance(node, SequenceNode) else []

    def spliced(self, splice: Splice) -> bytes:
        text = self._text[: splice.start] + splice.text + self._text[splice.end :]
        return self._mark + text.encode()

    def appended(self, key: str, lines: list[str]) -> Splice:
        """A group of lines as the last entry of one of the file's lists. Raises StorageError for a list in [ ]."""
        node, start, end = self._value(self._root, key)
        rows = self.rows(key)
        if node is None:
            entry = self._entry(lines, DASH_COLUMN, DASH_COLUMN + 2)
            return self._after(len(self._text), f"{self._line_end}{key}:{entry}")
        if not rows:
            # `key:`, `key: []` or `key: null`: what stands there goes, and the entry follows on lines of its own
            stop = self._line_stop(end)
            comment = self._text[end:stop]
            return Splice(start, stop, comment + self._entry(lines, DASH_COLUMN, DASH_COLUMN + 2))
        if isinstance(node, SequenceNode) and node.flow_style:
            raise StorageError(f"{key} in sources.yaml is a list in [ ]; write one line with - for each entry first.")
        gap = self._line_end if len(rows) > 1 and self._is_apart(rows[-2], rows[-1]) else ""
        dash, column = node.start_mark.column, rows[-1].start_mark.column
        return self._after(self._last_index(rows[-1]), gap + self._entry(lines, dash, max(column, dash + 2)))

    def with_key(self, row: Node, key: str, value: str) -> Splice:
        """One key of an entry with this value: in the place of the old value, or as the entry's last key."""
        if not isinstance(row, MappingNode):
            raise TypeError("an entry of sources.yaml is a group of keys")
        old, start, stop = self._value(row, key)
        if old is not None:
            return Splice(start, stop, value if start < stop else f" {value}")
        if row.flow_style:
            end = row.end_mark.index - 1
            return Splice(end, end, f", {key}: {value}")
        column = row.value[0][0].start_mark.column
        return self._after(self._last_index(row), f"{self._line_end}{' ' * column}{key}: {value}")

    def _value(self, group: MappingNode | None, key: str) -> tuple[Node | None, int, int]:
        """A key's value with its first place and the one behind it; for nothing at all, the place behind the colon.

        (YAML puts an empty value's own mark wherever the next thing begins.) None: there is no such key.
        """
        for key_node, value in group.value if group else ():
            if key_node.value == key:
                if isinstance(value, ScalarNode) and value.value == "" and value.style is None:
                    behind = self._text.index(":", key_node.end_mark.index) + 1
                    return value, behind, behind
                return value, value.start_mark.index, value.end_mark.index
        return None, 0, 0

    def _entry(self, lines: list[str], dash: int, column: int) -> str:
        """The lines of one entry, each after a line end, with its dash and its keys in these columns."""
        first, *rest = lines
        block = [f"{' ' * dash}-{' ' * (column - dash - 1)}{first}", *(f"{' ' * column}{line}" for line in rest)]
        return "".join(self._line_end + line for line in block)

    def _after(self, index: int, text: str) -> Splice:
        """`text`, which begins with a line end, after the line in which `index` stands."""
        stop = self._line_stop(index)
        if stop == len(self._text) and (not self._text or self._text.endswith("\n")):
            return Splice(stop, stop, text.removeprefix(self._line_end) + self._line_end)
        return Splice(stop, stop, text)

    def _line_stop(self, index: int) -> int:
        stop = self._text.find("\n", index)
        if stop < 0:
            return len(self._text)
        return stop - 1 if self._text[stop - 1] == "\r" else stop

    def _last_index(self, node: Node) -> int:
        """Just behind a node's last character: a block's own end mark lies behind the comments that follow it."""
        match node:
            case MappingNode(flow_style=False, value=[*_, (_, last)]):
                return self._last_index(last)
            case SequenceNode(flow_style=False, value=[*_, last]):
                return self._last_index(last)
            case ScalarNode(style="|" | ">"):
                lines = self._text[node.start_mark.index : node.end_mark.index].splitlines(keepends=True)
                while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
                    lines.pop()
                return int(node.start_mark.index) + len("".join(lines).rstrip())
        return int(node.end_mark.index)

    def _is_apart(self, one: Node, other: Node) -> bool:
        """Whether staff left an empty line between two entries."""
        between = self._text[self._last_index(one) : other.start_mark.index]
        return any(not line.strip() for line in between.splitlines()[1:-1])


# --- the file ------------------------------------------------------------------------------------------------


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    """One writer at a time, on this machine; the lock file stays, since removing it would let two in."""
    try:
        lock = os.open(target.with_name(f".{target.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _cannot_write(target, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _replace(target: Path, before: bytes, body: bytes) -> None:
    """Put `body` in the place of the file, whole or not at all, with the file's own mode and owner.

    Raises ConflictError when the file is not `before` any more: a person's editor takes no lock.
    """
    temporary: Path | None = None
    try:
        own = target.stat()
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            temporary = Path(file.name)
            os.fchmod(file.fileno(), own.st_mode & 0o7777)
            if os.geteuid() == 0:  # an operator's root shell must not take the file from the service's user
                os.fchown(file.fileno(), own.st_uid, own.st_gid)
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        # Only now: what was written to disk may have taken a while.
        if read_bytes(target) != before:
            temporary.unlink()
            raise ConflictError(f"{target.name} was changed by somebody else just now; look at it again and repeat.")
        temporary.replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise _cannot_write(target, error) from error


def _cannot_write(target: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{target} can't be changed ({error.strerror}); free space or make its folder writable for this user."
    )
