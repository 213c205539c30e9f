"""The text of a valid sources.yaml with the places of its parts: says where to splice what, and changes nothing."""

import codecs
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from digest.errors import ConfigError, StorageError
from digest.sources.reading import compose_yaml

DASH_COLUMN = 2
"""Where a list begins when the file has none to go by."""


@dataclass(frozen=True, slots=True)
class Splice:
    """Put `text` in the place of the characters from `start` to `end`."""

    start: int
    end: int
    text: str


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

    def appended(self, key: str, entries: Sequence[list[str]]) -> Splice:
        """Groups of lines as the last entries of one of the file's lists. Raises StorageError for a list in [ ]."""
        node, start, end = self._value(self._root, key)
        rows = self.rows(key)
        if node is None:
            block = self._block(entries, DASH_COLUMN, DASH_COLUMN + 2)
            return self._after(len(self._text), f"{self._line_end}{key}:{block}")
        if not rows:
            # `key:`, `key: []` or `key: null`: what stands there goes, and the entry follows on lines of its own
            stop = self._line_stop(end)
            comment = self._text[end:stop]
            return Splice(start, stop, comment + self._block(entries, DASH_COLUMN, DASH_COLUMN + 2))
        if isinstance(node, SequenceNode) and node.flow_style:
            raise StorageError(f"{key} in sources.yaml is a list in [ ]; write one line with - for each entry first.")
        gap = self._line_end if len(rows) > 1 and self._is_apart(rows[-2], rows[-1]) else ""
        dash, column = node.start_mark.column, rows[-1].start_mark.column
        block = self._block(entries, dash, max(column, dash + 2), gap=gap)
        return self._after(self._last_index(rows[-1]), gap + block)

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

    def _block(self, entries: Sequence[list[str]], dash: int, column: int, *, gap: str = "") -> str:
        return gap.join(self._entry(lines, dash, column) for lines in entries)

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
