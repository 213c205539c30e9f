"""What follows from staff's word on pairs of articles. Pure."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from digest.model.ids import ArticleId
from digest.model.story import Binding, BindingKind


def all_that_follows(bindings: Sequence[Binding], *, among: Collection[ArticleId] | None = None) -> list[Binding]:
    """The same and what follows from them, sorted: who is with an article is apart from all that it is apart from.

    bindings: oldest first. Of two that contradict each other the newer holds.   among: articles that are looked at;
    what is not among them still carries staff's word from one to another. None: all.
    """
    told = _Told()
    for binding in reversed(bindings):
        told.heed(binding)
    return told.bindings(among)


def together(bindings: Sequence[Binding]) -> list[frozenset[ArticleId]]:
    """The groups of two and more articles that staff said belong to one story. bindings: oldest first."""
    told = _Told()
    for binding in reversed(bindings):
        told.heed(binding)
    return told.groups()


class _Told:
    """Articles in groups that belong together, and which groups are apart."""

    def __init__(self) -> None:
        self._group_of: dict[ArticleId, int] = {}
        self._members: dict[int, set[ArticleId]] = {}
        self._apart: dict[int, set[int]] = defaultdict(set)

    def heed(self, binding: Binding) -> None:
        """Take one more word; left out when it contradicts those before it."""
        a, b = self._group(binding.a), self._group(binding.b)
        match binding.kind:
            case BindingKind.MUST:
                if a != b and b not in self._apart[a]:
                    self._unite(a, b)
            case BindingKind.CANNOT:
                if a != b:
                    self._apart[a].add(b)
                    self._apart[b].add(a)

    def groups(self) -> list[frozenset[ArticleId]]:
        return [frozenset(members) for members in self._members.values() if len(members) > 1]

    def bindings(self, among: Collection[ArticleId] | None) -> list[Binding]:
        """One word for each member of a group, with the first of it; and for each two that are apart."""
        here = None if among is None else set(among)
        members = {group: sorted(own if here is None else own & here) for group, own in self._members.items()}
        together = [(own[0], other) for own in members.values() for other in own[1:]]
        apart = {
            (min(a, b), max(a, b))
            for one, others in self._apart.items()
            for other in others
            for a in members[one]
            for b in members[other]
        }
        return [
            *(Binding(kind=BindingKind.MUST, a=a, b=b) for a, b in sorted(together)),
            *(Binding(kind=BindingKind.CANNOT, a=a, b=b) for a, b in sorted(apart)),
        ]

    def _group(self, article: ArticleId) -> int:
        group = self._group_of.setdefault(article, len(self._group_of))
        self._members.setdefault(group, {article})
        return group

    def _unite(self, into: int, gone: int) -> None:
        for article in self._members[gone]:
            self._group_of[article] = into
        self._members[into] |= self._members.pop(gone)
        for other in self._apart.pop(gone, set()):
            self._apart[other].discard(gone)
            self._apart[other].add(into)
            self._apart[into].add(other)
