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


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.google.com/amp/s/www.courier.example/2026/ferry-fares-up", "https://www.courier.example/2026/ferry-fares-up"),
        ("https://www-courier-example.cdn.ampproject.org/c/s/www.courier.example/ferry?usqp=x", "https://www.courier.example/ferry"),
        ("https://courier.example/news/ferry-fares-up/amp/", "https://courier.example/news/ferry-fares-up"),
        ("https://courier.example/amp/news/ferry-fares-up", "https://courier.example/news/ferry-fares-up"),
        ("https://courier.example/ferry-fares-up.amp.html", "https://courier.example/ferry-fares-up.html"),
        ("https://courier.example/ferry-fares-up/print", "https://courier.example/ferry-fares-up"),
        ("https://courier.example/ferry?amp=1&id=3", "https://courier.example/ferry?id=3"),
        ("https://courier.example/ferry?view=print", "https://courier.example/ferry"),
        ("https://en.m.wikipedia.org/wiki/Ferry", "https://en.wikipedia.org/wiki/Ferry"),
        ("https://Courier.Example.:443/a/%7ebert/%c3%a5", "https://courier.example/a/~bert/%C3%A5"),
        ("https://courier.example/news/index.html", "https://courier.example/news/"),
        ("https://courier.example/a;jsessionid=AB12?id=2&PHPSESSID=9", "https://courier.example/a?id=2"),
        ("https://courier.example/#!/story/3", "https://courier.example/#!/story/3"),
    ],
)  # fmt: skip
def test_every_view_of_an_article_has_the_articles_address(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "https://m.courier.example/ferry",
        "https://amp.courier.example/ferry",
        "https://courier.example/topics/amp",
        "https://courier.example/index.php?id=3",
        "https://courier.example/live?page=2",
        "https://courier.example/story?sid=3&ref=a&source=b&s=c",
        "https://courier.example/amp/s/other.example/x",
        "https://courier.example/a?view=full&print=no",
    ],
)
def test_what_may_be_another_article_keeps_its_address(url: str) -> None:
    assert canonical_url(url) == url


@pytest.mark.parametrize(
    ("own", "declared", "is_taken"),
    [
        ("//m.courier.example/ferry", "//www.courier.example/ferry", True),
        ("//amp.courier.example/ferry", "//www.courier.example/ferry", True),
        ("//courier.example/story/1234567/slug", "//courier.example/story/1234567", True),
        ("//courier.example/ferry-fares-up?ref=rss", "//courier.example/ferry-fares-up", True),
        ("//courier.example/story?id=3&ref=rss", "//courier.example/story?id=3", True),
        ("//courier.example/news/ferry", "//courier.example/news", False),
        ("//courier.example/news/ferry", "//courier.example/news/", False),
        ("//courier.example/news/ferry", "//courier.example/home", False),
        ("//courier.example/story.php?id=3", "//courier.example/story.php", False),
        ("//courier.example/p?id=1", "//courier.example/p?id=2", False),
        ("//courier.example/ferry", "//courier.example/tag/politics", False),
        ("//courier.example/ferry", "//courier.example/404", False),
        ("//courier.example/the-ferry-affair?page=2", "//courier.example/the-ferry-affair", False),
        ("//courier.example/the-ferry-affair/page/2", "//courier.example/the-ferry-affair", False),
        ("//courier.example/ferry", "//agency.example/ferry", False),
        ("//anna.blogspot.com/ferry", "//bert.blogspot.com/ferry", False),
        ("//gov.wales.example/ferry", "//www.wales.example/ferry", True),
        ("//one.gov.uk/ferry", "//two.gov.uk/ferry", False),
    ],
)
def test_a_declared_address_counts_only_where_it_can_be_this_articles(own: str, declared: str, is_taken: bool) -> None:
    expected = declared if is_taken else own
    assert canonical_url(f"https:{own}", declared=f"https:{declared}") == f"https:{expected}"
