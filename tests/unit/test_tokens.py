"""Every colour that text has, on every ground it stands on, light and dark: WCAG 2.2 AA."""

import re
from pathlib import Path

import pytest

from digest.rendering.email import contrast

TOKENS = (Path(__file__).parent.parent.parent / "web/static/css/tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", part))
    for part in TOKENS.split("@media screen and (prefers-color-scheme: dark)")
)
TEXT_ON = [
    *((text, ground) for text in ("ink", "ink-soft", "link") for ground in ("paper", "sheet", "press-wash")),
    *((text, "ours-wash") for text in ("ink", "ink-soft", "ours")),
    ("ours", "paper"),
    ("press", "press-wash"),
    ("supportive", "paper"),
    ("paper", "ink"),
]
LINES_ON = [("focus", "paper"), ("focus", "ours-wash"), ("focus", "press-wash"), ("ours", "paper"), ("press", "paper")]


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(tokens: dict[str, str]) -> None:
    faint = {pair: round(ratio, 2) for pair in TEXT_ON if (ratio := contrast(*(tokens[name] for name in pair))) < 4.5}
    assert faint == {}


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_lines_that_mean_something_can_be_seen(tokens: dict[str, str]) -> None:
    faint = {pair: round(ratio, 2) for pair in LINES_ON if (ratio := contrast(*(tokens[name] for name in pair))) < 3}
    assert faint == {}


def test_the_two_sides_differ_without_colour() -> None:
    assert contrast(LIGHT["ours-wash"], LIGHT["press-wash"]) >= 1.1
    assert contrast(DARK["ours-wash"], DARK["press-wash"]) >= 1.1


def test_dark_has_a_value_for_every_colour() -> None:
    assert DARK.keys() == LIGHT.keys()
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
