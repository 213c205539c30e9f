"""HTML that has broken sanitizers, and the pieces of which more of it is put together at random."""

import random
from collections.abc import Iterator

VECTORS = (
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a title='</style><img src=x onerror=alert(1)>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=alert(1)&gt;'>",
    "<math><mtext><option><fake><option></option><mglyph><style><img src=x onerror=alert(1)></style>",
    "<form><math><mtext></form><form><mglyph><svg><mtext><style><path id='</style><img onerror=alert(1) src>'>",
    "<math><annotation-xml encoding='text/html'><style><img src=x onerror=alert(1)></style></annotation-xml></math>",
    "<svg><foreignObject><p><style><!--</style><a href='--><img src=x onerror=alert(1)>'>x</a></foreignObject></svg>",
    "<svg><desc><title><noscript></title><img src=x onerror=alert(1)></noscript></desc></svg>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><p title='</template><img src=x onerror=alert(1)>'></template>",
    "<title><p title='</title><img src=x onerror=alert(1)>'></title>",
    "<textarea><p title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<select><template><style><!--</style><a rel='--></style></template></select><img src=x onerror=alert(1)>'>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<iframe><!--</iframe><img src=x onerror=alert(1)>-->",
    "<noembed><img title='</noembed><img src=x onerror=alert(1)>'></noembed>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--!><img src=x onerror=alert(1)>--!>",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<svg><![CDATA[</svg><img src=x onerror=alert(1)>]]></svg>",
    "<?xml ?><img src=x onerror=alert(1)>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='javascript&colon;alert(1)'>x</a>",
    "<a href='&#x01;javascript:alert(1)'>x</a>",
    "<a href='\x01\x02 javascript:alert(1)'>x</a>",
    "<a href='java\x00script:alert(1)'>x</a>",
    "<a href='&Tab;java&NewLine;script&colon;alert(1)'>x</a>",
    "<a href='\u2028javascript:alert(1)'>x</a>",
    "<a href='data:text/html;base64,PHN2Zy9vbmxvYWQ9YWxlcnQoMSk+'>x</a>",
    "<a href='vbscript:x'>x</a><a href='blob:x'>y</a><a href='file:///etc/passwd'>z</a>",
    "<a href='//evil.example/'>x</a><a href='\\\\evil.example/'>y</a><a href='/\\evil.example'>z</a>",
    "<a href='https:evil.example'>x</a><a href='https:///evil.example'>y</a>",
    "<a href='https://user:word@evil.example/'>x</a>",
    "<a href='mailto:a@b.example?body=%0d%0aBcc:c@d.example'>x</a><a href='mailto:javascript:x'>y</a>",
    '<a href="https://e.example/&quot; onmouseover=&quot;alert(1)">x</a>',
    "<a href=`javascript:alert(1)`>x</a>",
    "<a href='x' href='javascript:alert(1)' style='x' id=x name=x target=_top ping=//e.example>x</a>",
    "<base href='javascript:/'><a href='alert(1)'>x</a>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'><link rel=stylesheet href=//e.example>",
    "<table><a href='x'><tr><td><a href='y'>x</a></table>",
    "<p><a href='x'><div><a href='y'><p></a></div>",
    "<b><p></b><i></p></i><h2><x><h2>",
    "<plaintext><img src=x onerror=alert(1)>",
    "<frameset><frame src='javascript:alert(1)'></frameset>",
    "<object data='x'><embed src='x'><param name=x></object><applet code=x></applet>",
    "<button formaction=javascript:alert(1)>x</button><input autofocus onfocus=alert(1)>",
    "<isindex action=j&Tab;a&Tab;vas&Tab;c&Tab;r&Tab;ipt:alert(1) type=image>",
    "<p>\ufeff\u202e\x0b\x85\ud800&#0;&#xD800;&#x110000;&nbsp</p>",
)

_PIECES = (
    *"p a b i h2 ul li table tr td div x svg math style script title textarea noscript template select option".split(),  # noqa: SIM905 words
    *"xmp iframe foreignObject annotation-xml mtext mglyph malignmark desc form br pre plaintext noembed".split(),  # noqa: SIM905 likewise
)
_ATTRIBUTES = (
    " href='javascript:alert(1)'",
    ' href="x"',
    " title='</style><img src=x onerror=alert(1)>'",
    " title='--><img src=x onerror=alert(1)>'",
    " encoding='text/html'",
    " onclick=alert(1)",
    " id='</title>'",
    " =",
)
_WORDS = (
    "<!--",
    "-->",
    "--!>",
    "<![CDATA[",
    "]]>",
    "&lt;img src=x onerror=alert(1)&gt;",
    "&amp;lt;",
    "x",
    "\n",
    "<",
    "</",
    "\x00",
)


def nasty_html(count: int, *, seed: int) -> Iterator[str]:
    """`count` pieces of HTML: each vector, then others made by chance. The same seed gives the same."""
    yield from VECTORS[:count]
    chance = random.Random(seed)
    for _ in range(count - len(VECTORS)):
        yield "".join(_piece(chance) for _ in range(chance.randint(1, 12)))


def _piece(chance: random.Random) -> str:
    match chance.randrange(8):
        case 0:
            return chance.choice(VECTORS)
        case 1:
            return chance.choice(_WORDS)
        case 2 | 3:
            return f"</{chance.choice(_PIECES)}>"
        case _:
            attributes = "".join(chance.choices(_ATTRIBUTES, k=chance.randint(0, 2)))
            return f"<{chance.choice(_PIECES)}{attributes}>"
