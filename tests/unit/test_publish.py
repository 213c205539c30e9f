from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.model.edition import Cadence, Edition, EditionState
from digest.model.ids import EditionId
from digest.model.source import PublishMode
from digest.stages.publish import Gate, edition_day, edition_moment, is_due, is_late, problems, window
from tests.factories import NOON, a_card, a_claim, a_passage, a_report, a_shown_pairing, an_edition

OPEN = Gate(placeholders=(), holds=(), texts={})
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


def test_sound_edition_passes_every_gate() -> None:
    assert problems(an_edition(), OPEN) == ()


@pytest.mark.parametrize(
    ("document", "gate", "says"),
    [
        (an_edition(imprint=""), OPEN, "imprint is empty"),
        (an_edition(is_sample=True), OPEN, "sample campaign"),
        (an_edition(cards=()), OPEN, "empty"),
        (an_edition(), replace(OPEN, placeholders=("site.imprint.promoter is a placeholder.",)), "placeholder"),
        (an_edition(), replace(OPEN, holds=("Held by Ann.",)), "Held by Ann."),
        (an_edition(cards=(a_card(pairings=(a_shown_pairing(is_confirmed=False),)),)), OPEN, "nobody has confirmed"),
    ],
)
def test_what_holds_an_edition_is_told(document: object, gate: Gate, says: str) -> None:
    assert any(says in problem for problem in problems(document, gate))  # type: ignore[arg-type]  # parametrised


def test_sample_campaign_may_go_in_the_demo_only() -> None:
    sample = an_edition(is_sample=True)
    assert problems(sample, replace(OPEN, is_demo=True)) == ()


def test_answered_story_named_by_what_was_reported_is_held() -> None:
    claim = a_claim()
    for name in (claim.text, "QUILL'S RENT PLAN does not add up – say critics"):
        card = a_card(name=name, pairings=(a_shown_pairing(claim=claim),), reports=(a_report(),))
        assert any("what was reported" in problem for problem in problems(an_edition(cards=(card,)), OPEN))


def test_passage_that_no_longer_stands_in_its_text_holds_the_edition() -> None:
    answer = a_passage()
    card = a_card(pairings=(a_shown_pairing(answer=answer),))
    true_text = {(answer.article_id, answer.revision): answer.text}
    changed_text = {(answer.article_id, answer.revision): answer.text.replace("every", "some")}
    document = an_edition(cards=(card,))
    assert problems(document, replace(OPEN, texts=true_text)) == ()
    assert problems(document, replace(OPEN, texts=changed_text)) != ()


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


def test_once_todays_is_out_tomorrows_is_made() -> None:
    late_evening = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # already 2 July in London
    assert edition_day(late_evening, LONDON, is_out=False) == date(2026, 7, 2)
    assert edition_day(late_evening, LONDON, is_out=True) == date(2026, 7, 3)
