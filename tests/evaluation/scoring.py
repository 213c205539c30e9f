"""How well a clustering agrees with a reader's."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping


def b_cubed(predicted: Mapping[str, Hashable], true: Mapping[str, Hashable]) -> float:
    """F1 of B-cubed precision and recall (Bagga and Baldwin 1998) over what both name; labels by name."""
    shared = predicted.keys() & true.keys()
    company = []
    for labels in (predicted, true):
        members: dict[Hashable, set[str]] = defaultdict(set)
        for name in shared:
            members[labels[name]].add(name)
        company.append({name: members[labels[name]] for name in shared})
    overlap = {name: len(company[0][name] & company[1][name]) for name in shared}
    precision, recall = (sum(overlap[n] / len(groups[n]) for n in shared) / len(shared) for groups in company)
    return 2 * precision * recall / (precision + recall)


def pair_f1(predicted: Mapping[str, Hashable], true: Mapping[str, Hashable]) -> float:
    """F1 over the pairs that share a label; labels by name."""
    shared = predicted.keys() & true.keys()
    both, ours, theirs = (
        sum(count * (count - 1) // 2 for count in Counter(label(name) for name in shared).values())
        for label in (lambda name: (predicted[name], true[name]), predicted.__getitem__, true.__getitem__)
    )
    return 2 * both / (ours + theirs) if ours + theirs else 1.0
