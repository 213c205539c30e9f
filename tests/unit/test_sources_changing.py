"""Changing sources.yaml: one thing changes, comments stay, and a conflict is told."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import ConfigError, ConflictError, NotFoundError, StorageError
from digest.model.ids import SourceId
from digest.model.source import Campaign, ExcerptMode, Source, SourceKind, Terms
from digest.sources import add_source, add_sources, changing, fingerprint, move_source, pause_source, read_campaign
from digest.sources.splicing import Splice, YamlText

FILE = """\
# Kept by Jo. Ask before you change the imprint!
site:
    title: "The Marsh Letter"   # with the quotes
    campaign: Marsh for Leader
    candidates:
    - name: Ada Marsh
    time_zone: Europe/London
    edition_hour: 18:00

# --- where we read ---

sources:
- id: ours   # press office
  name: Our campaign
  kind: campaign
  feed: https://campaign.example/feed/
  site: https://campaign.example/

- id: herald
  name: The Herald
  kind: mainstream
  feed: https://herald.example/rss.xml
  site: https://herald.example/
  terms:
    excerpt: headline only  # their lawyers wrote

# --- what it is about ---
topics:
- {id: rents, name: Rents, seeds: [rents]}
"""
NEW = Source(
    id=SourceId("review"),
    name="The Review: 100% friendly",
    kind=SourceKind.FRIENDLY,
    feed="https://review.example/atom",
    site="https://review.example/",
    language="cy",
    owner="Review Co-op",
    weight=0.5,
    terms=Terms(mode=ExcerptMode.LINK_ONLY, images=True),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sources.yaml"
    path.write_text(FILE)
    return path


def test_a_new_source_stands_after_the_others_and_every_other_line_is_as_it_was(path: Path) -> None:
    campaign = add_source(path, NEW)
    assert campaign.sources[-1] == NEW
    assert read_campaign(path) == campaign
    added = """
- id: review
  name: "The Review: 100% friendly"
  kind: friendly
  feed: https://review.example/atom
  site: https://review.example/
  language: cy
  owner: Review Co-op
  weight: 0.5
  terms:
    excerpt: link only
    images: true
