"""Finding the feeds of a site, and of a source whose feed has gone: real requests, real parsing, on loopback."""

from collections.abc import Mapping
from dataclasses import replace

from digest.model.fetch import FetchState
from digest.model.ids import SourceId
from digest.model.source import Source, SourceKind
from digest.net import AddressGuard, GuardedClient
from digest.pipeline import Discovery, SourceCheck, check_sources, find_feeds
from digest.stages.extract import ParserPool
from tests.integration.sites import Answer, LoopbackSite, a_feed, a_link, serve_site


def client_of(site: LoopbackSite) -> GuardedClient:
    return GuardedClient(
        AddressGuard([site.opened]),
        timeout_seconds=5,
        max_bytes=2_000_000,
        user_agent="Rejoinder/test",
        host_spacing_seconds=0,
    )


def found_at(site: LoopbackSite, path: str, parsers: ParserPool, *sources: Source) -> Discovery:
    return find_feeds(site.base + path, open_client=lambda: client_of(site), parsers=parsers, sources=sources)


def paths(found: Discovery, site: LoopbackSite) -> list[str]:
    return [feed.url.removeprefix(site.base) for feed in found.feeds]


def a_source(feed: str, site: str, id: str = "herald") -> Source:  # noqa: A002  # the key's name
    return Source(id=SourceId(id), name="The Herald", kind=SourceKind.MAINSTREAM, feed=feed, site=site)


def test_an_address_that_is_a_feed_is_the_feed(parsers: ParserPool) -> None:
    with serve_site({"/news.xml": a_feed("Herald", "First", "Second")}) as site:
        found = found_at(site, "/news.xml", parsers)
        assert paths(found, site) == ["/news.xml"]
        assert site.asked == ["/news.xml"]
    assert [entry.title for entry in found.feeds[0].newest_entries] == ["First", "Second"]


def test_declared_feeds_are_looked_into_with_the_pages_own_subject_first_and_comments_last(parsers: ParserPool) -> None:
    links = a_link("/comments/feed", "Comments") + a_link("/rss") + a_link("/politics/rss", "Politics")
    pages = {
        "/politics": f"<html><title>Politics</title>{links}</html>",
        "/rss": a_feed("All"),
        "/politics/rss": a_feed("Politics"),
        "/comments/feed": a_feed("Comments on all"),
    }
    with serve_site(pages) as site:
        found = found_at(site, "/politics", parsers)
        assert paths(found, site) == ["/politics/rss", "/rss", "/comments/feed"]
    assert [feed.is_of_comments for feed in found.feeds] == [False, False, True]


def test_links_in_the_text_are_asked_where_the_page_declares_nothing_that_is_a_feed(parsers: ParserPool) -> None:
    page = a_link("/gone.xml") + '<a href="/our.rss">RSS</a><a href="/feedback">feedback</a>'
    with serve_site({"/": page, "/our.rss": a_feed("Ours")}) as site:
        assert paths(found_at(site, "/", parsers), site) == ["/our.rss"]
        assert site.asked == ["/", "/gone.xml", "/our.rss"]


def test_the_usual_addresses_are_tried_in_order_until_one_is_a_feed(parsers: ParserPool) -> None:
    soft = "<!doctype html><html><body>Not found, but we say 200</body></html>"
    with serve_site(
        {"/": "<html><title>x</title>", "/feed": soft, "/rss.xml": a_feed("Bare"), "/atom.xml": soft}
    ) as site:
        assert paths(found_at(site, "/", parsers), site) == ["/rss.xml"]
        assert site.asked == ["/", "/feed", "/rss", "/rss.xml"]


def test_a_mastodon_account_is_known_by_its_shape_and_its_page_is_not_asked(parsers: ParserPool) -> None:
    with serve_site({"/@ada.rss": a_feed("Ada"), "/@ada": "<html>"}) as site:
        assert paths(found_at(site, "/@ada", parsers), site) == ["/@ada.rss"]
        assert site.asked == ["/@ada.rss"]


def test_where_a_shape_deceives_the_page_is_asked(parsers: ParserPool) -> None:
    with serve_site({"/@ada": a_link("/ada/feed"), "/ada/feed": a_feed("Ada")}) as site:
        assert paths(found_at(site, "/@ada", parsers), site) == ["/ada/feed"]


