"""Whose turn it is at a host."""

import asyncio

import pytest

from digest.errors import FetchError
from digest.net.doors import MOST_SILENCES, Door


def test_starts_are_spaced_and_a_late_comer_does_not_wait() -> None:
    door = Door("press.example", slots=2, spacing_seconds=1.0)
    assert [door.next_pause(100.0), door.next_pause(100.25), door.next_pause(100.25)] == [0.0, 0.75, 1.75]
    assert door.next_pause(200.0) == 0.0


def test_no_more_than_its_slots_go_in_at_a_time() -> None:
    inside = most = 0

    async def visit(door: Door) -> None:
        nonlocal inside, most
        async with door.turn():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    async def crowd() -> None:
        door = Door("press.example", slots=2, spacing_seconds=0.0)
        await asyncio.gather(*(visit(door) for _ in range(9)))

    asyncio.run(crowd())
    assert most == 2


async def _visit(door: Door) -> None:
    async with door.turn():
        pass


def test_host_that_stays_silent_is_left_alone() -> None:
    door = Door("press.example", slots=2, spacing_seconds=0.0)
    for _ in range(MOST_SILENCES):
        door.ran_out_of_time()
    with pytest.raises(FetchError, match=r"press\.example .* left alone"):
        asyncio.run(_visit(door))


def test_one_answer_makes_up_for_earlier_silences() -> None:
    door = Door("press.example", slots=2, spacing_seconds=0.0)
    for _ in range(MOST_SILENCES - 1):
        door.ran_out_of_time()
    door.answered()
    door.ran_out_of_time()
    asyncio.run(_visit(door))


def test_open_door_is_never_shut() -> None:
    door = Door("127.0.0.1", slots=None, spacing_seconds=0.0)
    for _ in range(MOST_SILENCES):
        door.ran_out_of_time()
    asyncio.run(_visit(door))
