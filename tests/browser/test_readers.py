"""The readers' pages in a real browser: accessible, narrow and wide, light and dark, with nothing from elsewhere."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page

from digest.model.edition import Cadence, Card, Copy, EditionDocument
from digest.serve import Part, end, free_port, start_part
from digest.storage import Transaction, open_storage
from web.typography import typeset

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(120)]
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
PATHS = (
    "/",
    "/story",
    "/story-of-copies",
    "/editions/",
    "/everything",
    "/sources",
    "/method",
    "/robot",
    "/tell-us",
    "/nothing",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    base: str
    edition: EditionDocument
    copied: Card
    """A story with a report that several outlets carried."""

    def address(self, name: str) -> str:
        card = self.edition.cards[0]
        path = {
            "/story": f"/stories/{card.story_id}-{card.slug}",
            "/story-of-copies": f"/stories/{self.copied.story_id}-{self.copied.slug}",
            "/everything": f"/editions/{self.edition.edition_on}/everything",
        }.get(name, name)
        return f"{self.base}{path}"


def publish_copies(tx: Transaction, newest: EditionDocument) -> Card:
    """An edition of ten days before, of one story that an agency wrote and one more outlet carried."""
    card = next(card for card in newest.cards if card.reports)
    report = card.reports[0]
    copy = Copy(
        article_id=report.article_id,
        source_id=report.source_id,
        source_name="Common Despatch",
        url=f"{report.url}?despatch",
        headline=report.headline,
        published_at=report.published_at,
    )
    reports = (replace(report, copies=(copy,), agency="Common Despatch"), *card.reports[1:])
    days = timedelta(days=10)
    known = (active.story.id for active in tx.stories.active(newest.cut_off_at - days))
    copied = replace(card, story_id=next(one for one in known if not tx.editions.carrying(one)), reports=reports)
    document = replace(
        newest, edition_on=newest.edition_on - days, cut_off_at=newest.cut_off_at - days, cards=(copied,), more=()
    )
    edition = tx.editions.open_draft(
        Cadence.DAILY, document.edition_on, covers_from=document.cut_off_at - days, cut_off_at=document.cut_off_at
    )
    revision = tx.editions.save_revision(edition.id, document, now=document.cut_off_at)
    tx.editions.mark_published(edition.id, revision.revision, now=document.cut_off_at)
    return copied


@pytest.fixture(scope="module")
def served(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo's pages under the ordinary web workers, and before them an edition with what several outlets carried."""
    data = shutil.copytree(demo_data, tmp_path_factory.mktemp("served") / "data")
    storage = open_storage(f"sqlite:///{data / 'digest.sqlite'}")
    with storage.begin() as tx:
        newest = tx.editions.latest_published(Cadence.DAILY)
        assert newest is not None
        copied = publish_copies(tx, newest.document)
    storage.close()
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    process = start_part(
        Part.WEB,
        os.environ
        | {
            "DIGEST_DATA": str(data),
            "DIGEST_SOURCES": str(data / "sources.yaml"),
            "DIGEST_PORT": str(port),
            "DIGEST_BASE_URL": base,
            "DIGEST_NOW": newest.document.cut_off_at.isoformat(),
        },
    )
    try:
        wait_for(base, process)
        yield Served(base=base, edition=newest.document, copied=copied)
    finally:
        end({Part.WEB: process})


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Until the web workers answer; they have their own pace."""
    while process.poll() is None:
        try:
            urlopen(address, timeout=5).close()
        except (URLError, ConnectionError):
            continue
        return
    pytest.fail("the web workers ended by themselves")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 360, "height": 740})
    yield opened
    opened.close()


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_page_is_accessible_and_fits(browser: Browser, served: Served, name: str, scheme: str, width: int) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]  # one of its literals
    )
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(served.address(name))
    assert hosts == {served.base.removeprefix("http://")}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The page's own policy forbids scripts; the tester's is let in around it.
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    page.close()


def test_skip_link_leads_to_the_content_by_keyboard(page: Page, served: Served) -> None:
    page.goto(served.base)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_phone_has_one_column_ours_then_reported_then_supportive(page: Page, served: Served) -> None:
    page.goto(served.base)
    for card in page.locator("article.card").all():
        sides = [box for side in card.locator(".side").all() if (box := side.bounding_box())]
        assert [side["y"] for side in sides] == sorted(side["y"] for side in sides)
        assert len({round(side["x"]) for side in sides}) == 1
        assert "side--ours" in (card.locator(".side").first.get_attribute("class") or "")


def test_wide_screen_puts_the_two_sides_beside_each_other(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(served.base)
    card = page.locator("article.card").first
    ours, reported = (card.locator(f".side--{side}").bounding_box() for side in ("ours", "reported"))
    assert ours is not None
    assert reported is not None
    assert ours["y"] == reported["y"]
    assert ours["x"] + ours["width"] <= reported["x"]


def test_everything_works_without_scripts(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.base)
    page.locator("article.card h2 a").first.click()
    assert page.locator("h1").inner_text() == typeset(served.edition.cards[0].name, language="en")
    page.get_by_role("link", name="All editions").click()
    assert page.locator("main .line a").count() == 6
    context.close()


def test_a_script_in_a_link_is_not_run(page: Page, served: Served) -> None:
    page.goto(served.base)
    title = page.title()
    link = page.locator("article.card h2 a").first
    link.evaluate("link => link.href = 'javascript:document.title = \"ours now\"; void 0'")
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        link.click()
    assert page.title() == title


@pytest.mark.parametrize("selector", [".masthead__title", ".masthead__publisher", ".sample"])
def test_masthead_of_a_phone_takes_one_line_each(page: Page, served: Served, selector: str) -> None:
    page.goto(served.base)
    tops = page.locator(selector).evaluate(
        "element => { const range = document.createRange(); range.selectNodeContents(element);"
        " return [...range.getClientRects()].map(box => Math.round(box.top)) }"
    )
    assert len(set(tops)) == 1


def test_navigation_of_a_phone_is_one_row(page: Page, served: Served) -> None:
    page.goto(served.base)
    links = [box for link in page.locator(".masthead__nav a").all() if (box := link.bounding_box())]
    assert len({round(box["y"]) for box in links}) == 1


def test_first_screen_of_a_phone_shows_both_sides(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto(served.base)
    lead = page.locator("article.card").first
    ours, reported = (lead.locator(f".side--{side}").bounding_box() for side in ("ours", "reported"))
    assert ours is not None
    assert reported is not None
    assert ours["y"] < 320
    assert reported["y"] < 640


def test_first_screen_of_a_desk_shows_both_sides(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(served.base)
    for side in ("ours", "reported"):
        label = page.locator(f"article.card .side--{side}").first.bounding_box()
        assert label is not None
        assert label["y"] < 360


@pytest.mark.parametrize("name", PATHS)
def test_what_can_be_tapped_is_large_enough(page: Page, served: Served, name: str) -> None:
    page.goto(served.address(name))
    in_text = ".lede a, .prose p a:not(.button), .skip"  # WCAG 2.5.8: links inside a sentence
    low = page.evaluate(
        "inText => [...document.querySelectorAll('a, summary')].filter(e => !e.matches(inText))"
        ".map(e => [e.textContent, e.getBoundingClientRect().height]).filter(([, height]) => height < 24)",
        in_text,
    )
    assert low == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_is_light_and_full(browser: Browser, served: Served, scheme: str) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 990}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(served.base)
    page.emulate_media(media="print", color_scheme=scheme)  # type: ignore[arg-type]
    seen = page.evaluate(
        "() => ({ink: getComputedStyle(document.body).color, nav: document.querySelector('nav').offsetHeight,"
        " pager: document.querySelector('.pager').offsetHeight, button: document.querySelector('.button').offsetHeight,"
        " card: getComputedStyle(document.querySelector('.card')).breakInside})"
    )
    assert seen == {"ink": "rgb(0, 0, 0)", "nav": 0, "pager": 0, "button": 0, "card": "auto"}
    page.close()


@pytest.mark.parametrize("width", [360, 640])
def test_text_grows_to_twice_its_size_without_loss(page: Page, served: Served, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(served.base)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    rights = [box["x"] + box["width"] for side in page.locator(".side").all() if (box := side.bounding_box())]
    body = page.locator("main").bounding_box()
    assert body is not None
    assert max(rights) <= body["x"] + body["width"] + 1


def test_a_report_that_several_carried_leads_to_each(page: Page, served: Served) -> None:
    page.goto(served.address("/story-of-copies"))
    line = page.locator(".timeline .source--same").first
    assert line.inner_text().startswith("The same report in two outlets: ")
    assert line.locator("a").count() == 1
    entry = page.locator(".timeline__entry:has(.source--same)").first
    assert len({link.get_attribute("href") for link in entry.locator("a").all()}) == 2


def test_the_longest_words_of_other_languages_stay_on_a_phone(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(served.address("/story"))
    page.evaluate(
        "for (const each of document.querySelectorAll('.report__headline, h1, .source'))"
        " each.textContent = 'Donaudampfschifffahrtsgesellschaftskapitänsversammlungsbeschluss'"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_lines_for_robots_stay_whole_where_they_fit(page: Page, served: Served) -> None:
    page.goto(served.address("/robot"))
    lines = page.locator("pre").evaluate(
        "element => { const range = document.createRange(); range.selectNodeContents(element);"
        " return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size }"
    )
    assert lines == 2
