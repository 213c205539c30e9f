"""Run the product through ten days of a replayed campaign and print what each day came to.

    python bench/replay.py http://127.0.0.1:8801 [--from 2016-09-20] [--to 2016-09-29] [--step-hours 6] [--keep FOLDER]
                                                  [--show-above 0.8]

The address is that of a replay server: its feeds are listed at /sources.json, its clock moves by /clock?set=ISO. Every
step is a `digest run --now` of its own, as an operator's cron would do it, so memory is that of the whole process. Each
day's last draft is published under a test imprint and delivered to a receiver of the bench's own by the next step, so
that what went out twice, or not at all, can be counted where it arrives.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ruamel.yaml import YAML

from digest.demo.receivers import ReceivedPush, serve_receivers
from digest.model.delivery import DeliveryResult, SubjectKind
from digest.model.edition import Cadence
from digest.storage import Storage, open_storage

EDITION_HOUR = "18:00"


def main() -> None:
    arguments = _arguments()
    base = arguments.server.rstrip("/")
    with tempfile.TemporaryDirectory() as temporary, serve_receivers() as receivers:
        folder = Path(arguments.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        start, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (arguments.start, arguments.end))
        _ask(base, f"/clock?set={_iso(start)}")
        listed = json.loads(_ask(base, "/sources.json"))["sources"]
        _write_sources(folder, listed, show_above=arguments.show_above)
        environment = {
            "PATH": "/usr/bin:/bin",
            "DIGEST_DATA": str(folder / "data"),
            "DIGEST_SOURCES": str(folder / "sources.yaml"),
            "DIGEST_ALLOW_PRIVATE": base.removeprefix("http://"),
            "DIGEST_HOST_SPACING_SECONDS": "0",
            "DIGEST_CHANNELS": f"replay={receivers.channel_url}",
        }
        _digest(environment, "upgrade")
        failures = _run_days(base, environment, start=start, end=end, step=timedelta(hours=arguments.step_hours))
        _digest(environment, "run", "--now", _iso(end), "--json")  # delivers the last day's
        _check(folder, receivers.pushes, expected_sources=len(listed), failures=failures)


def _run_days(
    base: str, environment: dict[str, str], *, start: datetime, end: datetime, step: timedelta
) -> Counter[str]:
    failures: Counter[str] = Counter()
    print("day        passes sources  new  active stories confirmed suggested", end="  ")
    print("fetch embed clust match  comp    s/day peak MB")
    for day, moments in _days(start, end, step):
        seconds: Counter[str] = Counter()
        totals: Counter[str] = Counter()
        report: dict[str, object] = {}
        passes = 0
        for now in moments:
            _ask(base, f"/clock?set={_iso(now)}")
            report = json.loads(_digest(environment, "run", "--now", _iso(now), "--json"))
            passes += 1
            seconds.update(report["seconds"])  # type: ignore[arg-type]  # JSON of our own
            totals["added"] += int(str(report["added"]))
            for source_id, reason in report["failed"].items():  # type: ignore[attr-defined]  # likewise
                failures[f"{source_id}: {reason}"] += 1
        _digest(environment, "publish", day, "--as", "replay", "--yes", "--now", _iso(moments[-1]))
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        stages = " ".join(f"{seconds[stage]:5.1f}" for stage in ("fetch", "embed", "cluster", "match", "compose"))
        print(f"{day} {passes:6} {report['reached']:>7} {totals['added']:4} {report['active_articles']:>7}", end=" ")
        print(f"{report['stories']:>7} {report['confirmed']:>9} {report['suggested']:>9}  {stages}", end=" ")
        print(f"{sum(seconds.values()):8.1f} {peak:7.0f}", flush=True)
    return failures


def _days(start: datetime, end: datetime, step: timedelta) -> Iterator[tuple[str, list[datetime]]]:
    moments: dict[str, list[datetime]] = {}
    now = start
    while now <= end:
        moments.setdefault(now.date().isoformat(), []).append(now)
        now += step
    yield from moments.items()


def _check(folder: Path, received: Sequence[ReceivedPush], *, expected_sources: int, failures: Counter[str]) -> None:
    """The figures that must be zero. Exits 1 when one is not."""
    storage = open_storage(f"sqlite:///{(folder / 'data' / 'digest.sqlite').absolute()}")
    with storage.read() as tx:
        kept = len(tx.sources.all())
        editions = tx.editions.archive(Cadence.DAILY, before=None, limit=1000)
        articles = tx.articles.count()
    days = [line.edition_on for line in editions]
    amiss = list(_delivered_amiss(storage, days, received))
    storage.close()
    print(f"\nsources lost {expected_sources - kept}, {articles} articles")
    print(f"editions published {len(days)}, messages received {len(received)}, delivered amiss {len(amiss)}")
    for line in amiss:
        print(f"  {line}")
    for words, times in failures.most_common():
        print(f"  {times:3} times  {words}")
    if amiss or not days or kept != expected_sources:
        sys.exit(1)


def _delivered_amiss(storage: Storage, days: Sequence[date], received: Sequence[ReceivedPush]) -> Iterator[str]:
    """A line for each edition that a recipient was queued for, sent or given other than once."""
    with storage.read() as tx:
        for day in days:
            edition = tx.editions.find(Cadence.DAILY, day)
            newest = tx.editions.newest(edition.id) if edition is not None else None
            if edition is None or newest is None:
                yield f"{day}: published, but not to be found"
                continue
            subjects = [f"{edition.id}/{revision}" for revision in range(1, newest.document.revision + 1)]
            rows = [row for subject in subjects for row in tx.outbox.rows(SubjectKind.EDITION, subject)]
            recipients = Counter((row.recipient_kind, row.recipient_id, row.medium) for row in rows)
            sent = Counter(
                attempt.outbox_id
                for row in rows
                for attempt in tx.outbox.deliveries(row.id)
                if attempt.result is DeliveryResult.SENT
            )
            arrived = sum(newest.document.address in push.text for push in received)
            if list(recipients.values()) != [1] or list(sent.values()) != [1] or arrived != 1:
                yield f"{day}: {len(rows)} rows queued, {sum(sent.values())} noted as sent, {arrived} received"


def _digest(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "digest", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(f"digest {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def _write_sources(folder: Path, listed: list[dict[str, str]], *, show_above: float | None) -> None:
    campaign = next(row["name"] for row in listed if row["kind"] == "campaign")
    document = {
        "site": {
            "title": "The Replay",
            "campaign": f"The campaign of {campaign}",
            "candidates": [
                {
                    "name": "Hillary Clinton",
                    "aliases": ["Clinton", "Hillary", "Secretary Clinton", "Tim Kaine", "Kaine"],
                },
                {"name": "Donald Trump", "aliases": ["Trump", "Donald J. Trump", "Mike Pence", "Pence"]},
            ],
            "imprint": {
                "promoter": "The replay bench",
                "address": "Loopback Row 127, Machine Town",
                "on_behalf_of": "nobody at all",
            },
            "time_zone": "America/New_York",
            "edition_hour": EDITION_HOUR,
        }
        | ({} if show_above is None else {"show_above": show_above}),
        "topics": [
            {"id": "economy", "name": "Jobs and taxes", "seeds": ["jobs, wages, taxes, trade, economy", "tax returns"]},
            {"id": "debate", "name": "Debates", "seeds": ["presidential debate, moderator, stage"]},
            {
                "id": "security",
                "name": "Security",
                "seeds": ["terrorism, ISIS, NATO, Russia, foreign policy, military"],
            },
            {"id": "justice", "name": "Police and justice", "seeds": ["police shooting, protests, guns, courts"]},
            {"id": "health", "name": "Health", "seeds": ["health care, Obamacare, hospital, drug prices"]},
            {"id": "race", "name": "The race", "seeds": ["poll, swing state, voters, endorsement, campaign trail"]},
        ],
        "sources": [
            {
                "id": row["id"],
                "name": row["name"],
                "kind": row["kind"] if row["kind"] in {"campaign", "friendly"} else "mainstream",
                "feed": row["feed_url"],
                "site": row["site_url"],
            }
            for row in listed
        ],
    }
    yaml = YAML()
    with (folder / "sources.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(document, file)


def _ask(base: str, path: str) -> bytes:
    with urllib.request.urlopen(base + path, timeout=30) as answer:
        body: bytes = answer.read()
    return body


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", help="address of the replay server, such as http://127.0.0.1:8801")
    parser.add_argument("--from", dest="start", default="2016-09-20", help="first moment, UTC")
    parser.add_argument("--to", dest="end", default="2016-09-29T18:00", help="last moment, UTC")
    parser.add_argument("--step-hours", type=float, default=6)
    parser.add_argument(
        "--show-above", type=float, help="as in sources.yaml: shows pairings this sure, marked unchecked"
    )
    parser.add_argument("--keep", help="folder to keep database and editions in, for reading")
    return parser.parse_args()


if __name__ == "__main__":
    main()
