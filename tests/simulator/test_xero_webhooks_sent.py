"""Webhooks as Xero sends them."""

import json
from decimal import Decimal

import httpx
import pytest
from starlette.responses import Response

from app.simulator import demo
from app.simulator.ids import seeded_ids
from app.simulator.pushing import Tasks
from app.simulator.xero.facts import XeroFacts
from app.simulator.xero.webhooks import payload, signature
from app.simulator.xero.world import XeroWorld
from tests.support.push_receiver import PushReceiver
from tests.support.stepped_clock import SteppedClock

KEY = "Jx8hSkzDWHO2yeFRPFx3TKTpR4z1mt174IigZXpZ63nagduHLD3KzUxJtG3W4wJ2S7RJ/HLj5xWWpTrIxW5qFg=="


@pytest.fixture(autouse=True)
def webhooks(xero: XeroWorld, receiver: PushReceiver, spawn: Tasks) -> None:
    xero.push_webhooks(url="http://crossbook.test/", key=demo.XERO_WEBHOOK_KEY, client=receiver.client(), spawn=spawn)


def sequences(body: bytes) -> tuple[int, int]:
    content = json.loads(body)
    return content["firstEventSequence"], content["lastEventSequence"]


def test_an_empty_payload_and_its_signature_are_byte_for_byte_as_known() -> None:
    body = payload([], 0, "QWERTYUIOPASDFGHJKLZ")
    assert body == b'{"events":[],"firstEventSequence": 0,"lastEventSequence": 0, "entropy": "QWERTYUIOPASDFGHJKLZ"}'
    assert signature(KEY.encode(), body) == "Fm8iYlizj7W3/IpjuOWmCYa2wEbY2PG7tkAiSsp+EyQ="


async def test_what_waits_is_sent_together_within_twenty_milliseconds(
    xero: XeroWorld, receiver: PushReceiver, clock: SteppedClock
) -> None:
    kea = xero.contacts.create({"Name": "Kea"}, writer="crossbook")
    xero.contacts.update(kea, {"Name": "Tui"}, writer="person")
    await clock.advance(0.02)
    [body] = receiver.bodies
    events = json.loads(body)["events"]
    assert [(event["eventType"], event["resourceId"]) for event in events] == [("CREATE", kea.id), ("UPDATE", kea.id)]
    assert events[0]["eventCategory"] == "CONTACT"
    assert events[0]["eventDateUtc"] == "2026-03-02T09:00:00.0"
    assert events[1]["eventDateUtc"] == "2026-03-02T09:00:00.001"
    assert sequences(body) == (1, 2)


@pytest.mark.parametrize("told", [True, False])
async def test_documents_are_told_of_and_a_payment_perhaps_of_its_invoice_too(
    clock: SteppedClock, spawn: Tasks, receiver: PushReceiver, *, told: bool
) -> None:
    facts = XeroFacts(payments_push_invoices=told)
    xero = XeroWorld(clock, seeded_ids(1), tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS, facts=facts)
    contact = xero.people.create({"Name": "Kea"})
    invoice = xero.first.documents.invoice(contact, Decimal(10))
    xero.push_webhooks(url="http://crossbook.test/", key=KEY, client=receiver.client(), spawn=spawn)
    payment = xero.first.documents.pay(invoice, Decimal(10))
    await clock.advance(0.02)
    [body] = receiver.bodies
    events = [(event["eventCategory"], event["eventType"], event["resourceId"]) for event in json.loads(body)["events"]]
    assert events == [*([("INVOICE", "UPDATE", invoice.id)] if told else []), ("PAYMENT", "CREATE", payment.id)]


async def test_the_raw_body_is_signed(xero: XeroWorld, receiver: PushReceiver, clock: SteppedClock) -> None:
    xero.contacts.create({"Name": "Kea"}, writer="person")
    await clock.advance(0.02)
    assert receiver.headers[0]["x-xero-signature"] == signature(demo.XERO_WEBHOOK_KEY.encode(), receiver.bodies[0])
    assert b'"events":[{\n  "resourceUrl": "https://api.xero.com/api.xro/2.0/Contacts/' in receiver.bodies[0]


