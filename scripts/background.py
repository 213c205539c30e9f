"""Writes digest/stages/cluster/background.tsv from the sample campaign: `python -m scripts.background`."""

from pathlib import Path

from digest.demo.samples import read_samples, samples_folder
from digest.model.background import Background
from digest.stages.cluster.background import SEED_FILE, background_of
from digest.stages.cluster.features import LEAD_CHARACTERS

FILE = Path(__file__).parent.parent / "digest" / "stages" / "cluster" / SEED_FILE


def main() -> None:
    FILE.write_text(in_lines(sample_background()), encoding="utf-8")


def sample_background() -> Background:
    return background_of(
        f"{article.title}\n{(article.text or article.summary)[:LEAD_CHARACTERS]}"
        for article in read_samples(samples_folder()).articles
    )


def in_lines(background: Background) -> str:
    rows = (f"{stem}\t{number}" for stem, number in sorted(background.seen_in.items()))
    return "\n".join([str(background.articles), *rows]) + "\n"


if __name__ == "__main__":
    main()
