"""docs/settings.md holds every setting, once, with its default."""

import re
from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.init import setting_default
from digest.settings import Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"
ROW = re.compile(r"^\| `DIGEST_(\w+)` \| (?:`([^`]*)`)? ?\| (.+) \|$", re.MULTILINE)


def test_every_setting_stands_in_the_table_once_with_its_default() -> None:
    rows = [(name.lower(), default) for name, default, _ in ROW.findall(DOCUMENT.read_text(encoding="utf-8"))]
    assert sorted(rows) == sorted((name, setting_default(name)) for name in Settings.model_fields)


def test_every_setting_has_a_description_of_one_line_for_the_settings_file() -> None:
    descriptions = [field.description or "" for field in Settings.model_fields.values()]
    assert all(text and "\n" not in text for text in descriptions)


def test_polling_more_often_than_the_schedule_looks_is_refused() -> None:
    with pytest.raises(ConfigError, match="DIGEST_POLL_MINUTES"):
        Settings.isolated(poll_minutes=4)
