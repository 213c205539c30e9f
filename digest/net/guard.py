"""The address guard: decides which addresses may be reached, and says in plain words why the others may not.

A feed, a redirect or a link that somebody submits may name any address, this machine's own included. So every
connection is made to an address that the guard has seen: the name is looked up once, each address it has is held
against the tables below, and the connection goes to one of these very addresses. The tables are explicit because
`is_global` and its like change between Python releases, and know nothing of the forms that wrap one address in another.
"""

import asyncio
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

import httpx2

from digest.errors import BlockedAddressError, ConfigError, FetchError

Address: TypeAlias = IPv4Address | IPv6Address
Lookup: TypeAlias = Callable[[str, int], Sequence[str]]
"""Host name and port to addresses, as text. Blocking; raises OSError or UnicodeError when the name is not known."""

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost"})
"""Hosts that, in a public address, lead each reader to their own machine."""

DEFAULT_PORT = {"http": 80, "https": 443}
PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})

# IANA's registries of special-purpose addresses (RFC 6890 and later). The first line that holds gives the words.
FORBIDDEN_IPV4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "an address of this machine itself"),
        ("10.0.0.0/8", "an address in a private network"),
        ("100.64.0.0/10", "an address inside a provider's network"),
        ("127.0.0.0/8", "this machine itself"),
        # Azure answers its virtual machines here; the address is public by every table.
        ("168.63.129.16/32", "a cloud provider's service for its own machines"),
        ("169.254.0.0/16", "an address on the local link, where clouds keep their machines' secrets"),
        ("172.16.0.0/12", "an address in a private network"),
        ("192.0.0.0/24", "an address set aside for protocols"),
        ("192.0.2.0/24", "an address for examples in documents"),
        ("192.31.196.0/24", "an address where lookups of private names are thrown away (AS112)"),
        ("192.52.193.0/24", "a relay for sending to many machines at once"),
        ("192.88.99.0/24", "a relay between old and new addresses"),
        ("192.168.0.0/16", "an address in a private network"),
        ("192.175.48.0/24", "an address where lookups of private names are thrown away (AS112)"),
        ("198.18.0.0/15", "an address for measuring equipment"),
        ("198.51.100.0/24", "an address for examples in documents"),
        ("203.0.113.0/24", "an address for examples in documents"),
        ("224.0.0.0/4", "an address of many machines at once"),
        ("255.255.255.255/32", "an address of every machine at once"),
        ("240.0.0.0/4", "an address that nobody may use"),
    )
)

FORBIDDEN_IPV6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), what)
    for network, what in (
        ("::/128", "an address of this machine itself"),
        ("::1/128", "this machine itself"),
        ("::/96", "an old address in disguise (IPv4-compatible)"),
        ("::ffff:0:0/96", "an old address in disguise (IPv4-mapped)"),
        ("::ffff:0:0:0/96", "an old address in disguise (IPv4-translated)"),
        ("64:ff9b::/96", "an old address in disguise (NAT64)"),
        ("64:ff9b:1::/48", "an old address in disguise (local NAT64)"),
        ("100::/64", "an address that leads nowhere"),
        ("100:0:0:1::/64", "an address that leads nowhere"),
        ("2001::/32", "an old address in disguise (Teredo)"),
        ("2001:2::/48", "an address for measuring equipment"),
        ("2001:db8::/32", "an address for examples in documents"),
        ("2001::/23", "an address set aside for protocols"),
        ("2002::/16", "an old address in disguise (6to4)"),
        ("2620:4f:8000::/48", "an address where lookups of private names are thrown away (AS112)"),
        ("3ffe::/16", "an address of a network that has ended"),
        ("3fff::/20", "an address for examples in documents"),
        ("5f00::/16", "an address inside a provider's network"),
        ("fc00::/7", "an address in a private network"),
        ("fe80::/10", "an address on the local link"),
        ("fec0::/10", "an address in a private network"),
        ("ff00::/8", "an address of many machines at once"),
    )
)
GLOBAL_IPV6 = IPv6Network("2000::/3")
"""All that has been given out for public use; the rest of the space is refused, whatever becomes of it."""

# Where the forms above keep the IPv4 address they wrap: how many bits stand to its right, and whether it is inverted.
WRAPPED_IPV4: tuple[tuple[IPv6Network, int, bool], ...] = (
    (IPv6Network("::/96"), 0, False),
    (IPv6Network("::ffff:0:0/96"), 0, False),
    (IPv6Network("::ffff:0:0:0/96"), 0, False),
    (IPv6Network("64:ff9b::/96"), 0, False),
    (IPv6Network("2002::/16"), 80, False),
    (IPv6Network("2001::/32"), 0, True),
)
ISATAP, ISATAP_MASK = 0x0000_5EFE, 0xFCFF_FFFF
"""Third quarter, two bits of it free, of an address whose last quarter is an IPv4 address (RFC 5214); any prefix."""

