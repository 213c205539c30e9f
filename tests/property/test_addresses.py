"""What is always true of canonical addresses, and of what articles are known by."""

from hypothesis import given
from hypothesis import strategies as st

from digest.model.address import address_key
from digest.stages.extract import addresses
from digest.stages.extract.addresses import canonical_url, site_name

_SEGMENTS = st.sampled_from(
    [
        "amp",
        "print",
        "index.html",
        "news",
        "2026",
        "ferry-fares-up",
        "a.amp",
        "x;jsessionid=1",
        "%7e%41",
        "%2541",
        "1234567",
    ]
)
_PAIRS = st.sampled_from(["amp=1", "utm_source=x", "id=3", "page=2", "view=print", "ref=a", "PHPSESSID=1", "q=%c3%a5"])
_HOSTS = st.sampled_from(
    ["www.courier.example", "m.courier.example", "en.m.courier.example.", "www.google.com", "c.cdn.ampproject.org"]
)


@st.composite
def urls(draw: st.DrawFn) -> str:
    path = "/".join(draw(st.lists(_SEGMENTS, max_size=5)))
    query = "&".join(draw(st.lists(_PAIRS, max_size=4)))
    return (
        f"https://{draw(_HOSTS)}/{path}" + (f"?{query}" if query else "") + draw(st.sampled_from(["", "#top", "#!x"]))
    )


@given(urls())
def test_a_canonical_address_is_its_own(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once


@given(urls(), st.one_of(urls(), st.text(max_size=60)))
def test_a_declared_address_never_leads_to_another_site(url: str, declared: str) -> None:
    def site(address: str) -> str:
        return site_name(address.split("/")[2])

    assert site(canonical_url(url, declared=declared)) == site(canonical_url(url))


@given(st.text(max_size=80))
def test_no_text_makes_it_fail(text: str) -> None:
    canonical_url(text, declared=text)
    canonical_url("https://courier.example/x", declared=text)


_ODD = st.text(alphabet="htps:/w.aA%?&=#!80\n", max_size=30)


@given(st.one_of(urls(), st.text(max_size=80), _ODD, _ODD.map("http://www.".__add__), _ODD.map("//a.a/".__add__)))
def test_a_key_is_its_own(url: str) -> None:
    key = address_key(url)
    assert address_key(key) == key


@given(st.lists(_SEGMENTS), st.permutations(["id=3", "page=2", "q=%C3%A5", "print"]), st.sampled_from(["", "#!x"]))
def test_another_spelling_of_an_address_has_its_key(segments: list[str], pairs: list[str], fragment: str) -> None:
    path = "".join(f"/{segment}" for segment in segments)
    one = f"https://courier.example{path}?{'&'.join(pairs)}{fragment}"
    other = f"http://www.courier.example/./x/..{path}/?{'&'.join(sorted(pairs))}{fragment}"
    assert address_key(one) == address_key(other)


@given(
    st.integers(0, 10**8),
    st.integers(0, 10**8),
    st.sampled_from(["/story?id={}", "/{}", "/news/{}/amp", "/n-e-w-s-{}.html"]),
)
def test_two_numbered_articles_never_become_one(one: int, other: int, pattern: str) -> None:
    first, second = (canonical_url("https://courier.example" + pattern.format(number)) for number in (one, other))
    assert (first == second) == (address_key(first) == address_key(second)) == (one == other)


@given(
    st.from_regex(
        r"https?://[a-z]{1,3}(\.[a-z]{1,3}){1,2}\.?(:[89]0)?(/[A-Za-z0-9_.~%;-]{0,9}){0,4}(\?[a-z=&]{0,6})?",
        fullmatch=True,
    )
)
def test_what_is_taken_for_spelled_already_would_be_spelled_so(url: str) -> None:
    address = addresses.absolute_url(url, base="")
    if address is not None and addresses._normal(address) == address:
        assert addresses._respelled(address) == address
