"""Reading sources.yaml: what staff may write, and what they are told when it is wrong."""

from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.errors import ConfigError
from digest.model.source import ExcerptMode, PublishMode, SourceKind
from digest.sources import parse_campaign, read_campaign
from digest.sources.rows import RIGHT, CampaignFile, Row

ROOT = Path(__file__).parents[2]

SITE = """\
site:
  title: The Marsh Letter
  campaign: Marsh for Leader
  candidates:
    - name: Ada Marsh
      aliases: [Marsh, Ada]
  time_zone: Europe/London
  edition_hour: 18:00
"""
SOURCE = """\
sources:
  - id: herald
    name: The Herald
    kind: mainstream
    feed: https://herald.example/rss.xml
    site: https://herald.example/
"""
SECOND = SOURCE.removeprefix("sources:\n").replace("herald", "other")


def problems_of(text: str | bytes) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_campaign(text if isinstance(text, bytes) else text.encode())
    return caught.value.problems


def source_problems(*lines: str) -> tuple[str, ...]:
    """What is said of the good source with some of its lines replaced or added."""
    keys = {line.split(":")[0] for line in lines}
    kept = [line.strip(" -") for line in SOURCE.splitlines()[1:] if line.strip(" -").split(":")[0] not in keys]
    return problems_of(SITE + "sources:\n  -\n" + "".join(f"    {line}\n" for line in [*kept, *lines]))


def site_problems(*lines: str) -> tuple[str, ...]:
    keys = {line.split(":")[0] for line in lines}
    kept = [line for line in SITE.splitlines() if line.strip().split(":")[0] not in keys]
    return problems_of("\n".join(kept + [f"  {line}" for line in lines]) + "\n")


# --- what may be written


def test_a_small_file_has_the_usual_values_for_the_rest() -> None:
    campaign = parse_campaign((SITE + SOURCE).encode())
    (source,) = campaign.sources
    assert campaign.site.zone == ZoneInfo("Europe/London")
    assert campaign.site.edition_hour == time(18)
    assert campaign.site.publish is PublishMode.APPROVED
    assert campaign.site.show_above is None
    assert not campaign.site.imprint.is_complete
    assert campaign.site.candidates[0].names == ("Ada Marsh", "Marsh", "Ada")
    assert (source.kind, source.language, source.weight, source.paused) == (SourceKind.MAINSTREAM, "en", 1.0, False)
    assert source.terms.excerpt_characters == 200


@pytest.mark.parametrize(
    ("written", "hour"),
    [("18", time(18)), ("18:00", time(18)), ('"07:30"', time(7, 30)), ("7.30", time(7, 30)), ("0:05", time(0, 5))],
)
def test_an_hour_may_be_written_in_the_usual_ways(written: str, hour: time) -> None:
    assert parse_campaign(SITE.replace("18:00", written).encode()).site.edition_hour == hour


def test_an_hour_is_not_read_as_a_base_sixty_number_in_an_old_yaml() -> None:
    assert parse_campaign(f"%YAML 1.1\n---\n{SITE}".encode()).site.edition_hour == time(18)


def test_a_title_may_look_like_a_number_and_a_language_like_no() -> None:
    text = SITE.replace("The Marsh Letter", "1984") + SOURCE + "    language: no\n"
    campaign = parse_campaign(text.encode())
    assert (campaign.site.title, campaign.sources[0].language) == ("1984", "no")


def test_a_source_speaks_the_sites_language_and_has_its_excerpt_unless_it_says_otherwise() -> None:
    text = SITE + "  language: cy\n  excerpt_characters: 120\n" + SOURCE
    (source,) = parse_campaign(text.encode()).sources
    assert (source.language, source.terms.excerpt_characters) == ("cy", 120)


@pytest.mark.parametrize(
    ("written", "mode", "characters"),
    [
        ("150", ExcerptMode.EXCERPT, 150),
        ("headline only", ExcerptMode.HEADLINE_ONLY, 200),
        ("Link-only", ExcerptMode.LINK_ONLY, 200),
    ],
)
def test_terms_say_how_much_may_be_shown(written: str, mode: ExcerptMode, characters: int) -> None:
    text = SITE + SOURCE + f"    terms: {{excerpt: {written}, images: yes}}\n"
    (source,) = parse_campaign(text.encode()).sources
    assert (source.terms.mode, source.terms.excerpt_characters, source.terms.images) == (mode, characters, True)


def test_a_postal_address_over_several_lines_becomes_one_line() -> None:
    text = SITE + "  imprint:\n    address: |\n      1 High Street,\n      Ludlow\n"
    assert parse_campaign(text.encode()).site.imprint.address == "1 High Street, Ludlow"


