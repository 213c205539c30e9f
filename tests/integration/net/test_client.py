"""What the guarded client asks, follows, keeps and gives back."""

import asyncio
import gzip
import ssl
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import brotli
import pytest

from digest.errors import BlockedAddressError, FetchError
from digest.net import AddressGuard, GuardedClient, Response, user_agent
from tests.integration.net.servers import Site, answer, client_for, read_request, redirect, serving

PEM = Path(__file__).with_name("press.example.pem")
Given = TypeVar("Given")


def asking(site: Site, ask: Callable[[GuardedClient, str], Awaitable[Given]]) -> Given:
    """What `ask` gives for a client and the site's address."""

    async def run() -> Given:
        async with serving(site) as port, client_for(f"127.0.0.1:{port}") as client:
            return await ask(client, f"http://127.0.0.1:{port}")

    return asyncio.run(run())


def got(site: Site, path: str = "/") -> Response:
    return asking(site, lambda client, address: client.get(address + path))


def test_body_status_and_headers_come_back() -> None:
    response = got(Site({"/feed?a=b%20c": answer(b"<rss/>", "Content-Type: text/xml")}), "/feed?a=b c#top")
    assert (response.status, response.body, response.headers["content-type"]) == (200, b"<rss/>", "text/xml")


@pytest.mark.parametrize(
    ("coding", "packed"),
    [("gzip", gzip.compress(b"news" * 999)), ("br", brotli.compress(b"news" * 999))],
    ids=["gzip", "brotli"],
)
def test_compressed_body_is_unpacked_and_the_wire_counted(coding: str, packed: bytes) -> None:
    response = got(Site({"/": answer(packed, f"Content-Encoding: {coding}")}))
    assert response.body == b"news" * 999
    assert len(packed) < response.wire_bytes < len(packed) + 200


def test_error_answers_are_values_with_their_status() -> None:
    assert got(Site({})).status == 404


def test_client_names_itself_and_sends_no_cookie_back() -> None:
    site = Site({"/": answer(b"", "Set-Cookie: id=1")})

    async def ask_twice(client: GuardedClient, address: str) -> None:
        await client.get(address)
        await client.get(address)

    asking(site, ask_twice)
    assert [asked.headers.get("cookie") for asked in site.asked] == [None, None]
    assert site.asked[0].headers["user-agent"] == "Rejoinder/test"


def test_user_agent_says_whom_to_ask() -> None:
    assert user_agent("https://campaign.example/robot").endswith("(+https://campaign.example/robot)")


def test_validators_go_out_as_the_bytes_they_came_as() -> None:
    site = Site({"/": answer(b"", 'ETag: W/"caf\xe9 \xff"')})

    async def ask_again(client: GuardedClient, address: str) -> None:
        etag = (await client.get(address)).headers["etag"]
        await client.get(address, etag=etag, last_modified="any text")

    asking(site, ask_again)
    assert site.asked[1].headers["if-none-match"] == 'W/"caf\xe9 \xff"'
    assert site.asked[1].headers["if-modified-since"] == "any text"


@pytest.mark.parametrize(
    ("first", "second", "is_permanent"),
    [("301 Moved", "308 Moved", True), ("301 Moved", "302 Found", False), ("307 Away", "301 Moved", False)],
)
def test_move_is_permanent_when_every_hop_is(first: str, second: str, is_permanent: bool) -> None:
    site = Site({"/": redirect("/b", first), "/b": redirect("c", second), "/c": answer(b"here")})
    response = got(site)
    assert response.body == b"here"
    assert response.url.endswith("/c")
    assert response.permanent_url == (response.url if is_permanent else None)


def test_answer_without_redirect_has_no_permanent_address() -> None:
    assert got(Site({"/": answer()})).permanent_url is None


def test_redirect_address_in_utf8_is_followed() -> None:
    site = Site({"/": redirect("/caf\u00e9".encode().decode("latin-1")), "/caf%C3%A9": answer(b"here")})
    assert got(site).body == b"here"


def test_veto_stops_a_redirect_before_it_is_asked_for() -> None:
    site = Site({"/": redirect("/private")})

    async def veto(url: str) -> str | None:
        return "nobody may go there"

    with pytest.raises(FetchError, match="nobody may go there"):
        asking(site, lambda client, address: client.get(address, veto=veto))
    assert [asked.path for asked in site.asked] == ["/"]


def test_kept_connection_is_used_again() -> None:
    site = Site({"/": answer(b"x")})

    async def ask_twice(client: GuardedClient, address: str) -> None:
        await client.get(address)
        await client.get(address)

    asking(site, ask_twice)
    assert site.connections == 1


def test_kept_connection_that_the_server_hangs_up_is_made_anew() -> None:
    connections = 0

    async def one_answer_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await read_request(reader)
        writer.write(answer(b"x"))
        await read_request(reader)

    async def ask_twice() -> bytes:
        async with serving(one_answer_each) as port, client_for(f"127.0.0.1:{port}") as client:
            await client.get(f"http://127.0.0.1:{port}/")
            return (await client.get(f"http://127.0.0.1:{port}/")).body

    assert asyncio.run(ask_twice()) == b"x"
    assert connections == 2


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert got(Site({"/": answer(b"direct")})).body == b"direct"


