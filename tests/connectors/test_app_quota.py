"""All organisations of an app share its minute, and one refusal for it stops them all."""

from datetime import timedelta
from itertools import count

import pytest

from app.connectors.app_quota import AppQuota
from app.connectors.quota import Limit, Quota
from app.connectors.quota_ledger import Limits
from app.connectors.quota_store import LocalStore
from app.engine.events import Priority
from app.errors import OutOfQuota
from tests.support.clock import VirtualClock


@pytest.fixture
def app(clock: VirtualClock) -> AppQuota:
    return AppQuota(LocalStore(Limits(minute=70), clock))


def organisation(app: AppQuota, clock: VirtualClock, name: str) -> Quota:
    return Quota(LocalStore(Limits(), clock), clock, map(f"{name}-{{}}".format, count()).__next__, app)


async def fly(quota: Quota, calls: int = 1, **said: object) -> None:
    for _ in range(calls):
        async with quota.flight(Priority.PUSH) as flight:
            flight.heard = True
            for name, value in said.items():
                setattr(flight, name, value)


async def test_two_organisations_share_the_app_s_minute(app: AppQuota, clock: VirtualClock) -> None:
    nz, au = organisation(app, clock, "nz"), organisation(app, clock, "au")
    await fly(nz, 50)
    await fly(au, 20)
    with pytest.raises(OutOfQuota, match="the app's minute") as refused:
        await fly(au)
    assert timedelta(seconds=59) < refused.value.until - clock.now() <= timedelta(seconds=61)
    clock.advance(61)
    await fly(au, 40)


async def test_what_the_app_refuses_costs_the_organisation_nothing(app: AppQuota, clock: VirtualClock) -> None:
    nz, au = organisation(app, clock, "nz"), organisation(app, clock, "au")
    await fly(nz, 60)
    await fly(au, 10)
    for _ in range(100):
        with pytest.raises(OutOfQuota):
            await fly(au)
    clock.advance(61)
    await fly(au, 60)


async def test_a_look_and_its_write_need_room_on_both_sides(app: AppQuota, clock: VirtualClock) -> None:
    nz, au = organisation(app, clock, "nz"), organisation(app, clock, "au")
    await fly(nz, 60)
    await fly(au, 9)
    with pytest.raises(OutOfQuota):
        async with au.reserve(2, Priority.PUSH):
            pytest.fail("there was room for one call only")
    async with au.reserve(1, Priority.PUSH):
        await fly(au)
    with pytest.raises(OutOfQuota):
        await fly(au)


async def test_what_was_reserved_and_not_used_is_given_back(app: AppQuota, clock: VirtualClock) -> None:
    nz, au = organisation(app, clock, "nz"), organisation(app, clock, "au")
    await fly(nz, 40)
    async with au.reserve(30, Priority.PUSH):
        await fly(au, 5)
    await fly(au, 25)


async def test_a_reservation_that_lapsed_is_taken_anew(app: AppQuota, clock: VirtualClock) -> None:
    nz, au = organisation(app, clock, "nz"), organisation(app, clock, "au")
    async with au.reserve(2, Priority.PUSH):
        clock.advance(70)
        await fly(nz, 60)
        await fly(au, 2)
        await fly(au, 8)
    with pytest.raises(OutOfQuota):
        await fly(nz)


async def test_a_refusal_for_the_app_stops_every_organisation(app: AppQuota, clock: VirtualClock) -> None:
    nz, au = organisation(app, clock, "nz"), organisation(app, clock, "au")
    await fly(nz, broken=Limit.APP_MINUTE, park_seconds=60.0)
    with pytest.raises(OutOfQuota) as refused:
        await fly(au)
    assert refused.value.until == clock.now() + timedelta(seconds=60)
    clock.advance(60)
    await fly(au)


async def test_calls_of_others_under_the_same_app_are_heeded(app: AppQuota, clock: VirtualClock) -> None:
    nz, au = organisation(app, clock, "nz"), organisation(app, clock, "au")
    await fly(nz, app_minute_left=3)
    await fly(au, 3)
    with pytest.raises(OutOfQuota):
        await fly(au)


async def test_backfill_leaves_a_fifth_of_the_app_s_minute(app: AppQuota, clock: VirtualClock) -> None:
    quotas = [organisation(app, clock, name) for name in ("nz", "au")]
    taken = 0
    for quota in quotas:
        try:
            while True:
                async with quota.flight(Priority.BACKFILL) as flight:
                    flight.heard = True
                taken += 1
        except OutOfQuota:
            continue
    assert taken == 70 - 14
