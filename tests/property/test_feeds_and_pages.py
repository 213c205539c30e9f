"""What is always true of reading: cleaning is idempotent, texts hold nothing unseen, nothing but FeedError escapes."""

import json
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from digest.stages.extract import canonical_url, clean_html
from digest.stages.extract.addresses import absolute_url
from digest.stages.extract.child.markup import plain_of_html
from digest.stages.extract.child.requests import answer
from digest.stages.extract.posts import without_tail
from digest.stages.extract.text import cut_at_word, first_sentence, tidy_line, tidy_text
from digest.stages.extract.wire import Kind, Request, Verdict
from tests.corpus.feeds import WELL_FORMED

BASE = "https://courier.example/news/"
any_text = st.text(st.characters(), max_size=300)
fragments = st.lists(
    st.one_of(
        any_text,
        st.sampled_from(
            """<p> </p> <a href='x'> <a href=javascript:y> </a> <svg> <math> <style> </style> <script> <!-- --> <b> &lt;
            &amp; <table> <td> <textarea> <title> <noscript> <img src=x> <h2> <li> ]]> <![CDATA[ \x00 \ud800""".split()  # noqa: SIM905 a list of words reads best as words
        ),
    ),
    max_size=20,
).map("".join)


@given(fragments)
@example("<H2><A0><H2>")
def test_cleaning_twice_is_cleaning_once(html: str) -> None:
    once = clean_html(html, base_url=BASE)
    assert clean_html(once, base_url=BASE) == once


@given(fragments)
def test_plain_text_of_any_markup_can_be_stored(html: str) -> None:
    plain = plain_of_html(html, base=BASE, limit=200)
    plain.text.encode()
    assert len(plain.text) <= 200
    assert all(link.startswith(("http://", "https://")) for link in plain.links)


@given(any_text, st.integers(1, 50))
def test_tidy_text_is_tidy_already(text: str, limit: int) -> None:
    tidy = tidy_text(text, limit=limit)
    assert tidy_text(tidy, limit=limit) == tidy
    assert len(tidy) <= limit
    assert unicodedata.is_normalized("NFC", tidy)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in tidy.replace("\n", ""))


@given(any_text, st.integers(2, 50))
def test_cuts_fit_and_lines_have_no_breaks(text: str, limit: int) -> None:
    assert len(cut_at_word(text, limit=limit, ending="…")) <= limit
    line = tidy_line(text, limit=limit)
    assert len(line) <= limit
    assert "\n" not in line


@given(any_text)
def test_first_sentence_and_body_without_tail_begin_the_text(text: str) -> None:
    assert text.strip().startswith(first_sentence(text))
    assert text.startswith(without_tail(text))


@given(st.one_of(any_text, st.from_regex(r"https?://[a-z.]{1,9}(:[0-9]{1,5})?/\S{0,40}", fullmatch=True)))
def test_a_canonical_address_is_its_own(url: str) -> None:
    absolute = absolute_url(url, base=BASE)
    if absolute is not None:
        canonical = canonical_url(absolute)
        assert canonical.isascii()
        assert canonical_url(canonical) == canonical


@given(st.sampled_from(sorted(WELL_FORMED)), st.data())
def test_a_feed_with_bytes_replaced_is_a_feed_or_is_refused(kind: str, data: st.DataObject) -> None:
    body = WELL_FORMED[kind]
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 100)))
    injured = body[:start] + data.draw(st.binary(max_size=30)) + body[end:]
    # What the child answers, for feedparser itself raises anything: ValueError on a namespace with a space in it.
    answered = answer(Request(kind=Kind.FEED, url=BASE, content_type=None, is_warm_up=False, body=injured), seconds=20)
    assert answered.verdict in {Verdict.GOOD, Verdict.REFUSED}
    if answered.verdict is Verdict.GOOD:
        guids = [entry["guid"] for entry in json.loads(answered.payload)["entries"]]
        assert len(set(guids)) == len(guids)