def test_a_key_with_nothing_after_it_counts_as_left_out() -> None:
    text = SITE + "  show_above:\n  publish:\ntopics:\nsources:\n"
    campaign = parse_campaign(text.encode())
    assert (campaign.site.publish, campaign.topics, campaign.sources) == (PublishMode.APPROVED, (), ())


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm() -> None:
    text = "\ufeff" + (SITE + SOURCE).replace("\n", "\r\n")
    assert len(parse_campaign(text.encode()).sources) == 1


def test_the_example_at_the_root_is_valid_and_has_an_empty_imprint() -> None:
    site = read_campaign(ROOT / "sources.yaml").site
    assert not site.imprint.is_complete
    assert not site.is_sample


# --- what is said when it is wrong


def test_a_wrong_kind_is_named_with_file_line_key_source_and_what_would_be_right() -> None:
    (problem,) = problems_of(SITE + SOURCE.replace("mainstream", "mainstraem"))
    assert problem == (
        "sources.yaml line 12, sources[0].kind of herald: 'mainstraem' is not a kind (did you mean mainstream?); "
        "write campaign, friendly or mainstream."
    )


def test_every_mistake_is_told_at_once_in_the_order_of_lines() -> None:
    text = (
        SITE.replace("Europe/London", "London") + SOURCE.replace("https://herald.example/rss.xml", "x") + "    a: b\n"
    )
    assert [problem.split(":")[0] for problem in problems_of(text)] == [
        "sources.yaml line 7, site.time_zone",
        "sources.yaml line 13, sources[0].feed of herald",
        "sources.yaml line 15, sources[0].a of herald",
    ]


def test_an_unknown_key_is_named_with_a_guess_and_the_keys_there_are() -> None:
    (problem,) = source_problems("wieght: 2")
    assert "'wieght' is not a key here (did you mean weight?); the keys are id, name, kind" in problem


def test_a_word_of_the_readers_pages_is_understood_as_a_guess() -> None:
    assert "(did you mean mainstream?)" in source_problems("kind: Press")[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("feed: ftp://herald.example/rss", "does not begin with https:// or http://"),
        ("feed: herald.example/rss", "does not begin with https:// or http://"),
        ("feed: https:///rss", "names no host"),
        ("feed: https://her ald.example/rss", "holds a space"),
        ("feed: https://herald.example:99999/", "is not an address"),
        ("feed: 'https://[::1/rss'", "is not an address"),
        ("feed: https://me:secret@herald.example/rss", "holds a user name or password"),
        ("feed: [a, b]", "a list is not right here"),
        ("id: The Herald", "(did you mean the-herald?)"),
        ("name: {a: b}", "a group of keys is not right here"),
        ("weight: 0", "write a number from 0.1 to 3"),
        ("weight: 3.5", "write a number from 0.1 to 3"),
        ("weight: nan", "write a number from 0.1 to 3"),
        ("weight: 1,5", "write a number from 0.1 to 3"),
        ("paused: later", "write true or false"),
        ("language: English", "is not a language code"),
        ("terms: {excerpt: 900}", "from 40 to 400"),
        ("terms: {excerpt: -50}", "'-50' is not how much may be shown"),
        ("terms: excerpt:200", "'excerpt:200' has no space after its colon; write excerpt and images"),
        ("terms: {excerpt: link onyl}", "(did you mean link only?)"),
        ("terms: short", "write excerpt and images under it"),
    ],
)
def test_a_wrong_value_of_a_source_is_told(line: str, said: str) -> None:
    (problem,) = source_problems(line)
    assert said in problem


def test_a_password_in_an_address_is_not_repeated_in_the_message() -> None:
    assert "secret" not in source_problems("feed: https://me:secret@herald.example/rss")[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("time_zone: Mars/Phobos", "'Mars/Phobos' is not a time zone"),
        ("time_zone: London", "(did you mean Europe/London?)"),
        ("time_zone: ../../etc/passwd", "is not a time zone"),
        ("time_zone: Europe", "'Europe' is a region without its city; write a zone like"),
        ("time_zone: localtime", "'localtime' means another zone on another machine; write a zone like"),
        ("time_zone: posixrules", "means another zone on another machine"),
        ("time_zone: Factory", "means another zone on another machine"),
        ("time_zone: right/Europe/London", "means another zone on another machine"),
        ("edition_hour: 24:00", "is not a time of day"),
        ("edition_hour: 6pm", "is not a time of day"),
        ("edition_hour: [18]", "a list stands where one value belongs"),
        ("publish: auto", "(did you mean automatic?)"),
        ("show_above: 90", "write a number from 0 to 1"),
        ("excerpt_characters: 30", "write a whole number from 40 to 400"),
        ("title: ''", "is empty; write the public name"),
        (f"title: {'x' * 501}", "is longer than 500 characters"),
        ('title: "a\\u0007b"', "holds a control character"),
    ],
)
def test_a_wrong_value_of_the_site_is_told(line: str, said: str) -> None:
    (problem,) = site_problems(line)
    assert said in problem


