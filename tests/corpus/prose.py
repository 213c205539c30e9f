"""Invented articles: words from small lists, put together by rule. No sentence here was ever printed."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_ENGLISH = (
    (
        "The council",
        "A committee of islanders",
        "The harbour master",
        "Mayor Ida Brandt",
        "The ferry company",
        "Residents of Nordvik",
        "The union of dockers",
        "A spokeswoman for the port",
        "Councillor Ole Vik",
    ),
    (
        "voted to freeze",
        "refused to debate",
        "has welcomed",
        "warned against",
        "will inspect",
        "asked the court about",
        "promised to pay for",
        "quietly dropped",
        "set out in detail",
        "blamed the delay on",
    ),
    (
        "the winter timetable",
        "a tunnel under the sound",
        "the price of a season ticket",
        "three new breakwaters",
        "the budget of the lifeboat station",
        "plans for a second lighthouse",
        "the report on the grounding of March",
    ),
    (
        "after an evening of debate",
        "on Tuesday",
        "despite letters from four hundred households",
        "for the third year",
        "while the gale kept every boat in port",
        "in a hall lit by lanterns",
        "without naming a date",
    ),
    (
        "and said that the money would be found",
        "which the opposition called a gift to the mainland",
        "although the auditors had advised otherwise",
        "because the old piers are failing",
        "as the law demands",
    ),
)
_OTHERS = {
    "de": (
        ("Der Gemeinderat", "Die Hafenmeisterin", "Ein Ausschuss der Inselbewohner", "Die Reederei", "Der Kläger"),
        ("verschob gestern", "prüft seit Wochen", "lehnte am Abend", "begrüßte ausdrücklich", "kritisierte scharf"),
        ("den neuen Fahrplan", "die Pläne für den Leuchtturm", "den Haushalt der Seenotretter", "das Gutachten"),
        ("nach langer Debatte", "trotz vieler Einwände", "im dritten Jahr", "ohne Angabe von Gründen"),
        ("weil das Geld fehlt", "obwohl die Prüfer davon abrieten", "wie aus dem Protokoll hervorgeht"),
    ),
    "fr": (
        ("Le conseil municipal", "La capitainerie", "Un collectif d'habitants", "La compagnie des bacs", "Le juge"),
        ("a reporté mardi", "refuse de commenter", "salue sans réserve", "examine depuis des semaines"),
        ("le nouvel horaire d'hiver", "le projet de tunnel", "le budget de la station de sauvetage"),
        ("après un long débat", "malgré de nombreuses lettres", "pour la troisième année", "sans donner de date"),
        ("parce que les quais sont vétustes", "bien que les experts s'y opposent", "comme la loi l'exige"),
    ),
    "ru": (
        ("Городской совет", "Начальник порта", "Комитет жителей острова", "Паромная компания", "Суд округа"),
        ("отложил во вторник", "отказался обсуждать", "поддержал единогласно", "изучает уже месяц"),
        ("зимнее расписание", "проект нового маяка", "бюджет спасательной станции", "доклад о крушении"),
        ("после долгих споров", "несмотря на письма", "третий год подряд", "не назвав даты"),
        ("потому что причалы разрушаются", "хотя проверка возражала", "как требует закон"),
    ),
    "ar": (
        ("قال مجلس المدينة إنه", "أعلنت سلطة الميناء أنها", "أكدت لجنة السكان أنها", "ذكرت شركة العبارات أنها"),
        ("ستؤجل مناقشة", "ترفض التعليق على", "ترحب رسميا بشأن", "تدرس منذ أسابيع"),
        ("الجدول الشتوي الجديد", "مشروع المنارة الثانية", "ميزانية محطة الإنقاذ", "تقرير الحادث الأخير"),
        ("بعد نقاش طويل", "رغم رسائل كثيرة", "للعام الثالث", "دون تحديد موعد"),
        ("لأن الأرصفة قديمة", "مع أن الخبراء عارضوا ذلك", "كما يطلب القانون"),
    ),
    "zh": (
        ("市议会", "港务局长", "岛民委员会", "渡轮公司", "地方法院"),
        ("周二推迟了", "拒绝讨论", "公开支持", "正在审查"),
        ("冬季时刻表", "新灯塔的计划", "救生站的预算", "关于三月事故的报告"),
        ("经过长时间的辩论", "尽管收到许多来信", "已经是第三年", "没有说明日期"),
        ("因为码头已经老化", "虽然审计人员表示反对", "这是法律的要求"),
    ),
}
LANGUAGES = ("en", *_OTHERS)
_NAMES = ("Ida Brandt", "Ole Vik", "Mia Holm", "Jonas Quist", "Åsa Lindqvist-Bo", "Tomás Arce", "Ruth O’Dell")
_BASE = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """The parts an outlet sets into its page. Every paragraph differs from every other."""

    title: str
    lead: str
    paragraphs: tuple[str, ...]
    subheads: tuple[str, ...]
    quotes: tuple[str, ...]
    items: tuple[str, ...]
    captions: tuple[str, ...]
    asides: tuple[str, ...]
    """Paragraphs that are not the article's: comments, teasers, other stories."""
    teasers: tuple[str, ...]
    """Headlines of other stories."""
    author: str
    published_at: datetime
    language: str


def invent(chance: random.Random, *, language: str = "en", paragraphs: int | None = None) -> Prose:
    """A new article. The same state of `chance` gives the same words."""
    count = paragraphs or chance.randint(6, 18)
    return Prose(
        title=_headline(chance, language),
        lead=_paragraph(chance, language, sentences=1),
        paragraphs=tuple(_paragraph(chance, language) for _ in range(count)),
        subheads=tuple(_headline(chance, language) for _ in range(6)),
        quotes=tuple(_paragraph(chance, language, sentences=2) for _ in range(3)),
        items=tuple(_sentence(chance, language) for _ in range(5)),
        captions=tuple(_sentence(chance, language) for _ in range(12)),
        asides=tuple(_paragraph(chance, language) for _ in range(30)),
        teasers=tuple(_headline(chance, language) for _ in range(24)),
        author=chance.choice(_NAMES),
        published_at=_BASE + timedelta(minutes=chance.randint(0, 300_000)),
        language=language,
    )


def _paragraph(chance: random.Random, language: str, *, sentences: int | None = None) -> str:
    glue = "" if language == "zh" else " "
    return glue.join(_sentence(chance, language) for _ in range(sentences or chance.randint(1, 5)))


def _sentence(chance: random.Random, language: str) -> str:
    parts = [chance.choice(words) for words in _OTHERS.get(language, _ENGLISH)]
    number = chance.randint(3, 9800)
    if language == "zh":
        return f"{''.join(parts[:3])}{number}，{''.join(parts[3:])}。"
    if language == "en" and chance.random() < 0.25:
        return f"“{parts[0]} {parts[1]} {parts[2]} {parts[3]},” said {chance.choice(_NAMES)}, {number % 70 + 20}."
    return f"{' '.join(parts[:3])} ({number}) {' '.join(parts[3:])}."


def _headline(chance: random.Random, language: str) -> str:
    who, does, what, *_ = _OTHERS.get(language, _ENGLISH)
    glue = "" if language == "zh" else " "
    return glue.join((chance.choice(who), chance.choice(does), chance.choice(what), str(chance.randint(2, 99))))
