"""Failures that were ordered, on both systems."""

import asyncio

import httpx
import pytest

from app.simulator import demo
from app.simulator.faults import Fault, Faults
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.xero.world import XeroWorld
from tests.support.stepped_clock import SteppedClock, settle

CONTACTS = "/api.xro/2.0/Contacts"


def test_faults_are_taken_in_their_order_by_the_calls_they_fit() -> None:
    faults = Faults()
    faults.order(Fault.ERROR, 2, method="POST", path="/Contacts")
    faults.order(Fault.TOO_MANY)
    taken = [faults.take(method, "/Contacts") for method in ("GET", "POST", "GET", "POST", "POST")]
    assert taken == [Fault.TOO_MANY, Fault.ERROR, None, Fault.ERROR, None]


@pytest.mark.parametrize(
    ("kind", "status", "written"),
    [("429", 429, 0), ("503", 503, 0), ("500", 500, 0), ("500-after-commit", 500, 1)],
)
async def test_xero_fails_as_it_was_told(
    xero: XeroWorld, xero_http: httpx.AsyncClient, kind: str, status: int, written: int
) -> None:
    assert (await xero_http.post("/simulator/faults", params={"kind": kind})).status_code == 204
    answers = [(await xero_http.put(CONTACTS, json={"Name": name})).status_code for name in ("Kea", "Tui")]
    assert answers == [status, 200]
    assert len(xero.journal.changes) == written + 1
    assert not xero.refusals()


@pytest.mark.parametrize(
    ("kind", "status", "written"),
    [("429", 403, 0), ("503", 503, 0), ("500", 500, 0), ("500-after-commit", 500, 1)],
)
async def test_salesforce_fails_as_it_was_told(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient, kind: str, status: int, written: int
) -> None:
    await salesforce_http.post("http://salesforce.test/simulator/faults", params={"kind": kind, "method": "post"})
    await salesforce_http.get("limits")
    answers = [(await salesforce_http.post("sobjects/Account", json={"Name": name})).status_code for name in "KT"]
    assert answers == [status, 201]
    assert len(salesforce.journal.changes) == written + 1


@pytest.mark.parametrize(("kind", "written"), [("timeout", 0), ("timeout-after-commit", 1)])
async def test_silence_comes_before_or_after_the_commit(
    xero: XeroWorld,
    xero_http: httpx.AsyncClient,
    salesforce: SalesforceWorld,
    salesforce_http: httpx.AsyncClient,
    clock: SteppedClock,
    kind: str,
    written: int,
) -> None:
    xero.faults.order(Fault(kind))
    salesforce.faults.order(Fault(kind))
    calls = [
        asyncio.create_task(xero_http.put(CONTACTS, json={"Name": "Kea"})),
        asyncio.create_task(salesforce_http.post("sobjects/Account", json={"Name": "Kea"})),
    ]
    await clock.advance(59)
    assert [call.done() for call in calls] == [False, False]
    assert (len(xero.journal.changes), len(salesforce.journal.changes)) == (written, written)
    await clock.advance(1)
    await settle()
    assert all(call.done() for call in calls)


async def test_an_unknown_fault_is_refused(xero_http: httpx.AsyncClient) -> None:
    assert (await xero_http.post("/simulator/faults", params={"kind": "fire"})).status_code == 400


async def test_a_person_meets_no_faults(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    xero.faults.order(Fault.ERROR)
    form = {"grant_type": "client_credentials"}
    token = (await xero_http.post("/connect/token", data=form, auth=demo.PERSON)).json()["access_token"]
    answer = await xero_http.get(CONTACTS, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


async def test_the_log_tells_what_happened(xero_http: httpx.AsyncClient) -> None:
    await xero_http.put(CONTACTS, json={"Name": "Kea"})
    log = (await xero_http.get("/simulator/log", params={"last": 1})).json()
    [change], [call] = log["changes"], log["calls"]
    assert (change["type"], change["writer"], change["fields"]["Name"]) == ("CREATE", "crossbook", "Kea")
    assert (call["method"], call["path"], call["status"]) == ("PUT", CONTACTS, 200)
    assert log["pushes"] == []
