import math
from dataclasses import replace
from datetime import date, timedelta

from digest.model.edition import Choice, EditionDocument
from digest.model.ids import SourceId
from digest.model.pairing import Evidence, PairingState, Relation
from digest.model.source import ExcerptMode, SourceKind, Terms
from digest.stages.compose import MOST_CARDS, READING_BUDGET_SECONDS, DraftInput, StoryMaterial, compose
from tests.factories import (
    FRIEND,
    NOON,
    OURS,
    PRESS,
    RIVAL_PRESS,
    a_campaign,
    a_pairing,
    a_span,
    a_story,
    an_answer,
    an_article,
)


def composed(*materials: StoryMaterial, **changes: object) -> EditionDocument:
    articles = {article.id: article for material in materials for article in material.articles}
    answers = {article.id: article for article in articles.values() if article.kind is SourceKind.CAMPAIGN}
    values: dict[str, object] = {
        "campaign": a_campaign(),
        "edition_on": date(2026, 11, 23),
        "covers_from": NOON - timedelta(days=1),
        "cut_off_at": NOON,
        "materials": materials,
        "answers": answers,
        "choices": {},
        "is_reached": {},
        "base_url": "https://news.example",
    }
    return compose(DraftInput(**values | changes))  # type: ignore[arg-type]  # a test names only what it is about


def answered(**changes: object) -> StoryMaterial:
    """A story with one press article and one confirmed answer."""
    claim, answer = an_article(), an_answer()
    pairing = a_pairing(claim, answer, **changes)
    return StoryMaterial(story=a_story(claim, answer), articles=(claim, answer), pairings=(pairing,))


def unanswered(**changes: object) -> StoryMaterial:
    article = an_article(**changes)
    return StoryMaterial(story=a_story(article), articles=(article,), pairings=())


def test_answered_story_is_named_by_its_answer_and_never_by_the_press() -> None:
    material = answered()
    (card,) = composed(material).cards
    assert card.name == material.pairings[0].answer_text
    assert card.name != material.articles[0].headline


def test_story_that_only_the_computer_answered_keeps_the_press_headline_and_does_not_lead() -> None:
    shown = answered(state=PairingState.SHOWN, confidence=0.99)
    confirmed = answered()
    document = composed(shown, confirmed)
    assert [card.is_answered for card in document.cards] == [True, False]
    assert document.cards[1].name == shown.story.title


def test_what_only_the_computer_put_together_never_leads() -> None:
    shown = answered(state=PairingState.SHOWN, confidence=0.99)
    bare = unanswered()
    document = composed(shown, bare)
    assert [card.name for card in document.cards] == [bare.story.title, shown.story.title]
    (alone,) = composed(shown).cards
    assert alone.pairings == ()


def test_suggested_and_rejected_pairings_are_not_in_the_edition() -> None:
    for state in (PairingState.SUGGESTED, PairingState.REJECTED):
        other, card = composed(answered(), answered(state=state)).cards
        assert other.is_answered
        assert card.pairings == ()
        assert not card.is_answered


def test_edition_is_finite_and_the_rest_of_the_day_follows() -> None:
    materials = [answered() for _ in range(9)]
    document = composed(*materials)
    assert len(document.cards) == MOST_CARDS
    assert len(document.more) == 4
    assert document.reading_seconds <= READING_BUDGET_SECONDS


def test_cards_that_take_too_long_to_read_wait_below() -> None:
    long_answer = "Our plan " + "is good " * 150 + "and it is costed."
    materials = []
    for _ in range(5):
        claim, answer = an_article(), an_answer(text=long_answer)
        pairing = a_pairing(claim, answer)
        materials.append(StoryMaterial(story=a_story(claim, answer), articles=(claim, answer), pairings=(pairing,)))
    document = composed(*materials)
    assert 1 <= len(document.cards) < 5
    assert len(document.cards) + len(document.more) == 5


def test_stories_nobody_answered_fill_the_edition_to_three_cards_and_no_further() -> None:
    document = composed(answered(), *(unanswered() for _ in range(6)))
    assert len(document.cards) == 3
    assert len(document.more) == 4


