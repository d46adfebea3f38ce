"""One Salesforce org kept in step with two Xero organisations: two syncs of the same accounts, and nothing shared."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from app.cli import decide, dismiss, questions
from app.engine.actions import Declined
from app.engine.ledger import Take
from app.engine.records import Observation
from app.errors import CrossbookError
from app.mapping.model import Mapping, Mode, OnConflict, Sync
from app.simulator.salesforce.objects import ACCOUNT, OBJECTS, Field, Type, object_type
from app.store import backlog, history, leases
from app.store.database import Database
from tests.support.crossbook import Crossbook, named
from tests.support.simulated.salesforce import SimulatedSalesforce
from tests.support.simulated.systems import Systems
from tests.support.simulated.xero import SimulatedXero
from tests.support.world import ORG, TENANT, accounts_sync, phone

OTHER_TENANT = "22222222-2222-4333-8444-555555555555"
A_MOMENT = 3.0
"""Seconds within which a change has arrived everywhere."""

FIELDS = (
    *(field for field in ACCOUNT.fields.values() if field.name.endswith("__c") or field.writable),
    ACCOUNT.fields["masterrecordid"],
    Field("Xero_Au_Id__c", Type.STRING, 36, external_id=True, unique=True),
    Field("Sync_to_Au__c", Type.BOOLEAN),
)
BOTH_WAYS = {**OBJECTS, "account": object_type("Account", "001", FIELDS)}
"""The org's objects with the fields of the second sync."""


def nz_sync() -> Sync:
    """The sync with the organisation in New Zealand, for accounts that are ticked for it."""
    ticked = accounts_sync(lambda mapping: replace(mapping, opt_in="Sync_to_Xero__c"))
    return named(ticked, "nz", salesforce="main", xero="nz")


def au_sync(mode: Mode = Mode.LIVE) -> Sync:
    """The sync with the organisation in Australia: other fields carry its ids and its tick."""

    def change(mapping: Mapping) -> Mapping:
        return replace(mapping, opt_in="Sync_to_Au__c", salesforce_key="Xero_Au_Id__c")

    return named(accounts_sync(change, mode), "au", salesforce="main", xero="au")


@dataclass(slots=True)
class Company:
    """The org, both organisations, and Crossbook between them."""

    crossbook: Crossbook
    org: SimulatedSalesforce
    nz: SimulatedXero
    au: SimulatedXero

    async def ticked(self, **fields: str) -> str:
        """An account that is ticked for both, and has arrived."""
        account = self.org.put("Account", None, {"Sync_to_Xero__c": True, "Sync_to_Au__c": True, **fields})
        await self.crossbook.run(A_MOMENT)
        return account

    async def edit(self, account: str, **fields: str | bool) -> None:
        self.org.put("Account", account, fields)
        await self.crossbook.run(A_MOMENT)


@pytest.fixture(params=["crossbook", "crossbook-au"], ids=["one Xero app", "two Xero apps"])
async def company(
    request: pytest.FixtureRequest, systems: Systems, inline_database: Database
) -> AsyncIterator[Company]:
    org = systems.add_org("main", ORG, BOTH_WAYS)
    nz, au = systems.add_organisation("nz", TENANT), systems.add_organisation("au", OTHER_TENANT, request.param)
    async with Crossbook.open(inline_database, systems, nz_sync(), au_sync()) as crossbook:
        await crossbook.run(A_MOMENT)
        yield Company(crossbook, org, nz, au)


def only(organisation: SimulatedXero) -> Observation:
    (contact,) = organisation.all("Contact")
    return contact


async def test_an_edit_of_an_account_arrives_in_both(company: Company) -> None:
    account = await company.ticked(Name="Ridgeway")
    await company.edit(account, Phone="03 111")
    assert only(company.nz).fields["Phones"] == only(company.au).fields["Phones"] == phone("03 111")


async def test_a_tick_for_one_creates_there_alone(company: Company) -> None:
    account = company.org.put("Account", None, {"Name": "Ridgeway", "Sync_to_Au__c": True})
    await company.crossbook.run(A_MOMENT)
    assert only(company.au).fields["ContactNumber"] == account
    assert company.nz.all("Contact") == []


async def test_a_contact_is_known_in_salesforce_by_a_field_of_its_own_sync(company: Company) -> None:
    first = company.nz.put("Contact", None, {"Name": "Kea Books"})
    second = company.au.put("Contact", None, {"Name": "Tui Tours"})
    await company.crossbook.run(A_MOMENT)
    kept = {seen.fields["Name"]: seen.fields for seen in company.org.all("Account")}
    assert (kept["Kea Books"]["Xero_Contact_Id__c"], kept["Kea Books"]["Xero_Au_Id__c"]) == (first, None)
    assert (kept["Tui Tours"]["Xero_Contact_Id__c"], kept["Tui Tours"]["Xero_Au_Id__c"]) == (None, second)


