"""Which kinds of records are part of a mapping's: child records, and documents that move what Xero derives."""

from collections.abc import Iterator

from app.mapping.model import Mapping, Part
from app.mapping.persons import ChildRecords
from app.mapping.values import System

_CONTACT = ("Contact", "ContactID")
_INVOICE = Part(System.XERO, "Invoice", _CONTACT)
_PAID = ("Invoice", "CreditNote", "Prepayment", "Overpayment")
"""What a payment may be made for. Each names its contact."""

DOCUMENTS = (
    _INVOICE,
    *(Part(System.XERO, object, _CONTACT) for object in _PAID[1:]),
    *(Part(System.XERO, "Payment", (document, *_CONTACT)) for document in _PAID),
)
"""All that moves a contact's balances. Xero does not change the contact's version with them."""

BALANCES = "Balances"
FLAGS = frozenset({"IsCustomer", "IsSupplier"})
"""What a contact's first invoice or bill makes of it."""


def parts_of(mapping: Mapping) -> tuple[Part, ...]:
    """The kinds of parts that a compiled mapping needs, by what its rules and conditions read."""
    return (*_children(mapping), *_documents(mapping))


def _children(mapping: Mapping) -> Iterator[Part]:
    for rule in mapping.fields:
        lens = rule.salesforce
        if isinstance(lens, ChildRecords):
            named = lens.fields | (lens.when.fields(System.SALESFORCE) if lens.when else frozenset())
            yield Part(System.SALESFORCE, lens.object, (lens.parent,), lens.path, named)


def _documents(mapping: Mapping) -> tuple[Part, ...]:
    read = mapping.keys(System.XERO)
    if BALANCES in read:
        return DOCUMENTS
    return (_INVOICE,) if read & FLAGS else ()
