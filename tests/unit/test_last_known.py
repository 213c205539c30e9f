"""What the web workers remember: asked at most once a second, kept while asking fails; sources.yaml among it."""

import logging
from pathlib import Path

import pytest

from digest.demo.samples import samples_folder
from digest.errors import ConfigError, StorageError
from web.campaign import CampaignFile
from web.last_known import LastKnown


class Asked:
    """Gives one more each time, or fails."""

    def __init__(self) -> None:
        self.times = 0
        self.error: str | None = None

    def __call__(self) -> int:
        self.times += 1
        if self.error:
            raise StorageError(self.error)
        return self.times


def test_asks_once_a_second_and_no_more() -> None:
    seconds, asked = [0.0], Asked()
    known = LastKnown(ticks=lambda: seconds[0])
    assert [known.get("it", asked) for _ in range(3)] == [1, 1, 1]
    seconds[0] = 0.9
    assert known.get("it", asked) == 1
    seconds[0] = 1.0
    assert known.get("it", asked) == 2


def test_keeps_the_last_answer_while_asking_fails_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    seconds, asked = [0.0], Asked()
    known = LastKnown(ticks=lambda: seconds[0])
    known.get("it", asked)
    asked.error = "The database is away."
    with caplog.at_level(logging.INFO):
        for second in (1.0, 2.0, 3.0):
            seconds[0] = second
            assert known.get("it", asked) == 1
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        asked.error, seconds[0] = None, 4.0
        assert known.get("it", asked) == 5
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "The database is away." in caplog.text


def test_what_was_never_known_is_asked_again_and_raises() -> None:
    asked = Asked()
    asked.error = "away"
    known = LastKnown(ticks=lambda: 0.0)
    for _ in range(2):
        with pytest.raises(StorageError, match="away"):
            known.get("it", asked)
    asked.error = None
    assert known.get("it", asked) == 3


def sample() -> str:
    return (samples_folder() / "sources.yaml").read_text(encoding="utf-8")


def test_edited_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(sample(), encoding="utf-8")
    file = CampaignFile(path)
    first = file.read()
    assert file.read() is first
    path.write_text(sample().replace("The Evening Quill", "The Morning Quill"), encoding="utf-8")
    assert file.read().site.title == "The Morning Quill"


def test_broken_or_missing_file_is_a_config_error_until_it_is_mended(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    file = CampaignFile(path)
    with pytest.raises(ConfigError):
        file.read()
    path.write_text("site: [", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(ConfigError):
            file.read()
    path.write_text(sample(), encoding="utf-8")
    assert file.read().site.title == "The Evening Quill"