"""
    assert path.read_text() == FILE.replace("their lawyers wrote\n", f"their lawyers wrote\n{added}")


def test_the_first_source_stands_before_the_commented_examples(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    head = FILE.partition("sources:\n")[0] + "sources:\n"
    path.write_text(head + "  # - id: an-example\n  #   name: An example\n")
    add_source(path, NEW)
    text = path.read_text()
    assert text.startswith(head + "  - id: review\n")
    assert text.endswith("# - id: an-example\n  #   name: An example\n")


@pytest.mark.parametrize("empty", ["sources: []   # none yet", "sources:   # none yet", "sources: null   # none yet"])
def test_the_first_source_takes_the_place_of_an_empty_list(tmp_path: Path, empty: str) -> None:
    path = tmp_path / "sources.yaml"
    topics = "\n# about\n" + FILE[FILE.index("topics:") :]
    path.write_text(FILE.partition("sources:\n")[0] + empty + topics)
    assert add_source(path, NEW).sources == (NEW,)
    assert "# none yet\n  - id: review\n" in path.read_text()
    assert path.read_text().endswith("    images: true" + topics)


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_file_without_sources_gets_the_list_at_its_end(tmp_path: Path, end: str) -> None:
    path = tmp_path / "sources.yaml"
    head = FILE.partition("\n\n# --- where")[0]
    path.write_text(head + end)
    assert add_source(path, NEW).sources == (NEW,)
    assert path.read_text().startswith(f"{head}\nsources:\n  - id: review\n")


def test_a_list_in_brackets_is_left_to_a_person(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    row = "{id: a, name: A, kind: friendly, feed: https://a.example/f, site: https://a.example}"
    path.write_text(FILE.partition("sources:\n")[0] + f"sources: [{row}]\n")
    with pytest.raises(StorageError, match="write one line with - for each entry first"):
        add_source(path, NEW)
    pause_source(path, SourceId("a"))
    assert path.read_text().endswith("https://a.example, paused: true}]\n")


def test_a_paused_source_gains_one_line(path: Path) -> None:
    campaign = pause_source(path, SourceId("ours"))
    assert [source.paused for source in campaign.sources] == [True, False]
    site = "  site: https://campaign.example/\n"
    assert path.read_text() == FILE.replace(site, f"{site}  paused: true\n")


def test_a_source_polled_again_says_so(path: Path) -> None:
    pause_source(path, SourceId("herald"))
    assert "lawyers wrote\n  paused: true\n\n# --- what" in path.read_text()
    campaign = pause_source(path, SourceId("herald"), paused=False)
    assert not campaign.source_by_id()[SourceId("herald")].paused
    assert "lawyers wrote\n  paused: false\n\n# --- what" in path.read_text()


def test_asking_for_what_is_so_already_changes_nothing(path: Path) -> None:
    pause_source(path, SourceId("ours"), paused=False)
    assert path.read_text() == FILE


def test_pausing_a_source_that_is_not_there_is_told_and_changes_nothing(path: Path) -> None:
    with pytest.raises(NotFoundError, match="has the id nobody"):
        pause_source(path, SourceId("nobody"))
    assert path.read_text() == FILE


def test_a_change_of_what_somebody_else_changed_since_is_refused(path: Path) -> None:
    seen = fingerprint(path)
    path.write_text(FILE + "# and another thing\n")
    with pytest.raises(ConflictError, match="changed by somebody else"):
        add_source(path, NEW, expected_sha256=seen)
    assert path.read_text() == FILE + "# and another thing\n"


def test_a_change_of_what_the_caller_saw_goes_through(path: Path) -> None:
    add_source(path, NEW, expected_sha256=fingerprint(path))


def test_a_source_that_is_there_already_is_refused_before_anything_is_written(path: Path) -> None:
    add_source(path, NEW)
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="'review' stands on line"):
        add_source(path, NEW)
    assert path.read_bytes() == before


def test_a_file_that_is_wrong_already_is_not_touched(path: Path) -> None:
    path.write_text(FILE.replace("kind: campaign", "kind: campain"))
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="did you mean campaign"):
        add_source(path, NEW)
    assert path.read_bytes() == before


def test_mode_line_ends_and_byte_order_mark_stay(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    pause_source(path, SourceId("ours"))
    body = path.read_bytes()
    assert body.startswith(b"\xef\xbb\xbf# Kept by Jo.")
    assert body.count(b"\n") == body.count(b"\r\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_to_the_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    pause_source(link, SourceId("ours"))
    assert link.is_symlink()
    assert "paused: true" in path.read_text()


def test_nothing_but_the_lock_is_left_beside_the_file(path: Path) -> None:
    add_source(path, NEW)
    assert sorted(entry.name for entry in path.parent.iterdir()) == [".sources.yaml.lock", "sources.yaml"]


def test_a_folder_that_cannot_hold_a_lock_is_told(path: Path) -> None:
    (path.parent / ".sources.yaml.lock").mkdir()
    with pytest.raises(StorageError, match="can't be changed"):
        add_source(path, NEW)
    assert path.read_text() == FILE


def test_a_full_disk_is_told_and_the_file_stays_whole(path: Path) -> None:
    child = """
import resource, signal, sys
from pathlib import Path
from digest.errors import StorageError
from digest.sources import pause_source
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    pause_source(Path(sys.argv[1]), "ours")
except StorageError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", child, path], capture_output=True, text=True, check=True, timeout=60)
    assert "free space or make its folder writable" in done.stdout
    assert path.read_text() == FILE
    assert sorted(entry.name for entry in path.parent.iterdir()) == [".sources.yaml.lock", "sources.yaml"]


