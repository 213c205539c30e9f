"""What `clean_html` leaves, read by a real browser: the one judge of what a page would do."""

import pytest
from playwright.sync_api import Browser

from digest.stages.extract import clean_html
from tests.corpus.nasty_html import nasty_html

pytestmark = pytest.mark.timeout(120)
BASES = (
    "https://courier.example/news/today",
    "javascript:alert(1)//",
    "data:text/html,x",
    "http://[bad",
    "",
    "//e.example",
)
ALLOWED = set(
    """
    P A B I U S DEL INS SUB SUP SMALL Q CITE ABBR CODE PRE STRONG EM UL OL LI DL DT DD BLOCKQUOTE H2 H3 H4 BR HR
    """.split()  # noqa: SIM905 a list of words reads best as words
)
# Into a box of a page, into a table cell and into a document of its own: each is parsed by other rules.
READ = """
pieces => pieces.map(piece => {
  const found = [];
  const look = root => root.querySelectorAll('*').forEach(element => found.push([
    element.tagName, element.namespaceURI, element.getAttributeNames().sort().join(' '), element.protocol || '',
  ]));
  for (const name of ['div', 'td']) {
    const box = document.createElement(name);
    box.innerHTML = piece;
    look(box);
  }
  look(new DOMParser().parseFromString('<!doctype html><body>' + piece, 'text/html').body);
  return found;
})
"""


def test_a_browser_finds_nothing_but_plain_elements_and_links_to_the_web_and_mail(browser: Browser) -> None:
    html = list(nasty_html(3_000, seed=4))
    cleaned = [clean_html(each, base_url=BASES[number % len(BASES)]) for number, each in enumerate(html)]
    page = browser.new_page()
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: ran.append(request.url))
    page.set_content("<!doctype html><title>x</title>")
    ran.clear()
    found = page.evaluate(READ, cleaned)
    page.close()
    assert ran == []
    assert sum(map(len, found)) > 3_000
    for source, elements in zip(html, found, strict=True):
        for tag, namespace, attributes, protocol in elements:
            assert namespace == "http://www.w3.org/1999/xhtml", source
            assert tag in ALLOWED, source
            assert attributes in ({"", "rel", "href rel"} if tag == "A" else {""}), source
            assert "href" not in attributes or protocol in {"http:", "https:", "mailto:"}, source
