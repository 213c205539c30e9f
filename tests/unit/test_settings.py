"""Settings that will not do are refused in a sentence: which one, what it says, what would be right."""

import os
from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.settings import Settings, read_settings, unknown_names


@pytest.fixture(autouse=True)
def empty_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without `.env` and an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        monkeypatch.delenv(name)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("port", "x", "DIGEST_PORT is 'x'; write a whole number from 0 to 65535."),
        ("port", "99999", "DIGEST_PORT is '99999'; write a whole number from 0 to 65535."),
        ("keep_text_days", "9999999", "write a whole number from 1 to 3650."),
        ("poll_minutes", "9" * 20, "write a whole number from 5 to 1440."),
        ("fetch_timeout_seconds", "0", "write a number above 0 and up to 600."),
        ("fetch_timeout_seconds", "nan", "write a number above 0 and up to 600."),
        ("log_level", "LOUD", "DIGEST_LOG_LEVEL is 'LOUD'; write DEBUG, INFO, WARNING or ERROR."),
        ("log_level", "10", "write DEBUG, INFO, WARNING or ERROR."),
        ("now", "9999-12-31T23:59", "of 1990 to 2200."),
        ("now", "0001-01-01", "write a time like 2026-11-23T18:00"),
        ("now", "yesterday", "write a time like 2026-11-23T18:00"),
        ("base_url", "https://", "such as https://news.example.org."),
        ("base_url", "https://a.org/path", "without a path"),
        ("base_url", "https://a.org/ b", "without a path"),
        ("base_url", "https://a.org:99999", "such as https://news.example.org."),
        ("contact", "me\nInjected: yes", "write one line without control characters."),
        ("host", "", "Address that the web server listens on"),
        ("channels", "[/red]", "DIGEST_CHANNELS: its 1st entry is not name=APPRISE_URL"),
        ("channels", "a=ntfy://x/1 a=ntfy://x/2", "its 2nd entry has the name of one before"),
        ("email_list", "a@b.org, not-an-address", "DIGEST_EMAIL_LIST: its 2nd entry is no mail address"),
    ],
)
def test_setting_that_will_not_do_is_named_with_what_would_be_right(name: str, value: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.isolated(**{name: value})
    assert says.casefold() in str(refused.value).casefold()
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("channels", "tgram://123456789:AAsecret/1"),
        ("staff_channels", "a=b://secret AAsecret"),
        ("email_list", "secret"),
        ("base_url", "https://me:secret@a.org"),
    ],
)
def test_nothing_of_a_secret_is_repeated(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.isolated(**{name: value})
    assert "secret" not in str(refused.value)
    assert "tgram" not in str(refused.value)
    assert refused.value.__cause__ is refused.value.__context__ is None


def test_option_is_named_as_it_was_typed() -> None:
    with pytest.raises(ConfigError, match=r"^--port is 'abc'; write a whole number from 0 to 65535.$"):
        read_settings({"port": "abc", "host": None})


@pytest.mark.parametrize("level", ["debug", "Info", "WARNING"])
def test_log_level_may_be_written_in_any_case(level: str) -> None:
    assert Settings.isolated(log_level=level).log_level == level.upper()


@pytest.mark.parametrize(("text", "line"), [("A=1\n\n\nFOO\n", 4), ("A=1\nB='open\nC=3\n", 2), ("A=1\nB=\xff\n", 2)])
def test_slip_in_the_settings_file_is_told_with_its_line(empty_place: Path, text: str, line: int) -> None:
    (empty_place / ".env").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=rf"\.env line {line}: "):
        read_settings()


def test_name_that_is_no_setting_is_told_with_the_one_that_was_meant(
    empty_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_PROT", "9")
    monkeypatch.setenv("digest_port", "9")
    (empty_place / ".env").write_text("DIGEST_CHANELS=a=b://c\nOTHER=1\nDIGEST_HOST=127.0.0.1\n")
    assert unknown_names() == [
        "DIGEST_PROT is no setting and changes nothing. Did you mean DIGEST_PORT?",
        "DIGEST_CHANELS is no setting and changes nothing. Did you mean DIGEST_CHANNELS?",
    ]