def test_a_feed_is_found_once_however_often_and_in_whatever_form_it_is_advertised(parsers: ParserPool) -> None:
    links = a_link("/a.rss") + a_link("/a.rss#x") + a_link("/a.rss/") + a_link("/b.rss", "the same articles")
    with serve_site({"/": links, "/a.rss": a_feed("A"), "/b.rss": a_feed("A"), "/a.rss/": a_feed("A")}) as site:
        assert paths(found_at(site, "/", parsers), site) == ["/a.rss"]


def test_a_feed_that_staff_have_is_told_with_its_id(parsers: ParserPool) -> None:
    with serve_site({"/": a_link("/a.rss"), "/a.rss": a_feed("A")}) as site:
        source = a_source(f"{site.base}/a.rss/", site.base)
        assert [feed.known_as for feed in found_at(site, "/", parsers, source).feeds] == ["herald"]


def test_the_address_to_write_is_where_a_lasting_redirect_leads_and_no_other(parsers: ParserPool) -> None:
    pages: Mapping[str, Answer | str] = {
        "/": a_link("/old") + a_link("/today"),
        "/old": Answer(status=301, location="BASE/new.xml"),
        "/today": Answer(status=302, location="BASE/cache/17.xml"),
        "/new.xml": a_feed("New"),
        "/cache/17.xml": a_feed("Today"),
    }
    with serve_site(pages) as site:
        assert paths(found_at(site, "/", parsers), site) == ["/new.xml", "/today"]


def test_ten_thousand_advertised_feeds_cost_eight_requests(parsers: ParserPool) -> None:
    links = "".join(a_link(f"/feed/{number}") for number in range(10_000))
    with serve_site({"/": links} | {f"/feed/{number}": a_feed(f"F{number}") for number in range(20)}) as site:
        found = found_at(site, "/", parsers)
        assert len(found.feeds) == 8
        assert len(site.asked) == 9
    assert found.not_asked == 10_000 - 8 - 5_000  # what lies behind the first 5,000 is not even counted


def test_a_page_that_advertises_private_places_reaches_none_of_them(parsers: ParserPool) -> None:
    with serve_site({"/secret": a_feed("Secret")}) as private:
        links = a_link(f"{private.base}/secret") + a_link("https://10.0.0.1/feed") + a_link("javascript:feed")
        pages = {"/": links + a_link("/hop"), "/hop": Answer(status=301, location=f"{private.base}/secret")}
        with serve_site(pages) as site:
            found = found_at(site, "/", parsers)
        assert private.asked == []
    assert found.feeds == ()


def test_a_server_that_redirects_in_circles_is_left_alone(parsers: ParserPool) -> None:
    with serve_site({"/": Answer(status=302, location="BASE/")}) as site:
        found = found_at(site, "/", parsers)
        assert len(site.asked) == 6
    assert "redirects more than" in found.trouble


def test_a_server_that_is_busy_is_not_asked_for_more(parsers: ParserPool) -> None:
    with serve_site({"/": "<html><title>x</title>", "/feed": Answer(status=503)}) as site:
        assert found_at(site, "/", parsers).feeds == ()
        assert site.asked == ["/", "/feed"]


def test_a_site_without_any_feed_is_told_with_what_to_do(parsers: ParserPool) -> None:
    with serve_site({"/": "<html><title>x</title>"}) as site:
        found = found_at(site, "/", parsers)
        assert len(site.asked) <= 13
    assert "names no feed" in found.trouble
    assert "ask the outlet" in found.trouble


def test_a_scheme_that_was_left_out_is_tried_as_https_and_then_as_http(parsers: ParserPool) -> None:
    with serve_site({"/": a_link("/a.rss"), "/a.rss": a_feed("A")}) as site:
        found = find_feeds(site.opened, open_client=lambda: client_of(site), parsers=parsers)
        assert paths(found, site) == ["/a.rss"]


def test_a_private_or_impossible_address_is_told_in_words(parsers: ParserPool) -> None:
    with serve_site({}) as site:
        for text, says in [
            ("10.0.0.5", "an address in a private network"),
            ("javascript:alert(1)", "does not begin with http"),
            ("https://u:p@herald.example/", "user name or password"),
            ("https://[::1", "not a web address"),
            ("x.com/ada", "X publishes no feed"),
        ]:
            found = find_feeds(text, open_client=lambda: client_of(site), parsers=parsers)
            assert found.feeds == ()
            assert says in found.trouble, text
        assert site.asked == []