PORT = re.compile(r"[0-9]{0,5}")
LOOKUPS = 128
"""Lookups at a time: threads that wait, made when they are needed."""
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a URL leads, in the one spelling that we check and connect to."""

    scheme: str
    host: str
    """Lower case, IDN as `xn--`, or an address without brackets."""
    port: int
    target: str
    """Path and query, percent-encoded."""
    is_opened: bool
    """The operator has named this host and port in DIGEST_ALLOW_PRIVATE."""

    @property
    def authority(self) -> str:
        """Host and, where it is not the scheme's own, port: what the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORT[self.scheme] else f"{host}:{self.port}"


def why_forbidden(address: Address) -> str | None:
    """What kind of forbidden address this is, as in "this machine itself"; None when it may be reached."""
    if isinstance(address, IPv4Address):
        return next((what for network, what in FORBIDDEN_IPV4 if address in network), None)
    wrapped = _wrapped_ipv4(address)
    if wrapped is not None and (what := why_forbidden(wrapped)) is not None:
        return f"{wrapped} in disguise, and that is {what}"
    what = next((what for network, what in FORBIDDEN_IPV6 if address in network), None)
    return what or (None if address in GLOBAL_IPV6 else "an address that nobody may use")


def check_url(url: str) -> None:
    """Raise BlockedAddressError when the address may not be reached: its spelling, its port, or where its name leads.

    Looks the name up, so it may take seconds. A name that nobody knows passes, for it leads nowhere; whoever fetches
    goes through GuardedClient, which looks again when it connects.
    """
    guard = AddressGuard()
    place = guard.check(url)
    try:
        guard.addresses(place.host, place.port)
    except BlockedAddressError:
        raise
    except FetchError:
        return


def check_named(named_by: Place, place: Place) -> None:
    """Raise BlockedAddressError when somebody outside sends us into what the operator has opened, by a link, a redirect
    or any other word.

    One opened place may name another: the operator has opened both, and a bridge may have its pages at another port.
    """
    if place.is_opened and not named_by.is_opened:
        raise BlockedAddressError(
            f"{named_by.host} sends us into the private place {place.authority}, which is not open to what others name"
        )


class AddressGuard:
    """Says where the product may connect to.

    allow_private: `host:port` pairs that are open whatever their address; `[::1]:8000` for IPv6. An open name does not
        open its address, nor the other way round. Raises ConfigError when one is malformed.
    lookup: how names become addresses.
    """

    def __init__(self, allow_private: Iterable[str] = (), *, lookup: Lookup | None = None) -> None:
        self._opened = frozenset(map(_opened_pair, allow_private))
        self._lookup = lookup or look_up

    def check(self, url: str) -> Place:
        """Where the URL leads, by its spelling alone: scheme, userinfo, host, port, literal address.

        Raises BlockedAddressError. What a name leads to is checked by `resolve`, at the moment of connecting.
        """
        try:
            parsed = httpx2.URL(url)
            host_as_sent = parsed.raw_host.decode("ascii")
        except (httpx2.InvalidURL, ValueError) as error:
            raise BlockedAddressError(f"{url[:200]!r} is not a web address") from error
        if parsed.scheme not in DEFAULT_PORT:
            raise BlockedAddressError(f"{url[:200]!r} does not begin with http:// or https://")
        authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
        if "@" in authority or parsed.userinfo:
            # Not `parsed.host`: what it takes for an international name it decodes, and fails on "1xn--".
            raise BlockedAddressError(f"the address of {host_as_sent[:200]!r} carries a user name or password")
        host = _plain_host(host_as_sent)
        # Python takes "+80", "8_0" and Arabic digits for numbers, and other programs do not.
        if not PORT.fullmatch(authority.rpartition("]")[2].partition(":")[2]):
            raise BlockedAddressError(f"the address of {host[:200]!r} spells its port in an unusual way")
        port = DEFAULT_PORT[parsed.scheme] if parsed.port is None else parsed.port
        is_opened = (host, port) in self._opened
        if not is_opened:
            self._check_port(host, port)
            if (literal := _literal(host)) is not None:
                _check_address(host, literal)
        target = parsed.raw_path.decode("ascii")
        return Place(scheme=parsed.scheme, host=host, port=port, target=target, is_opened=is_opened)

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses to connect to for this host, in the resolver's order, every one of them checked. Blocking.

        One forbidden address among several refuses the host: an honest name has none. Raises BlockedAddressError, or
        FetchError when the name is not known.
        """
        host = _plain_host(host)
        is_opened = (host, port) in self._opened
        if not is_opened:
            self._check_port(host, port)
        if _literal(host) is not None:
            found: Sequence[str] = (host,)
        else:
            try:
                found = self._lookup(host, port)
            except (OSError, UnicodeError) as error:
                raise FetchError(f"nobody knows the name {host}") from error
        if not found:
            raise FetchError(f"nobody knows the name {host}")
        addresses = [_found_address(host, address) for address in found]
        if not is_opened:
            for address in addresses:
                _check_address(host, address)
        return tuple(dict.fromkeys(map(str, addresses)))

    async def resolve(self, host: str, port: int) -> tuple[str, ...]:
        """`addresses`, without blocking the event loop."""
        if _literal(host) is not None:
            return self.addresses(host, port)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.addresses, host, port)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        # Not the loop's own threads: a lookup cannot be stopped, and goes on for half a minute after the deadline has
        # passed. With fewer threads than a pass may meet bad names, the good ones behind them would run out of time.
        return ThreadPoolExecutor(max_workers=LOOKUPS, thread_name_prefix="lookup")

    def _check_port(self, host: str, port: int) -> None:
        if port not in PUBLIC_PORTS:
            place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            raise BlockedAddressError(
                f"{host} is asked for at port {port}, which is not one of the web's usual ports; "
                f"if it is meant, the operator opens it with DIGEST_ALLOW_PRIVATE={place}"
            )


def look_up(host: str, port: int) -> list[str]:
    """The machine's own resolver; zone ids are taken off. Raises OSError, UnicodeError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]


