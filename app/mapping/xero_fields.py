"""Xero fields: those of a Contact that can be mapped."""

from collections.abc import Mapping

from app.mapping.address import xero_address, xero_attention
from app.mapping.codes import Code
from app.mapping.compound import Member
from app.mapping.known_fields import Kind, KnownField, by_path
from app.mapping.lenses import Checkbox, Text
from app.mapping.numbers import Number
from app.mapping.payment_terms import xero_terms
from app.mapping.person_name import XeroPersonName
from app.mapping.phone import xero_phone
from app.mapping.text import capitals, xero_name

TRACKED = ("SalesTrackingCategories", "PurchasesTrackingCategories")
"""The lists of tracking defaults. What follows the point is the name that the organisation gave a category."""


def _text(path: str, length: int, *, writable: bool = True) -> KnownField:
    return KnownField(Text(path, length, ""), writable=writable)


def _word(path: str, example: str) -> KnownField:
    return KnownField(Code(path, "", "[A-Z]{1,30}", f"one of Xero's words, such as {example}", capitals))


def _code(path: str, length: int) -> KnownField:
    return KnownField(Code(path, "", f".{{1,{length}}}", f"at most {length} characters and is never shortened"))


def _balance(side: str, amount: str) -> KnownField:
    path = f"Balances.{side}.{amount}"
    return KnownField(Member(path, "Balances", Member(side, side, Number(amount, 2))), Kind.NUMBER, writable=False)


CONTACT: Mapping[str, KnownField] = by_path(
    KnownField(Text("Name", 255, "", xero_name)),
    KnownField(XeroPersonName(), Kind.PERSON),
    _text("FirstName", 255),
    _text("LastName", 255),
    _text("EmailAddress", 255),
    _text("TaxNumber", 50),
    _word("TaxNumberType", "EIN"),
    _text("AccountNumber", 50),
    _text("CompanyNumber", 50),
    _code("BankAccountDetails", 255),
    KnownField(Code("DefaultCurrency", "", "[A-Z]{3}", "a currency's code of three letters, such as NZD", capitals)),
    *(KnownField(xero_terms(kind)) for kind in ("Sales", "Bills")),
    _code("AccountsReceivableTaxType", 50),
    _code("AccountsPayableTaxType", 50),
    _code("SalesDefaultAccountCode", 10),
    _code("PurchasesDefaultAccountCode", 10),
    _word("SalesDefaultLineAmountType", "EXCLUSIVE"),
    _word("PurchasesDefaultLineAmountType", "EXCLUSIVE"),
    *(KnownField(xero_phone(kind)) for kind in ("DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE")),
    *(KnownField(xero_address(kind), Kind.ADDRESS) for kind in ("POBOX", "STREET")),
    *(KnownField(xero_attention(kind)) for kind in ("POBOX", "STREET")),
    _text("Website", 255, writable=False),
    KnownField(Member("BrandingTheme.Name", "BrandingTheme", Text("Name", 255, "")), writable=False),
    KnownField(Number("Discount", 4), Kind.NUMBER, writable=False),
    *(_balance(s, a) for s in ("AccountsReceivable", "AccountsPayable") for a in ("Outstanding", "Overdue")),
    *(KnownField(Checkbox(p), Kind.CHECKBOX, writable=False) for p in ("IsCustomer", "IsSupplier", "HasAttachments")),
)

KNOWN: Mapping[str, Mapping[str, KnownField]] = {"Contact": CONTACT}
"""The fields by resource. What is neither here nor in TRACKED cannot be mapped."""

RESERVED: Mapping[str, str] = {
    "ContactNumber": "carries the Salesforce id and is written by every create",
    "ContactStatus": "says whether the contact is archived and follows on_delete",
    "ContactID": "is the contact's identity",
    "UpdatedDateUTC": "is the contact's version",
    "MergedToContactID": "is followed by itself",
    "ContactPersons": "is a list of people; map it with children: Contacts",
    "ContactGroups": "is a list that has a life of its own in Xero",
    "BatchPayments": "are a bank's details that are kept in Xero alone",
    "XeroNetworkKey": "is the contact's own secret",
    "Balances": "are several; map one, such as Balances.AccountsReceivable.Outstanding",
    "PaymentTerms": "are two; map one, such as PaymentTerms.Sales",
    "Phones": "is a list; map one kind, such as Phones.DEFAULT",
    "Addresses": "is a list; map one kind, such as Addresses.POBOX",
    **dict.fromkeys(TRACKED, "is a list; map one category by its name, such as SalesTrackingCategories.Region"),
}
"""Fields of a Contact that no rule may name, and why."""