async def test_a_retry_is_built_anew_and_has_grown(
    xero: XeroWorld, receiver: PushReceiver, clock: SteppedClock
) -> None:
    receiver.answers = [Response(status_code=503), Response(status_code=503)]
    xero.contacts.create({"Name": "Kea"}, writer="person")
    await clock.advance(0.02)
    xero.contacts.create({"Name": "Tui"}, writer="person")
    await clock.advance(1)
    xero.contacts.create({"Name": "Moa"}, writer="person")
    await clock.advance(1)
    assert [sequences(body) for body in receiver.bodies] == [(1, 1), (1, 1), (1, 2), (3, 3)]
    assert len({json.loads(body)["entropy"] for body in receiver.bodies}) == 4


@pytest.mark.parametrize("answer", [Response("ok"), Response(status_code=302), Response(status_code=500)])
async def test_only_success_without_a_body_counts(
    xero: XeroWorld, receiver: PushReceiver, clock: SteppedClock, answer: Response
) -> None:
    receiver.answers = [answer]
    xero.contacts.create({"Name": "Kea"}, writer="person")
    await clock.advance(0.02)
    assert len(receiver.bodies) == 2


async def test_a_dropped_push_leaves_a_gap_in_the_numbers(
    xero: XeroWorld, receiver: PushReceiver, clock: SteppedClock, xero_http: httpx.AsyncClient
) -> None:
    await xero_http.post("/simulator/pushes/drop", params={"next": 1})
    for name in ("Kea", "Tui"):
        xero.contacts.create({"Name": name}, writer="person")
        await clock.advance(0.02)
    assert [sequences(body) for body in receiver.bodies] == [(2, 2)]
    assert [push.dropped for push in xero.journal.pushes] == [True, False]


async def test_a_pause_holds_everything_back(
    xero: XeroWorld, receiver: PushReceiver, clock: SteppedClock, xero_http: httpx.AsyncClient
) -> None:
    await xero_http.post("/simulator/pushes/pause")
    xero.contacts.create({"Name": "Kea"}, writer="person")
    await clock.advance(60)
    assert receiver.bodies == []
    await xero_http.post("/simulator/pushes/resume")
    await clock.advance(0)
    assert [sequences(body) for body in receiver.bodies] == [(1, 1)]


async def test_a_webhook_that_is_off_tells_nothing_until_it_is_on_again(
    xero: XeroWorld, receiver: PushReceiver, clock: SteppedClock, xero_http: httpx.AsyncClient
) -> None:
    assert (await xero_http.post("/simulator/webhooks/off")).status_code == 204
    for name in ("Kea", "Tui"):
        xero.contacts.create({"Name": name}, writer="person")
    await clock.advance(60)
    assert receiver.bodies == []
    assert (await xero_http.post("/simulator/webhooks/on")).status_code == 204
    await clock.advance(0.02)
    assert [sequences(body) for body in receiver.bodies] == [(1, 2)]


async def test_there_is_no_webhook_to_switch_where_nothing_is_pushed(
    xero: XeroWorld, xero_http: httpx.AsyncClient
) -> None:
    xero.webhooks = None
    assert [(await xero_http.post(f"/simulator/webhooks/{to}")).status_code for to in ("off", "on")] == [404, 404]


async def test_crossbook_hears_its_own_writes(
    xero_http: httpx.AsyncClient, receiver: PushReceiver, clock: SteppedClock
) -> None:
    await xero_http.put("/api.xro/2.0/Contacts", json={"Name": "Kea"})
    await clock.advance(0.02)
    assert len(receiver.bodies) == 1


async def test_a_good_receiver_passes_the_intent_to_receive(
    receiver: PushReceiver, xero_http: httpx.AsyncClient
) -> None:
    def judge(request: object) -> Response:
        right = signature(demo.XERO_WEBHOOK_KEY.encode(), receiver.bodies[-1])
        return Response(status_code=200 if receiver.headers[-1]["x-xero-signature"] == right else 401)

    receiver.always = judge
    report = (await xero_http.post("/simulator/webhooks/intent-to-receive")).json()
    assert report == {"passed": True, "statuses": [401, 200, 401, 401]}


async def test_a_receiver_that_takes_everything_fails_it(receiver: PushReceiver, xero_http: httpx.AsyncClient) -> None:
    report = (await xero_http.post("/simulator/webhooks/intent-to-receive")).json()
    assert report == {"passed": False, "statuses": [200, 200, 200, 200]}
