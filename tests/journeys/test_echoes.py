"""Our own writes come back as pushes and cost nothing; a person's edit of the same second is never taken for one."""

import pytest

from app.simulator.journal import Call, ChangeType
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.records import Commit
from app.store.database import Database
from tests.support.crossbook import A_MOMENT, Crossbook
from tests.support.simulated.salesforce import USER_ID, SimulatedSalesforce
from tests.support.simulated.systems import Systems
from tests.support.simulated.xero import SimulatedXero
from tests.support.world import accounts_sync, phone

RECONCILED = 960.0


def after_the_last_write(salesforce: SimulatedSalesforce) -> list[Call]:
    """What we asked of Salesforce since we last wrote to it."""
    calls = salesforce.world.journal.calls
    written = max(number for number, call in enumerate(calls) if "/composite" in call.path)
    return calls[written + 1 :]


def echoes(salesforce: SimulatedSalesforce) -> int:
    """How many of our writes were pushed back to us."""
    ours = [change for change in salesforce.world.journal.changes if change.writer == "crossbook"]
    assert all(change.type in {ChangeType.CREATE, ChangeType.UPDATE} for change in ours)
    delivered = [push for push in salesforce.world.journal.pushes if push.line == "outbound message"]
    assert all(push.status == 200 for push in delivered)
    return len(ours)


async def test_a_created_account_comes_back_without_a_call(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    xero.put("Contact", None, {"Name": "Harbour Cafe", "EmailAddress": "b@harbour.example"})
    await crossbook.run(A_MOMENT)
    assert echoes(salesforce) == 1
    assert after_the_last_write(salesforce) == []


async def test_a_busy_day_of_edits_comes_back_without_a_call(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    contacts = [xero.put("Contact", None, {"Name": f"Customer {number}"}) for number in range(30)]
    await crossbook.run(A_MOMENT * 2)
    for contact in contacts:
        xero.put("Contact", contact, {"Phones": phone(f"03 {contacts.index(contact)}")})
    await crossbook.run(A_MOMENT * 2)
    assert echoes(salesforce) == 60
    assert after_the_last_write(salesforce) == []
    assert {seen.fields["Phone"] for seen in salesforce.all("Account")} == {f"03 {number}" for number in range(30)}


async def test_reconcile_finds_our_own_writes_and_asks_no_more_of_them(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    for number in range(10):
        xero.put("Contact", None, {"Name": f"Customer {number}"})
    await crossbook.run(A_MOMENT)
    await crossbook.run(RECONCILED)
    (scan,) = after_the_last_write(salesforce)
    assert "SystemModstamp%20%3E%3D" in scan.path


async def test_an_edit_of_the_same_second_is_not_lost(
    crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero
) -> None:
    contact = xero.put("Contact", None, {"Name": "Harbour Cafe"})
    await crossbook.run(A_MOMENT)
    (account,) = salesforce.all("Account")

    def edit_too(commit: Commit) -> None:
        if commit.writer.user_id == USER_ID:
            salesforce.world.people.update("Account", account.ref.id, {"Phone": "03 999"})

    salesforce.world.records.listen(edit_too)
    xero.put("Contact", contact, {"Name": "Harbour Cafe Limited"})
    await crossbook.run(A_MOMENT)
    stamps = [change.fields["SystemModstamp"] for change in salesforce.world.journal.of(account.ref.id)[-2:]]
    assert stamps[0] == stamps[1]
    (seen,) = xero.all("Contact")
    assert seen.fields["Phones"] == phone("03 999")


@pytest.mark.parametrize(
    "less",
    [
        SalesforceFacts(messages_name_writer=False),
        SalesforceFacts(messages_carry_stamp=False),
        SalesforceFacts(shows_writes=False),
    ],
)
async def test_an_org_that_tells_less_costs_a_look_and_no_write(
    inline_database: Database,
    systems: Systems,
    salesforce: SimulatedSalesforce,
    xero: SimulatedXero,
    less: SalesforceFacts,
) -> None:
    salesforce.world.behave(less)
    async with Crossbook.open(inline_database, systems, accounts_sync()) as crossbook:
        await crossbook.run(A_MOMENT)
        xero.put("Contact", None, {"Name": "Harbour Cafe", "EmailAddress": "b@harbour.example"})
        await crossbook.run(A_MOMENT)
        assert echoes(salesforce) == 1
        looks = [call.method for call in after_the_last_write(salesforce)]
        assert looks == ["GET"]
