"""What a robots.txt says to us: RFC 9309's own examples, Google's published cases, and files made to hurt."""

import pytest

from digest.stages.fetch.rules import LONGEST_PATTERN, MOST_BYTES, MOST_RULES, MOST_STARS, Rules


def allows(text: str | bytes, target: str) -> bool:
    rules = Rules.read(text.encode() if isinstance(text, str) else text)
    assert Rules.from_text(rules.as_text()).rules == rules.rules
    return rules.allow(target)


def rule(path: str) -> str:
    return f"User-agent: *\nDisallow: {path}\n"


RFC_5_1 = """\
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot

EOF
"""
RFC_5_2 = """\
User-Agent: foobot
Allow: /example/page/
Disallow: /example/page/disallowed.gif
"""


@pytest.mark.parametrize(
    ("agent", "target", "is_allowed"),
    [
        ("other", "/picture.gif", False),
        ("other", "/picture.gif?x", True),
        ("other", "/example/page.html", False),
        ("other", "/publications/", True),
        ("foobot", "/", False),
        ("foobot", "/example/page.html", True),
        ("foobot", "/example/allowed.gif", True),
        ("foobot", "/publications/", False),
        ("barbot", "/example/page.html", False),
        ("bazbot", "/example/page.html", False),
        ("barbot", "/example/other.html", True),
        ("quxbot", "/example/page.html", True),
    ],
)
def test_simple_example_of_the_rfc(agent: str, target: str, is_allowed: bool) -> None:
    assert allows(RFC_5_1.replace(agent, "Rejoinder"), target) is is_allowed


@pytest.mark.parametrize(("target", "is_allowed"), [("/example/page/", True), ("/example/page/disallowed.gif", False)])
def test_longest_match_of_the_rfc_decides(target: str, is_allowed: bool) -> None:
    assert allows(RFC_5_2.replace("foobot", "Rejoinder"), target) is is_allowed


@pytest.mark.parametrize(
    ("path", "target", "is_allowed"),
    [
        # RFC 9309, section 2.2.2, on encoding; and section 2.2.3, on special characters.
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", False),
        ("/foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", False),
        ("/foo/bar/\u30c4", "/foo/bar/%E3%83%84", False),
        ("/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84", False),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", False),
        ("/foo/bar/baz", "/foo/bar/%62%61%7A", False),
        ("/a%2Fb", "/a/b", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", False),
        ("/path/foo-%24", "/path/foo-$", False),
        ("/path/foo-%24", "/path/foo-", True),
        ("/price-$-list", "/price-$-list.html", False),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-%2a.html", False),
        ("/path/foo-%24", "/path/foo-%24", False),
        # Google's table of paths.
        ("/fish", "/fish.html", False),
        ("/fish", "/fishheads/yummy.html", False),
        ("/fish", "/Fish.asp", True),
        ("/fish", "/catfish", True),
        ("/fish*", "/fish", False),
        ("/fish/", "/fish", True),
        ("/fish/", "/fish/?id=anything", False),
        ("/*.php", "/folder/any.php.file.html", False),
        ("/*.php", "/windows.PHP", True),
        ("/*.php$", "/folder/filename.php", False),
        ("/*.php$", "/filename.php?parameters", True),
        ("/*.php$", "/filename.php5", True),
        ("/fish*.php", "/fishheads/catfish.php?parameters", False),
        ("/fish*.php", "/Fish.PHP", True),
        ("/$", "/", False),
        ("/$", "/page", True),
        ("/*a$", "/aa", False),
        ("/a*a$", "/a", True),
        ("/x$y", "/x$yz", False),
        ("fish", "/fish", False),
        ("*", "/anything", False),
        ("", "/anything", True),
    ],
)
def test_paths_match_as_the_rfc_and_google_say(path: str, target: str, is_allowed: bool) -> None:
    assert allows(rule(path), target) is is_allowed


@pytest.mark.parametrize(
    ("rules", "target", "is_allowed"),
    [
        ("Allow: /p\nDisallow: /", "/page", True),
        ("Allow: /folder\nDisallow: /folder", "/folder/page", True),
        ("Disallow: /folder\nAllow: /folder", "/folder/page", True),
        ("Allow: /page\nDisallow: /*.htm", "/page.htm", False),
        ("Allow: /$\nDisallow: /", "/", True),
        ("Allow: /$\nDisallow: /", "/page.htm", False),
    ],
)
def test_longest_rule_decides_and_allow_wins_a_tie(rules: str, target: str, is_allowed: bool) -> None:
    assert allows(f"User-agent: Rejoinder\n{rules}", target) is is_allowed


@pytest.mark.parametrize(
    "text",
    [
        "user-agent: REJOINDER\ndisallow: /",
        "User-agent: Rejoinder/2.0 (+https://x)\nDisallow: /",
        "\ufeffUser-agent: *\nDisallow: /",
        "User-agent: *\rDisallow: /",
        "User-agent: *\r\nDisallow: /\r\n",
        "User-agent : * # all\n  Disallow :  / # of it",
        "User-agent: *\n\nDisallow: /",
        "User-agent: a\nSitemap: /x\nUser-agent: *\nDisallow: /",
        "User-agent: *\nAllow: /b\n\nUser-agent: x\nDisallow:\n\nUser-agent: *\nDisallow: /",
        "User-agent: rejoinder\nAllow: /b\n\nUser-agent: *\nAllow: /\n\nUser-agent: Rejoinder\nDisallow: /",
        b"User-agent: *\nDisallow: /\xff\nDisallow: /\n",
        b"User-agent: *\n\x00\x01junk\nDisallow: /\n",
    ],
)
def test_groups_are_found_and_joined_however_they_are_written(text: str | bytes) -> None:
    assert not allows(text, "/a")


@pytest.mark.parametrize(
    "text",
    [
        "Disallow: /",
        "User-agent: Rejoinder-News\nDisallow: /",
        "User-agent: join\nDisallow: /",
        "User-agent: *\nDisallow: /\n\nUser-agent: Rejoinder\n",
        "<html>User-agent: *\nDisallow: /",
        "",
    ],
)
def test_what_does_not_speak_to_us_forbids_nothing(text: str) -> None:
    assert allows(text, "/a")


def test_robots_file_itself_is_always_allowed() -> None:
    assert allows(rule("/"), "/robots.txt")


def test_only_the_first_500_kib_are_read() -> None:
    comment = b"#" * MOST_BYTES
    assert allows(comment + b"\nUser-agent: *\nDisallow: /", "/a")


def test_what_is_beyond_our_bounds_forbids_more_and_allows_no_more() -> None:
    long = "/a" + "b" * LONGEST_PATTERN
    assert not allows(rule(long), long[:-1])
    starry = "/" + "*a" * (MOST_STARS + 1)
    assert not allows(rule(starry), "/" + "a" * MOST_STARS)
    assert not allows(f"User-agent: *\nAllow: {starry}\nDisallow: /", "/" + "a" * 50)


def test_rules_that_are_kept_are_bounded_and_many_agents_copy_none() -> None:
    agents = "".join(f"User-agent: a{number}\n" for number in range(15_000))
    assert Rules.read((agents + "Disallow: /\n" * 10_000).encode()).rules == ()
    many = "".join(f"Disallow: /{number}\n" for number in range(MOST_RULES + 50))
    assert len(Rules.read(f"User-agent: *\n{many}".encode()).rules) == MOST_RULES
