"""What operators read: the event and its fields, and nothing that says who follows a campaign."""

import ast
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from digest.cli.output import LineFormatter
from digest.errors import StorageError

ROOT = Path(__file__).parent.parent.parent
SECRET = "reader@home.invalid"


def line(message: str = "delivery failed", **extra: object) -> str:
    record = logging.makeLogRecord({"msg": message, "name": "digest.serve", "levelname": "WARNING", **extra})
    return LineFormatter().format(record).partition(" WARNING ")[2]


def test_fields_stand_behind_the_event() -> None:
    assert line(row=7, medium="email") == "digest.serve: delivery failed row=7 medium=email"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("two words", '"two words"'),
        ('a "quoted" one', r'"a \"quoted\" one"'),
        ("a=b", '"a=b"'),
        ("two\nlines", r'"two\nlines"'),
        ("", '""'),
        (("a", 1), "\"('a', 1)\""),
        (None, "None"),
        ("https://ledger.example/page?x", "https://ledger.example/page?x"),
        ("https://ledger.example", "https://ledger.example"),
        ("http://127.0.0.1:8000/@ann", "http://127.0.0.1:8000/@ann"),
    ],
)
def test_field_is_one_token_whatever_it_holds(value: object, said: str) -> None:
    assert line(field=value).endswith(f" field={said}")


@pytest.mark.parametrize(
    "secret", [SECRET, f"to <{SECRET}>", "tgram://123:abc/456", "https://user:token@hooks.example/x", "smtp://u:p@h"]
)
def test_address_or_notifier_that_slips_in_is_blotted_out(secret: str) -> None:
    for said in (line(failure=secret), line(f"it was {secret}")):
        assert not any(part in said for part in ("home.invalid", "abc", "token", "u:p"))
        assert "[address]" in said or "[url]" in said


def test_trace_of_somebody_elses_error_is_blotted_out_too() -> None:
    error = RuntimeError(f"550 no such mailbox <{SECRET}>")
    said = line(exc_info=(RuntimeError, error, None))
    assert "RuntimeError" in said
    assert SECRET not in said


def test_commands_that_serve_log_in_this_form() -> None:
    command = "from digest.cli.output import log_to_stderr as f; f('INFO'); import logging; "
    call = "logging.getLogger('digest.serve').info('edition published', extra={'revision': 2})"
    done = subprocess.run([sys.executable, "-c", command + call], capture_output=True, text=True, check=True)
    assert done.stderr.endswith(" INFO digest.serve: edition published revision=2\n")


def logged_names() -> set[tuple[str, str]]:
    """(file, name) of every name and attribute that a call of ours to a logger is given."""
    found = set()
    for path in (*(ROOT / "digest").rglob("*.py"), *(ROOT / "web").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("logger."):
                for node in ast.walk(call):
                    if isinstance(node, ast.Name | ast.Attribute):
                        name = node.id if isinstance(node, ast.Name) else node.attr
                        found.add((str(path.relative_to(ROOT)), name))
    return found


def test_none_of_our_calls_logs_an_address_or_a_notifier() -> None:
    names = logged_names()
    assert ("digest/stages/deliver/__init__.py", "outcome") in names
    kept_out = {"address", "addresses", "email_list", "smtp_url", "channels", "get_secret_value", "html", "password"}
    assert {(path, name) for path, name in names if name in kept_out} == set()


def test_what_was_foreseen_is_logged_in_one_line_without_a_trace() -> None:
    error = StorageError("The disk is full; free some space.")
    error.__cause__ = OSError("no space")
    said = line("job failed", exc_info=(StorageError, error, None))
    assert said == 'digest.serve: job failed failure="The disk is full; free some space."'
