"""The address guard, spelling by spelling."""

import socket
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from digest.errors import BlockedAddressError, ConfigError, FetchError
from digest.net import AddressGuard, check_url, why_forbidden


def a_guard(*opened: str, leads_to: Sequence[str] = ("93.184.215.14",)) -> AddressGuard:
    return AddressGuard(opened, lookup=lambda host, port: leads_to)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.1", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254"),
        *("168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1"),
        *("192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"),
        *("192.0.0.8", "192.31.196.1", "192.52.193.1", "192.175.48.1", "100.100.100.200"),
        *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::7f00:1", "::808:808", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:7f00:1"),
        *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:db8::1"),
        *("2002:7f00:1::", "2002:808:808::1", "3ffe::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254"),
        *("fe80::1", "febf::1", "fec0::1", "ff02::1", "4000::1", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1"),
        *("2606:4700::100:5efe:7f00:1", "2606:4700::300:5efe:a9fe:a9fe", "2620:4f:8000::1", "100:0:0:1::1"),
        *("2001:1::1", "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1", "2001:30::1", "64:ff9b:2::1"),
    ],
)
def test_forbidden_address_is_refused(address: str) -> None:
    assert why_forbidden(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1"),
        *("192.0.1.1", "192.167.1.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "8.8.8.8"),
        *("2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450:4009::1", "2003::1"),
    ],
)
def test_public_address_is_let_through(address: str) -> None:
    assert why_forbidden(ip_address(address)) is None


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("::ffff:10.0.0.1", "10.0.0.1 in disguise, and that is an address in a private network"),
        ("64:ff9b::a9fe:a9fe", "169.254.169.254 in disguise"),
        ("2002:7f00:1::", "127.0.0.1 in disguise"),
        ("2001:0:1:2:3:4:80ff:fffe", "127.0.0.1 in disguise"),
        ("2606:4700::5efe:c0a8:1", "192.168.0.1 in disguise"),
    ],
)
def test_wrapped_ipv4_address_is_named_in_the_reason(address: str, words: str) -> None:
    assert words in (why_forbidden(ip_address(address)) or "")


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "example.org", "//example.org/", "/feed", "http:", "http://", "http:///feed", "http:/example.org/"),
        *("ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "data:text/xml,x", "javascript:x"),
        *("http://user@example.org/", "http://user:secret@example.org/", "http://a@b@example.org/"),
        "http://example.org\\@127.0.0.1/",
        *("http://example.org:22/", "http://example.org:0/", "http://example.org:99999/", "http://example.org:-80/"),
        *("http://127.1/", "http://0x7f.1/", "http://0x7f000001/", "http://017700000001/", "http://2130706433/"),
        *("http://0/", "http://0177.0.0.1/", "http://127.0.0.1.0x1/", "http://1.2.3.256/", "http://example.0/"),
        *("http://１２７.０.０.１/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://ⓛocalhost/"),
        *("http://example.org./", "http://127.0.0.1./", "http://exa%6dple.org/", "http://%31%32%37.0.0.1/"),
        *("http://[::1]/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[::1/", "http://[v1.x]/"),
        *("http://a..b/", "http://.a/", "http://-a.org/", "http://a-.org/", "http://exa mple.org/", "http://a|b.org/"),
        *(
            "http://exam\tple.org/",
            "http://example.org\n/",
            "http://example.org/\x00",
            "http://example.org\r\nHost: x/",
        ),
        *(f"http://{'a' * 64}.org/", f"http://{'a.' * 130}org/", f"http://example.org/{'a' * 70_000}"),
        *("http://example.org:80 /", "http://example.org: 80/", "http://example.org:+80/", "http://example.org:8_0/"),
        *(
            "http://example.org:８０/",
            "http://example.org:0x50/",
            "http://example.org:80:80/",
            "http://example.org:80.0/",
        ),
        *("http://@example.org/", "http://:@example.org/", "http://example.org;@127.0.0.1/", "http://x%2f@127.0.0.1/"),
        *("http:\\\\example.org/", "http:/\\example.org/", "http://127.0.0.1\\.example.org/", "http://:80/"),
        *("http://127．0．0．1/", "http://127｡0｡0｡1/", "http://127.0.0.1。/", "http://٣.٣.٣.٣/", "http://²/"),
        *(
            "http://ex\u00adample.org/",
            "http://127.0.0.\u200b1/",
            "http://\ufeffexample.org/",
            "http://localho\u017ft/",
        ),
        *("http://example.org\uff0f.x/", "http://example.org\uff1a22/", "http://x\uff20127.0.0.1/", "http://℀.com/"),
        *(
            "http://\u202eexample.org/",
            "http://\ud800/",
            "http://example.org/\ud800",
            "http://xn--/",
            "http://a*b.org/",
        ),
        *("http://[127.0.0.1]/", "http://[example.org]/", "http://x[::1]/", "http://[2606:4700:4700::1111]x/"),
    ],
)
def test_malformed_or_odd_spelling_is_refused(url: str) -> None:
    with pytest.raises(BlockedAddressError):
        a_guard().check(url)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://example.org", "example.org", 80),
        ("HTTPS://EXAMPLE.org/feed?x=1#top", "example.org", 443),
        ("https://example.org:8443/", "example.org", 8443),
        ("http://bücher.example/", "xn--bcher-kva.example", 80),
        ("http://a_b.example/", "a_b.example", 80),
        ("http://93.184.215.14:8080/", "93.184.215.14", 8080),
        ("http://[2606:4700:4700:0::1111]/", "2606:4700:4700::1111", 80),
        ("http://example.org:0080/", "example.org", 80),
        ("http://example.org:/?@127.0.0.1", "example.org", 80),
        ("http://example.org#@127.0.0.1", "example.org", 80),
        ("http://faß.example/", "xn--fa-hia.example", 80),
        ("http://日本語。example/", "xn--wgv71a119e.example", 80),
        ("http://1and1.example/with space/é", "1and1.example", 80),
    ],
)
def test_ordinary_address_is_brought_into_one_spelling(url: str, host: str, port: int) -> None:
    place = a_guard().check(url)
    assert (place.host, place.port, place.is_opened) == (host, port, False)


