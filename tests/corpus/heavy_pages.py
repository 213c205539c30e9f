"""Pages of our own making with all that heavy pages carry beside their text: 400 to 500 kB of it."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from html import escape

from tests.corpus.pages import Specimen, specimens
from tests.corpus.prose import Prose


def heavy_specimens(each: int, *, seed: int) -> Iterator[Specimen]:
    """`specimens`, with menus, cards of other stories, scripts, styles, drawings and data around the same true text."""
    for light in specimens(each, seed=seed):
        chance = random.Random(light.url + str(seed))
        yield replace(light, html=_loaded(light.html.decode(), light.prose, chance).encode())


def _loaded(html: str, prose: Prose, chance: random.Random) -> str:
    style = "".join(f".c{at}{{margin:{at}px;color:#fff}}" for at in range(1200))
    bodies = [
        {"id": at, "title": chance.choice(prose.teasers), "body": chance.choice(prose.asides)} for at in range(250)
    ]
    head = f"<style>{style}</style>{_script(chance, 550)}</head>"
    top = f"<body><header class='top'><nav class='mega'><ul>{_menu(prose, chance, 250)}</ul></nav></header>"
    bottom = (
        f"<section class='more-stories'>{_cards(prose, chance, 60)}</section>"
        f"<footer class='foot'><ul>{_menu(prose, chance, 120)}</ul></footer>"
        f"<script type='application/json'>{json.dumps(bodies)}</script>{_script(chance, 1100)}</body>"
    )
    return (
        html.replace("</head>", head, 1).replace("<body>", top + _script(chance, 700), 1).replace("</body>", bottom, 1)
    )


def _menu(prose: Prose, chance: random.Random, count: int) -> str:
    return "".join(
        f"<li class='nav-item level-{at % 3}' data-track='{{&quot;n&quot;:{at}}}'><a class='nav-link' href='/s/{at}'><span>"
        f"{escape(chance.choice(prose.teasers))}</span></a></li>"
        for at in range(count)
    )


def _cards(prose: Prose, chance: random.Random, count: int) -> str:
    return "".join(
        f"<div class='card' data-id='{at}'><a href='/c/{at}'><img src='/i/{at}.jpg' srcset='/i/{at}-1.jpg 1x, /i/{at}-2.jpg 2x'>"
        f"<h3>{escape(chance.choice(prose.teasers))}</h3></a><p class='dek'>"
        f"{escape(' '.join(chance.choice(prose.asides).split()[:16]))}…</p><svg viewBox='0 0 24 24'><path d='M{at} 1z'/></svg></div>"
        for at in range(count)
    )


def _script(chance: random.Random, lines: int) -> str:
    made = "".join(
        f"var a{at}={{x:{chance.random()},y:function(){{return '<div>{at}</div>'}}}};" for at in range(lines)
    )
    return f"<script>{made}</script>"
