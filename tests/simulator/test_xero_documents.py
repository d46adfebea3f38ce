"""Invoices and payments can be read, are told of, and move what Xero derives of their contact."""

from decimal import Decimal
from typing import Any, Literal

import httpx
import pytest

from app.simulator import demo
from app.simulator.ids import seeded_ids
from app.simulator.xero.contacts.contact import Contact
from app.simulator.xero.documents.book import BILL
from app.simulator.xero.documents.document import Document
from app.simulator.xero.facts import XeroFacts
from app.simulator.xero.world import XeroWorld
from tests.support.stepped_clock import SteppedClock


@pytest.fixture
def contact(xero: XeroWorld) -> Contact:
    return xero.people.create({"Name": "Ridgeway"})


def invoiced(xero: XeroWorld, contact: Contact, total: int = 100, **more: Any) -> Document:
    return xero.first.documents.invoice(contact, Decimal(total), **more)


async def rows(http: httpx.AsyncClient, path: str, **headers: str) -> list[dict[str, Any]]:
    answer = await http.get(f"/api.xro/2.0/{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    plural = path.partition("?")[0].partition("/")[0]
    found: list[dict[str, Any]] = answer.json()[plural]
    return found


async def test_invoices_are_read_by_a_list_of_ids_and_payments_by_a_filter(
    xero: XeroWorld, xero_http: httpx.AsyncClient, contact: Contact
) -> None:
    one, two = invoiced(xero, contact), invoiced(xero, contact)
    payment = xero.first.documents.pay(one, Decimal(30))
    (found,) = await rows(xero_http, f"Invoices?IDs={two.id}&page=1&summaryOnly=true")
    assert (found["InvoiceID"], found["Contact"]["ContactID"]) == (two.id, contact.id)
    assert "LineItems" not in found
    (paid,) = await rows(xero_http, f'Payments?where=PaymentID==guid("{payment.id}")&page=1')
    assert paid["Invoice"]["Contact"]["ContactID"] == contact.id
    assert [row["AmountDue"] for row in await rows(xero_http, f"Invoices/{one.id}")] == [70]


async def test_only_what_changed_since_is_shown(
    xero: XeroWorld, xero_http: httpx.AsyncClient, contact: Contact, clock: SteppedClock
) -> None:
    invoiced(xero, contact)
    await clock.advance(60)
    since = f"{clock.now():%Y-%m-%dT%H:%M:%S}"
    later = invoiced(xero, contact)
    found = await rows(xero_http, "Invoices?page=1", **{"If-Modified-Since": since})
    assert [row["InvoiceID"] for row in found] == [later.id]


@pytest.mark.parametrize("plural", ["CreditNotes", "Prepayments", "Overpayments"])
async def test_documents_that_nobody_enters_can_be_asked_for(xero_http: httpx.AsyncClient, plural: str) -> None:
    assert await rows(xero_http, f"{plural}?page=1") == []


async def test_a_filter_that_is_not_understood_is_refused(xero_http: httpx.AsyncClient) -> None:
    answer = await xero_http.get('/api.xro/2.0/Payments?where=Reference=="x"')
    assert (answer.status_code, answer.json()["Type"]) == (400, "QueryParseException")


def test_documents_move_the_contact_s_balances_and_not_its_stamp(xero: XeroWorld, contact: Contact) -> None:
    book = xero.first.documents
    invoice = invoiced(xero, contact, 100)
    invoiced(xero, contact, 40, of=BILL, due_in_days=-1)
    book.pay(invoice, Decimal(25))
    moved = xero.contacts.get(contact.id)
    assert moved
    assert moved.fields["Balances"] == {
        "AccountsReceivable": {"Outstanding": 75, "Overdue": 0},
        "AccountsPayable": {"Outstanding": 40, "Overdue": 40},
    }
    assert (moved.fields["IsCustomer"], moved.fields["IsSupplier"]) == (True, True)
    assert moved.updated_at == contact.updated_at


@pytest.mark.parametrize(("balances_in", "owed"), [("base", 200), ("document", 100)])
def test_balances_are_told_in_the_base_currency_or_in_that_of_the_documents(
    clock: SteppedClock, balances_in: Literal["base", "document"], owed: int
) -> None:
    facts = XeroFacts(balances_in=balances_in)
    xero = XeroWorld(clock, seeded_ids(1), tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS, facts=facts)
    contact = xero.people.create({"Name": "Ridgeway"})
    invoiced(xero, contact, 100, rate=Decimal("0.5"))
    moved = xero.contacts.get(contact.id)
    assert moved
    assert moved.fields["Balances"]["AccountsReceivable"]["Outstanding"] == owed  # type: ignore[index, call-overload] # JSON


def test_a_voided_invoice_counts_no_more(xero: XeroWorld, contact: Contact) -> None:
    xero.first.documents.void(invoiced(xero, contact))
    moved = xero.contacts.get(contact.id)
    assert moved
    assert moved.fields["IsCustomer"] is False


@pytest.mark.parametrize("move", [True, False])
def test_documents_of_a_merged_contact_go_to_the_survivor_or_stay(clock: SteppedClock, *, move: bool) -> None:
    facts = XeroFacts(merged_documents_move=move)
    xero = XeroWorld(clock, seeded_ids(1), tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS, facts=facts)
    loser, survivor = xero.people.create({"Name": "One"}), xero.people.create({"Name": "Two"})
    invoice = invoiced(xero, loser)
    xero.people.merge(loser.id, survivor.id)
    kept = xero.first.documents.get(invoice.id)
    assert kept
    assert kept.contact_id == (survivor.id if move else loser.id)


def test_an_invoice_that_is_given_away_moves_both_contacts(xero: XeroWorld, contact: Contact) -> None:
    other = xero.people.create({"Name": "Hillside"})
    xero.first.documents.assign(invoiced(xero, contact), other)
    flags = [each.fields["IsCustomer"] for id in (contact.id, other.id) if (each := xero.contacts.get(id))]
    assert flags == [False, True]


async def test_somebody_enters_and_pays_an_invoice(
    xero: XeroWorld, xero_http: httpx.AsyncClient, contact: Contact
) -> None:
    entered = await xero_http.post(f"/simulator/contacts/{contact.id}/invoice?total=100")
    await xero_http.post(f"/simulator/invoices/{entered.json()['InvoiceID']}/payment?amount=40")
    moved = xero.contacts.get(contact.id)
    assert moved
    assert moved.fields["Balances"]["AccountsReceivable"]["Outstanding"] == 60  # type: ignore[index, call-overload] # JSON
    for path in ("contacts/x/invoice?total=1", f"contacts/{contact.id}/invoice?total=x", "invoices/x/payment?amount=1"):
        assert (await xero_http.post(f"/simulator/{path}")).status_code == 404