# --- checking ------------------------------------------------------------------------------------------------


def checked(
    site: LoopbackSite, parsers: ParserPool, *sources: Source, states: Mapping[SourceId, FetchState] | None = None
) -> list[SourceCheck]:
    return check_sources(
        sources, open_client=lambda: client_of(site), parsers=parsers, concurrency=4, known=sources, states=states
    )


def test_a_feed_that_has_gone_is_looked_for_at_its_site_and_its_own_subject_is_preferred(parsers: ParserPool) -> None:
    links = a_link("/all.xml", "All") + a_link("/new/politics.xml", "Politics") + a_link("/comments/feed", "Comments")
    pages = {
        "/": links,
        "/all.xml": a_feed("All"),
        "/new/politics.xml": a_feed("Politics"),
        "/comments/feed": a_feed("Comments"),
        "/html": "<html><body>We have moved</body></html>",
    }
    with serve_site(pages) as site:
        for old in ("/politics/rss.xml", "/html"):
            (row,) = checked(site, parsers, a_source(site.base + old, f"{site.base}/"))
            assert not row.is_fine
            assert row.new_feed.startswith(site.base)
        (row,) = checked(site, parsers, a_source(f"{site.base}/politics/rss.xml", f"{site.base}/"))
        assert row.new_feed == f"{site.base}/new/politics.xml"


def test_a_server_that_is_only_busy_is_not_searched(parsers: ParserPool) -> None:
    with serve_site({"/rss": Answer(status=503), "/": a_link("/all.xml"), "/all.xml": a_feed("All")}) as site:
        (row,) = checked(site, parsers, a_source(f"{site.base}/rss", f"{site.base}/"))
        assert (row.is_fine, row.new_feed) == (False, "")
        assert site.asked == ["/rss"]


def test_a_feed_that_has_moved_for_good_is_fine_and_told(parsers: ParserPool) -> None:
    pages: Mapping[str, Answer | str] = {
        "/old": Answer(status=308, location="BASE/new"),
        "/now": Answer(status=302, location="BASE/new"),
        "/new": a_feed("New"),
    }
    with serve_site(pages) as site:
        moved, stays = checked(
            site, parsers, a_source(f"{site.base}/old", site.base), a_source(f"{site.base}/now", site.base, "other")
        )
    assert (moved.is_fine, moved.new_feed, moved.words) == (True, f"{site.base}/new", "ok; has moved for good")
    assert (stays.is_fine, stays.new_feed, stays.words) == (True, "", "ok")


def test_a_move_that_fetching_has_come_to_believe_is_proposed_though_the_old_address_is_dead(
    parsers: ParserPool,
) -> None:
    with serve_site({"/old": Answer(status=503)}) as site:
        source = a_source(f"{site.base}/old", site.base)
        state = FetchState(
            source_id=source.id, url=source.feed, permanent_url="https://new.example/feed", permanent_seen=3
        )
        (row,) = checked(site, parsers, source, states={source.id: state})
        assert row.new_feed == "https://new.example/feed"
        for other in (replace(state, permanent_seen=2), replace(state, url="https://another.example/")):
            (row,) = checked(site, parsers, source, states={source.id: other})
            assert row.new_feed == ""


def test_no_feed_is_proposed_to_two_sources_or_taken_from_one(parsers: ParserPool) -> None:
    pages: Mapping[str, Answer | str] = {
        "/": a_link("/all.xml"),
        "/all.xml": a_feed("All"),
        "/old": Answer(status=301, location="BASE/all.xml"),
        "/older": Answer(status=301, location="BASE/all.xml"),
    }
    with serve_site(pages) as site:
        one, two, gone = checked(
            site,
            parsers,
            a_source(f"{site.base}/old", f"{site.base}/", "one"),
            a_source(f"{site.base}/older", f"{site.base}/", "two"),
            a_source(f"{site.base}/gone", f"{site.base}/", "gone"),
        )
        assert one.new_feed == f"{site.base}/all.xml"
        assert (two.new_feed, gone.new_feed) == ("", "")
        assert "one reads its new address" in two.words
        owner, moved = checked(
            site,
            parsers,
            a_source(f"{site.base}/all.xml", f"{site.base}/", "owner"),
            a_source(f"{site.base}/old", f"{site.base}/", "moved"),
        )
        assert (owner.new_feed, moved.new_feed) == ("", "")
        assert "owner reads its new address" in moved.words
