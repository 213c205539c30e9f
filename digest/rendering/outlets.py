"""What several outlets carried, and what they took back, in words."""

from collections.abc import Sequence

from digest.model.edition import Report

_SMALL_NUMBERS = dict(enumerate("two three four five six seven eight nine ten".split(), start=2))  # noqa: SIM905 a list of words reads best as words


def same_report(report: Report) -> str:
    """What is said of a report that several carried, before their names.

    Without the agency where it is one of them: its name follows.
    """
    number, is_told = len(report.outlets), report.agency and report.agency not in report.outlets
    whose = f"{report.agency} report" if is_told else "report"
    return f"The same {whose} in {_SMALL_NUMBERS.get(number, str(number))} outlets"


def taken_back(outlets: Sequence[str]) -> str:
    """What is said of reports that are gone from a story that others reported too."""
    return f"Taken back by {_whose(outlets)}: {listed(outlets)}"


def stories_taken_back(outlets: Sequence[str]) -> str:
    """What is said of whole stories that are gone from an edition."""
    what = "A story that stood here was" if len(outlets) == 1 else "Stories that stood here were"
    return f"{what} taken back by {_whose(outlets)}: {listed(outlets)}."


def listed(names: Sequence[str]) -> str:
    """ "The Ledger, Quayside and The Tally"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _whose(outlets: Sequence[str]) -> str:
    return "its outlet" if len(outlets) == 1 else "their outlets"