def test_staffs_choices_are_kept() -> None:
    one, two, three = answered(), answered(), answered()
    choices = {
        three.story.id: Choice(
            story_id=three.story.id, is_pinned=True, headline="Rents: here is our plan", note="Read it."
        ),
        one.story.id: Choice(story_id=one.story.id, is_hidden=True),
    }
    document = composed(one, two, three, choices=choices)
    assert [card.story_id for card in document.cards] == [three.story.id, two.story.id]
    assert document.cards[0].name == "Rents: here is our plan"
    assert document.cards[0].note == "Read it."
    assert document.more == ()


def test_old_article_of_a_source_just_added_is_not_todays_news() -> None:
    backlog = unanswered(published_at=NOON - timedelta(days=3), first_seen_at=NOON - timedelta(minutes=5))
    assert composed(backlog).cards == ()


def test_article_of_an_earlier_edition_does_not_come_back() -> None:
    covered = unanswered(first_seen_at=NOON - timedelta(days=2), published_at=NOON - timedelta(days=2))
    assert composed(covered).cards == ()


def test_story_comes_back_when_its_answer_is_new() -> None:
    claim = an_article(first_seen_at=NOON - timedelta(days=2), published_at=NOON - timedelta(days=2))
    answer = an_answer()
    material = StoryMaterial(
        story=a_story(claim, answer), articles=(claim, answer), pairings=(a_pairing(claim, answer),)
    )
    assert len(composed(material).cards) == 1


def test_confirmed_pairing_that_cannot_be_proved_is_left_out_and_told() -> None:
    material = answered()
    changed = replace(material.articles[0], text="The article says something else now.", revision=2)
    document = composed(replace(material, articles=(changed, material.articles[1])))
    assert document.cards[0].pairings == ()
    assert "no longer stands" in document.warnings[0]


def test_old_story_that_cannot_be_proved_says_nothing_of_todays_edition() -> None:
    past = {"published_at": NOON - timedelta(days=4), "first_seen_at": NOON - timedelta(days=4)}
    claim, answer = an_article(**past), an_answer(**past)
    material = StoryMaterial(
        story=a_story(claim, answer),
        articles=(replace(claim, text="Something else."), answer),
        pairings=(a_pairing(claim, answer),),
    )
    document = composed(material, answered())
    assert len(document.cards) == 1
    assert document.warnings == ()


def test_passage_that_a_new_revision_has_moved_is_quoted_where_it_stands_now() -> None:
    material = answered()
    claim = material.articles[0]
    moved = replace(claim, text=f"Updated at noon. {claim.text}", revision=2)
    (card,) = composed(replace(material, articles=(moved, material.articles[1]))).cards
    shown = card.pairings[0].claim
    assert (shown.revision, shown.text) == (2, material.pairings[0].claim_text)
    assert moved.text[shown.start : shown.end] == shown.text


def test_report_that_its_outlet_took_back_is_not_quoted() -> None:
    material = answered()
    gone = replace(material.articles[0], withdrawn_at=NOON)
    document = composed(replace(material, articles=(gone, material.articles[1])))
    assert all(card.pairings == () for card in document.cards)


def test_evidence_that_does_not_stand_in_both_texts_is_no_proof() -> None:
    evidence = Evidence(kind="number", words="both name 999", weight=0.5, quoted=("999",))
    document = composed(answered(evidence=(evidence,)))
    assert document.cards[0].pairings == ()
    assert "999" in document.warnings[0]


def test_story_is_not_named_by_an_answer_that_only_says_again_what_was_reported() -> None:
    said = "Hester Quill's rent plan leaves a hole of nine million in the budget."
    claim = an_article(text=said)
    denial = an_answer(text=f"{said[:-1]}, says the Treasurer. The plan was costed twice and balances.")
    pairing = replace(a_pairing(claim, denial), answer=a_span(denial), answer_text=denial.text)
    material = StoryMaterial(story=a_story(claim, denial), articles=(claim, denial), pairings=(pairing,))
    (card,) = composed(material).cards
    assert card.name == "The plan was costed twice and balances."
    only = an_answer(text=f"It is not true that {said}")
    (card,) = composed(
        StoryMaterial(story=a_story(claim, only), articles=(claim, only), pairings=(a_pairing(claim, only),))
    ).cards
    assert (card.is_answered, card.pairings) == (False, ())


