"""Evaluating: the product's own clustering and pairing on labelled sets."""

from pathlib import Path
from typing import Annotated

import typer

from digest.evaluation import Level, evaluate_pairings, evaluate_stories


def evaluate_stories_set(
    articles: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines: id, title, text, published, …")
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the predictions go: id, cluster.")],
    level: Annotated[Level, typer.Option(help="event (fine) or story (coarse).")] = Level.STORY,
) -> None:
    """Cluster articles with the shipped settings."""
    evaluate_stories(articles, out, level=level)
    print(out)


def evaluate_pairings_set(
    posts: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines: id, text, published.")],
    stories: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines: id, title, text, published.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the predictions go: post, story, score, relation.")],
    pairs: Annotated[
        Path | None, typer.Option("--pairs", exists=True, help="Judge just these pairs: post, story.")
    ] = None,
) -> None:
    """Pair posts with stories with the shipped settings: the best 50 a post, best first."""
    evaluate_pairings(posts, stories, out, pairs=pairs)
    print(out)
