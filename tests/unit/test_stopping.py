"""How long the parts of `digest serve` may take to stop: the longest message fits, and systemd waits for all of it."""

import re
from pathlib import Path

from digest.serve import Part, stop_seconds
from digest.stages.deliver import MESSAGE_SECONDS
from digest.stages.deliver.mail import STEP_SECONDS

UNIT = Path(__file__).parent.parent.parent / "digest/templates/init/rejoinder.service"


def test_sender_may_finish_the_message_in_hand() -> None:
    assert stop_seconds(Part.SENDER) > MESSAGE_SECONDS > STEP_SECONDS


def test_parts_that_nobody_waits_for_stop_sooner() -> None:
    assert max(stop_seconds(part) for part in Part if part is not Part.SENDER) < stop_seconds(Part.SENDER)


def test_systemd_waits_longer_than_the_supervisor() -> None:
    found = re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    assert float(found.group(1)) > max(map(stop_seconds, Part))
