"""How an answer relates to a claim: proposed, never asserted, until a person confirms."""

import re

from digest.model.pairing import Relation
from digest.stages.match.passages import Passage
from digest.stages.match.signals import conflicting

_DENIES = re.compile(
    r"""\bnot\b(?!\ (?:have\ to|only|just)) | n['’]t\b | \b(?:untrue|false|wrong|mistaken|misleading|incorrect|
    inaccurate|myth|nonsense|never|nobody|nothing|none|nought|no\ one|in\ fact|actually|the\ truth|on\ the\ contrary)\b
    | \b(?:the\ record|the\ recording|the\ register)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_REFUTES = re.compile(
    r"""\b(?:hoax(?:es)?|fake[ds]?|fabricat\w+|debunk\w*|bogus|den(?:y|ies|ied|ying)|disput\w+|refut\w+|false(?:ly)?|
    untrue|not\ (?:true|real)|misinformation|satir\w+|prank\w*|retract\w*|baseless|made\ up|no\ evidence|mistaken|wrong|
    myth|nonsense)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_GRANTS = re.compile(
    r"\b(?:thanks?|thank you|welcomes?|accepts?|agrees?|congratulat\w+|condolences|sorry|apologi\w+)\b", re.IGNORECASE
)
_PROMISES = re.compile(r"\b(?:will|shall|should|deserves?|must|in (?:her|his|our|my) first)\b", re.IGNORECASE)


def relation_of(claim: Passage, answer: Passage) -> Relation:
    """How an answer relates to a claim, by their words and by whether the claim is about the backed candidate."""
    return relation_between(claim.text, answer.text, is_on_candidate=claim.names_candidate)


def relation_between(claim: str, answer: str, *, is_on_candidate: bool) -> Relation:
    """`rebuts` where the answer denies, gives another figure of one unit, or meets a claim on the candidate with facts;
    `responds` where it grants or promises; else `adds_context`.

    On the sample campaign's 87 pairings right in 61; light cues read stance badly, so a person decides.
    """
    against = (
        1.5 * (len(_DENIES.findall(answer)) > 0)
        + 1.0 * (conflicting(claim, answer) is not None)
        + 1.5 * is_on_candidate
    )
    towards = 3.0 * bool(_GRANTS.search(answer)) + 1.5 * bool(_PROMISES.search(answer))
    if against >= 1.5 and against > towards:
        return Relation.REBUTS
    return Relation.RESPONDS if towards else Relation.ADDS_CONTEXT


def relation_between_texts(said: str, post: str) -> Relation:
    """As `relation_between`, for a whole post and the beginning of what it is about.

    One of the two calling something false is a rebuttal, both of them doing so agreement. Of 840 headlines that
    contradict their article it finds a third, with one in six right (of all, one in sixteen is); of 1,287
    counter-arguments four in five, and as many of arguments on the same side.
    """
    if bool(_REFUTES.search(post)) != bool(_REFUTES.search(said)):
        return Relation.REBUTS
    if _GRANTS.search(post):
        return Relation.RESPONDS
    if _DENIES.search(post) and not _REFUTES.search(post):
        return Relation.REBUTS
    return Relation.RESPONDS if _PROMISES.search(post) else Relation.ADDS_CONTEXT
