"""What the address guard never lets through, whatever it is given."""

import re
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import httpcore2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import BlockedAddressError
from digest.net import AddressGuard, why_forbidden
from digest.net.guard import FORBIDDEN_IPV4, FORBIDDEN_IPV6, Address

PUBLIC = ("93.184.215.14", "2606:4700:4700::1111")


@st.composite
def forbidden_addresses(draw: st.DrawFn) -> Address:
    network, _ = draw(st.sampled_from([*FORBIDDEN_IPV4, *FORBIDDEN_IPV6]))
    return network[draw(st.integers(0, network.num_addresses - 1))]


@given(forbidden_addresses(), st.lists(st.sampled_from(PUBLIC)), st.integers(0, 9), st.sampled_from(["http", "https"]))
def test_no_name_that_leads_to_a_forbidden_address_passes(
    forbidden: Address, others: list[str], position: int, scheme: str
) -> None:
    found = [*others[:position], str(forbidden), *others[position:]]
    guard = AddressGuard(["ours.example:8080"], lookup=lambda host, port: found)
    place = guard.check(f"{scheme}://press.example/")
    with pytest.raises(BlockedAddressError):
        guard.addresses(place.host, place.port)


@given(forbidden_addresses())
def test_no_forbidden_literal_passes(forbidden: Address) -> None:
    host = f"[{forbidden}]" if forbidden.version == 6 else str(forbidden)
    with pytest.raises(BlockedAddressError):
        AddressGuard().check(f"http://{host}/")


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_whatever_the_standard_library_holds_for_private_is_forbidden(address: Address) -> None:
    if not address.is_global or address.is_multicast:
        assert why_forbidden(address) is not None


@given(st.ip_addresses(v=4), st.sampled_from(["::", "::ffff:", "::ffff:0:", "64:ff9b::"]))
def test_no_ipv4_address_passes_in_disguise(address: IPv4Address, prefix: str) -> None:
    assert why_forbidden(IPv6Address(f"{prefix}{address}")) is not None
    assert why_forbidden(IPv6Address((0x2002 << 112) | (int(address) << 80))) is not None


@given(st.ip_addresses(v=4), st.ip_addresses(v=6, network="2600::/12"), st.sampled_from([0, 0x100, 0x200, 0x300]))
def test_isatap_address_is_as_forbidden_as_the_address_it_wraps(
    address: IPv4Address, prefix: IPv6Address, bits: int
) -> None:
    quarter = (bits << 16) | 0x5EFE
    wrapping = IPv6Address((int(prefix) >> 64 << 64) | (quarter << 32) | int(address))
    assert (why_forbidden(wrapping) is None) == (why_forbidden(address) is None)


@given(st.lists(st.one_of(st.ip_addresses(), forbidden_addresses()).map(str), min_size=1, max_size=4))
def test_what_is_connected_to_is_what_was_found_and_every_one_of_it_was_checked(found: list[str]) -> None:
    guard = AddressGuard(lookup=lambda host, port: found)
    try:
        addresses = guard.addresses("press.example", 443)
    except BlockedAddressError:
        assert any(why_forbidden(ip_address(address)) for address in found)
    else:
        assert set(addresses) == set(found)
        assert not any(why_forbidden(ip_address(address)) for address in found)


def _odd_spellings(address: IPv4Address) -> list[str]:
    a, b, c, d = address.packed
    tail = int.from_bytes(address.packed[1:], "big")
    return [
        str(int(address)),
        hex(int(address)),
        f"0{int(address):o}",
        f"{a:#x}.{b}.{c}.{d}",
        f"0{a:o}.{b}.{c}.{d}",
        f"{a}.{tail}",
        f"{a}.{b}.{(c << 8) | d}",
        f"{a}.{b}.{c}.{d}.",
        f"{a:03}.{b:03}.{c:03}.{d:04}",
        "".join(chr(0xFF10 + int(digit)) if digit.isdigit() else digit for digit in str(address)),
    ]


@given(st.ip_addresses(v=4), st.integers(0, 9))
def test_no_address_passes_in_an_odd_spelling(address: IPv4Address, which: int) -> None:
    with pytest.raises(BlockedAddressError):
        AddressGuard().check(f"http://{_odd_spellings(address)[which]}/")


PIECES = (
    *("http://", "https://", "http:/", "//", "@", ":", ":80", "/", "\\", "?", "#", "[", "]", "%40", "%2f", "\t", "\n"),
    *(
        "127.0.0.1",
        "::1",
        "0x7f.1",
        "localhost",
        "example.org",
        ".",
        "。",
        "\u00ad",
        "\u200b",
        "\uff20",
        "１２７",
        "①",
        "ß",
    ),
)


def _as_a_browser_reads_it(url: str) -> str:
    """The authority that the URL standard's reading (https://url.spec.whatwg.org) would find, in lower case."""
    cleaned = url.strip().translate({ord(each): None for each in "\t\n\r"}).replace("\\", "/")
    return re.split(r"[/?#]", cleaned.partition(":")[2].lstrip("/"), maxsplit=1)[0].lower()


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
@example("http://127.0.0.1\\@example.org/")
@example("http:///example.org/")
def test_what_is_let_through_has_the_host_that_every_other_reader_finds(url: str) -> None:
    with suppress(BlockedAddressError):
        place = AddressGuard().check(url)
        engine = httpcore2.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.target)
        assert (engine.host.decode(), engine.port) == (place.host, place.port)
        host = re.sub(r":[0-9]*$", "", _as_a_browser_reads_it(url))
        assert "@" not in host
        if host.isascii():
            assert host == urlsplit(url).hostname == place.host


@given(
    st.one_of(
        st.text(),
        st.text().map("http://{}".format),
        st.text(alphabet="0123456789.xX[]:%@/\\af").map("http://{}".format),
    )
)
def test_any_text_is_either_refused_or_brought_to_a_plain_host(text: str) -> None:
    with suppress(BlockedAddressError):
        place = AddressGuard().check(text)
        assert place.host.isascii()
        assert place.host == place.host.lower()
        assert not set(place.host) & set("@/\\%?# []")
        with suppress(ValueError):
            assert why_forbidden(ip_address(place.host)) is None


@given(st.text("a1-x.n@:[]%/éß١", max_size=12), st.text("a1-x.né", max_size=8))
@example("a@", "1xn--")
@example("", "xn--a-ecp.xn--")
def test_no_user_name_before_an_odd_host_breaks_the_guard(before: str, host: str) -> None:
    with suppress(BlockedAddressError):
        AddressGuard().check(f"http://{before}{host}/")