def test_name_is_looked_up_once_and_the_connection_goes_to_that_address() -> None:
    site = Site({"/": answer(b"x")})
    looked_up: list[tuple[str, int]] = []

    def lookup(host: str, port: int) -> Sequence[str]:
        looked_up.append((host, port))
        return ["127.0.0.1"]

    async def ask() -> int:
        async with serving(site) as port:
            async with client_for(guard=AddressGuard([f"press.example:{port}"], lookup=lookup)) as client:
                await client.get(f"http://press.example:{port}/")
            return port

    port = asyncio.run(ask())
    assert looked_up == [("press.example", port)]
    assert site.asked[0].headers["host"] == f"press.example:{port}"


def test_name_that_leads_to_a_private_address_is_never_connected_to() -> None:
    site = Site({"/": answer(b"secret")})

    async def ask() -> None:
        async with serving(site) as port:
            # The port is open for another name; this one leads to the same server.
            guard = AddressGuard([f"ours.example:{port}"], lookup=lambda host, port: ["127.0.0.1"])
            async with client_for(guard=guard) as client:
                with pytest.raises(BlockedAddressError):
                    await client.get(f"http://theirs.example:{port}/")
                with pytest.raises(BlockedAddressError, match=r"leads to 127\.0\.0\.1"):
                    await client.get("http://theirs.example:8080/")

    asyncio.run(ask())
    assert site.connections == 0


def test_second_address_is_tried_when_the_first_is_dead() -> None:
    site = Site({"/": answer(b"x")})

    async def ask() -> bytes:
        async with serving(site) as port:
            guard = AddressGuard([f"press.example:{port}"], lookup=lambda host, port: ["::1", "127.0.0.1"])
            async with client_for(guard=guard) as client:
                return (await client.get(f"http://press.example:{port}/")).body

    assert asyncio.run(ask()) == b"x"


def test_unknown_name_is_told_in_words() -> None:
    def lookup(host: str, port: int) -> Sequence[str]:
        raise OSError

    async def ask() -> None:
        async with client_for(guard=AddressGuard(lookup=lookup)) as client:
            with pytest.raises(FetchError, match=r"nobody knows the name press\.example"):
                await client.get("https://press.example/")

    asyncio.run(ask())


def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    return context


def _tls_get(name: str, trusted: bool) -> Response:
    trust = ssl.create_default_context(cafile=str(PEM) if trusted else None)

    async def ask() -> Response:
        async with serving(Site({"/": answer(b"sealed")}), tls=server_tls()) as port:
            guard = AddressGuard([f"{name}:{port}"], lookup=lambda host, port: ["127.0.0.1"])
            async with client_for(guard=guard, tls=trust) as client:
                return await client.get(f"https://{name}:{port}/")

    return asyncio.run(ask())


def test_certificate_is_held_against_the_name_and_not_the_address() -> None:
    assert _tls_get("press.example", trusted=True).body == b"sealed"


@pytest.mark.parametrize(("name", "trusted"), [("press.example", False), ("other.example", True)])
def test_untrusted_certificate_is_told_in_words(name: str, trusted: bool) -> None:
    with pytest.raises(FetchError, match="certificate is not to be trusted"):
        _tls_get(name, trusted)


def test_move_that_leaves_https_is_followed_but_never_for_good() -> None:
    async def ask() -> Response:
        async with serving(Site({"/": answer(b"open")})) as plain:
            sealed_site = Site({"/": redirect(f"http://press.example:{plain}/", "301 Moved")})
            async with serving(sealed_site, tls=server_tls()) as sealed:
                opened = [f"press.example:{plain}", f"press.example:{sealed}"]
                guard = AddressGuard(opened, lookup=lambda host, port: ["127.0.0.1"])
                async with client_for(guard=guard, tls=ssl.create_default_context(cafile=str(PEM))) as client:
                    return await client.get(f"https://press.example:{sealed}/")

    response = asyncio.run(ask())
    assert (response.body, response.permanent_url) == (b"open", None)


def test_only_what_the_operator_opened_may_name_an_opened_place() -> None:
    site = Site({"/": answer(b"here")})

    async def ask(client: GuardedClient, address: str) -> None:
        assert (await client.get(address)).body == b"here"
        assert (await client.get(address, named_by=f"{address}/feed")).body == b"here"
        for refused in (
            client.get(address, named_by="https://press.example/feed"),
            client.post(address, form={}, named_by="https://press.example/feed"),
        ):
            with pytest.raises(BlockedAddressError, match=r"press\.example sends us into the private place 127"):
                await refused

    asking(site, ask)
    assert len(site.asked) == 2


def test_anybody_may_name_a_public_address() -> None:
    guard = AddressGuard(["127.0.0.1:8801"])
    client = client_for(guard=guard)
    for namer in ("http://127.0.0.1:8801/feed", "https://press.example/feed"):
        assert client.check("https://outlet.example/1", named_by=namer).host == "outlet.example"


def test_one_opened_place_may_name_another() -> None:
    client = client_for("127.0.0.1:8801", "127.0.0.1:8802")
    assert client.check("http://127.0.0.1:8802/1", named_by="http://127.0.0.1:8801/feed").is_opened
