"""What commands print: nothing that a terminal would obey, whoever wrote it."""

import logging

import pytest

from digest.cli.output import LineFormatter, harmless, print_rows, say, tell_problem

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
