"""All documents of the organisation, and what they make of its contacts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from app.engine.ports import Clock
from app.mapping.values import Fields, Json
from app.simulator.ids import Ids
from app.simulator.journal import Change, ChangeType, Journal
from app.simulator.xero.contacts.book import MILLISECOND, ContactBook
from app.simulator.xero.contacts.contact import Contact
from app.simulator.xero.documents.document import INVOICE, LIVE, PAYMENT, Document

BOOKKEEPER = "person"
SALE, BILL = "ACCREC", "ACCPAY"
CENT = Decimal("0.01")
BALANCES = {"AccountsReceivable": SALE, "AccountsPayable": BILL}


class DocumentBook:
    """The documents. Each moves what Xero derives of its contact, without touching the contact's stamp."""

    def __init__(self, clock: Clock, ids: Ids, journal: Journal, contacts: ContactBook) -> None:
        self._clock = clock
        self._ids = ids
        self._journal = journal
        self._contacts = contacts
        self._documents: dict[str, Document] = {}
        self._last_at = clock.now() - MILLISECOND
        self._listeners: list[Callable[[Change], None]] = []

    def __iter__(self) -> Iterator[Document]:
        """All documents, those too that no longer count, oldest change first."""
        return iter(sorted(self._documents.values(), key=lambda document: (document.updated_at, document.id)))

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call `listener` after every write."""
        self._listeners.append(listener)

    def get(self, document_id: str) -> Document | None:
        """The document with this id, of whatever kind."""
        return self._documents.get(document_id.lower())

    def invoice(
        self, contact: Contact, total: Decimal, *, of: str = SALE, due_in_days: int = 20, rate: Decimal = Decimal(1)
    ) -> Document:
        """A person approves an invoice, or a bill, and it is due so many days from now.

        `rate` is how much of its own currency the base currency buys.
        """
        due = self._clock.now().date() + timedelta(days=due_in_days)
        amounts: Fields = {"Total": total, "AmountDue": total, "AmountPaid": Decimal(0), "CurrencyRate": rate}
        fields: Fields = {"Type": of, "Status": LIVE, "DueDateString": due.isoformat(), "LineItems": [], **amounts}
        return self._commit(Document(INVOICE, str(self._ids()), self._stamp(), {**fields, **_of(contact)}), new=True)

    def pay(self, invoice: Document, amount: Decimal) -> Document:
        """A person pays an invoice in part or in full; whether a webhook then tells of the invoice, nobody says."""
        within: Json = {"InvoiceID": invoice.id, "Type": invoice.fields["Type"], "Contact": invoice.fields["Contact"]}
        fields: Fields = {"Status": LIVE, "Amount": amount, "Invoice": within}
        paid, due = invoice.amount("AmountPaid") + amount, invoice.amount("AmountDue") - amount
        amounts: Fields = {"AmountPaid": paid, "AmountDue": due, "Status": LIVE if due else "PAID"}
        self._change(invoice, amounts, told=self._contacts.facts.payments_push_invoices)
        return self._commit(Document(PAYMENT, str(self._ids()), self._stamp(), fields), new=True)

    def void(self, invoice: Document) -> Document:
        """A person voids an invoice."""
        return self._change(invoice, {"Status": "VOIDED", "AmountDue": Decimal(0)})

    def assign(self, invoice: Document, contact: Contact) -> Document:
        """A person gives an invoice to another contact."""
        changed = self._change(invoice, _of(contact))
        self._derive(invoice.contact_id)
        return changed

    def move(self, loser: Contact, survivor: Contact) -> None:
        """The documents of a merged contact go to the one that stays; nobody is told and no stamp moves."""
        for document in [each for each in self if each.contact_id == loser.id]:
            self._documents[document.id] = replace(document, fields=_moved(document, survivor))
        for contact_id in (loser.id, survivor.id):
            self._derive(contact_id)

    def _change(self, document: Document, fields: Fields, *, told: bool = True) -> Document:
        changed = replace(document, updated_at=self._stamp(), fields={**document.fields, **fields})
        return self._commit(changed, new=False, told=told)

    def _stamp(self) -> datetime:
        now = self._clock.now()
        self._last_at = max(now.replace(microsecond=now.microsecond // 1000 * 1000), self._last_at + MILLISECOND)
        return self._last_at

    def _commit(self, document: Document, *, new: bool, told: bool = True) -> Document:
        self._documents[document.id] = document
        self._derive(document.contact_id)
        kind = ChangeType.CREATE if new else ChangeType.UPDATE
        change = Change(document.updated_at, BOOKKEEPER, kind, document.kind.name, document.id, document.fields, ())
        self._journal.changes.append(change)
        for listener in self._listeners if told else ():
            listener(change)
        return document

    def _derive(self, contact_id: str) -> None:
        contact = self._contacts.get(contact_id)
        if contact:
            own = [each for each in self if each.kind is INVOICE and each.counts and each.contact_id == contact_id]
            in_base = self._contacts.facts.balances_in == "base"
            self._contacts.derive(contact, _derived(own, self._clock.now().date(), in_base=in_base))


def _of(contact: Contact) -> Fields:
    return {"Contact": {"ContactID": contact.id, "Name": contact.text("Name")}}


def _moved(document: Document, survivor: Contact) -> Fields:
    if document.kind is INVOICE:
        return {**document.fields, **_of(survivor)}
    invoice = document.fields["Invoice"]
    return {**document.fields, "Invoice": {**(invoice if isinstance(invoice, dict) else {}), **_of(survivor)}}


def _derived(invoices: list[Document], today: date, *, in_base: bool) -> Fields:
    balances: dict[str, Json] = {}
    for side, of in BALANCES.items():
        own = [each for each in invoices if each.fields["Type"] == of]
        late = [each for each in own if str(each.fields["DueDateString"]) < today.isoformat()]
        balances[side] = {"Outstanding": _sum(own, in_base=in_base), "Overdue": _sum(late, in_base=in_base)}
    types = {each.fields["Type"] for each in invoices}
    return {"Balances": balances, "IsCustomer": SALE in types, "IsSupplier": BILL in types}


def _sum(invoices: list[Document], *, in_base: bool) -> Decimal:
    owed = (each.amount("AmountDue") / (each.amount("CurrencyRate") if in_base else 1) for each in invoices)
    return sum((amount.quantize(CENT) for amount in owed), Decimal(0))