async def test_what_a_bookkeeper_edits_in_one_arrives_in_the_other_by_salesforce(company: Company) -> None:
    await company.ticked(Name="Ridgeway")
    company.nz.put("Contact", only(company.nz).ref.id, {"EmailAddress": "a@ridgeway.example"})
    await company.crossbook.run(2 * A_MOMENT)
    assert only(company.au).fields["EmailAddress"] == "a@ridgeway.example"
    writes = our_writes(company)
    await company.crossbook.run(60)
    assert our_writes(company) == writes


def our_writes(company: Company) -> int:
    return len(
        [change for each in (company.org, company.nz, company.au) for change in each.history if change.by == "us"]
    )


async def parked(company: Company) -> list[str]:
    return [held.lane for held in await company.crossbook.database.read(leases.held) if held.parked_until]


async def test_one_that_is_offline_keeps_nothing_from_the_other(company: Company) -> None:
    account = await company.ticked(Name="Ridgeway")
    company.nz.books.offline = True
    await company.edit(account, Phone="03 111")
    assert await parked(company) == ["nz/Contact"]
    assert only(company.au).fields["Phones"] == phone("03 111")
    assert only(company.nz).fields["Phones"] == []
    company.nz.books.offline = False
    await company.crossbook.run(320, rounds_seconds=20)
    assert only(company.nz).fields["Phones"] == phone("03 111")
    assert await company.crossbook.database.read(backlog.dead) == ()


async def test_one_that_is_disconnected_keeps_nothing_from_the_other(company: Company) -> None:
    account = await company.ticked(Name="Ridgeway")
    company.nz.disconnect()
    await company.edit(account, Phone="03 111")
    assert await parked(company) == ["nz/Contact"]
    assert only(company.au).fields["Phones"] == phone("03 111")
    assert only(company.nz).fields["Phones"] == []


async def test_one_whose_day_is_used_up_keeps_nothing_from_the_other(company: Company) -> None:
    account = await company.ticked(Name="Ridgeway")
    company.nz.use_up_the_day()
    for number in range(3):
        await company.edit(account, Phone=f"03 {number}")
    assert await parked(company) == ["nz/Contact"]
    assert only(company.au).fields["Phones"] == phone("03 2")
    assert not company.nz.world.refusals()


@pytest.mark.parametrize("company", ["crossbook"], ids=["one Xero app"], indirect=True)
async def test_what_xero_refuses_to_the_app_stops_both_for_a_minute_and_costs_nothing(company: Company) -> None:
    account = await company.ticked(Name="Ridgeway")
    await company.crossbook.run(60)  # what is known of them is no longer fresh
    company.nz.use_up_the_app_s_minute()
    await company.edit(account, Phone="03 111")
    assert await parked(company) == ["au/Contact", "nz/Contact"]
    refused = [each.take_back_refusals() for each in (company.nz, company.au)]
    assert refused == [1, 1]  # both asked at the same moment, and nobody could know
    await company.crossbook.run(65)
    assert only(company.nz).fields["Phones"] == only(company.au).fields["Phones"] == phone("03 111")
    assert await company.crossbook.database.read(backlog.dead) == ()


@pytest.mark.parametrize("company", ["crossbook-au"], ids=["two Xero apps"], indirect=True)
async def test_one_that_answers_after_fourteen_seconds_delays_no_reconcile_of_the_other(company: Company) -> None:
    for line in (*company.nz.world.lines, *company.au.world.lines):
        line.pause()
    company.nz.put("Contact", None, {"Name": "Kea Books"})
    company.au.put("Contact", None, {"Name": "Tui Tours"})
    await company.crossbook.run(880, rounds_seconds=20)
    slow, quick = len(company.nz.calls), len(company.au.calls)
    company.nz.world.latency_seconds = 14.0
    await company.crossbook.run(60)
    asked_at = company.au.calls[quick].at
    arrived_at = {change.fields.get("Name"): change.at for change in company.org.history if change.created}
    assert company.nz.calls[slow].at == asked_at
    assert arrived_at["Tui Tours"] - asked_at < timedelta(seconds=A_MOMENT)
    assert arrived_at["Kea Books"] - asked_at > timedelta(seconds=14)


