"""Outbound messages as Salesforce sends them."""

import httpx
import pytest
from lxml import etree
from starlette.responses import Response

from app.simulator import demo
from app.simulator.pushing import Tasks
from app.simulator.salesforce.app import ADMIN
from app.simulator.salesforce.soap import acknowledged
from app.simulator.salesforce.transaction import Record
from app.simulator.salesforce.world import SalesforceWorld
from tests.support.push_receiver import ACK, PushReceiver
from tests.support.stepped_clock import SteppedClock

OUT = "{http://soap.sforce.com/2005/09/outbound}"
SF = "{urn:sobject.enterprise.soap.sforce.com}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@pytest.fixture(autouse=True)
def pushed(salesforce: SalesforceWorld, receiver: PushReceiver, spawn: Tasks) -> None:
    receiver.always = lambda _: Response(ACK, media_type="text/xml")
    fields = {"Account": ("Phone", "SystemModstamp", "Name", "Sync_to_Xero__c", "LastModifiedDate")}
    salesforce.push_outbound_messages(
        url="http://crossbook.test/out", client=receiver.client(), spawn=spawn, fields=fields
    )


def create(world: SalesforceWorld, **fields: str) -> Record:
    with world.records.transaction(ADMIN) as transaction:
        return transaction.create("Account", {"Name": "Kea", **fields})


def update(world: SalesforceWorld, record: Record, **fields: str) -> None:
    with world.records.transaction(ADMIN) as transaction:
        transaction.update(record, fields)


def notifications(body: bytes) -> list[tuple[str, list[tuple[str, str | None]]]]:
    """For every notification its id and the fields of its record, in order."""
    root = etree.fromstring(body)
    return [
        (
            notification.findtext(f"{OUT}Id") or "",
            [(str(field.tag).removeprefix(SF), field.text) for field in notification.iterfind(f"{OUT}sObject/*")],
        )
        for notification in root.iter(f"{OUT}Notification")
    ]


async def test_a_message_has_the_known_structure(
    salesforce: SalesforceWorld, receiver: PushReceiver, clock: SteppedClock
) -> None:
    record = create(salesforce, Name="Kea & <Sons>")
    await clock.advance(0.02)
    [body], [headers] = receiver.bodies, receiver.headers
    message = etree.fromstring(body)[0][0]
    assert [str(child.tag) for child in message] == [
        f"{OUT}{name}"
        for name in ("OrganizationId", "ActionId", "SessionId", "EnterpriseUrl", "PartnerUrl", "Notification")
    ]
    assert message.findtext(f"{OUT}OrganizationId") == demo.SALESFORCE_ORG_ID
    assert (message.findtext(f"{OUT}ActionId") or "").startswith("04k")
    assert message[2].get(f"{XSI}nil") == "true"
    assert (headers["content-type"], headers["soapaction"]) == ("text/xml; charset=UTF-8", '""')
    [(notification_id, fields)] = notifications(body)
    assert notification_id.startswith("04l")
    assert fields == [
        ("Id", record.id),
        ("LastModifiedDate", "2026-03-02T09:00:00.000Z"),
        ("Name", "Kea & <Sons>"),
        ("Sync_to_Xero__c", "false"),
        ("SystemModstamp", "2026-03-02T09:00:00.000Z"),
    ]


async def test_a_message_is_sent_again_until_it_is_acknowledged(
    salesforce: SalesforceWorld, receiver: PushReceiver, clock: SteppedClock
) -> None:
    denied = ACK.replace(b"true", b"false")
    receiver.answers = [Response(status_code=500), Response("ok"), Response(denied), Response(ACK, 202)]
    create(salesforce)
    await clock.advance(0.02 + 2 + 4 + 8)
    assert len(receiver.bodies) == 4
    await clock.advance(16)
    await clock.advance(86_400)
    assert len(receiver.bodies) == 5
    assert len({notifications(body)[0][0] for body in receiver.bodies}) == 1


async def test_a_message_is_given_up_after_a_day(
    salesforce: SalesforceWorld, receiver: PushReceiver, clock: SteppedClock
) -> None:
    receiver.always = lambda _: Response(status_code=500)
    create(salesforce)
    await clock.advance(30 * 3600)
    sent = len(receiver.bodies)
    await clock.advance(30 * 3600)
    assert len(receiver.bodies) == sent
    assert 20 < sent < 30


async def test_what_is_sent_is_read_when_it_is_sent(
    salesforce: SalesforceWorld, receiver: PushReceiver, clock: SteppedClock
) -> None:
    receiver.answers = [Response(status_code=500)]
    record = create(salesforce)
    await clock.advance(0.02)
    update(salesforce, record, Name="Tui")
    await clock.advance(2)
    seen = [dict(fields)["Name"] for body in receiver.bodies for _, fields in notifications(body)]
    assert seen == ["Kea", "Tui", "Tui"]


async def test_a_deleted_record_leaves_a_notification_without_data(
    salesforce: SalesforceWorld, receiver: PushReceiver, clock: SteppedClock
) -> None:
    record = create(salesforce)
    with salesforce.records.transaction(ADMIN) as transaction:
        transaction.delete(record)
    await clock.advance(0.02)
    [(_, fields)] = notifications(receiver.bodies[0])
    assert fields == []
    assert len(receiver.bodies) == 1


async def test_a_hundred_notifications_at_most_travel_together(
    salesforce: SalesforceWorld, receiver: PushReceiver, clock: SteppedClock
) -> None:
    with salesforce.records.transaction(ADMIN) as transaction:
        for number in range(101):
            transaction.create("Account", {"Name": str(number)})
    await clock.advance(0.02)
    assert sorted(len(notifications(body)) for body in receiver.bodies) == [1, 100]


async def test_crossbook_hears_its_own_writes(
    salesforce_http: httpx.AsyncClient, receiver: PushReceiver, clock: SteppedClock
) -> None:
    await salesforce_http.post("sobjects/Account", json={"Name": "Kea"})
    await clock.advance(0.02)
    assert len(receiver.bodies) == 1


async def test_dropped_and_paused_messages_behave(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient, receiver: PushReceiver, clock: SteppedClock
) -> None:
    await salesforce_http.post("http://salesforce.test/simulator/pushes/drop")
    create(salesforce, Name="lost")
    await clock.advance(1)
    await salesforce_http.post("http://salesforce.test/simulator/pushes/pause")
    create(salesforce, Name="held")
    await clock.advance(1)
    assert receiver.bodies == []
    await salesforce_http.post("http://salesforce.test/simulator/pushes/resume")
    await clock.advance(0)
    assert [dict(fields)["Name"] for body in receiver.bodies for _, fields in notifications(body)] == ["held"]


@pytest.mark.parametrize("body", [b"", b"{}", b"<a/>", ACK.replace(b"notificationsResponse", b"notifications")])
def test_anything_else_acknowledges_nothing(body: bytes) -> None:
    assert acknowledged(ACK)
    assert not acknowledged(body)
