"""What the guarded client does with a form it sends: to a hub, say."""

import asyncio
import gzip
import ssl
from urllib.parse import parse_qsl

import pytest

from digest.errors import BlockedAddressError, FetchError
from digest.net import AddressGuard, Response
from tests.integration.net.servers import Site, answer, client_for, read_request, redirect, serving
from tests.integration.net.test_client import PEM, server_tls

FORM = {"hub.mode": "subscribe", "hub.topic": "https://press.example/feed?a=1&b=ü", "hub.secret": "s e c"}


def posted(site: Site, path: str = "/hub", headers: dict[str, str] | None = None) -> Response:
    async def run() -> Response:
        async with serving(site) as port, client_for(f"127.0.0.1:{port}") as client:
            return await client.post(f"http://127.0.0.1:{port}{path}", form=FORM, headers=headers)

    return asyncio.run(run())


def test_form_arrives_as_it_was_given() -> None:
    site = Site({"/hub": answer(b"", status="202 Accepted")})
    response = posted(site, headers={"X-Own": "1"})
    asked = site.asked[0]
    assert (response.status, asked.method, asked.headers["x-own"]) == (202, "POST", "1")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["user-agent"] == "Rejoinder/test"
    assert dict(parse_qsl(asked.body.decode())) == FORM


def test_what_the_hub_did_not_like_can_be_read() -> None:
    response = posted(Site({"/hub": answer(b"no such topic", status="404 Not Found")}))
    assert (response.status, response.body) == (404, b"no such topic")


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (answer(b"x" * 400_000, status="500 Broken"), b"x" * 4_000),
        (answer(gzip.compress(bytes(9_000_000)), "Content-Encoding: gzip", status="400 Bad"), bytes(4_000)),
        (answer(b"not gzip", "Content-Encoding: gzip", status="400 Bad"), b""),
        (answer(b"?", "Content-Encoding: zstd", status="400 Bad"), b""),
    ],
    ids=["long", "bomb", "damaged", "unknown coding"],
)
def test_of_a_bad_complaint_the_status_and_at_most_4_kb_remain(reply: bytes, body: bytes) -> None:
    response = posted(Site({"/hub": reply}))
    assert response.status >= 400
    assert response.body == body


def test_error_answer_to_a_get_keeps_no_body() -> None:
    async def run() -> Response:
        site = Site({"/": answer(b"<html>not here", status="404 Not Found")})
        async with serving(site) as port, client_for(f"127.0.0.1:{port}") as client:
            return await client.get(f"http://127.0.0.1:{port}/")

    assert asyncio.run(run()).body == b""


@pytest.mark.parametrize("status", ["307 Away", "308 Moved"])
def test_redirect_that_keeps_the_method_is_followed_with_the_same_form(status: str) -> None:
    site = Site({"/hub": redirect("/new", status), "/new": answer(b"", status="202 Accepted")})
    assert posted(site).status == 202
    assert [(asked.method, asked.path) for asked in site.asked] == [("POST", "/hub"), ("POST", "/new")]
    assert site.asked[0].body == site.asked[1].body


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other"])
def test_redirect_that_would_lose_the_form_is_an_answer(status: str) -> None:
    site = Site({"/hub": redirect("/new", status)})
    assert posted(site).status == int(status[:3])
    assert len(site.asked) == 1


def test_form_is_not_sent_again_into_a_private_place() -> None:
    with pytest.raises(BlockedAddressError, match="secrets"):
        posted(Site({"/hub": redirect("http://169.254.169.254/", "307 Away")}))


def test_form_never_leaves_https() -> None:
    plain_site = Site({"/": answer()})

    async def run() -> None:
        async with serving(plain_site) as plain:
            sealed_site = Site({"/": redirect(f"http://press.example:{plain}/", "307 Away")})
            async with serving(sealed_site, tls=server_tls()) as sealed:
                opened = [f"press.example:{plain}", f"press.example:{sealed}"]
                guard = AddressGuard(opened, lookup=lambda host, port: ["127.0.0.1"])
                async with client_for(guard=guard, tls=ssl.create_default_context(cafile=str(PEM))) as client:
                    with pytest.raises(FetchError, match="anybody can listen"):
                        await client.post(f"https://press.example:{sealed}/", form=FORM)

    asyncio.run(run())
    assert not plain_site.asked


def test_form_is_not_sent_twice_when_the_connection_breaks() -> None:
    arrived: list[bytes] = []

    async def answers_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        arrived.append((await read_request(reader)).body)
        writer.write(answer())
        arrived.append((await read_request(reader)).body)

    async def run() -> None:
        async with serving(answers_once) as port, client_for(f"127.0.0.1:{port}") as client:
            await client.post(f"http://127.0.0.1:{port}/", form=FORM)
            with pytest.raises(FetchError):
                await client.post(f"http://127.0.0.1:{port}/", form=FORM)

    asyncio.run(run())
    assert len(arrived) == 2