def test_a_missing_key_is_told_with_the_line_of_what_it_belongs_to() -> None:
    (problem,) = problems_of(SITE + SOURCE.replace("    name: The Herald\n", ""))
    assert problem.startswith("sources.yaml line 10, sources[0].name of herald: is missing; write the outlet's name")


def test_a_contest_without_candidates_is_told() -> None:
    text = SITE.replace("    - name: Ada Marsh\n      aliases: [Marsh, Ada]\n", "")
    assert "site.candidates: is empty" in problems_of(text)[0]
    assert "site.candidates: has no entries" in problems_of(text.replace("candidates:", "candidates: []"))[0]


def test_a_second_source_with_the_same_id_is_told_with_both_lines() -> None:
    again = SOURCE.removeprefix("sources:\n").replace("rss.xml", "other.xml")
    (problem,) = problems_of(SITE + SOURCE + again)
    assert "line 15, sources[1].id: 'herald' stands on line 10 already" in problem


def test_a_second_topic_with_the_same_id_is_told() -> None:
    topic = "  - {id: rents, name: Rents, seeds: [rents]}\n"
    (problem,) = problems_of(SITE + "topics:\n" + topic + topic)
    assert "line 11, topics[1].id: 'rents' stands on line 10 already" in problem


@pytest.mark.parametrize(
    "address",
    [
        "http://www.HERALD.example/rss.xml/",
        "HTTP://herald.example/rss.xml",
        "https://herald.example:443/rss.xml",
        "https://herald.example/rss.xml#latest",
    ],
)
def test_one_feed_listed_twice_is_told_even_when_written_a_little_differently(address: str) -> None:
    (problem,) = problems_of(SITE + SOURCE + SECOND.replace("https://other.example/rss.xml", address))
    assert "stands on line 13 already; list each feed once" in problem


@pytest.mark.parametrize("address", ["https://herald.example:8443/rss.xml", "https://herald.example/rss.xml?of=arts"])
def test_another_port_or_query_is_another_feed(address: str) -> None:
    text = SITE + SOURCE + SECOND.replace("https://other.example/rss.xml", address)
    assert len(parse_campaign(text.encode()).sources) == 2


def test_a_key_written_twice_is_told_with_both_lines() -> None:
    (problem,) = problems_of(SITE + "  title: Another\n" + SOURCE)
    assert problem == "sources.yaml line 9, site.title: stands here and on line 2; keep one of the two."


def test_a_ready_list_pasted_with_its_own_heading_is_joined_not_thrown_away() -> None:
    (problem,) = problems_of(SITE + SOURCE + SOURCE.replace("herald", "other"))
    assert (
        problem == "sources.yaml line 15, sources: stands here and on line 9; join the two lists and delete this line."
    )


def test_entries_without_a_dash_are_told_once_each_with_what_to_write() -> None:
    without = SECOND.replace("  - id", "    id")
    problems = problems_of(SITE + SOURCE + without + "\n" + without.replace("other", "third"))
    assert problems == (
        "sources.yaml line 15, sources[0].id: begins another entry without a dash; begin it with - id: other.",
        "sources.yaml line 21, sources[0].id: begins another entry without a dash; begin it with - id: third.",
    )


def test_a_list_whose_only_entry_has_no_dash_is_told_how_an_entry_begins() -> None:
    (problem,) = problems_of(SITE + SOURCE.replace("  - id", "    id"))
    assert problem.startswith("sources.yaml line 9, sources: a group of keys is not right here")
    assert "each source begins with - id:" in problem


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("name: The", "name:The", "line 11 has no space after the colon; write name: The Herald."),
        ("- id: herald", "- id:herald", "line 10 has no space after the colon; write id: herald."),
        ("site: https", "site:https", "line 14 has no space after the colon; write site: https://herald.example/."),
        ("title: The", "title:The", "line 2 has no space after the colon; write title: The Marsh Letter."),
        ("- id", "-id", "line 10 has no space after the dash; write - id: herald."),
        ("- id", "\u2013 id", "line 10 begins with \u2013; a list entry begins with the - of the keyboard"),
        ("name: The", "name The", "line 11 has no colon; write key: value"),
        (
            "The Herald",
            "'Quill's office'",
            'line 11 ends its quotes before the value ends; write name: "Quill\'s office".',
        ),
        (
            "The Herald",
            '"Quill" office',
            "line 11 ends its quotes before the value ends; write name: '\"Quill\" office'.",
        ),
        ("The Herald", "'A's \"B\"'", "line 11 ends its quotes before the value ends; put single quotes around it"),
        ("[Marsh, Ada]", "['Ada's', Ada]", "line 6 ends its quotes before the value ends; put the other kind"),
        ("    name", "\u00a0   name", "line 11 has NO-BREAK SPACE (U+00A0) before its text"),
        ("    name", "   \u3000name", "line 11 has IDEOGRAPHIC SPACE (U+3000) before its text"),
        ("    name", "    \u200bname", "line 11 has ZERO WIDTH SPACE (U+200B) before its text"),
        ("name: The", "name:\u00a0The", "line 11 has NO-BREAK SPACE (U+00A0) before its text"),
        ("    site: https", "\u00a0   site: https", "line 14 has NO-BREAK SPACE (U+00A0) before its text"),
        ("    name", "   name", "line 11 is indented further or less than its neighbours"),
        ("sources:\n", "sources:\n  note: x\n", "line 11 is an entry of a list where key: value belongs"),
    ],
)
def test_one_slip_of_the_hand_is_told_alone_at_its_own_line(good: str, bad: str, said: str) -> None:
    whole = SITE + SOURCE
    (problem,) = problems_of(whole.replace(good, bad, 1))
    assert f"sources.yaml {said}" in problem


