"""Idempotency keys: one write, one answer, for six minutes."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from starlette.responses import Response

from app.simulator.xero.idempotency import DifferentRequest, Idempotency
from app.simulator.xero.world import XeroWorld
from tests.support.stepped_clock import SteppedClock, settle

CONTACTS = "/api.xro/2.0/Contacts"


async def create(http: httpx.AsyncClient, name: str, key: str = "key-1") -> httpx.Response:
    return await http.put(CONTACTS, json={"Contacts": [{"Name": name}]}, headers={"Idempotency-Key": key})


async def test_a_repeated_request_gets_the_stored_answer(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    answers = [await create(xero_http, "Kea Ltd"), await create(xero_http, "Kea Ltd")]
    assert answers[0].json() == answers[1].json()
    assert len(xero.journal.creations("Contact")) == 1
    assert answers[1].headers["X-MinLimit-Remaining"] == "58"


async def test_the_key_is_new_again_after_six_minutes(
    xero: XeroWorld, xero_http: httpx.AsyncClient, clock: SteppedClock
) -> None:
    await create(xero_http, "Kea Ltd")
    await clock.advance(360)
    again = await create(xero_http, "Kea Ltd")
    assert again.status_code == 400
    assert "already assigned" in again.json()["Elements"][0]["ValidationErrors"][0]["Message"]


async def test_another_request_under_the_key_is_refused(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    await create(xero_http, "Kea Ltd")
    refused = await create(xero_http, "Tui Ltd")
    assert refused.status_code == 400
    assert "key-1 is used with a different request" in refused.json()["Message"]
    assert len(xero.journal.creations("Contact")) == 1


async def test_a_key_of_more_than_128_characters_is_refused(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    assert (await create(xero_http, "Kea Ltd", "k" * 128)).status_code == 200
    assert (await create(xero_http, "Tui Ltd", "k" * 129)).status_code == 400


async def test_an_error_is_stored_as_well(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    await xero_http.post("/simulator/faults", params={"kind": "500"})
    answers = [await create(xero_http, "Kea Ltd"), await create(xero_http, "Kea Ltd")]
    assert [answer.status_code for answer in answers] == [500, 500]
    assert not xero.journal.changes


class SlowWork:
    """Work that ends when it is told to."""

    def __init__(self) -> None:
        self.runs = 0
        self.gate = asyncio.Event()

    async def __call__(self) -> Response:
        self.runs += 1
        await self.gate.wait()
        return Response(f"run {self.runs}")


def once(keys: Idempotency, work: Callable[[], Awaitable[Response]], request: bytes = b"a") -> asyncio.Task[Response]:
    return asyncio.create_task(keys.once("app", "key", request, work))


async def test_a_concurrent_duplicate_waits_for_the_first(clock: SteppedClock) -> None:
    keys, work = Idempotency(clock), SlowWork()
    first, second = once(keys, work), once(keys, work)
    await settle()
    assert not second.done()
    work.gate.set()
    assert (await first) is (await second)
    assert work.runs == 1


async def test_a_concurrent_different_request_does_not_wait(clock: SteppedClock) -> None:
    keys, work = Idempotency(clock), SlowWork()
    first = once(keys, work)
    await settle()
    with pytest.raises(DifferentRequest):
        await keys.once("app", "key", b"b", work)
    work.gate.set()
    await first


async def test_a_duplicate_runs_itself_when_the_first_was_cancelled(clock: SteppedClock) -> None:
    keys, work = Idempotency(clock), SlowWork()
    first, second = once(keys, work), once(keys, work)
    await settle()
    first.cancel()
    await settle()
    work.gate.set()
    assert (await second).body == b"run 2"