def test_headline_of_a_link_only_source_names_nothing() -> None:
    source = replace(PRESS, terms=Terms(mode=ExcerptMode.LINK_ONLY))
    campaign = a_campaign(sources=(source, RIVAL_PRESS, FRIEND, OURS))
    lead, other = an_article(headline="Theirs"), an_article(headline="Free to show", source_id=RIVAL_PRESS.id)
    (card,) = composed(
        StoryMaterial(story=a_story(lead, other), articles=(lead, other), pairings=()), campaign=campaign
    ).cards
    assert card.name == "Free to show"
    (card,) = composed(unanswered(headline="Theirs"), campaign=campaign).cards
    assert card.name == "Reported by The Ledger"


def test_claim_that_can_be_shown_whole_stands_before_one_that_cannot() -> None:
    source = replace(RIVAL_PRESS, terms=Terms(mode=ExcerptMode.LINK_ONLY))
    campaign = a_campaign(sources=(PRESS, source, FRIEND, OURS))
    hidden, shown, answer = an_article(source_id=RIVAL_PRESS.id), an_article(), an_answer()
    pairings = (a_pairing(hidden, answer, confidence=1.0), a_pairing(shown, answer, confidence=0.5))
    (card,) = composed(
        StoryMaterial(story=a_story(hidden, shown, answer), articles=(hidden, shown, answer), pairings=pairings),
        campaign=campaign,
    ).cards
    assert [pairing.claim.article_id for pairing in card.pairings] == [shown.id]
    assert card.pairings[0].claim.display == pairings[1].claim_text


def test_reports_of_the_happening_that_is_answered_come_first_then_the_newest() -> None:
    claim, answer = an_article(published_at=NOON - timedelta(hours=5)), an_answer()
    same = an_article(published_at=NOON - timedelta(hours=4), text="The same happening, told otherwise.")
    newer = an_article(published_at=NOON - timedelta(hours=2), text="Another happening of the matter.")
    newest = an_article(published_at=NOON - timedelta(hours=1), text="One more happening, the last of all.")
    articles = (claim, same, newer, newest, answer)
    material = StoryMaterial(
        story=a_story(*articles),
        articles=articles,
        pairings=(a_pairing(claim, answer),),
        events=((claim.id, same.id), (newer.id,), (newest.id,), (answer.id,)),
    )
    (card,) = composed(material).cards
    assert [report.article_id for report in card.reports] == [claim.id, same.id, newest.id, newer.id]


def test_one_text_in_many_outlets_weighs_as_one_report() -> None:
    sources = [replace(PRESS, id=SourceId(f"press-{n}"), name=f"Press {n}") for n in range(6)]
    campaign = a_campaign(sources=(*sources, FRIEND, OURS))
    smear = "Rents will triple under the minister, say people who would not give their names to anybody at all. " * 4
    copied = [an_article(text=smear, source_id=source.id) for source in sources[:4]]
    reported = [an_article(source_id=source.id) for source in sources[4:]]
    reported[1] = replace(reported[1], text="Quite another report of the council's vote, by somebody who was there.")
    many, few = (
        StoryMaterial(story=a_story(*articles), articles=tuple(articles), pairings=())
        for articles in (copied, reported)
    )
    cards = composed(many, few, campaign=campaign).cards
    assert [card.story_id for card in cards] == [few.story.id, many.story.id]
    assert [card.reasons[0] for card in cards] == ["2 outlets reported it", "1 outlet reported it"]


def test_links_lead_to_the_canonical_address() -> None:
    claim = an_article(url="https://ledger.example/1?utm_source=feed", canonical_url="https://ledger.example/1")
    answer = an_answer(url="https://quill.example/2?utm_source=feed", canonical_url="https://quill.example/2")
    material = StoryMaterial(
        story=a_story(claim, answer), articles=(claim, answer), pairings=(a_pairing(claim, answer),)
    )
    (card,) = composed(material).cards
    assert card.reports[0].url == card.pairings[0].claim.url == "https://ledger.example/1"
    assert card.pairings[0].answer.url == "https://quill.example/2"