def test_an_entry_at_the_dashes_column_is_told_to_begin_with_a_dash() -> None:
    (problem,) = problems_of(SITE + SOURCE + SECOND.replace("  - id", "  id").replace("\n    ", "\n  "))
    assert "line 15 stands where an entry of the list above should begin; begin it with - id: other" in problem


def test_a_no_break_space_inside_a_value_is_nobodys_business() -> None:
    text = (SITE + SOURCE).replace("The Herald", "The\u00a0Herald")
    assert parse_campaign(text.encode()).sources[0].name == "The Herald"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("site:\n\ttitle: x\n", "line 2 begins with a tab; indent with spaces"),
        ("site:\n  title:\tThe Letter\n", "line 2 holds a tab; put a space in its place: title: The Letter."),
        ("site:\n  title: @marsh\n", "line 2 begins a value with a sign that YAML keeps for itself"),
        ("site:\n  title: The: Letter\n", "line 2 has a second colon"),
        ('site:\n  title: "The Letter\n  a: b\n', "line 2 opens a quotation mark that is never closed"),
        ("site:\n  aliases: [a, b\n  c: d\n", "line 2 opens a [ or { that is never closed"),
        ("site:\n  title: *x\n", "line 2 begins a value with *"),
        ("---\na: b\n---\nc: d\n", "line 3 begins a second document"),
        ("a: b\n...\nc: d\n", "line 2 ends the file with ... before its last line; delete that line"),
        ("site:\n  - a\n b: c\n", "line 3 is indented further or less"),
        ("site:\n  title: - x\n", "line 2 is not valid YAML (sequence entries are not allowed here)"),
        ("site:\n  title: \x07\n", "line 2 holds a control character"),
        ("? [a]\n: b\n", "write key: value"),
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("- a\n- b\n", "should hold the keys site, topics and sources"),
        ("hello", "should hold the keys site, topics and sources"),
        (b"title: caf\xe9\n", "line 1 holds a letter that is not UTF-8"),
        (b"\x89PNG\r\n\x00\x00", "is not a text file"),
        ("[" * 5_000, "nests more than"),
        ("a: {" * 5_000, "nests more than"),
    ],
)
def test_what_is_no_yaml_is_told_in_plain_words(text: str | bytes, said: str) -> None:
    assert said in problems_of(text)[0]


def test_a_few_lines_of_anchors_cannot_grow_to_gigabytes() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "'&a' is a YAML anchor; write the value out" in problems_of(bomb)[0]


def test_too_many_sources_are_refused() -> None:
    rows = "".join(
        f"- {{id: s{n}, name: S, kind: friendly, feed: http://s{n}.example, site: http://s.example}}\n"
        for n in range(2_001)
    )
    assert "sources: has more than 2,000 entries" in problems_of(SITE + "sources:\n" + rows)[0]


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist; run `digest init`"):
        read_campaign(tmp_path / "sources.yaml")


def test_a_folder_and_a_device_are_no_file(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/dev/zero")):
        with pytest.raises(ConfigError, match="is not a file"):
            read_campaign(path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(b"#" * 2_000_001)
    with pytest.raises(ConfigError, match="larger than 2 MB"):
        read_campaign(path)


def test_every_key_of_the_models_has_a_sentence_that_says_what_is_right() -> None:
    def places(row: type[Row], prefix: str = "") -> list[str]:
        found = []
        for name, field in row.model_fields.items():
            found.append(prefix + name)
            kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
            for kind in kinds:
                if isinstance(kind, type) and issubclass(kind, Row):
                    found += places(kind, f"{prefix}{name}.")
        return found

    assert sorted(RIGHT) == sorted(places(CampaignFile))
