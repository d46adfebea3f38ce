"""Invoices and payments in Xero, which move the balance of their contact and tell nobody of that."""

from decimal import Decimal
from itertools import count

from app.connectors.memory import MemoryVendor
from app.engine.events import Event, Kind, Origin
from app.engine.records import System
from app.mapping.values import Fields
from tests.support.simulated.xero import SimulatedXero
from tests.support.world import TENANT, World


class Documents:
    """The bookkeeper of a world, of whatever kind."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._numbers = count(1)
        self._due: dict[str, tuple[str, Decimal]] = {}

    def enter_invoice(self, contact: str, total: int, *, rate: str = "1") -> str:
        """An invoice is approved, and nobody is told. `rate` is how much of its currency the base currency buys."""
        self.world.clock.advance(1)
        xero = self.world.xero
        if isinstance(xero, SimulatedXero):
            book = xero.world.first
            found = book.contacts.get(contact)
            assert found
            return book.documents.invoice(found, Decimal(total), rate=Decimal(rate)).id
        assert isinstance(xero, MemoryVendor)
        id = xero.put("Invoice", None, {"Contact": {"ContactID": contact}})
        self._due[id] = (contact, Decimal(total) / Decimal(rate))
        self._derive(xero, contact)
        return id

    def enter_payment(self, invoice: str, amount: int) -> str:
        """An invoice is paid, and nobody is told."""
        self.world.clock.advance(1)
        xero = self.world.xero
        if isinstance(xero, SimulatedXero):
            found = xero.world.first.documents.get(invoice)
            assert found
            return xero.world.first.documents.pay(found, Decimal(amount)).id
        assert isinstance(xero, MemoryVendor)
        contact, due = self._due[invoice]
        self._due[invoice] = (contact, due - amount)
        self._derive(xero, contact)
        return xero.put("Payment", None, {"Invoice": {"InvoiceID": invoice, "Contact": {"ContactID": contact}}})

    async def push(self, object: str, id: str) -> None:
        """Xero pushes a document."""
        now, key = self.world.clock.now(), f"document-{next(self._numbers)}"
        event = Event(key, System.XERO, TENANT, object, id, Kind.CHANGED, Origin.XERO_WEBHOOK, now)
        await self.world.record(event)

    def _derive(self, xero: MemoryVendor, contact: str) -> None:
        outstanding = sum((due for of, due in self._due.values() if of == contact), Decimal(0))
        derived: Fields = {"Balances": {"AccountsReceivable": {"Outstanding": outstanding}}, "IsCustomer": True}
        xero.derive("Contact", contact, derived)
