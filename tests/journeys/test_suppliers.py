"""Customers and suppliers are kept apart by `only`: each has the rules of its own mapping, whichever side is first."""

from pathlib import Path

import pytest

from app.engine.records import Observation, System
from app.mapping.loader import load_sync
from app.store import links, questions
from tests.support import kinds
from tests.support.kinds import NewWorld
from tests.support.world import World

SALESFORCE, XERO = System.SALESFORCE, System.XERO
FILE = Path(kinds.__file__).with_name("suppliers.yaml")
PAGE = Path(__file__).parents[2] / "docs" / "sync-file.md"
TERMS = "10 DAYSAFTERBILLDATE"
TEN_DAYS = {"Day": 10, "Type": "DAYSAFTERBILLDATE"}


@pytest.fixture
async def world(new_world: NewWorld) -> World:
    """A world with the two mappings."""
    return new_world(load_sync(FILE))


async def mapping_of(world: World, seen: Observation) -> str:
    """The mapping that the record belongs to."""
    (link,) = (await world.database.read(lambda conn: links.of(conn, world.sync.name, [seen.ref])))[seen.ref]
    return link.mapping


def test_the_conditions_are_those_that_the_page_shows() -> None:
    here, shown = (path.read_text(encoding="utf-8").splitlines() for path in (FILE, PAGE))
    conditions = [line for line in here if line.strip().startswith(("salesforce: salesforce.", "xero: xero."))]
    assert len(conditions) == 4
    assert set(conditions) <= set(shown)


@pytest.mark.parametrize(
    ("sort", "mapping", "terms"), [("Customer", "customers", "Sales"), ("Supplier", "suppliers", "Bills")]
)
async def test_the_terms_of_an_account_are_those_for_its_documents(
    world: World, sort: str, mapping: str, terms: str
) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway", Type=sort, Payment_Terms__c=TERMS)
    await world.drain()
    assert world.only(XERO).fields["PaymentTerms"] == {terms: TEN_DAYS}
    assert await mapping_of(world, world.only(XERO)) == mapping


@pytest.mark.parametrize(
    ("ticked", "terms", "sort"), [("IsCustomer", "Sales", "Customer"), ("IsSupplier", "Bills", "Supplier")]
)
async def test_a_contact_becomes_an_account_of_its_type(world: World, ticked: str, terms: str, sort: str) -> None:
    other = "Bills" if terms == "Sales" else "Sales"
    both = {terms: TEN_DAYS, other: {"Day": 4, "Type": "OFCURRENTMONTH"}}
    await world.edit(XERO, None, Name="Ridgeway", PaymentTerms=both, **{ticked: True})
    await world.drain()
    account = world.only(SALESFORCE).fields
    assert (account["Type"], account["Payment_Terms__c"]) == (sort, TERMS)


async def test_a_contact_without_a_document_counts_as_a_customer(world: World) -> None:
    await world.edit(XERO, None, Name="Ridgeway")
    await world.drain()
    assert world.only(SALESFORCE).fields["Type"] == "Customer"


async def test_a_supplier_finds_the_contact_that_is_one_already(world: World) -> None:
    contact = world.xero.put("Contact", None, {"Name": "Ridgeway", "IsSupplier": True})
    world.clock.advance(60)
    await world.edit(SALESFORCE, None, Name="Ridgeway", Type="Supplier")
    await world.drain()
    assert world.only(XERO).ref.id == contact
    assert await mapping_of(world, world.only(XERO)) == "suppliers"


async def test_a_supplier_is_not_taken_for_a_customer_of_its_name(world: World) -> None:
    world.xero.put("Contact", None, {"Name": "Ridgeway", "IsCustomer": True})
    world.clock.advance(60)
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Type="Supplier")
    for _ in range(2):
        await world.drain()
        world.clock.advance(20)
    (question,) = await world.database.read(questions.open_questions)
    assert (question.topic, question.ref.id) == ("taken", account)
    assert await world.link_count() == 0


async def test_a_supplier_that_is_created_from_salesforce_stays_one_before_its_first_bill(world: World) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Type="Supplier", Payment_Terms__c=TERMS)
    await world.drain()
    world.clock.advance(60)
    terms = {"Bills": {"Day": 4, "Type": "OFCURRENTMONTH"}}
    await world.edit(XERO, world.only(XERO).ref.id, PaymentTerms=terms)
    await world.drain()
    held = world.salesforce.get("Account", account)
    assert held
    assert held.fields["Payment_Terms__c"] == "4 OFCURRENTMONTH"
    assert len(world.salesforce.all("Account")) == 1