def test_an_answer_that_is_the_name_takes_its_time_once() -> None:
    (card,) = composed(answered()).cards
    words = len(card.name.split()) + len(card.pairings[0].claim.display.split())
    words += sum(len(report.headline.split()) for report in card.reports)
    assert card.reading_seconds == math.ceil(words / (220 / 60))


def test_excerpts_and_claims_of_one_press_article_share_one_limit() -> None:
    text = "The Housing Minister's plan " + "was discussed at length by everybody present " * 12 + "in the end."
    claim, answer = an_article(text=text, summary=text), an_answer()
    pairing = replace(a_pairing(claim, answer), claim=a_span(claim), claim_text=text)
    material = StoryMaterial(story=a_story(claim, answer), articles=(claim, answer), pairings=(pairing,))
    (card,) = composed(material).cards
    quoted = len(card.pairings[0].claim.display) + sum(len(report.excerpt) for report in card.reports)
    assert 0 < quoted <= 200
    assert card.pairings[0].claim.display == ""  # half a claim may leave out the half that is answered


def test_terms_of_a_source_are_kept() -> None:
    sources = {
        ExcerptMode.HEADLINE_ONLY: ("Headline", ""),
        ExcerptMode.LINK_ONLY: ("", ""),
    }
    for mode, (headline, excerpt) in sources.items():
        source = replace(PRESS, terms=Terms(mode=mode))
        campaign = a_campaign(sources=(source, RIVAL_PRESS, FRIEND, OURS))
        (card,) = composed(unanswered(headline="Headline", summary="Words."), campaign=campaign).cards
        assert (card.reports[0].headline, card.reports[0].excerpt) == (headline, excerpt)


def test_one_agencys_copy_in_two_outlets_is_one_report() -> None:
    wire = (
        "The ferry will be out of service for eleven days, the operator said in a statement on the quay this morning. "
        * 3
    )
    one = an_article(text=wire)
    other = an_article(text=wire + "Additional reporting by our staff.", source_id=RIVAL_PRESS.id)
    material = StoryMaterial(story=a_story(one, other), articles=(one, other), pairings=())
    (card,) = composed(material).cards
    assert [report.outlets for report in card.reports] == [(PRESS.name, RIVAL_PRESS.name)]
    assert [copy.url for copy in card.reports[0].copies] == [other.canonical_url]
    assert card.reasons[0] == "1 outlet reported it"


def test_report_that_names_the_story_stands_first() -> None:
    late = an_article(text="The rent cap passed.")
    early = an_article(text="Landlords are against it.", published_at=NOON - timedelta(hours=3))
    for lead, other in ((late, early), (early, late)):
        (card,) = composed(StoryMaterial(story=a_story(lead, other), articles=(early, late), pairings=())).cards
        assert [report.article_id for report in card.reports] == [lead.id, other.id]


def test_newest_campaign_article_that_answers_nothing_is_todays_message() -> None:
    early = an_answer(published_at=NOON - timedelta(hours=5))
    late = an_answer(
        published_at=NOON - timedelta(hours=1), text="Two hundred doors in Pellory today. Thank you. #Quill"
    )
    materials = [StoryMaterial(story=a_story(article), articles=(article,), pairings=()) for article in (early, late)]
    message = composed(answered(), *materials).message
    assert message is not None
    assert message.article_id == late.id
    assert message.headline == late.headline
    assert message.excerpt == "Two hundred doors in Pellory today. Thank you."


def test_message_that_is_a_post_says_nothing_twice() -> None:
    post = an_answer(headline="Two hundred doors in…", text="Two hundred doors in Pellory today. Thank you. #Quill")
    message = composed(answered(), StoryMaterial(story=a_story(post), articles=(post,), pairings=())).message
    assert message is not None
    assert message.headline == "Two hundred doors in Pellory today."
    assert message.excerpt == "Thank you."


