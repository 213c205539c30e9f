"""Lists of other readers judged: what becomes a source, what is told, and what stops the whole."""

from digest.model.opml import FeedList, Outline
from digest.model.source import Campaign, SourceKind
from digest.sources import Import, import_of, opml_of, parse_campaign, source_lines

FILE = b"""\
site:
  title: The "Marsh" & <Letter>
  campaign: Marsh for Leader
  candidates: [{name: Ada Marsh}]
  time_zone: Europe/London
  edition_hour: 18:00
  language: en
sources:
- {id: herald, name: The Herald, kind: mainstream, feed: "https://www.herald.example/rss", site: "https://herald.example/"}
"""
CAMPAIGN: Campaign = parse_campaign(FILE)


def an_outline(feed: str = "https://a.example/feed", **stated: object) -> Outline:
    usual: dict[str, object] = {
        "line": 7,
        "name": "A Paper",
        "site": "https://a.example/",
        "language": "",
        "folders": (),
        "categories": (),
        "own": {},
    }
    return Outline(feed=feed, **(usual | stated))  # type: ignore[arg-type]  # stated by the test


def taken(*outlines: Outline, kind: SourceKind | None = None, private: str = "nothing") -> Import:
    def why_not(url: str) -> str | None:
        return "it is private" if private in url else None

    return import_of(FeedList(title="", outlines=outlines), CAMPAIGN, kind=kind, why_not=why_not)


def test_the_kind_comes_from_our_attribute_then_the_category_then_the_nearest_folder_then_the_option() -> None:
    outlines = [
        an_outline("https://1.example/", own={"kind": "friendly"}, categories=("campaign",)),
        an_outline("https://2.example/", categories=("uk", "Campaign"), folders=("mainstream",)),
        an_outline("https://3.example/", folders=("Mainstream", "FRIENDLY", "Blogs")),
        an_outline("https://4.example/", folders=("Blogs",)),
    ]
    kinds = [source.kind.value for source in taken(*outlines, kind=SourceKind.MAINSTREAM).sources]
    assert kinds == ["friendly", "campaign", "friendly", "mainstream"]


def test_without_a_kind_nothing_is_taken_and_the_line_is_told() -> None:
    result = taken(an_outline(line=12))
    assert result.sources == ()
    assert len(result.problems) == 1
    assert result.problems[0].startswith("Line 12, A Paper: it stands in no folder called campaign")


def test_feeds_that_are_there_already_in_whatever_spelling_are_told_and_left_out() -> None:
    result = taken(
        an_outline("http://herald.example/rss/", line=3),
        an_outline("https://a.example/feed", line=4),
        an_outline("http://www.a.example/feed", line=5),
        kind=SourceKind.MAINSTREAM,
    )
    assert [source.feed for source in result.sources] == ["https://a.example/feed"]
    assert result.repeats == (
        "Line 3: http://herald.example/rss/ is there already as herald.",
        "Line 5: http://www.a.example/feed is there already as a-paper.",
    )


def test_ids_that_collide_are_numbered() -> None:
    outlines = [an_outline(f"https://{number}.example/", name="The Herald!") for number in range(3)]
    clash = an_outline("https://9.example/", name="Other", own={"id": "herald"})
    result = taken(*outlines, clash, kind=SourceKind.FRIENDLY)
    assert [source.id for source in result.sources] == ["the-herald", "the-herald-2", "the-herald-3", "herald-2"]


def test_ids_that_yaml_would_misread_are_written_as_text() -> None:
    result = taken(an_outline(name="Null"), kind=SourceKind.FRIENDLY)
    assert source_lines(result.sources[0], CAMPAIGN.site)[0] == 'id: "null"'


def test_bad_addresses_are_told_line_by_line() -> None:
    result = taken(
        an_outline("javascript:alert(1)", line=1),
        an_outline("", line=2),
        an_outline("https://u:p@a.example/", line=3),
        an_outline("http://10.0.0.1/private", line=4),
        an_outline("https://[::1", line=5),
        an_outline("https://good.example/", line=6),
        kind=SourceKind.MAINSTREAM,
        private="10.0.0.1",
    )
    assert [problem.partition(",")[0] for problem in result.problems] == [f"Line {line}" for line in (1, 2, 3, 4, 5)]
    assert "does not begin with https://" in result.problems[0]
    assert "its xmlUrl is empty" in result.problems[1]
    assert "it is private" in result.problems[3]


def test_a_name_that_yaml_or_a_terminal_would_misread_is_a_name_like_any_other() -> None:
    names = ["true", "null", "1984", "a: b # c", "'", "{x}", "no"]
    outlines = [an_outline(f"https://{n}.example/", name=name) for n, name in enumerate(names)]
    assert [source.name for source in taken(*outlines, kind=SourceKind.MAINSTREAM).sources] == names


def test_an_odd_site_or_language_costs_nobody_their_feed() -> None:
    result = taken(an_outline(site="about:blank", language="english (UK)"), kind=SourceKind.MAINSTREAM)
    assert (result.problems, result.sources[0].site, result.sources[0].language) == ((), "https://a.example/", "en")


def test_an_outline_without_a_name_is_called_by_its_host() -> None:
    outlines = [an_outline(name=""), an_outline("https://b.example/", name="", own={"id": "b"}, site="")]
    names = [(source.id, source.name) for source in taken(*outlines, kind=SourceKind.MAINSTREAM).sources]
    assert names == [("a-example", "a.example"), ("b", "b.example")]


def test_more_than_the_file_may_have_stops_the_whole_before_it_costs_much() -> None:
    outlines = [an_outline(f"https://p{number}.example/", name="The same") for number in range(20_000)]
    result = taken(*outlines, kind=SourceKind.MAINSTREAM)
    assert result.problems == ("The file would have more than 2,000 sources, which is the most we read.",)


def test_our_own_attributes_that_are_wrong_are_told() -> None:
    result = taken(an_outline(own={"kind": "enemy", "weight": "900", "excerpt": "everything"}))
    assert len(result.problems) == 3


def test_what_is_written_escapes_what_is_markup() -> None:
    text = opml_of(CAMPAIGN)
    assert '<title>The "Marsh" &amp; &lt;Letter&gt;</title>' in text
    assert text.count("<outline text=") == 1
