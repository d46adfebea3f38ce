"""Change events as a relay posts them."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks import Webhook
from starlette.responses import Response

from app.simulator import demo
from app.simulator.journal import ChangeType
from app.simulator.pushing import Tasks
from app.simulator.salesforce.app import ADMIN
from app.simulator.salesforce.envelopes import Envelope, api_key, standard_webhooks
from app.simulator.salesforce.world import SalesforceWorld
from tests.support.push_receiver import PushReceiver
from tests.support.stepped_clock import SteppedClock


@pytest.fixture
def bare(salesforce: SalesforceWorld, receiver: PushReceiver, spawn: Tasks) -> None:
    """All types of events, bare, with a fixed key."""
    salesforce.push_change_events(
        url="http://crossbook.test/changes",
        client=receiver.client(),
        spawn=spawn,
        sign=api_key("key"),
        envelope=Envelope.BARE,
        types=frozenset(ChangeType),
        together=3,
    )


async def test_an_update_tells_what_changed(
    salesforce_http: httpx.AsyncClient, receiver: PushReceiver, clock: SteppedClock, bare: None
) -> None:
    headers = {"Sforce-Call-Options": "client=crossbook"}
    created = await salesforce_http.post("sobjects/Account", json={"Name": "Kea"}, headers=headers)
    await clock.advance(1)
    sent = {"Phone": "1", "BillingCity": "Nelson"}
    await salesforce_http.patch(f"sobjects/Account/{created.json()['id']}", json=sent, headers=headers)
    await clock.advance(1)
    create, update = (json.loads(body) for body in receiver.bodies)
    header = update["ChangeEventHeader"]
    assert (header["changeType"], header["recordIds"]) == ("UPDATE", [created.json()["id"]])
    assert set(header["changedFields"]) == {"Phone", "BillingAddress.City", "LastModifiedDate"}
    assert update["BillingAddress"] == {"City": "Nelson"}
    assert "Name" not in update
    assert header["changeOrigin"] == "com/salesforce/api/rest/66.0;client=crossbook"
    assert header["commitTimestamp"] == int(datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC).timestamp() * 1000)
    assert header["commitNumber"] > 2**53
    assert (create["ChangeEventHeader"]["changedFields"], create["Name"]) == ([], "Kea")
    assert {"Id", "IsDeleted", "SystemModstamp"}.isdisjoint(create)
    assert receiver.headers[0]["x-api-key"] == "key"


async def test_deletions_of_one_transaction_are_merged_and_carry_no_data(
    salesforce: SalesforceWorld, receiver: PushReceiver, clock: SteppedClock, bare: None
) -> None:
    with salesforce.records.transaction(ADMIN) as transaction:
        records = [transaction.create("Account", {"Name": name}) for name in ("Kea", "Tui")]
    await clock.advance(1)
    with salesforce.records.transaction(ADMIN) as transaction:
        for record in records:
            transaction.delete(record)
    await clock.advance(1)
    created, deleted = (json.loads(body) for body in receiver.bodies)
    assert [event["ChangeEventHeader"]["sequenceNumber"] for event in created] == [1, 2]
    assert set(deleted) == {"ChangeEventHeader"}
    assert deleted["ChangeEventHeader"]["recordIds"] == [record.id for record in records]


async def test_events_that_wait_travel_as_a_list(
    salesforce: SalesforceWorld, receiver: PushReceiver, clock: SteppedClock, bare: None
) -> None:
    with salesforce.records.transaction(ADMIN) as transaction:
        for name in ("Kea", "Tui", "Moa", "Weka"):
            transaction.create("Account", {"Name": name})
    await clock.advance(1)
    contents = [json.loads(body) for body in receiver.bodies]
    assert sorted([len(content) for content in contents if isinstance(content, list)]) == [3]
    assert len(contents) == 2


async def test_by_default_only_deletions_and_their_undoing_are_told(
    salesforce: SalesforceWorld, receiver: PushReceiver, clock: SteppedClock, spawn: Tasks
) -> None:
    salesforce.push_change_events(url="http://c.test", client=receiver.client(), spawn=spawn, sign=api_key("key"))
    with salesforce.records.transaction(ADMIN) as transaction:
        record = transaction.create("Account", {"Name": "Kea"})
    with salesforce.records.transaction(ADMIN) as transaction:
        record = transaction.delete(record)
    with salesforce.records.transaction(ADMIN) as transaction:
        transaction.undelete(record)
    await clock.advance(1)
    headers = [json.loads(body)["detail"]["payload"]["ChangeEventHeader"] for body in receiver.bodies]
    assert sorted(header["changeType"] for header in headers) == ["DELETE", "UNDELETE"]


@pytest.mark.parametrize(
    ("envelope", "path"), [(Envelope.EVENTBRIDGE, ("detail", "payload")), (Envelope.APPFLOW, ("detail",))]
)
async def test_the_relay_wraps_the_event(
    salesforce: SalesforceWorld,
    receiver: PushReceiver,
    clock: SteppedClock,
    spawn: Tasks,
    envelope: Envelope,
    path: tuple[str, ...],
) -> None:
    salesforce.push_change_events(
        url="http://c.test",
        client=receiver.client(),
        spawn=spawn,
        sign=api_key("key"),
        envelope=envelope,
        types={ChangeType.CREATE},
    )
    with salesforce.records.transaction(ADMIN) as transaction:
        transaction.create("Account", {"Name": "Kea"})
    await clock.advance(1)
    content = json.loads(receiver.bodies[0])
    assert content["detail-type"] == "AccountChangeEvent"
    for name in path:
        content = content[name]
    assert content["Name"] == "Kea"


async def test_a_retry_keeps_its_id_and_is_signed_anew(
    salesforce: SalesforceWorld, receiver: PushReceiver, clock: SteppedClock, spawn: Tasks
) -> None:
    salesforce.push_change_events(
        url="http://c.test",
        client=receiver.client(),
        spawn=spawn,
        sign=standard_webhooks(demo.CHANGE_SECRET),
        types={ChangeType.CREATE},
    )
    receiver.answers = [Response(status_code=500)]
    with salesforce.records.transaction(ADMIN) as transaction:
        transaction.create("Account", {"Name": "Kea"})
    await clock.advance(3)
    first, second = receiver.headers
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 2
    assert receiver.bodies[0] == receiver.bodies[1]
    at = datetime.fromtimestamp(int(first["webhook-timestamp"]), UTC)
    expected = Webhook(demo.CHANGE_SECRET).sign(first["webhook-id"], at, receiver.bodies[0].decode())
    assert first["webhook-signature"] == expected
    assert clock.now() - at < timedelta(seconds=5)