def test_two_who_write_at_once_both_get_their_change(path: Path) -> None:
    newcomers = [replace(NEW, id=SourceId(f"s{n}"), feed=f"https://s{n}.example/") for n in range(8)]
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(lambda source: add_source(path, source), newcomers))
    assert {source.id for source in read_campaign(path).sources} >= {source.id for source in newcomers}


def test_several_sources_are_one_change_that_reads_like_the_rest(path: Path) -> None:
    others = [replace(NEW, id=SourceId(f"n{number}"), feed=f"https://{number}.example/") for number in range(3)]
    campaign = add_sources(path, others)
    assert campaign.sources[-3:] == tuple(others)
    assert read_campaign(path) == campaign
    # The file leaves an empty line between entries; so do those that come.
    assert path.read_text().count("\n\n- id: n") == 3


def test_several_sources_of_which_one_is_wrong_are_none(path: Path) -> None:
    with pytest.raises(ConfigError, match="stands on line"):
        add_sources(path, [NEW, replace(NEW, id=SourceId("other"))])
    with pytest.raises(ConfigError, match="2,000 is the most"):
        add_sources(path, [NEW] * 2_000)
    assert path.read_text() == FILE


def test_a_trial_raises_what_the_change_would_and_writes_nothing(path: Path) -> None:
    assert add_sources(path, [NEW], is_trial=True).sources[-1] == NEW
    with pytest.raises(ConflictError):
        add_sources(path, [NEW], expected_sha256="another", is_trial=True)
    assert path.read_text() == FILE
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("feed", ["https://herald.example/new.xml", "https://herald.example/?a=b,c&d=:[e]#{f}"])
def test_a_source_that_moves_keeps_all_but_its_address(path: Path, feed: str) -> None:
    campaign = move_source(path, SourceId("herald"), feed, expected_sha256=fingerprint(path))
    assert campaign.source_by_id()[SourceId("herald")].feed == feed
    assert len(set(FILE.splitlines()) - set(path.read_text().splitlines())) == 1
    assert read_campaign(path) == campaign


def test_a_source_in_braces_moves_too(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    row = "- {id: a, name: A, kind: friendly, feed: https://a.example/f, site: https://a.example}  # Jo"
    path.write_text(FILE.partition("sources:\n")[0] + f"sources:\n{row}\n")
    move_source(path, SourceId("a"), "https://a.example/g,h")
    assert path.read_text().endswith('feed: "https://a.example/g,h", site: https://a.example}  # Jo\n')


def test_a_source_never_moves_to_where_another_is_or_out_of_what_somebody_else_wrote(path: Path) -> None:
    with pytest.raises(ConfigError, match="list each feed once"):
        move_source(path, SourceId("herald"), "https://campaign.example/feed")
    with pytest.raises(NotFoundError, match="nobody"):
        move_source(path, SourceId("nobody"), "https://a.example/")
    with pytest.raises(ConflictError):
        move_source(path, SourceId("herald"), "https://a.example/", expected_sha256="another")
    assert path.read_text() == FILE


@pytest.mark.parametrize("by_renaming", [False, True], ids=["written in place", "put in its place"])
def test_an_edit_by_hand_while_the_change_is_made_is_told_and_kept(path: Path, by_renaming: bool) -> None:
    by_hand = FILE.replace("The Herald", "The Herald on Sunday")

    def edit(text: YamlText, campaign: Campaign) -> tuple[Splice, Campaign]:
        saved = path.with_suffix(".saved") if by_renaming else path
        saved.write_text(by_hand)
        saved.replace(path)
        paused = tuple(replace(source, paused=True) for source in campaign.sources[:1])
        row = text.rows("sources")[0]
        return text.with_key(row, "paused", "true"), replace(campaign, sources=(*paused, *campaign.sources[1:]))

    with pytest.raises(ConflictError, match=r"changed by somebody else just now; look at it again and repeat"):
        changing._change(path, edit, None)
    assert path.read_text() == by_hand
    assert {file.name for file in path.parent.iterdir()} == {path.name, f".{path.name}.lock"}
