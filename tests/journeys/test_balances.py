"""What Xero derives of a contact reaches Salesforce, though the contact's version never tells of it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.engine.records import RecordRef, System
from app.mapping.expressions import compile_condition
from app.mapping.model import CreateRule, Direction, FieldRule, Mapping, OnConflict
from app.mapping.parts import parts_of
from app.mapping.salesforce_fields import SalesforceType, typed_field
from app.mapping.xero_fields import CONTACT
from app.store import outcomes
from tests.support.documents import Documents
from tests.support.kinds import NewWorld
from tests.support.world import World, accounts_sync

SALESFORCE, XERO = System.SALESFORCE, System.XERO
BALANCE = FieldRule(
    name="Xero_Balance__c:Balances.AccountsReceivable.Outstanding",
    salesforce=typed_field("Xero_Balance__c", SalesforceType.CURRENCY).lens,
    xero=CONTACT["Balances.AccountsReceivable.Outstanding"].lens,
    direction=Direction.TO_SALESFORCE,
    on_conflict=OnConflict.LATEST,
)


def with_balance(mapping: Mapping) -> Mapping:
    mapped = replace(mapping, fields=(*mapping.fields, BALANCE))
    return replace(mapped, parts=parts_of(mapped))


@pytest.fixture
async def world(new_world: NewWorld) -> World:
    world = new_world(accounts_sync(with_balance))
    await world.reconcile()
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    return world


@pytest.fixture
def documents(world: World) -> Documents:
    return Documents(world)


def balance(world: World) -> Decimal:
    return Decimal(str(world.only(SALESFORCE).fields.get("Xero_Balance__c") or 0))


async def test_an_invoice_and_its_payment_move_the_balance(world: World, documents: Documents) -> None:
    contact = world.only(XERO)
    invoice = documents.enter_invoice(contact.ref.id, 120)
    await documents.push("Invoice", invoice)
    await world.drain()
    assert balance(world) == 120
    payment = documents.enter_payment(invoice, 50)
    await documents.push("Payment", payment)
    await world.drain()
    assert balance(world) == 70
    assert world.only(XERO).version == contact.version
    assert (await world.outcomes())["dead"] == 0


@pytest.mark.facts
async def test_a_balance_is_carried_as_xero_tells_it_in_whichever_currency(world: World, documents: Documents) -> None:
    contact = world.only(XERO).ref.id
    await documents.push("Invoice", documents.enter_invoice(contact, 100, rate="0.5"))
    await world.drain()
    told = Decimal(str(BALANCE.lens(XERO).read(world.only(XERO).fields)))
    assert told in {Decimal(100), Decimal(200)}
    assert balance(world) == told


async def test_a_document_s_event_ends_where_its_contact_is_looked_at(world: World, documents: Documents) -> None:
    contact = world.only(XERO).ref
    invoice = documents.enter_invoice(contact.id, 120)
    await documents.push("Invoice", invoice)
    await world.drain()
    (told,) = await world.database.read(lambda conn: outcomes.of_record(conn, XERO, "Invoice", invoice))
    assert (told.outcome, told.reason) == ("superseded", f"part of {contact}, looked at in its stead")


async def test_a_document_whose_push_was_lost_is_found_by_reconcile(world: World, documents: Documents) -> None:
    documents.enter_invoice(world.only(XERO).ref.id, 80)
    await world.reconcile()
    assert balance(world) == 80


async def test_forty_documents_of_a_customer_cost_one_look_at_it(world: World, documents: Documents) -> None:
    contact = world.only(XERO).ref.id
    for _ in range(40):
        await documents.push("Invoice", documents.enter_invoice(contact, 1))
    before = world.calls(XERO, "read")
    await world.drain()
    assert balance(world) == 40
    assert world.calls(XERO, "read") - before == 2


async def test_the_first_invoice_makes_a_customer_of_a_contact(new_world: NewWorld) -> None:
    customers = CreateRule(when=compile_condition("xero.IsCustomer == true"))

    def changed(mapping: Mapping) -> Mapping:
        mapped = replace(mapping, create_in_salesforce=customers)
        return replace(mapped, parts=parts_of(mapped))

    world = new_world(accounts_sync(changed))
    await world.reconcile()
    contact = await world.edit(XERO, None, Name="Ridgeway")
    await world.drain()
    assert world.salesforce.all("Account") == []
    documents = Documents(world)
    await documents.push("Invoice", documents.enter_invoice(contact, 10))
    await world.drain()
    assert world.only(SALESFORCE).fields["Name"] == "Ridgeway"


async def test_a_document_of_nobody_known_is_filtered(world: World, documents: Documents) -> None:
    unknown = RecordRef(XERO, "Invoice", "99999999-0000-4000-8000-000000000000")
    await documents.push("Invoice", unknown.id)
    await world.drain()
    (told,) = await world.database.read(lambda conn: outcomes.of_record(conn, XERO, "Invoice", unknown.id))
    assert (told.outcome, told.reason) == ("filtered", "part of nothing")
