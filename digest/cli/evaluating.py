"""Evaluating: the product's own clustering and pairing on labelled sets."""

from pathlib import Path
from typing import Annotated

import typer

from digest.evaluation import Level, evaluate_pairings, evaluate_stories


def evaluate_stories_set(
    articles: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            metavar="ARTICLES",
            help='JSON lines, such as {"id": "a1", "title": "…", "text": "…", "published": "2026-11-23T08:00:00Z"}. '
            "All but the id may be left out, and is not compared then.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", dir_okay=False, help='Where the predictions go: {"id": "a1", "cluster": 0}.')
    ],
    level: Annotated[
        Level, typer.Option(help="event: the same happening; story: one continuing matter.")
    ] = Level.STORY,
) -> None:
    """Cluster articles with the shipped settings. Files hold one JSON object a line.

    For example: `digest evaluate stories articles.jsonl --out predicted.jsonl --level event`
    """
    evaluate_stories(articles, out, level=level)
    print(out)


def evaluate_pairings_set(
    posts: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help='JSON lines, such as {"id": "p1", "text": "…", "published": "2026-11-23T08:00:00Z"}.',
        ),
    ],
    stories: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines, the same with a title.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            dir_okay=False,
            help='Where the predictions go: {"post": "p1", "story": "s1", "score": 0.7, "relation": "rebuts"}.',
        ),
    ],
    pairs: Annotated[
        Path | None,
        typer.Option(
            "--pairs",
            exists=True,
            dir_okay=False,
            help='Judge just these pairs: JSON lines, such as {"post": "p1", "story": "s1"}.',
        ),
    ] = None,
) -> None:
    """Pair posts with stories with the shipped settings: the best 50 a post, best first. Files hold one JSON object a
    line.

    For example: `digest evaluate pairings posts.jsonl stories.jsonl --out predicted.jsonl`
    """
    evaluate_pairings(posts, stories, out, pairs=pairs)
    print(out)
