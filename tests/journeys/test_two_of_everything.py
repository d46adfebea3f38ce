"""Two orgs, two organisations and two syncs: nothing of one pair ever touches the other, however alike they are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from app.engine.records import Observation
from app.simulator.faults import Fault
from app.store import outcomes
from app.store.database import Database
from tests.support.crossbook import Crossbook, named
from tests.support.simulated.salesforce import SimulatedSalesforce
from tests.support.simulated.systems import Systems
from tests.support.simulated.xero import SimulatedXero
from tests.support.world import ORG, TENANT, accounts_sync, phone

OTHER_ORG = "00D5Y000001MPM8UAO"
OTHER_TENANT = "22222222-2222-4333-8444-555555555555"
A_MOMENT = 3.0
"""Seconds within which a change has arrived."""


@dataclass(slots=True)
class Two:
    """Two pairs, and one Crossbook for both. The orgs give their records the same ids."""

    crossbook: Crossbook
    north: SimulatedSalesforce
    south: SimulatedSalesforce
    nz: SimulatedXero
    au: SimulatedXero


@pytest.fixture(params=["crossbook", "crossbook-au"], ids=["one Xero app", "two Xero apps"])
async def two(request: pytest.FixtureRequest, systems: Systems, inline_database: Database) -> AsyncIterator[Two]:
    north, south = systems.add_org("north", ORG), systems.add_org("south", OTHER_ORG)
    nz = systems.add_organisation("nz", TENANT, "crossbook")
    au = systems.add_organisation("au", OTHER_TENANT, request.param)
    syncs = [
        named(accounts_sync(), "north", salesforce="north", xero="nz"),
        named(accounts_sync(), "south", salesforce="south", xero="au"),
    ]
    async with Crossbook.open(inline_database, systems, *syncs) as crossbook:
        await crossbook.run(A_MOMENT)
        yield Two(crossbook, north, south, nz, au)


def only(vendor: SimulatedSalesforce | SimulatedXero) -> Observation:
    (record,) = vendor.all("Account" if isinstance(vendor, SimulatedSalesforce) else "Contact")
    return record


async def test_customers_with_the_same_name_and_even_the_same_id_stay_two(two: Two) -> None:
    accounts = [org.put("Account", None, {"Name": "Ridgeway", "Phone": "03 111"}) for org in (two.north, two.south)]
    assert accounts[0] == accounts[1]
    await two.crossbook.run(A_MOMENT)
    two.north.put("Account", accounts[0], {"Phone": "03 222"})
    two.au.put("Contact", only(two.au).ref.id, {"EmailAddress": "south@ridgeway.example"})
    await two.crossbook.run(A_MOMENT)
    assert (only(two.nz).fields["Phones"], only(two.au).fields["Phones"]) == (phone("03 222"), phone("03 111"))
    assert only(two.north).fields["Email__c"] is None
    assert only(two.south).fields["Email__c"] == "south@ridgeway.example"


async def test_what_happens_in_one_pair_leaves_no_trace_in_the_other(two: Two) -> None:
    two.south.put("Account", None, {"Name": "Ridgeway"})
    await two.crossbook.run(A_MOMENT)
    before = [len(each.calls) for each in (two.south, two.au)]
    two.north.put("Account", None, {"Name": "Ridgeway"})
    two.nz.put("Contact", None, {"Name": "Kea Books"})
    await two.crossbook.run(A_MOMENT)
    assert [len(each.calls) for each in (two.south, two.au)] == before
    counts = await two.crossbook.database.read(outcomes.counts)
    assert sum(counts.lanes["south/Contact"].values()) == 2
    assert {seen.fields["Name"] for seen in two.nz.all("Contact")} == {"Ridgeway", "Kea Books"}


async def test_a_deletion_in_one_org_archives_nothing_in_the_other_organisation(two: Two) -> None:
    (account, _) = (org.put("Account", None, {"Name": "Ridgeway"}) for org in (two.north, two.south))
    await two.crossbook.run(A_MOMENT)
    two.north.delete("Account", account)
    await two.crossbook.run(A_MOMENT)
    assert (only(two.nz).presence, only(two.au).presence) == ("archived", "live")


async def test_an_org_that_is_away_stops_its_own_pair_alone(two: Two) -> None:
    two.south.world.faults.order(Fault.UNAVAILABLE, calls=1000)
    for org in (two.north, two.south):
        org.put("Account", None, {"Name": "Ridgeway"})
    await two.crossbook.run(A_MOMENT)
    assert len(two.nz.all("Contact")) == 1
    assert two.au.all("Contact") == []
    two.south.world.faults.forget()
    await two.crossbook.run(120, rounds_seconds=20)
    assert len(two.au.all("Contact")) == 1


async def test_a_webhook_lost_by_one_organisation_is_made_up_for_whoever_shares_its_numbers(two: Two) -> None:
    for organisation in (two.nz, two.au):
        organisation.put("Contact", None, {"Name": "Kea Books"})
    await two.crossbook.run(A_MOMENT)
    two.au.world.lines[0].drop_next(1)
    two.au.put("Contact", None, {"Name": "Lost"})
    await two.crossbook.run(A_MOMENT)
    two.au.put("Contact", None, {"Name": "Next"})
    await two.crossbook.run(2 * A_MOMENT)
    assert {seen.fields["Name"] for seen in two.south.all("Account")} == {"Kea Books", "Lost", "Next"}
    assert [seen.fields["Name"] for seen in two.north.all("Account")] == ["Kea Books"]
