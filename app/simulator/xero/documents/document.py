"""A document as Xero keeps it and as it shows it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.mapping.values import Fields, Json
from app.simulator.xero.answers import json_date

LEFT_OUT_OF_SUMMARIES = frozenset({"LineItems", "Payments", "HasAttachments"})
LIVE = "AUTHORISED"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document, and the scope that shows it."""

    name: str
    scope: str

    @property
    def plural(self) -> str:
        return f"{self.name}s"

    @property
    def id_field(self) -> str:
        return f"{self.name}ID"


INVOICE, PAYMENT = Kind("Invoice", "accounting.invoices"), Kind("Payment", "accounting.payments")
KINDS = (
    INVOICE,
    PAYMENT,
    Kind("CreditNote", "accounting.invoices"),
    Kind("Prepayment", "accounting.payments"),
    Kind("Overpayment", "accounting.payments"),
)
"""What can be asked for. Of the last three nobody enters any yet."""


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a document. `fields` is what Xero shows, without id and stamp."""

    kind: Kind
    id: str
    updated_at: datetime
    fields: Fields

    @property
    def counts(self) -> bool:
        """Whether it is neither deleted nor voided."""
        return self.fields["Status"] not in {"DELETED", "VOIDED"}

    @property
    def contact_id(self) -> str:
        """Whose it is; a payment's is that of its invoice."""
        within = self.fields if self.kind is INVOICE else _object(self.fields.get("Invoice"))
        return str(_object(within.get("Contact")).get("ContactID", ""))

    def amount(self, name: str) -> Decimal:
        """A field that is an amount."""
        return Decimal(str(self.fields.get(name) or 0))

    def as_json(self, leave_out: frozenset[str] = frozenset()) -> dict[str, Json]:
        """The document as it is shown."""
        shown = {name: value for name, value in self.fields.items() if name not in leave_out}
        return {self.kind.id_field: self.id, **shown, "UpdatedDateUTC": json_date(self.updated_at)}


def _object(value: Json) -> Fields:
    return value if isinstance(value, dict) else {}
