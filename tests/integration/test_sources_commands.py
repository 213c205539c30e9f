"""`digest sources add|check|import|export` as staff type them: what is asked, said, written, and left alone."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digest.cli.commands import app
from digest.cli.output import harmless
from digest.errors import ConfigError, DigestError
from digest.model.fetch import FetchState
from digest.sources import read_campaign
from digest.storage import open_storage, upgrade_storage
from tests.factories import NOON
from tests.integration.sites import Answer, LoopbackSite, a_feed, a_link, serve_site

FILE = """\
# Kept by Jo. Ask before you change the imprint!
site:
  title: The Marsh Letter
  campaign: Marsh for Leader
  candidates: [{name: Ada Marsh}]
  time_zone: Europe/London
  edition_hour: 18:00

sources:
- id: herald   # Jo's favourite
  name: The Herald
  kind: mainstream
  feed: BASE/gone.xml   # since 2019
  site: BASE/
"""
EVIL = "Home | The \x1b[31mDaily\x1b]0;owned\x07 [bold]Wire: \u202e#1"
PAGES: Mapping[str, Answer | str] = {
    "/": a_link("/comments/feed", "Comments") + a_link("/all.xml") + a_link("/politics/rss"),
    "/all.xml": a_feed("All &amp; sundry", "Ferry fares frozen", "Lighthouse sold", site="https://sundry.example/"),
    "/politics/rss": a_feed("Politics"),
    "/comments/feed": a_feed("Comments"),
    "/true": a_feed("true", "null", "1984", language="cy"),
    "/evil": f"<html><title>{EVIL}</title>{a_link('/evil.json', kind='application/feed+json')}</html>",
    "/evil.json": json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": f"{EVIL}\nkind: campaign {'x' * 1_000_000}",
            "items": [{"id": "1", "title": "\x1b[2J\x9b31mcleared [red]", "content_text": "x"}],
        }
    ),
    "/empty": "<html><title>Nothing</title></html>",
}


class Desk:
    """A folder with a sources.yaml that reads one source of the site, and no database."""

    def __init__(self, folder: Path, site: LoopbackSite) -> None:
        self.folder, self.site = folder, site
        self.file = folder / "sources.yaml"
        self.before = FILE.replace("BASE", site.base)
        self.file.write_text(self.before, encoding="utf-8")
        self.environment = {
            "PATH": os.environ["PATH"],
            "DIGEST_ALLOW_PRIVATE": site.opened,
            "DIGEST_SOURCES": str(self.file),
            "DIGEST_DATA": str(folder / "data"),
            "DIGEST_HOST_SPACING_SECONDS": "0",
        }

    def start(self, *arguments: str, stdin: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "digest", "sources", *arguments],
            env=self.environment,
            cwd=self.folder,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command's end, in this process, which is quicker; errors as `digest.cli.main` ends on them."""
        result = CliRunner().invoke(app, ["sources", *arguments], env=self.environment)
        code, said = result.exit_code, result.stderr
        match result.exception:
            case DigestError() as error:
                code, said = 2 if isinstance(error, ConfigError) else 1, f"{said}{harmless(str(error))}\n"
            case Exception() as bug:
                raise bug
        return subprocess.CompletedProcess(arguments, code, result.stdout, said)

    def typed(self, answers: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The end of a process of its own, at whose terminal a person types these answers."""
        person, terminal = os.openpty()
        process = self.start(*arguments, stdin=terminal)
        os.write(person, answers.encode())
        out, err = process.communicate(timeout=60)
        os.close(person)
        os.close(terminal)
        assert "Traceback" not in err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    @property
    def is_as_it_was(self) -> bool:
        return self.file.read_text(encoding="utf-8") == self.before


@pytest.fixture(scope="module")
def site() -> Iterator[LoopbackSite]:
    with serve_site(PAGES) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, site: LoopbackSite) -> Desk:
    return Desk(tmp_path, site)


# --- add -----------------------------------------------------------------------------------------------------


def test_a_script_adds_a_source_with_its_kind_alone_and_every_comment_stays(desk: Desk) -> None:
    answer = desk("add", f"{desk.site.opened}/", "--kind", "mainstream", "--yes")
    assert answer.returncode == 0, answer.stderr
    lines = (
        f"- id: all-sundry\n  name: All & sundry\n  kind: mainstream\n  feed: {desk.site.base}/all.xml\n"
        f"  site: {desk.site.base}/\n"
    )
    assert desk.file.read_text(encoding="utf-8") == desk.before + lines
    assert answer.stdout == "".join(f"  {line}\n" for line in lines.splitlines())
    assert "1  All & sundry" in answer.stderr
    assert "Ferry fares frozen  (a summary of 4 words)" in answer.stderr
    assert "2026-11-24 20:00" in answer.stderr
    assert "Next: `digest run`" in answer.stderr


def test_without_a_terminal_what_is_missing_is_said_before_anything_is_asked_of_the_site(desk: Desk) -> None:
    asked = len(desk.site.asked)
    answer = desk("add", desk.site.base)
    assert answer.returncode == 2
    assert "Say --kind" in answer.stderr
    assert "Say --yes" in answer.stderr
    assert len(desk.site.asked) == asked


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--id", "The Wire"], "--id: 'The Wire' is not an id (did you mean the-wire?)"),
        (["--id", "herald"], "--id: a source has the id herald already"),
        (["--feed", "https://other.example/"], "--feed: write a number from 1 to 3, or one of these addresses"),
    ],
)
def test_an_option_that_will_not_do_is_told_and_nothing_is_written(desk: Desk, options: list[str], says: str) -> None:
    answer = desk("add", desk.site.base, "--kind", "friendly", "--yes", *options)
    assert answer.returncode == 2
    assert says in answer.stderr
    assert desk.is_as_it_was


def test_options_answer_every_question(desk: Desk) -> None:
    answer = desk(
        "add", f"{desk.site.base}/", "--kind", "friendly", "--name", "Our Wire: #1", "--id", "wire", "--feed",
        f"{desk.site.base}/politics/rss", "--language", "cy", "--site", "https://wire.example/", "--paused", "--yes",
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    source = read_campaign(desk.file).sources[-1]
    assert (source.id, source.name, source.language, source.paused) == (
        "wire",
        "Our Wire: #1",
        "cy",
        True,
    )
    assert source.feed.endswith("/politics/rss")
    assert 'name: "Our Wire: #1"' in desk.file.read_text(encoding="utf-8")
    assert "Take its line `paused: true` away" in answer.stderr


def test_a_dry_run_shows_the_lines_and_writes_nothing(desk: Desk) -> None:
    answer = desk("add", f"{desk.site.base}/true", "--kind", "campaign", "--dry-run")
    assert answer.returncode == 0, answer.stderr
    assert desk.is_as_it_was
    # A name that YAML would take for something else is written as text.
    assert '    name: "true"\n' in answer.stdout
    assert "    language: cy\n" in answer.stdout
    assert "Nothing was written" in answer.stderr


def test_json_says_what_was_found_and_what_was_written(desk: Desk) -> None:
    answer = desk("add", f"{desk.site.base}/", "--kind", "campaign", "--yes", "--json")
    said = json.loads(answer.stdout)
    assert said["is_written"] is True
    assert said["source"]["id"] == "all-sundry"
    assert [feed["feed"].removeprefix(desk.site.base) for feed in said["feeds"]] == [
        "/all.xml",
        "/politics/rss",
        "/comments/feed",
    ]


def test_a_person_chooses_names_and_says_what_it_is(desk: Desk) -> None:
    typed = "7\n2\nThe Politics Page\nherald\n\nenemy\nFriendly\n\n\ny\n"
    answer = desk.typed(typed, "add", f"{desk.site.base}/")
    assert answer.returncode == 0, answer.stderr
    assert "write a number from 1 to 3" in answer.stderr
    assert "a source has the id herald already" in answer.stderr
    assert "'enemy' is not a kind" in answer.stderr
    assert "answers come from these alone" in answer.stderr
    source = read_campaign(desk.file).sources[-1]
    assert (source.id, source.name, source.kind.value) == ("the-politics-page", "The Politics Page", "friendly")
    assert source.feed.endswith("/politics/rss")


def test_a_person_who_says_no_writes_nothing(desk: Desk) -> None:
    answer = desk.typed("\n\n\n\nn\n", "add", f"{desk.site.base}/true", "--kind", "friendly")
    assert answer.returncode == 1
    assert "Nothing was written." in answer.stderr
    assert desk.is_as_it_was


def test_ctrl_c_at_a_question_ends_in_one_sentence_with_nothing_written(desk: Desk) -> None:
    person, terminal = os.openpty()
    process = desk.start("add", f"{desk.site.base}/true", stdin=terminal)
    assert process.stderr is not None
    said = ""
    while "Name, as readers know it" not in said:
        said += process.stderr.read(1)
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=30)
    os.close(person)
    os.close(terminal)
    assert process.returncode == 130
    assert rest.strip().endswith("Stopped.")
    assert "Traceback" not in rest
    assert "Aborted" not in rest
    assert desk.is_as_it_was


def test_what_sources_yaml_reads_already_is_told_with_its_id(desk: Desk) -> None:
    assert desk("add", f"{desk.site.base}/all.xml", "--kind", "friendly", "--yes").returncode == 0
    before = desk.file.read_text(encoding="utf-8")
    again = desk("add", f"{desk.site.base}/all.xml", "--kind", "friendly", "--yes")
    assert again.returncode == 1
    assert "already there as all-sundry" in again.stderr
    assert "sources.yaml reads this feed already" in again.stderr
    assert desk.file.read_text(encoding="utf-8") == before


def test_what_an_outlet_writes_gives_no_orders_to_the_terminal_and_no_keys_to_the_file(desk: Desk) -> None:
    answer = desk("add", f"{desk.site.base}/evil", "--kind", "mainstream", "--yes")
    assert answer.returncode == 0, answer.stderr
    for text in (answer.stdout, answer.stderr, desk.file.read_text(encoding="utf-8")):
        assert not set(text) & set("\x1b\x07\x9b\u202e")
    assert "[red]" in answer.stderr  # markup is shown, not obeyed
    source = read_campaign(desk.file).sources[-1]
    assert source.kind.value == "mainstream"
    assert len(source.name) <= 500
    assert len(source.id) <= 64


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("https://www.tiktok.com/@ada", 1, "TikTok publishes no feed"),
        ("http://169.254.169.254/latest/", 1, "where clouds keep their machines' secrets"),
        ("  ", 2, "Give the address of a site"),
        ("https://\x1b[31mherald.example/", 1, "leads nowhere that we may go"),
    ],
)
def test_an_address_that_can_have_no_feed_is_told_in_words(desk: Desk, url: str, code: int, says: str) -> None:
    answer = desk("add", url, "--kind", "friendly", "--yes")
    assert answer.returncode == code, answer.stderr
    assert says in answer.stderr
    assert "\x1b" not in answer.stderr
    assert desk.is_as_it_was


def test_a_site_without_feeds_is_told_with_what_to_do(desk: Desk) -> None:
    answer = desk("add", f"{desk.site.base}/empty", "--kind", "friendly", "--yes")
    assert answer.returncode == 1
    assert "Look for RSS on its pages" in answer.stderr


# --- check ---------------------------------------------------------------------------------------------------


def test_what_is_the_matter_with_a_source_stands_in_a_column_and_in_the_list(desk: Desk) -> None:
    assert "trouble" not in desk("check").stdout
    url = f"sqlite:///{desk.folder / 'data' / 'digest.sqlite'}"
    (herald,) = read_campaign(desk.file).sources
    upgrade_storage(url)
    storage = open_storage(url)
    with storage.begin() as tx:
        tx.sources.mirror([herald], now=NOON)
        state = FetchState(source_id=herald.id, url=herald.feed, failures=4, last_error="the server answered 404")
        tx.fetches.save_all([state])
    storage.close()
    checked = desk("check")
    assert checked.stdout.splitlines()[0].split("\t")[-2:] == ["trouble", "new address"]
    assert "broken: could never be read: the server answered 404" in checked.stdout
    assert json.loads(desk("check", "--json").stdout)[0]["troubles"][0]["kind"] == "broken"
    assert "herald: could never be read: the server answered 404" in desk("list").stderr
    (row,) = json.loads(desk("list", "--json").stdout)
    assert (row["standing"], [each["kind"] for each in row["troubles"]]) == ("broken", ["broken"])


def test_check_proposes_where_a_feed_may_be_now_and_writes_nothing(desk: Desk) -> None:
    answer = desk("check", "--json")
    assert answer.returncode == 1
    (row,) = json.loads(answer.stdout)
    assert row["new_feed"] == f"{desk.site.base}/all.xml"
    words = desk("check")
    assert "nothing at this address (404)" in words.stdout
    assert f"herald:  feed: {desk.site.base}/all.xml" in words.stderr
    assert "digest sources check --fix" in words.stderr
    assert desk.is_as_it_was
    assert not (desk.folder / "data").exists()


def test_fix_writes_what_a_person_says_yes_to_and_keeps_everything_else(desk: Desk) -> None:
    assert desk.typed("n\n", "check", "--fix").returncode == 1
    assert desk.is_as_it_was
    answer = desk.typed("y\n", "check", "--only", "herald", "--fix")
    assert "keeps its id" in answer.stderr
    assert desk.file.read_text(encoding="utf-8") == desk.before.replace("/gone.xml", "/all.xml")
    assert desk("check").returncode == 0


def test_fix_without_a_person_is_misuse_and_so_is_an_id_that_nobody_has(desk: Desk) -> None:
    assert "nobody can be asked" in desk("check", "--fix").stderr
    answer = desk("check", "--only", "nobody")
    assert answer.returncode == 2
    assert "no source has the id nobody" in answer.stderr


@pytest.mark.slow
def test_a_move_seen_three_times_is_proposed_even_when_the_old_address_has_died(tmp_path: Path) -> None:
    pages: dict[str, Answer | str] = {
        "/gone.xml": Answer(status=301, location="BASE/new.xml"),
        "/new.xml": a_feed("New").partition("<item>")[0] + "</channel></rss>",
    }
    with serve_site(pages) as site:
        desk = Desk(tmp_path, site)
        subprocess.run(
            [sys.executable, "-m", "digest", "upgrade"], env=desk.environment, cwd=tmp_path, check=True, timeout=60
        )
        for _ in range(3):
            subprocess.run(
                [sys.executable, "-m", "digest", "run"], env=desk.environment, cwd=tmp_path, check=True, timeout=60
            )
        pages["/gone.xml"] = Answer(status=503)
        (row,) = json.loads(desk("check", "--json").stdout)
        assert row["new_feed"] == f"{site.base}/new.xml"
        assert desk.is_as_it_was


# --- import, export ------------------------------------------------------------------------------------------

LIST = """<?xml version="1.0"?>
<opml version="1.0"><body>
<outline text="Mainstream"><outline text="All &amp; sundry" xmlUrl="BASE/all.xml" htmlUrl="BASE/"/></outline>
<outline text="Blogs">
<outline text="The \u202eHerald" xmlUrl="BASE/gone.xml/"/>
<outline text="null" xmlUrl="BASE/nowhere?a=1&b=2"/>
</outline></body></opml>
"""


def listed(desk: Desk, text: str = LIST) -> str:
    path = desk.folder / "reader.opml"
    path.write_text(text.replace("BASE", desk.site.base), encoding="utf-8")
    return str(path)


def test_a_list_comes_in_whole_with_kinds_of_its_folders_and_repeats_told(desk: Desk) -> None:
    trial = desk("import", listed(desk), "--kind", "friendly", "--dry-run")
    assert trial.returncode == 0, trial.stderr
    assert "2 of 3 feeds would be added" in trial.stderr
    assert desk.is_as_it_was
    answer = desk("import", listed(desk), "--kind", "friendly")
    assert answer.returncode == 0, answer.stderr
    assert "Line 5: " in answer.stderr
    assert "is there already as herald" in answer.stderr
    text = desk.file.read_text(encoding="utf-8")
    assert text.startswith(desk.before)
    assert [(it.id, it.name, it.kind.value) for it in read_campaign(desk.file).sources[1:]] == [
        ("all-sundry", "All & sundry", "mainstream"),
        ("null", "null", "friendly"),
    ]
    assert f"feed: {desk.site.base}/nowhere?a=1&b=2\n" in text
    again = desk("import", listed(desk), "--kind", "friendly")
    assert "0 of 3 feeds are new" in again.stderr
    assert desk.file.read_text(encoding="utf-8") == text


def test_check_leaves_out_the_feeds_that_do_not_answer(desk: Desk) -> None:
    text = LIST.replace(' htmlUrl="BASE/"', "")
    answer = desk("import", listed(desk, text), "--kind", "friendly", "--check")
    assert answer.returncode == 0, answer.stderr
    assert "null is left out" in answer.stderr
    sources = read_campaign(desk.file).sources
    assert [it.id for it in sources] == ["herald", "all-sundry"]
    assert sources[1].site == "https://sundry.example/"  # as the feed says where the list is silent


def test_one_bad_line_stops_the_whole_and_every_bad_line_is_told(desk: Desk) -> None:
    text = LIST.replace("BASE/nowhere?a=1&b=2", "javascript:alert(1)").replace("BASE/all.xml", "http://10.0.0.1/feed")
    answer = desk("import", listed(desk, text))
    assert answer.returncode == 2
    assert "Line 3, All & sundry: 10.0.0.1 is an address in a private network" in answer.stderr
    assert "Line 6, null: it stands in no folder called" in answer.stderr
    assert "Line 6, null: feed: 'javascript:alert(1)' does not begin with" in answer.stderr
    assert "Nothing was written" in answer.stderr
    assert desk.is_as_it_was


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"PK\x03\x04" + bytes(100), "the list is not XML"),
        (b"<opml><body>" + b" " * 60_000_000, "the list is larger than 16 MB"),
    ],
)
def test_a_file_that_is_no_list_is_misuse(desk: Desk, body: bytes, says: str) -> None:
    path = desk.folder / "reader.opml"
    path.write_bytes(body)
    answer = desk("import", str(path), "--kind", "friendly")
    assert answer.returncode == 2
    assert says in answer.stderr
    assert desk("import", str(desk.folder / "none.opml")).returncode == 2
    assert desk.is_as_it_was


def test_more_sources_than_the_file_may_have_are_refused_whole(desk: Desk) -> None:
    outlines = "".join(f'<outline text="P{n}" xmlUrl="https://p{n}.example/"/>\n' for n in range(10_000))
    answer = desk("import", listed(desk, f"<opml><body>{outlines}</body></opml>"), "--kind", "mainstream")
    assert answer.returncode == 2
    assert "would have more than 2,000 sources, which is the most we read" in answer.stderr
    assert desk.is_as_it_was


def test_what_one_campaign_exports_another_imports(desk: Desk) -> None:
    assert desk("import", listed(desk), "--kind", "friendly").returncode == 0
    file = desk.folder / "ours.opml"
    assert desk("export", str(file)).returncode == 0
    assert desk("export").stdout == file.read_text(encoding="utf-8")
    refused = desk("export", str(file))
    assert refused.returncode == 1
    assert "is there already" in refused.stderr
    sources = read_campaign(desk.file).sources
    desk.file.write_text(desk.before.partition("\nsources:")[0] + "\nsources:\n", encoding="utf-8")
    answer = desk("import", str(file))
    assert answer.returncode == 0, answer.stderr
    assert {it.id: it for it in read_campaign(desk.file).sources} == {it.id: it for it in sources}