def test_one_forbidden_address_among_several_refuses_the_name() -> None:
    with pytest.raises(BlockedAddressError, match=r"press\.example leads to 10\.0\.0\.1"):
        a_guard(leads_to=["93.184.215.14", "10.0.0.1"]).addresses("press.example", 443)


@pytest.mark.parametrize("found", ["press.example", "localhost", "127.1", "0x7f000001", "", "017700000001"])
@pytest.mark.parametrize("opened", [(), ("press.example:443",)], ids=["public", "opened"])
def test_lookup_that_gives_no_address_would_be_looked_up_again_and_is_refused(found: str, opened: tuple[str]) -> None:
    with pytest.raises(BlockedAddressError, match="which is no address"):
        a_guard(*opened, leads_to=[found]).addresses("press.example", 443)


@pytest.mark.parametrize("url", ["http://example.org:٨٠/", "http://loc\u00adalhost/", "http://[::1", "http://a:b:c/"])
def test_address_that_cannot_be_read_is_told_without_a_library_s_words(url: str) -> None:
    with pytest.raises(BlockedAddressError, match=r"(is not a web address|in an unusual way)$"):
        a_guard().check(url)


def test_name_without_addresses_is_not_blocked_but_unknown() -> None:
    with pytest.raises(FetchError) as raised:
        a_guard(leads_to=[]).addresses("press.example", 443)
    assert not isinstance(raised.value, BlockedAddressError)


@pytest.mark.parametrize("entry", ["127.0.0.1:8801", "[::1]:8801", "localhost:8801", "LOCALHOST:8801"])
def test_opened_place_is_open_and_its_neighbours_are_not(entry: str) -> None:
    guard = a_guard(entry, leads_to=["127.0.0.1"])
    host = entry.rpartition(":")[0].strip("[]").lower()
    bracketed = f"[{host}]" if ":" in host else host
    assert guard.check(f"http://{bracketed}:8801/").is_opened
    assert guard.addresses(host, 8801)
    for url in (f"http://{bracketed}:8802/", "http://127.0.0.2:8801/", "http://elsewhere.example:8801/"):
        with pytest.raises(BlockedAddressError):
            guard.check(url)


def test_opened_name_does_not_open_its_address() -> None:
    with pytest.raises(BlockedAddressError):
        a_guard("press.example:8080", leads_to=["127.0.0.1"]).check("http://127.0.0.1:8080/")


def test_opened_address_does_not_open_a_name_that_leads_there() -> None:
    with pytest.raises(BlockedAddressError):
        a_guard("127.0.0.1:8080", leads_to=["127.0.0.1"]).addresses("press.example", 8080)


@pytest.mark.parametrize(
    "entry", ["", "localhost", ":80", "localhost:", "localhost:http", "a:0", "a:65536", "0x7f.1:80"]
)
def test_malformed_opening_is_a_config_error_that_shows_the_form(entry: str) -> None:
    with pytest.raises(ConfigError, match="DIGEST_ALLOW_PRIVATE"):
        AddressGuard([entry])


def _resolver(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    def getaddrinfo(host: str, port: int, **how: object) -> list[tuple[object, ...]]:
        if not addresses:
            raise socket.gaierror
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_check_url_looks_the_name_up(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolver(monkeypatch, "93.184.215.14", "fe80::1%eth0")
    with pytest.raises(BlockedAddressError, match="leads to fe80::1"):
        check_url("https://press.example/")


def test_check_url_lets_a_public_name_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolver(monkeypatch, "93.184.215.14", "2606:4700:4700::1111")
    check_url("https://press.example/")


def test_check_url_lets_a_name_pass_that_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolver(monkeypatch)
    check_url("https://press.example/")


def test_opening_with_a_scheme_is_told_what_to_leave_out() -> None:
    with pytest.raises(ConfigError, match="leave out http://"):
        AddressGuard(["http://127.0.0.1:1"])


@pytest.mark.parametrize(("host", "place"), [("press.example", "press.example:1200"), ("[::1]", r"\[::1\]:1200")])
def test_unusual_port_names_what_opens_it(host: str, place: str) -> None:
    with pytest.raises(BlockedAddressError, match=f"DIGEST_ALLOW_PRIVATE={place}$"):
        AddressGuard().check(f"http://{host}:1200/feed")
