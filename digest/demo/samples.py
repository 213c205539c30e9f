"""The sample campaign's files as values: what the invented outlets wrote, and what a careful reader would conclude."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from digest.errors import ConfigError
from digest.model.pairing import Relation

ANCHOR = time(18, 0)
"""The hour of day 0 at which the sample's clock stands when the demo has been built."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """How an invented outlet publishes."""

    id: str
    name: str
    format: str
    """rss2, rss1, atom or jsonfeed."""
    is_full_text: bool
    page: str
    motto: str
    navigation: tuple[str, ...]
    colour: str
    is_campaign: bool = False
    """A campaign's own site carries no adverts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleArticle:
    id: str
    outlet: str
    before_anchor: timedelta
    """How long before the anchor it was published; negative for after."""
    title: str | None
    author: str | None
    summary: str
    text: str

    def published_at(self, anchor: datetime) -> datetime:
        """By the clock on the wall in the anchor's zone: a change to winter time moves no report to another hour."""
        return anchor - self.before_anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class TruePairing:
    claim_article: str
    claim: str
    """Verbatim sentence of the claim article."""
    answer_article: str
    answer: str
    """Verbatim passage of the answer article."""
    relation: Relation
    story: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    folder: Path
    outlets: tuple[Outlet, ...]
    articles: tuple[SampleArticle, ...]
    """Oldest first."""
    pairings: tuple[TruePairing, ...]
    zone: ZoneInfo


def samples_folder() -> Path:
    """`samples/` beside the packages."""
    return Path(__file__).resolve().parent.parent.parent / "samples"


def read_samples(folder: Path) -> Samples:
    """Everything in a samples folder. Raises ConfigError when it is not one."""
    if not (folder / "sources.yaml").is_file():
        raise ConfigError(
            f"There is no sample campaign at {folder}. It comes with the source code: run the demo from a checkout, "
            "or name its folder with --samples."
        )
    yaml = YAML(typ="safe")
    site = yaml.load(folder / "sources.yaml")
    names = {source["id"]: source["name"] for source in site["sources"]}
    campaign = {source["id"] for source in site["sources"] if source["kind"] == "campaign"}
    outlets = tuple(
        Outlet(
            id=outlet_id,
            name=names[outlet_id],
            format=dress["format"],
            is_full_text=dress["full_text"],
            page=dress["page"],
            motto=dress["motto"],
            navigation=tuple(dress["navigation"]),
            colour=dress["colour"],
            is_campaign=outlet_id in campaign,
        )
        for outlet_id, dress in yaml.load(folder / "outlets.yaml").items()
    )
    articles = [
        _article(path.stem, row) for path in sorted((folder / "articles").glob("*.yaml")) for row in yaml.load(path)
    ]
    articles.sort(key=lambda article: (-article.before_anchor, article.id))
    pairings = tuple(
        TruePairing(
            claim_article=row["claim"]["article"],
            claim=row["claim"]["sentence"],
            answer_article=row["answer"]["article"],
            answer=row["answer"]["passage"],
            relation=Relation(row["relation"]),
            story=row["story"],
        )
        for row in yaml.load(folder / "truth.yaml")["pairings"]
    )
    return Samples(
        folder=folder,
        outlets=outlets,
        articles=tuple(articles),
        pairings=pairings,
        zone=ZoneInfo(site["site"]["time_zone"]),
    )


def _article(outlet: str, row: dict[str, object]) -> SampleArticle:
    hour, minute = map(int, str(row["time"]).split(":"))
    day = row["day"]
    if not isinstance(day, int):
        raise ConfigError(f"samples/articles/{outlet}.yaml: the day of {row['id']} is no number.")
    return SampleArticle(
        id=str(row["id"]),
        outlet=outlet,
        before_anchor=timedelta(days=-day, hours=ANCHOR.hour - hour, minutes=ANCHOR.minute - minute),
        title=str(row["title"]) if row.get("title") else None,
        author=str(row["author"]) if row.get("author") else None,
        summary=str(row.get("summary") or "").strip(),
        text=str(row["text"]).strip(),
    )
