"""Xero's limits, as callers see them."""

import asyncio

import httpx
import pytest

from app.simulator import demo
from app.simulator.ids import seeded_ids
from app.simulator.xero.app import xero_app
from app.simulator.xero.facts import XeroFacts
from app.simulator.xero.limits import LimitBroken, Limits
from app.simulator.xero.world import XeroWorld
from tests.support.stepped_clock import SteppedClock

CONTACTS = "/api.xro/2.0/Contacts"


async def test_the_sixty_first_call_of_a_minute_is_refused(
    xero: XeroWorld, xero_http: httpx.AsyncClient, clock: SteppedClock
) -> None:
    first = await xero_http.get(CONTACTS)
    await clock.advance(10.5)
    last, *_ = [await xero_http.get(CONTACTS) for _ in range(59)][::-1]
    refused = await xero_http.get(CONTACTS)
    assert (first.headers["X-MinLimit-Remaining"], last.headers["X-MinLimit-Remaining"]) == ("59", "0")
    assert refused.status_code == 429
    assert refused.headers["X-Rate-Limit-Problem"] == "minute"
    assert refused.headers["Retry-After"] == "50"
    assert xero.refusals() == {"minute": 1}


async def test_a_new_minute_begins_with_the_first_call_after_the_old_one(
    xero_http: httpx.AsyncClient, clock: SteppedClock
) -> None:
    for _ in range(60):
        await xero_http.get(CONTACTS)
    await clock.advance(60)
    assert (await xero_http.get(CONTACTS)).headers["X-MinLimit-Remaining"] == "59"


async def test_the_daily_limit_can_be_set(clock: SteppedClock) -> None:
    limits = Limits(clock, daily_limit=1)
    with limits.call():
        pass
    await clock.advance(3600)
    with pytest.raises(LimitBroken) as broken, limits.call():
        pass
    assert (broken.value.problem, broken.value.retry_after_seconds) == ("day", 82_800)
    assert limits.headers()["X-DayLimit-Remaining"] == "0"


async def test_the_day_s_calls_are_used_up_on_order(xero_http: httpx.AsyncClient) -> None:
    assert (await xero_http.post("/simulator/calls/leave", params={"calls": 1})).status_code == 204
    answers = [await xero_http.get(CONTACTS) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].headers["X-Rate-Limit-Problem"] == "day"


async def test_a_sixth_call_in_flight_is_refused_without_a_hint(clock: SteppedClock) -> None:
    world = XeroWorld(clock, seeded_ids(3), tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS, latency_seconds=1.0)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(xero_app(world)), base_url="http://x") as http:
        form = {"grant_type": "client_credentials"}
        token = (await http.post("/connect/token", data=form, auth=demo.XERO_CUSTOM_CLIENT)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        calls = [asyncio.create_task(http.get(CONTACTS, headers=headers)) for _ in range(6)]
        await clock.advance(1)
        answers = [await call for call in calls]
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429]
    [refused] = [answer for answer in answers if answer.status_code == 429]
    assert refused.headers["X-Rate-Limit-Problem"] == "concurrent"
    assert "Retry-After" not in refused.headers


async def test_a_person_uses_up_nothing(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    form = {"grant_type": "client_credentials"}
    token = (await xero_http.post("/connect/token", data=form, auth=demo.PERSON)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert {(await xero_http.get(CONTACTS, headers=headers)).status_code for _ in range(70)} == {200}
    assert not xero.refusals()
    assert (await xero_http.get(CONTACTS)).headers["X-MinLimit-Remaining"] == "59"


async def test_windows_may_begin_at_a_moment_of_their_own(clock: SteppedClock) -> None:
    limits = Limits(clock, daily_limit=5000, phase_seconds=10.0)
    for _ in range(60):
        with limits.call():
            pass
    await clock.advance(9.9)
    with pytest.raises(LimitBroken) as broken, limits.call():
        pass
    assert broken.value.retry_after_seconds == 1
    await clock.advance(0.1)
    with limits.call():
        pass
    assert limits.headers()["X-MinLimit-Remaining"] == "59"


async def test_windows_may_roll(clock: SteppedClock) -> None:
    limits = Limits(clock, daily_limit=5000, rolling=True)
    for _ in range(6):
        for _ in range(10):
            with limits.call():
                pass
        await clock.advance(9)
    with pytest.raises(LimitBroken) as broken, limits.call():
        pass
    assert broken.value.retry_after_seconds == 6
    await clock.advance(6)
    assert limits.headers()["X-MinLimit-Remaining"] == "10"


async def test_a_refusal_may_lack_its_hint_and_carry_a_page(clock: SteppedClock) -> None:
    facts = XeroFacts(retry_after_sent=False, refusal_body="html")
    world = XeroWorld(clock, seeded_ids(3), tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS, facts=facts)
    [app] = [app for app in demo.XERO_APPS if app.custom]
    world.limits(app).minute.leave(0, clock.now())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(xero_app(world)), base_url="http://x") as http:
        form = {"grant_type": "client_credentials"}
        token = (await http.post("/connect/token", data=form, auth=app.credentials)).json()["access_token"]
        refused = await http.get(CONTACTS, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})
    assert (refused.status_code, refused.headers["X-Rate-Limit-Problem"]) == (429, "minute")
    assert "Retry-After" not in refused.headers
    assert refused.text.startswith("<html>")
