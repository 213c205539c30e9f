"""What is always true of sources.yaml: reading never breaks, and a change touches nothing but what it changes."""

import difflib
import string
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import ConfigError
from digest.model.ids import SourceId
from digest.model.opml import FeedList, Outline
from digest.model.source import ExcerptMode, Source, SourceKind, Terms
from digest.sources import (
    add_source,
    import_of,
    move_source,
    opml_of,
    parse_campaign,
    pause_source,
    read_campaign,
    source_lines,
)
from digest.stages.extract.child.opml import parse_opml
from digest.stages.extract.text import tidy_line

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "sources.yaml", ROOT / "samples" / "sources.yaml"]

names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60).map(
    lambda text: " ".join(text.split()) or "x"
)
paths = st.text(string.ascii_letters + string.digits + "/?&=#%~:@,;!*'()-_.", max_size=30)
sources = st.builds(
    Source,
    id=st.sampled_from(["a-new-one", "null", "true", "1984", "-", "---"]).map(SourceId),
    name=names,
    kind=st.sampled_from(SourceKind),
    feed=paths.map("https://new.example/{}".format),
    site=paths.map("https://new.example/{}".format),
    language=st.sampled_from(["en", "no", "cy"]),
    owner=st.one_of(st.just(""), names),
    weight=st.sampled_from([0.1, 1.0, 1.25, 3.0]),
    terms=st.sampled_from(
        [Terms(), Terms(images=True), Terms(excerpt_characters=90), Terms(mode=ExcerptMode.LINK_ONLY)]
    ),
    paused=st.booleans(),
)


def problems_of(body: bytes) -> tuple[str, ...]:
    """What is wrong; anything but a ConfigError is a bug and ends the test."""
    try:
        parse_campaign(body)
    except ConfigError as error:
        return error.problems
    return ()


def gone_lines(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line.startswith("- ")]


@pytest.mark.parametrize("original", FILES, ids=lambda path: str(path.relative_to(ROOT)))
@settings(max_examples=25)  # each reads the whole sample four times
@given(source=sources)
def test_whatever_source_is_added_reads_back_the_same_and_no_line_is_lost(original: Path, source: Source) -> None:
    before = original.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sources.yaml")
        path.write_text(before, encoding="utf-8")
        add_source(path, source)
        assert read_campaign(path).sources[-1] == source
        assert gone_lines(before, path.read_text(encoding="utf-8")) == []


def test_a_source_of_the_sample_can_be_paused_and_polled_again_with_one_line_more(tmp_path: Path) -> None:
    before = FILES[1].read_text(encoding="utf-8")
    for source in read_campaign(FILES[1]).sources[::6]:
        path = tmp_path / "sources.yaml"
        path.write_text(before, encoding="utf-8")
        assert pause_source(path, source.id).source_by_id()[source.id].paused
        assert len(path.read_text(encoding="utf-8").splitlines()) == len(before.splitlines()) + 1
        assert gone_lines(before, path.read_text(encoding="utf-8")) == []
        pause_source(path, source.id, paused=False)
        assert read_campaign(path) == read_campaign(FILES[1])


@settings(max_examples=20)  # likewise
@given(feed=paths.map("https://new.example/{}".format), index=st.integers(0, 13))
def test_a_source_of_the_sample_moves_by_one_line_alone(feed: str, index: int) -> None:
    before = FILES[1].read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sources.yaml")
        path.write_text(before, encoding="utf-8")
        source = read_campaign(path).sources[index]
        assert move_source(path, source.id, feed).source_by_id()[source.id] == replace(source, feed=feed)
        assert len(gone_lines(before, path.read_text(encoding="utf-8"))) == 1


# Unseen characters are taken out of what comes from outside, so a name of them alone does not come back.
tidy_names = names.map(lambda text: tidy_line(text, limit=400) or "x")
listed_sources = st.builds(
    lambda source, name, owner: replace(source, name=name, owner=owner),
    sources,
    tidy_names,
    st.one_of(st.just(""), tidy_names),
)


@given(st.lists(listed_sources, max_size=8))
def test_what_is_exported_comes_back_whole(several: list[Source]) -> None:
    campaign = parse_campaign(FILES[1].read_bytes())
    several = [
        replace(source, id=SourceId(f"n-{n}"), feed=f"{source.feed[:19]}/{n}{source.feed[19:]}")
        for n, source in enumerate(several)
    ]
    text = opml_of(replace(campaign, sources=tuple(several)))
    empty = replace(campaign, sources=())
    result = import_of(parse_opml(text.encode()), empty, kind=None, why_not=lambda _: None)
    assert (result.problems, result.repeats) == ((), ())
    assert {source.id: source for source in result.sources} == {source.id: source for source in several}
    again = opml_of(replace(empty, sources=result.sources))
    assert again == text


anything = st.text(max_size=30)
strange_outlines = st.builds(
    Outline,
    line=st.integers(1, 9),
    name=anything,
    feed=st.one_of(anything, anything.map("https://{}".format), paths.map("https://new.example/{}".format)),
    site=st.one_of(anything, anything.map("https://{}".format)),
    language=anything,
    folders=st.lists(anything, max_size=2).map(tuple),
    categories=st.lists(anything, max_size=2).map(tuple),
    own=st.dictionaries(st.sampled_from(["id", "kind", "owner", "weight", "excerpt", "images", "paused"]), anything),
)


@given(st.lists(strange_outlines, max_size=4))
def test_whatever_a_list_holds_is_told_or_becomes_a_source_that_the_file_takes(outlines: list[Outline]) -> None:
    empty = replace(parse_campaign(FILES[0].read_bytes()), sources=())
    listed = FeedList(title="", outlines=tuple(outlines))
    result = import_of(listed, empty, kind=SourceKind.FRIENDLY, why_not=lambda _: None)
    rows = [line for source in result.sources for line in _indented(source_lines(source, empty.site))]
    head = FILES[0].read_text(encoding="utf-8").partition("\nsources:")[0]
    body = "\n".join([head, "sources:", *rows]) if rows else head
    assert parse_campaign(body.encode()).sources == result.sources


def _indented(lines: list[str]) -> list[str]:
    return [f"{'    ' if number else '  - '}{line}" for number, line in enumerate(lines)]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    assert all(problem.endswith(".") for problem in problems_of(body))


yamlish = st.text(alphabet=st.sampled_from("site:topcur {}[]-'\"\n\t#&*!|>@%?,0~<"), max_size=200)


@given(yamlish)
def test_no_text_that_looks_like_yaml_breaks_the_reader(text: str) -> None:
    assert all(problem.endswith(".") for problem in problems_of(text.encode()))
