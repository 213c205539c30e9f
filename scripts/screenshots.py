"""Writes docs/images/: the sample campaign's edition as a reader sees it, wide and on a phone, light and dark."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).parent.parent / "docs" / "images"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HEIGHTS = {1280: 1180, 360: 1400}  # of a desktop window and of a phone; what says most at a glance
HOUR = "18:30"  # when a reader would have it: the times on the pictures are those of a day
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main() -> None:
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        sys.exit("No Chromium here; name one: CHROMIUM=/path/to/chrome make screenshots")
    IMAGES.mkdir(exist_ok=True)
    with running_demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        for width, height in HEIGHTS.items():
            for scheme in SCHEMES:
                photograph(browser, address, width=width, height=height, scheme=scheme)
        browser.close()


def photograph(browser: Browser, address: str, *, width: int, height: int, scheme: Literal["light", "dark"]) -> None:
    """The top of today's edition."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(address)
    path = IMAGES / f"edition-{width}-{scheme}.png"
    page.screenshot(path=path)
    page.close()
    print(path)


def wait_for(address: str) -> None:
    """The demo says its address while its web server starts."""
    for _ in range(100):
        with suppress(URLError):
            urlopen(address).close()  # noqa: S310 - our own, on loopback
            return
        time.sleep(0.2)
    sys.exit(f"Nothing answers at {address}.")


@contextmanager
def running_demo() -> Iterator[str]:
    """The address of today's edition, while `digest demo` serves it."""
    command = [sys.executable, "-m", "digest", "demo"]
    environment = os.environ | {"DIGEST_NOW": f"{datetime.now(UTC):%Y-%m-%d}T{HOUR}"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as demo:
        try:
            for line in demo.stdout or ():
                if found := re.search(r"Today's edition\s+(\S+)", line):
                    wait_for(found[1])
                    yield found[1]
                    return
            sys.exit("The demo ended before it served a page.")
        finally:
            demo.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