@pytest.mark.parametrize("company", ["crossbook-au"], ids=["two Xero apps"], indirect=True)
async def test_one_that_answers_after_fourteen_seconds_delays_no_edit_of_the_other(company: Company) -> None:
    account = await company.ticked(Name="Ridgeway")
    await company.crossbook.run(60)  # what is known of them is no longer fresh
    company.nz.world.latency_seconds = 14.0
    for number in range(3):
        await company.edit(account, Phone=f"03 {number}")
        assert only(company.au).fields["Phones"] == phone(f"03 {number}")
    assert only(company.nz).fields["Phones"] == []
    await company.crossbook.run(60)
    assert only(company.nz).fields["Phones"] == phone("03 2")


async def test_what_one_refuses_is_its_own_dead_letter(company: Company) -> None:
    company.nz.decline_next(Declined("validation", "not in this country"))
    await company.ticked(Name="Ridgeway")
    (letter,) = await company.crossbook.database.read(backlog.dead)
    assert (letter.lane, letter.code) == ("nz/Contact", "validation")
    assert only(company.au).fields["Name"] == "Ridgeway"


async def test_a_customer_whom_one_knows_already_is_linked_there_and_created_in_the_other(company: Company) -> None:
    company.nz.world.lines[0].drop_next(1)
    known = company.nz.put("Contact", None, {"Name": "Ridgeway"})
    account = await company.ticked(Name="Ridgeway")
    assert only(company.nz).ref.id == known
    assert only(company.au).fields["ContactNumber"] == account


def asking(sync: Sync) -> Sync:
    """The same, with a person deciding every conflict."""
    return replace(sync, mappings={name: _asking(mapping) for name, mapping in sync.mappings.items()})


def _asking(mapping: Mapping) -> Mapping:
    return replace(mapping, fields=tuple(replace(rule, on_conflict=OnConflict.ASK) for rule in mapping.fields))


async def test_a_person_answers_for_one_and_not_for_the_other(systems: Systems, inline_database: Database) -> None:
    org = systems.add_org("main", ORG, BOTH_WAYS)
    nz, au = systems.add_organisation("nz", TENANT), systems.add_organisation("au", OTHER_TENANT)
    async with Crossbook.open(inline_database, systems, asking(nz_sync()), asking(au_sync())) as crossbook:
        company = Company(crossbook, org, nz, au)
        account = await company.ticked(Name="Ridgeway", Phone="03 111")
        await crossbook.run(60)
        for line in (*nz.world.lines, *au.world.lines):
            line.pause()
        nz.put("Contact", only(nz).ref.id, {"Phones": phone("03 333")})
        au.put("Contact", only(au).ref.id, {"Phones": phone("03 444")})
        await company.edit(account, Phone="03 222")
        await crossbook.run(60)
        told = "\n".join((await questions.carry_out(crossbook.runtime)).lines)
        assert f"crossbook decide {account} --take salesforce --field Phone --sync nz" in told
        with pytest.raises(CrossbookError, match="--sync: au, nz"):
            await decide.carry_out(crossbook.runtime, account, Take.SALESFORCE)
        with pytest.raises(CrossbookError, match="--sync: au, nz"):
            await dismiss.carry_out(crossbook.runtime, account)
        await decide.carry_out(crossbook.runtime, account, Take.SALESFORCE, sync="nz")
        await crossbook.run(60)
        assert only(nz).fields["Phones"] == phone("03 222")
        assert only(au).fields["Phones"] == phone("03 444")
        await dismiss.carry_out(crossbook.runtime, account, "au")
        assert (await questions.carry_out(crossbook.runtime)).lines == ["there are no open questions"]


async def test_each_keeps_its_own_tokens(company: Company) -> None:
    await company.ticked(Name="Ridgeway")
    company.nz.world.revoke_tokens()
    company.crossbook.restart()
    await company.ticked(Name="Harbour Cafe")
    assert len(company.nz.all("Contact")) == len(company.au.all("Contact")) == 2


async def test_one_in_observe_mode_is_told_and_not_written(systems: Systems, inline_database: Database) -> None:
    org = systems.add_org("main", ORG, BOTH_WAYS)
    nz, au = systems.add_organisation("nz", TENANT), systems.add_organisation("au", OTHER_TENANT, "crossbook-au")
    async with Crossbook.open(inline_database, systems, nz_sync(), au_sync(Mode.OBSERVE)) as crossbook:
        org.put("Account", None, {"Name": "Ridgeway", "Sync_to_Xero__c": True, "Sync_to_Au__c": True})
        au.put("Contact", None, {"Name": "Tui Tours"})
        await crossbook.run(A_MOMENT)
        previewed = await inline_database.read(lambda conn: history.of_lane(conn, "au/Contact"))
    assert only(nz).fields["Name"] == "Ridgeway"
    assert [change.by for change in au.history] == ["person"]
    assert [seen.fields["Name"] for seen in org.all("Account")] == ["Ridgeway"]
    assert {entry.outcome for entry in previewed} == {"previewed"}
