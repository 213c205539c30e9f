import pytest

from digest.stages.extract.addresses import absolute_url, canonical_url, site_name

PAGE = "https://www.courier.example/2026/11/ferry"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/budget", "https://www.courier.example/budget"),
        ("HTTPS://Courier.Example:443/A?b=1#c", "https://courier.example/A?b=1#c"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("/two words", "https://www.courier.example/two%20words"),
        ("/østre?q=å", "https://www.courier.example/%C3%B8stre?q=%C3%A5"),
        ("https://blåbær.example/", "https://xn--blbr-roah.example/"),
        ("http://127.0.0.1:8801/a", "http://127.0.0.1:8801/a"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:desk@courier.example", None),
        ("file:///etc/passwd", None),
        ("https://user:secret@courier.example/", None),
        ("http://[::1", None),
        ("http://host:99999/", None),
        ("https://courier.example/" + "a" * 3000, None),
        ("", None),
    ],
)
def test_only_http_addresses_survive_and_are_absolute(link: str, expected: str | None) -> None:
    assert absolute_url(link, base=PAGE) == expected


@pytest.mark.parametrize(
    "query",
    ["utm_source=rss&utm_medium=feed", "fbclid=x", "gclid=1", "mc_cid=a&mc_eid=b", "UTM_Campaign=x", "at_medium=RSS"],
)
def test_tracking_parameters_are_dropped(query: str) -> None:
    assert canonical_url(f"{PAGE}?{query}#top") == PAGE


def test_parameters_that_name_the_article_are_kept_in_their_order() -> None:
    assert canonical_url(f"{PAGE}?p=12&utm_source=x&id=3&a=") == f"{PAGE}?p=12&id=3&a="


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("https://courier.example/2026/11/ferry", "https://courier.example/2026/11/ferry"),
        ("/2026/11/ferry-fares?utm_source=og", "https://www.courier.example/2026/11/ferry-fares"),
        ("https://www.courier.example/", PAGE),
        ("https://www.courier.example", PAGE),
        ("https://elsewhere.example/2026/11/ferry", PAGE),
        ("javascript:1", PAGE),
        (None, PAGE),
    ],
)
def test_a_declared_address_counts_on_the_same_site_unless_it_is_the_front_page(
    declared: str | None, expected: str
) -> None:
    assert canonical_url(PAGE, declared=declared) == expected


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.bbc.co.uk", "bbc.co.uk"),
        ("news.bbc.co.uk", "bbc.co.uk"),
        ("amp.courier.example", "courier.example"),
        ("anna.substack.com", "anna.substack.com"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
    ],
)
def test_a_site_is_what_one_registers(host: str, site: str) -> None:
    assert site_name(host) == site


def test_two_blogs_on_one_shared_host_are_two_sites() -> None:
    url = "https://anna.substack.com/p/one"
    assert canonical_url(url, declared="https://bert.substack.com/p/one") == url
