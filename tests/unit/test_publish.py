from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.model.article import Article, Span
from digest.model.edition import Cadence, Edition, EditionDocument, EditionState, Passage
from digest.model.ids import EditionId
from digest.model.pairing import KeptClaim, PairingState
from digest.model.source import PublishMode
from digest.stages.publish import (
    CATCH_UP,
    Gate,
    edition_moment,
    is_due,
    is_late,
    is_still_open,
    latest_day,
    problems,
    window,
)
from tests.factories import (
    NOON,
    a_card,
    a_pairing,
    a_passage,
    a_report,
    a_shown_pairing,
    an_answer,
    an_article,
    an_edition,
)

OPEN = Gate(placeholders=(), holds=(), pairings={}, articles={})
LONDON = ZoneInfo("Europe/London")


def an_edition_row(**changes: object) -> Edition:
    values: dict[str, object] = {
        "id": EditionId(1),
        "cadence": Cadence.DAILY,
        "edition_on": date(2026, 11, 23),
        "state": EditionState.DRAFT,
        "covers_from": NOON - timedelta(days=1),
        "cut_off_at": NOON,
    }
    return Edition(**values | changes)  # type: ignore[arg-type]  # a test names only what it is about


def answered_edition(**card: object) -> tuple[EditionDocument, Gate]:
    """An edition of one answered story, and the gate of a database in which all of it still stands."""
    claim, answer = an_article(), an_answer()
    pairing = a_pairing(claim, answer)
    shown = a_shown_pairing(
        pairing_id=pairing.id,
        claim=a_passage_of(claim, pairing.claim, pairing.claim_text),
        answer=a_passage_of(answer, pairing.answer, pairing.answer_text),
    )
    values: dict[str, object] = {"name": pairing.answer_text, "pairings": (shown,)}
    gate = replace(OPEN, pairings={pairing.id: pairing}, articles={claim.id: claim, answer.id: answer})
    return an_edition(cards=(a_card(**values | card),)), gate


def a_passage_of(article: Article, span: Span, text: str) -> Passage:
    return a_passage(
        article_id=article.id, revision=span.revision, start=span.start, end=span.end, text=text, display=text
    )


def test_sound_edition_passes_every_gate() -> None:
    document, gate = answered_edition()
    assert problems(document, gate) == ()


@pytest.mark.parametrize(
    ("document", "gate", "says"),
    [
        (an_edition(imprint=""), OPEN, "imprint is empty"),
        (an_edition(is_sample=True), OPEN, "sample campaign"),
        (an_edition(cards=()), OPEN, "empty"),
        (an_edition(), replace(OPEN, placeholders=("site.imprint.promoter is a placeholder.",)), "placeholder"),
        (an_edition(), replace(OPEN, holds=("Held by Ann.",)), "Held by Ann."),
        (
            an_edition(cards=(a_card(is_answered=False, pairings=(a_shown_pairing(is_confirmed=False),)),)),
            OPEN,
            "nobody has confirmed",
        ),
    ],
)
def test_what_holds_an_edition_is_told(document: object, gate: Gate, says: str) -> None:
    assert any(says in problem for problem in problems(document, gate))  # type: ignore[arg-type]  # parametrised


def test_sample_campaign_may_go_in_the_demo_only() -> None:
    document, gate = answered_edition()
    sample = replace(document, is_sample=True)
    assert problems(sample, gate) != ()
    assert problems(sample, replace(gate, is_demo=True)) == ()


@pytest.mark.parametrize("frame", ["{}", "{}, says the Treasurer.", "IT IS NOT SO THAT {}!", "They say “{}”"])
def test_answered_story_named_by_what_was_reported_is_held(frame: str) -> None:
    document, gate = answered_edition()
    name = frame.format(document.cards[0].pairings[0].claim.text.rstrip("."))
    named = replace(document.cards[0], name=name)
    for held in (replace(document, cards=(named,)), replace(document, more=(named,))):
        assert any("what was reported" in problem for problem in problems(held, gate))


def test_press_headline_that_quotes_our_answer_holds_nothing() -> None:
    document, gate = answered_edition()
    report = a_report(headline=document.cards[0].name)
    assert problems(replace(document, cards=(replace(document.cards[0], reports=(report,)),)), gate) == ()


@pytest.mark.parametrize("side", ["claim", "answer"])
@pytest.mark.parametrize("place", ["cards", "more"])
def test_words_that_a_new_revision_has_dropped_hold_the_edition(side: str, place: str) -> None:
    document, gate = answered_edition()
    passage = getattr(document.cards[0].pairings[0], side)
    article = gate.articles[passage.article_id]
    document = replace(document, cards=document.cards if place == "cards" else (), more=document.cards)
    kept = replace(article, text=f"Updated. {article.text}", revision=2)
    dropped = replace(article, text="Correction: we were wrong.", revision=2)
    fine, held = (replace(gate, articles={**gate.articles, article.id: other}) for other in (kept, dropped))
    empty = ("The edition is empty: it has no story and no message.",) if place == "more" else ()
    assert problems(document, fine) == empty
    assert any("no longer stands" in problem for problem in problems(document, held))


def test_pairing_that_is_not_confirmed_any_more_holds_the_edition() -> None:
    document, gate = answered_edition()
    (pairing,) = gate.pairings.values()
    for pairings in ({}, {pairing.id: replace(pairing, state=PairingState.REJECTED)}):
        assert any("not confirmed any more" in words for words in problems(document, replace(gate, pairings=pairings)))