def test_message_that_begins_with_a_quotation_keeps_it_whole() -> None:
    post = an_answer(headline='"He sees nobody…', text='"He sees nobody. I feel bad for him." Anastasia, at the hall.')
    message = composed(answered(), StoryMaterial(story=a_story(post), articles=(post,), pairings=())).message
    assert message is not None
    assert message.headline == '"He sees nobody. I feel bad for him."'
    assert message.excerpt == "Anastasia, at the hall."


def test_message_that_is_a_speech_loses_the_quotation_mark_that_never_closes() -> None:
    speech = an_answer(text='"Thank you. Thank you all so much.\n\n"It is great to be here."')
    message = composed(answered(), StoryMaterial(story=a_story(speech), articles=(speech,), pairings=())).message
    assert message is not None
    assert message.excerpt == "Thank you. Thank you all so much."


def test_post_of_tags_and_links_alone_is_neither_message_nor_listed() -> None:
    bare = an_answer(headline="# DebateNightpic.twitter.com/x4oT", text="# DebateNightpic.twitter.com/x4oT")
    press = an_article()
    material = StoryMaterial(story=a_story(press, bare), articles=(press, bare), pairings=())
    document = composed(material)
    assert document.cards[0].campaign == ()
    assert document.message is None


def test_post_is_listed_by_how_it_begins_with_its_quotation_whole() -> None:
    text = "“They criticized me for preparing. I did prepare.” And so should you. #Quill"
    post, press = an_answer(headline="“They criticized me for preparing.", text=text), an_article()
    (card,) = composed(StoryMaterial(story=a_story(press, post), articles=(press, post), pairings=())).cards
    assert [report.headline for report in card.campaign] == ["“They criticized me for preparing. I did prepare.”"]


def test_message_whose_quotation_marks_do_not_match_is_not_said_twice() -> None:
    post = an_answer(headline='"No family should pay more.”', text='"No family should pay more.” —Hester')
    message = composed(answered(), StoryMaterial(story=a_story(post), articles=(post,), pairings=())).message
    assert message is not None
    assert message.headline.startswith('"No family should pay more.”')
    assert "family" not in message.excerpt


def test_message_that_is_a_letter_begins_after_its_greeting() -> None:
    letter = an_answer(text="Dear friends,\n\nThe envelope is on the mat. Vote early.\n\nHester")
    message = composed(answered(), StoryMaterial(story=a_story(letter), articles=(letter,), pairings=())).message
    assert message is not None
    assert message.excerpt == "The envelope is on the mat. Vote early."


def test_rebuttal_leads_before_what_only_adds_context() -> None:
    context, rebuttal = answered(relation=Relation.ADDS_CONTEXT), answered(relation=Relation.REBUTS)
    for materials in ((context, rebuttal), (rebuttal, context)):
        assert composed(*materials).cards[0].story_id == rebuttal.story.id


def test_reporters_name_is_kept_for_the_source_line_only() -> None:
    (card,) = composed(unanswered(author="Ada Penn", headline="Rents rise")).cards
    assert "Ada Penn" not in card.name + "".join(card.reasons)
    assert card.reports[0].author == "Ada Penn"


def test_same_inputs_give_the_same_edition_in_any_order() -> None:
    materials = [answered() for _ in range(4)] + [unanswered() for _ in range(4)]
    assert composed(*materials) == composed(*reversed(materials))


def test_unknown_source_shows_no_excerpt() -> None:
    (card,) = composed(unanswered(source_id=SourceId("gone"), summary="Words of theirs.")).cards
    assert card.reports[0].excerpt == ""


def test_edition_without_stories_is_composed_and_says_so() -> None:
    document = composed()
    assert document.cards == ()
    assert document.warnings


def test_todays_answer_stands_before_yesterdays() -> None:
    old = {"published_at": NOON - timedelta(days=1, hours=6), "first_seen_at": NOON - timedelta(days=1, hours=5)}
    claim, early, late = an_article(), an_answer(**old), an_answer()
    pairings = (a_pairing(claim, early, confidence=0.99), a_pairing(claim, late, confidence=0.7))
    material = StoryMaterial(story=a_story(claim, early, late), articles=(claim, early, late), pairings=pairings)
    (card,) = composed(material).cards
    assert [pairing.answer.article_id for pairing in card.pairings] == [late.id, early.id]
