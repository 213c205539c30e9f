"""The demo's own pages in a real browser: what arrived, and the sample press."""

from datetime import datetime
from email.message import EmailMessage

from playwright.sync_api import Browser

from digest.demo.press import serve_press
from digest.demo.receivers import ReceivedPush, serve_receivers
from digest.demo.samples import read_samples, samples_folder

NARROW = 320
ADDRESS = "http://127.0.0.1:50000/editions/2026-11-23"


def test_what_arrived_fits_a_narrow_phone_and_its_links_open(browser: Browser) -> None:
    with serve_receivers() as receivers:
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = "An answer", "a@demo.invalid", "b@demo.invalid"
        mail.set_content(f"{ADDRESS}/{'long' * 30}")
        html = f'<html><head></head><body><a href="{receivers.address}">Read</a></body></html>'
        mail.add_alternative(html, subtype="html")
        receivers.mails.append(mail)
        receivers.pushes.append(ReceivedPush(title="The Evening Quill", text=f"One answer.\n{ADDRESS}"))
        page = browser.new_page(viewport={"width": NARROW, "height": 700})
        page.goto(receivers.address)
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW
        assert page.get_by_role("link", name=ADDRESS).get_attribute("href") == ADDRESS
        with page.context.expect_page() as opened:
            page.frame_locator("iframe").get_by_role("link", name="Read").click()
        opened.value.wait_for_load_state()
        assert opened.value.title() == "What arrived – Rejoinder demo"
        page.context.close()


def test_sample_press_fits_a_narrow_phone(browser: Browser) -> None:
    samples = read_samples(samples_folder())
    with serve_press(samples, anchor=datetime(2026, 11, 23, 18, 0, tzinfo=samples.zone)) as press:
        page = browser.new_page(viewport={"width": NARROW, "height": 700})
        for outlet in samples.outlets:
            newest = [article for article in samples.articles if article.outlet == outlet.id][-1]
            for address in (f"{press.base}/{outlet.id}/", press.address(newest)):
                page.goto(address)
                assert page.evaluate("document.documentElement.scrollWidth") == NARROW, address
        page.close()
