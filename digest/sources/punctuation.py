"""Says what is wrong with the punctuation of a sources.yaml, in words for someone who has never heard of a scanner."""

import re
import unicodedata

from ruamel.yaml.error import MarkedYAMLError

from digest.sources.rows import key_without_space

_BEFORE_VALUE = re.compile(r"[^\w\"'#]*(?:\w+\s*:.?)?")
"""Of a line: its indentation, its dash, its key with the colon, and the space behind it."""
_NO_SPACE_AFTER_DASH = re.compile(r"\s*-(\w+:.*)")
_OTHER_DASH = re.compile("\\s*([\u2010-\u2015\u2212\u2022*])\\s")
_VALUE = re.compile(r"\s*(?:-\s+)?((?:\w+:\s+)?)(['\"].*)")


def odd_blanks(text: str, name: str) -> list[str]:
    """A sentence for each line with a character before its value that merely looks like a space, or like nothing.

    To YAML such a one is a letter: the line becomes another key, on another level, or a part of the line above.
    """
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        found = _BEFORE_VALUE.match(line)
        odd = (
            next((it for it in found[0] if unicodedata.category(it) in {"Zs", "Cf"} and it != " "), "") if found else ""
        )
        if odd:
            problems.append(
                f"{name} line {number} has {unicodedata.name(odd, 'a character')} (U+{ord(odd):04X}) before its text, "
                "which is not the space it looks like; delete it and type ordinary spaces."
            )
    return problems


def syntax_problems(error: MarkedYAMLError, text: str, name: str) -> list[str]:
    """Why a file is no YAML: every slip of a kind that we know, else the place where the reader gave up."""
    lines = text.splitlines() or [""]
    slips = [f"{name} line {number} {said}." for number, line in enumerate(lines, 1) if (said := _slip(line))]
    if slips:
        return slips
    number, said = _by_the_line(error, lines) or _by_the_words(error)
    return [f"{name} line {min(number, len(lines) - 1) + 1} {said}."]


def _slip(line: str) -> str:
    """What is certainly wrong with a line of a file that is no YAML; empty when we can't tell."""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "begins with a tab; indent with spaces, two for each level"
    if pair := key_without_space(line):
        return f"has no space after the colon; write {pair[0]}: {pair[1].strip()}"
    if found := _NO_SPACE_AFTER_DASH.fullmatch(line):
        return f"has no space after the dash; write - {found[1].strip()}"
    if found := _OTHER_DASH.match(line):
        return f"begins with {found[1]}; a list entry begins with the - of the keyboard and a space"
    return ""


def _by_the_line(error: MarkedYAMLError, lines: list[str]) -> tuple[int, str] | None:
    """The line, from 0, and what is said of it, where the text before the reader's eyes tells more than its words."""
    mark, problem = error.problem_mark, error.problem or ""
    if mark is None or mark.line >= len(lines):
        return None
    line = lines[mark.line]
    if "<scalar>" in problem and line[: mark.column].rstrip().endswith(("'", '"')):
        return mark.line, f"ends its quotes before the value ends; {_requoted(line)}"
    if "cannot start any token" in problem and "\t" in line:
        return mark.line, f"holds a tab; put a space in its place: {' '.join(line.split())}"
    if "found '?'" in problem and "collection" in (error.context or ""):
        return mark.line, f"stands where an entry of the list above should begin; begin it with - {line.strip()}"
    if "another document" in problem and not line.startswith("---"):
        ends = [number for number in range(mark.line) if re.match(r"\.\.\.(\s|$)", lines[number])]
        return max(ends, default=mark.line), "ends the file with ... before its last line; delete that line"
    return None


def _by_the_words(error: MarkedYAMLError) -> tuple[int, str]:
    """The line, from 0, and what is said of it, by what the reader says."""
    problem, context = error.problem or "", error.context or ""
    for phrase, is_where_it_began, said in _SAID:
        if phrase in problem or phrase in context:
            marks = (error.context_mark, error.problem_mark) if is_where_it_began else (error.problem_mark,)
            return next((mark.line for mark in marks if mark), 0), said
    mark = error.problem_mark or error.context_mark
    said = f"is not valid YAML ({problem or context}); check its indentation against the lines above"
    return (mark.line if mark else 0), said


_SAID = (
    (
        "quoted scalar",
        True,
        "opens a quotation mark that is never closed, or holds a backslash in double quotes; close it, or use '…'",
    ),
    ("cannot start any token", False, "begins a value with a sign that YAML keeps for itself; put the value in quotes"),
    (
        "mapping values",
        False,
        "has a second colon, or is indented further than the line above; quote the value or align the line",
    ),
    ("find expected ':'", True, "has no colon; write key: value, or - and a space before an entry of a list"),
    ("another document", False, "begins a second document with ---; delete that line"),
    ("undefined alias", False, "begins a value with *, which is a YAML alias; put the value in quotes or write it out"),
    ("expected ',' or", True, "opens a [ or { that is never closed; close it, or write one line with - for each"),
    ("<block mapping start>", False, "is indented further or less than its neighbours; align it with them"),
    ("found '-'", False, "is an entry of a list where key: value belongs; look at the lines above it"),
)
"""What the reader says, whether the fault is where it began to read the thing or where it gave up, and our words."""


def _requoted(line: str) -> str:
    """The advice for a value whose quotes hold the same quotes."""
    found = _VALUE.fullmatch(line.rstrip())
    if not found:
        return "put the other kind of quotes around a value that holds one kind"
    key, value = found[1], found[2]
    inner = value[1:-1] if len(value) > 1 and value[0] == value[-1] else value
    free = next((mark for mark in "\"'" if mark not in inner), None)
    if free is None or "\\" in inner:
        return "put single quotes around it and write each ' inside of them twice"
    return f"write {key}{free}{inner}{free}"
