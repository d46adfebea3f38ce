"""One sign-in serves all calls of the process."""

import asyncio
from datetime import timedelta

import pytest

from app.connectors.tokens import Access, SharedAccess
from app.errors import Unreachable
from tests.connectors.scripted import ROOT, soon
from tests.support.clock import VirtualClock


class Door:
    """Grants access-1, access-2, … each young for 25 minutes."""

    def __init__(self, clock: VirtualClock, *, ages: bool = True) -> None:
        self.granted = 0
        self.broken = False
        self._clock = clock
        self._ages = ages

    async def __call__(self, until: float) -> Access:
        await asyncio.sleep(0)
        if self.broken:
            raise Unreachable("away")
        self.granted += 1
        stale_at = self._clock.now() + timedelta(minutes=25) if self._ages else None
        return Access(f"access-{self.granted}", ROOT, stale_at)


async def test_calls_at_the_same_time_share_one_sign_in(clock: VirtualClock) -> None:
    door = Door(clock)
    access = SharedAccess(door, clock)
    got = await asyncio.gather(*(access.current(soon()) for _ in range(5)))
    assert {each.token for each in got} == {"access-1"}
    assert door.granted == 1


async def test_calls_that_are_refused_together_share_one_renewal(clock: VirtualClock) -> None:
    door = Door(clock)
    access = SharedAccess(door, clock)
    refused = await access.current(soon())
    got = await asyncio.gather(*(access.renewed(refused, soon()) for _ in range(5)))
    assert {each.token for each in got} == {"access-2"}


async def test_access_is_renewed_ahead_of_its_end(clock: VirtualClock) -> None:
    access = SharedAccess(Door(clock), clock)
    await access.current(soon())
    clock.advance(24 * 60)
    assert (await access.current(soon())).token == "access-1"
    clock.advance(60)
    assert (await access.current(soon())).token == "access-2"


async def test_access_without_a_known_end_is_used_until_it_is_refused(clock: VirtualClock) -> None:
    access = SharedAccess(Door(clock, ages=False), clock)
    await access.current(soon())
    clock.advance(10**6)
    assert (await access.current(soon())).token == "access-1"


async def test_a_failed_sign_in_leaves_the_next_caller_free_to_try(clock: VirtualClock) -> None:
    door = Door(clock)
    door.broken = True
    access = SharedAccess(door, clock)
    with pytest.raises(Unreachable):
        await access.current(soon())
    door.broken = False
    assert (await access.current(soon())).token == "access-1"


def test_access_shows_no_secret() -> None:
    assert "secret" not in repr(Access("secret", ROOT))
