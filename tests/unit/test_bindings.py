"""What follows from staff's word on pairs of articles."""

from digest.model.ids import ArticleId
from digest.model.story import Binding, BindingKind
from digest.stages.cluster import all_that_follows
from digest.stages.cluster.bindings import together


def must(a: int, b: int) -> Binding:
    return Binding(kind=BindingKind.MUST, a=ArticleId(a), b=ArticleId(b))


def cannot(a: int, b: int) -> Binding:
    return Binding(kind=BindingKind.CANNOT, a=ArticleId(a), b=ArticleId(b))


def test_what_is_with_an_article_is_apart_from_all_that_it_is_apart_from() -> None:
    assert all_that_follows([must(1, 2), must(2, 3), must(5, 6), cannot(3, 6)]) == [
        must(1, 2),
        must(1, 3),
        must(5, 6),
        *(cannot(a, b) for a in (1, 2, 3) for b in (5, 6)),
    ]


def test_of_words_that_contradict_each_other_the_newer_holds() -> None:
    assert all_that_follows([must(1, 2), must(2, 3), cannot(1, 3)]) == [must(2, 3), cannot(1, 2), cannot(1, 3)]
    assert all_that_follows([cannot(1, 3), must(1, 2), must(2, 3)]) == [must(1, 2), must(1, 3)]


def test_an_article_that_is_not_looked_at_still_carries_the_word_from_one_to_another() -> None:
    told = [must(1, 2), must(1, 3), cannot(1, 4)]
    assert all_that_follows(told, among=[ArticleId(i) for i in (2, 3, 4)]) == [must(2, 3), cannot(2, 4), cannot(3, 4)]
    assert all_that_follows(told, among=[ArticleId(2)]) == []


def test_groups_that_belong_together_are_told() -> None:
    assert sorted(map(sorted, together([must(1, 2), must(3, 4), must(4, 5), cannot(1, 3)]))) == [[1, 2], [3, 4, 5]]
