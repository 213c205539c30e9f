"""One report that several outlets carried, in words."""

from digest.model.edition import Report

_SMALL_NUMBERS = dict(enumerate("two three four five six seven eight nine ten".split(), start=2))  # noqa: SIM905 a list of words reads best as words


def same_report(report: Report) -> str:
    """What is said of a report that several carried, before their names."""
    number, whose = len(report.outlets), f"{report.agency} report" if report.agency else "report"
    return f"The same {whose} in {_SMALL_NUMBERS.get(number, str(number))} outlets"