def test_deleted_press_text_is_proved_by_what_the_confirmed_pairing_keeps() -> None:
    document, gate = answered_edition()
    (pairing,) = gate.pairings.values()
    claiming = gate.articles[pairing.claim.article_id]
    kept = KeptClaim(sentence=pairing.claim_text, before="", after="", text_sha256=claiming.text_sha256, url="")
    gate = replace(gate, articles={**gate.articles, claiming.id: replace(claiming, text="")})
    assert problems(document, gate) != ()
    assert problems(document, replace(gate, pairings={pairing.id: replace(pairing, kept=kept)})) == ()


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (date(2026, 7, 1), datetime(2026, 7, 1, 0, 30, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # 01:30 does not exist: clocks go to 02:00
        (date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # 01:30 comes twice: the first
        (date(2026, 12, 1), datetime(2026, 12, 1, 1, 30, tzinfo=UTC)),
    ],
)
def test_edition_hour_is_one_moment_a_day_through_clock_changes(day: date, utc: datetime) -> None:
    assert edition_moment(day, time(1, 30), LONDON) == utc


def test_draft_goes_by_itself_only_where_the_campaign_says_automatic() -> None:
    draft = an_edition_row()
    assert is_due(draft, mode=PublishMode.AUTOMATIC, moment=NOON, now=NOON)
    assert not is_due(draft, mode=PublishMode.AUTOMATIC, moment=NOON, now=NOON - timedelta(seconds=1))
    assert not is_due(draft, mode=PublishMode.APPROVED, moment=NOON, now=NOON + timedelta(days=1))


def test_approved_edition_goes_at_its_hour_or_when_staff_said() -> None:
    approved = an_edition_row(state=EditionState.APPROVED)
    assert is_due(approved, mode=PublishMode.APPROVED, moment=NOON, now=NOON)
    later = replace(approved, publish_at=NOON + timedelta(hours=1))
    assert not is_due(later, mode=PublishMode.APPROVED, moment=NOON, now=NOON)


def test_published_edition_never_goes_again() -> None:
    for state in (EditionState.PUBLISHED, EditionState.RETRACTED):
        row = an_edition_row(state=state)
        assert not is_due(row, mode=PublishMode.AUTOMATIC, moment=NOON, now=NOON + timedelta(days=1))


def test_edition_is_late_when_it_is_not_out_soon_after_its_hour() -> None:
    assert is_late(None, moment=NOON, now=NOON + timedelta(minutes=6))
    assert is_late(an_edition_row(), moment=NOON, now=NOON + timedelta(minutes=6))
    assert not is_late(an_edition_row(), moment=NOON, now=NOON + timedelta(minutes=1))
    assert not is_late(an_edition_row(state=EditionState.PUBLISHED), moment=NOON, now=NOON + timedelta(hours=6))


def test_window_begins_at_the_previous_cut_off_and_does_not_look_back_for_ever() -> None:
    previous = NOON - timedelta(hours=20)
    assert window(now=NOON, previous_cut_off=previous) == (previous, NOON)
    assert window(now=NOON, previous_cut_off=None) == (NOON - timedelta(days=1), NOON)
    assert window(now=NOON, previous_cut_off=NOON - timedelta(days=30))[0] == NOON - timedelta(days=2)


def test_edition_whose_hour_was_missed_by_long_waits_for_a_person() -> None:
    for row, mode in (
        (an_edition_row(), PublishMode.AUTOMATIC),
        (an_edition_row(state=EditionState.APPROVED), PublishMode.APPROVED),
    ):
        assert is_due(row, mode=mode, moment=NOON, now=NOON + CATCH_UP)
        assert not is_due(row, mode=mode, moment=NOON, now=NOON + CATCH_UP + timedelta(seconds=1))


def test_edition_of_an_hour_before_a_restore_waits_for_a_person() -> None:
    row = an_edition_row()
    for restored_at, goes in ((NOON - timedelta(minutes=1), True), (NOON, False), (NOON + timedelta(hours=1), False)):
        assert goes is is_due(
            row, mode=PublishMode.AUTOMATIC, moment=NOON, now=NOON + timedelta(hours=2), restored_at=restored_at
        )


def test_edition_that_staff_put_later_is_not_late_before() -> None:
    later = an_edition_row(state=EditionState.APPROVED, publish_at=NOON + timedelta(hours=3))
    assert not is_late(later, moment=NOON, now=NOON + timedelta(hours=3))
    assert is_late(later, moment=NOON, now=NOON + timedelta(hours=3, minutes=6))


@pytest.mark.parametrize(
    ("now", "hour", "day"),
    [
        (datetime(2026, 11, 23, 18, 0, tzinfo=UTC), time(18), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 17, 59, tzinfo=UTC), time(18), date(2026, 11, 22)),
        (datetime(2026, 11, 24, 0, 30, tzinfo=UTC), time(23, 58), date(2026, 11, 23)),
        (datetime(2026, 3, 29, 1, 30, tzinfo=UTC), time(1, 30), date(2026, 3, 29)),
    ],
)
def test_last_day_whose_hour_has_come(now: datetime, hour: time, day: date) -> None:
    assert latest_day(now, hour, LONDON) == day


def test_after_midnight_yesterdays_edition_is_made_for_as_long_as_it_may_still_go() -> None:
    waiting, out = an_edition_row(), an_edition_row(state=EditionState.PUBLISHED)
    assert is_still_open(waiting, moment=NOON, now=NOON + timedelta(hours=3))
    assert not is_still_open(waiting, moment=NOON, now=NOON + CATCH_UP + timedelta(minutes=1))
    assert not is_still_open(out, moment=NOON, now=NOON + timedelta(minutes=1))
    assert not is_still_open(None, moment=NOON, now=NOON + timedelta(minutes=1))
