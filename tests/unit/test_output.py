"""What commands print: nothing that a terminal would obey, whoever wrote it."""

import logging

import pytest

from digest.cli.output import LineFormatter, harmless, print_rows, say, table_lines, tell_problem

ORDERS = "\x1b[31m red \x1b]0;title\x07 \x9b2J \x08\x08 \r \u202eback \u2028 \ud800"


def test_orders_for_a_terminal_are_shown_as_what_they_are_not() -> None:
    assert (
        harmless("plain\ttext\nin two lines, with 👩‍🚒 and ‘quotes’")
        == "plain\ttext\nin two lines, with 👩‍🚒 and ‘quotes’"
    )
    assert not set(harmless(ORDERS)) & set("\x1b\x07\x9b\x08\r\u202e\u2028\ud800")
    assert harmless(ORDERS).startswith("\ufffd[31m red ")


def test_tables_talk_and_problems_are_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"name": ORDERS, "words": "[bold]as it is[/bold]"}])
    say(ORDERS)
    tell_problem(ORDERS)
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert not set(text) & set("\x1b\x07\x9b\x08\r\u202e\u2028")
    assert said.out.startswith("name\twords\n")
    assert "[bold]as it is[/bold]" in said.out


def test_a_line_of_the_log_is_harmless() -> None:
    record = logging.makeLogRecord({"msg": "the server said %s", "args": (ORDERS,), "reason": ORDERS})
    assert not set(LineFormatter().format(record)) & set("\x1b\x07\x9b\x08\r\u202e")


HEADINGS = ["id", "state", "answered", "address"]
ROWS = [
    ["herald", "ok", "", ""],
    ["gazette", "moved", "its feed has another address since Monday", "https://gazette.example/a/rather/long/feed.xml"],
]


def test_a_table_that_fits_stands_in_columns() -> None:
    heading, herald, gazette = table_lines(HEADINGS, ROWS, width=120)
    assert herald == "herald   ok"
    assert {line.index(word) for line, word in ((heading, "state"), (herald, "ok"), (gazette, "moved"))} == {9}
    assert heading.index("address") == gazette.index("https")


def test_what_is_too_long_for_a_terminal_stands_whole_below_its_row() -> None:
    assert list(table_lines(HEADINGS, ROWS, width=40)) == [
        "id       state",
        "herald   ok",
        "gazette  moved",
        "  answered: its feed has another address",
        "    since Monday",
        "  address:",
        "    https://gazette.example/a/rather/long/feed.xml",
    ]


def test_many_short_cells_are_told_under_the_name_of_their_row() -> None:
    row = ["gazette", "ok", "11-25 13:07", ""]
    assert list(table_lines(["id", "state", "reached", "due"], [row], width=20)) == [
        "gazette",
        "  state ok ·",
        "    reached 11-25 13:07",
    ]


def test_a_table_of_nothing_has_no_lines() -> None:
    assert list(table_lines([], [], width=80)) == []