def _plain_host(host: str) -> str:
    """The host in its one spelling. Raises BlockedAddressError for a host that programs read in different ways."""
    host = host.lower()
    if not host:
        raise BlockedAddressError("the address names no host")
    if "%" in host:
        raise BlockedAddressError(f"the host {host[:200]!r} is spelled with a percent sign")
    literal = _literal(host)
    if literal is not None:
        return str(literal)
    labels = host.split(".")
    # What ends in a number is an IPv4 address to browsers and C libraries: octal, hexadecimal, with parts left out.
    if NUMBER.fullmatch(labels[-1]):
        raise BlockedAddressError(f"the host {host[:200]!r} is a number in an unusual spelling")
    if len(host) > 253 or not all(map(LABEL.fullmatch, labels)):
        raise BlockedAddressError(f"the host {host[:200]!r} is not a proper name")
    return host


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _found_address(host: str, text: str) -> Address:
    """What a lookup gave, as an address: a name would be looked up again where nobody checks."""
    address = _literal(text)
    if address is None:
        raise BlockedAddressError(f"{host} leads to {text[:200]!r}, which is no address")
    return address


def _check_address(host: str, address: Address) -> None:
    what = why_forbidden(address)
    if what is not None:
        way = f"{host} is" if str(address) == host else f"{host} leads to {address}, and that is"
        raise BlockedAddressError(f"{way} {what}; only DIGEST_ALLOW_PRIVATE can open it")


def _wrapped_ipv4(address: IPv6Address) -> IPv4Address | None:
    number = int(address)
    for network, shift, is_inverted in WRAPPED_IPV4:
        if address in network:
            bits = (number >> shift) & 0xFFFF_FFFF
            return IPv4Address(bits ^ 0xFFFF_FFFF if is_inverted else bits)
    if (number >> 32) & ISATAP_MASK == ISATAP:
        return IPv4Address(number & 0xFFFF_FFFF)
    return None


def _opened_pair(entry: str) -> tuple[str, int]:
    if "/" in entry:
        raise ConfigError(
            f"DIGEST_ALLOW_PRIVATE has {entry!r}; leave out http:// and any path, and write host:port, as in "
            "127.0.0.1:8801."
        )
    host, _, port = entry.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ConfigError(f"DIGEST_ALLOW_PRIVATE has {entry!r}; write host:port, as in 127.0.0.1:8801 or [::1]:8801.")
    try:
        return _plain_host(host), int(port)
    except BlockedAddressError as error:
        raise ConfigError(f"DIGEST_ALLOW_PRIVATE has {entry!r}: {error}.") from error
