"""From a person's click to the other system: pushes that are signed and sent, a web process, a worker, and time."""

import pytest

from app.engine.records import Observation, System
from tests.support.crossbook import A_MOMENT, Crossbook
from tests.support.field_entry import shown
from tests.support.kinds import CONTRARY, SINGLE
from tests.support.simulated.salesforce import SimulatedSalesforce
from tests.support.simulated.xero import SimulatedXero
from tests.support.world import phone

XERO = System.XERO
RECONCILED = 960.0
"""Seconds within which everything has been reconciled."""


def only(vendor: SimulatedSalesforce | SimulatedXero) -> Observation:
    (record,) = vendor.all("Account" if isinstance(vendor, SimulatedSalesforce) else "Contact")
    return record


async def test_a_new_account_is_in_xero_after_a_moment(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    account = salesforce.put("Account", None, {"Name": "Ridgeway", "Phone": "03 111"})
    await crossbook.run(A_MOMENT)
    assert only(xero).fields["ContactNumber"] == account
    assert only(xero).fields["Phones"] == phone("03 111")


async def test_a_new_contact_is_in_salesforce_after_a_moment(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    contact = xero.put("Contact", None, {"Name": "Harbour Cafe", "EmailAddress": "b@harbour.example"})
    await crossbook.run(A_MOMENT)
    assert only(salesforce).fields["Xero_Contact_Id__c"] == contact
    assert only(salesforce).fields["Email__c"] == "b@harbour.example"


async def test_edits_on_both_sides_at_the_same_moment_both_arrive(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    account = salesforce.put("Account", None, {"Name": "Ridgeway", "Phone": "03 111"})
    await crossbook.run(A_MOMENT)
    salesforce.put("Account", account, {"Phone": "03 999"})
    xero.put("Contact", only(xero).ref.id, {"EmailAddress": "a@ridgeway.example"})
    await crossbook.run(A_MOMENT)
    assert only(xero).fields["Phones"] == phone("03 999")
    assert only(salesforce).fields["Email__c"] == "a@ridgeway.example"


async def test_our_own_writes_coming_back_cost_no_call(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    account = salesforce.put("Account", None, {"Name": "Ridgeway", "Phone": "03 111"})
    await crossbook.run(A_MOMENT)
    salesforce.put("Account", account, {"Phone": "03 999"})
    await crossbook.run(A_MOMENT)
    writes = [call for call in xero.calls if call.verb]
    after = xero.calls[xero.calls.index(writes[-1]) + 1 :]
    assert (len(writes), after) == (2, [])
    assert [change.by for change in xero.history] == ["us", "us"]
    assert [change.by for change in salesforce.history] == ["person", "person"]


async def test_a_deleted_account_archives_its_contact_by_its_change_event(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    account = salesforce.put("Account", None, {"Name": "Ridgeway"})
    await crossbook.run(A_MOMENT)
    salesforce.delete("Account", account)
    await crossbook.run(A_MOMENT)
    assert only(xero).presence == "archived"


async def test_twelve_edits_within_a_second_end_with_the_last(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    account = salesforce.put("Account", None, {"Name": "Ridgeway"})
    await crossbook.run(A_MOMENT)
    for number in range(12):
        salesforce.put("Account", account, {"Phone": f"03 {number}"})
        await crossbook.run(0.1)
    await crossbook.run(A_MOMENT)
    assert only(xero).fields["Phones"] == phone("03 11")


async def test_a_webhook_that_is_lost_shows_as_a_gap_and_is_made_up_for_at_once(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    xero.put("Contact", None, {"Name": "Harbour Cafe"})
    await crossbook.run(A_MOMENT)
    (webhook,) = xero.world.lines
    webhook.drop_next(1)
    xero.put("Contact", None, {"Name": "Lost on the way"})
    await crossbook.run(A_MOMENT)
    assert len(salesforce.all("Account")) == 1
    xero.put("Contact", None, {"Name": "The next one"})
    await crossbook.run(2 * A_MOMENT)
    names = {seen.fields["Name"] for seen in salesforce.all("Account")}
    assert names == {"Harbour Cafe", "Lost on the way", "The next one"}


async def test_what_salesforce_never_told_is_found_by_reconcile(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    for line in salesforce.world.lines:
        line.drop_next(1)
    salesforce.put("Account", None, {"Name": "Never told"})
    await crossbook.run(A_MOMENT)
    assert xero.all("Contact") == []
    await crossbook.run(RECONCILED, rounds_seconds=30)
    assert only(xero).fields["Name"] == "Never told"


async def test_pushes_that_were_held_up_for_an_hour_arrive_and_change_nothing_back(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    account = salesforce.put("Account", None, {"Name": "Ridgeway", "Phone": "03 111"})
    await crossbook.run(A_MOMENT)
    for line in (*salesforce.world.lines, *xero.world.lines):
        line.pause()
    salesforce.put("Account", account, {"Phone": "03 222"})
    await crossbook.run(3600, rounds_seconds=60)
    assert only(xero).fields["Phones"] == phone("03 222")
    xero.put("Contact", only(xero).ref.id, {"Phones": phone("03 333")})
    for line in (*salesforce.world.lines, *xero.world.lines):
        line.resume()
    await crossbook.run(10)
    assert only(salesforce).fields["Phone"] == "03 333"
    assert only(xero).fields["Phones"] == phone("03 333")


async def test_a_webhook_signed_with_a_key_that_we_do_not_know_is_refused_and_nothing_is_lost_by_it(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    assert xero.world.webhooks
    xero.world.webhooks._key = b"rotated in the portal before we were told"
    xero.put("Contact", None, {"Name": "Harbour Cafe"})
    await crossbook.run(60)
    assert {push.status for push in xero.world.journal.pushes} == {401}
    assert salesforce.all("Account") == []
    await crossbook.run(RECONCILED, rounds_seconds=30)
    assert only(salesforce).fields["Name"] == "Harbour Cafe"


async def test_a_worker_that_is_replaced_carries_on(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    for number in range(5):
        salesforce.put("Account", None, {"Name": f"Customer {number}"})
    await crossbook.run(0.1)
    crossbook.restart()
    await crossbook.run(40)
    assert len(xero.all("Contact")) == 5
    assert len([change for change in xero.history if change.created]) == 5


OF_PUSHES = [
    *(f"salesforce messages_{name}" for name in ("carry_stamp=False", "name_writer=False", "tell_nulls=True")),
    *(f"salesforce {name}" for name in ("relays_bare_events=True", "names_client_in_collections=False")),
    *(f"xero {name}" for name in ("own_writes_pushed", "no_events", "sequence_of", "webhook_retries")),
]
"""The facts that pushes differ by."""


@pytest.mark.parametrize("facts", [*(SINGLE[name] for name in OF_PUSHES), CONTRARY], ids=[*OF_PUSHES, "contrary"])
async def test_whatever_pushes_are_like_a_customer_is_entered_edited_and_deleted(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    account = salesforce.put("Account", None, {"Name": "Ridgeway", "Phone": "03 111"})
    await crossbook.run(A_MOMENT)
    xero.put("Contact", only(xero).ref.id, {"EmailAddress": "a@ridgeway.example"})
    await crossbook.run(A_MOMENT)
    salesforce.put("Account", account, {"Phone": None})
    await crossbook.run(A_MOMENT)
    assert only(salesforce).fields["Email__c"] == "a@ridgeway.example"
    assert shown(XERO, "Phone", only(xero)) is None
    salesforce.delete("Account", account)
    await crossbook.run(A_MOMENT)
    assert only(xero).presence == "archived"


@pytest.mark.parametrize("facts", [SINGLE["salesforce commit_lag_seconds=300"]], ids=["five minutes late"])
async def test_what_salesforce_shows_long_after_it_was_pushed_is_found_by_reconcile(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    account = salesforce.put("Account", None, {"Name": "Ridgeway"})
    await crossbook.run(RECONCILED, rounds_seconds=30)
    assert only(xero).fields["ContactNumber"] == account
    salesforce.put("Account", account, {"Phone": "03 222"})
    await crossbook.run(RECONCILED, rounds_seconds=30)
    assert only(xero).fields["Phones"] == phone("03 222")
