"""A contact as Xero keeps it and as it shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.mapping.values import Fields, Json
from app.simulator.xero.answers import json_date
from app.simulator.xero.facts import XeroFacts

TEXT_LENGTHS: Mapping[str, int] = {
    "ContactNumber": 50,
    "AccountNumber": 50,
    "Name": 255,
    "FirstName": 255,
    "LastName": 255,
    "CompanyNumber": 50,
    "EmailAddress": 255,
    "BankAccountDetails": 255,
    "TaxNumber": 50,
    "TaxNumberType": 10,
    "DefaultCurrency": 3,
    "SalesDefaultLineAmountType": 10,
    "PurchasesDefaultLineAmountType": 10,
    "AccountsReceivableTaxType": 50,
    "AccountsPayableTaxType": 50,
    "SalesDefaultAccountCode": 10,
    "PurchasesDefaultAccountCode": 10,
}
"""The text fields that may be written, with their greatest lengths."""

LINE_AMOUNT_TYPES = ("INCLUSIVE", "EXCLUSIVE", "NONE")
LINE_AMOUNT_FIELDS = ("SalesDefaultLineAmountType", "PurchasesDefaultLineAmountType")
TRACKING_FIELDS = ("SalesTrackingCategories", "PurchasesTrackingCategories")
TRACKING_LENGTHS: Mapping[str, int] = {"TrackingCategoryName": 100, "TrackingOptionName": 100}
TERM_TYPES = ("DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH", "OFCURRENTMONTH", "OFFOLLOWINGMONTH")
READ_ONLY = ("Website", "Discount", "BrandingTheme", "IsCustomer", "IsSupplier")
"""What only people can set, on Xero's screens."""

PHONE_LENGTHS: Mapping[str, int] = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
PHONE_TYPES = ("DDI", "DEFAULT", "FAX", "MOBILE", "OFFICE")
SHOWN_PHONES = ("DDI", "DEFAULT", "FAX", "MOBILE")

ADDRESS_LENGTHS: Mapping[str, int] = {
    "AddressLine1": 500,
    "AddressLine2": 500,
    "AddressLine3": 500,
    "AddressLine4": 500,
    "City": 255,
    "Region": 255,
    "PostalCode": 50,
    "Country": 50,
    "AttentionTo": 255,
}
ADDRESS_TYPES = ("POBOX", "STREET")
SHOWN_ADDRESS_PARTS = ("City", "Region", "PostalCode", "Country")

PERSON_TEXTS = ("FirstName", "LastName", "EmailAddress")

_DEFAULTS = {
    "SalesDefaultAccountCode",
    "PurchasesDefaultAccountCode",
    "BatchPayments",
    "Discount",
    "Website",
    "BrandingTheme",
    *LINE_AMOUNT_FIELDS,
    *TRACKING_FIELDS,
}
LEFT_OUT_OF_LISTS = frozenset(
    {"ContactPersons", "ContactGroups", "PaymentTerms", "Balances", "MergedToContactID", *_DEFAULTS}
)
LEFT_OUT_OF_SUMMARIES = LEFT_OUT_OF_LISTS | {"Addresses", "IsCustomer", "IsSupplier"}

_NOTHING_OWED: Fields = {"Outstanding": 0, "Overdue": 0}

NEW: Fields = {
    "ContactStatus": "ACTIVE",
    "EmailAddress": "",
    "BankAccountDetails": "",
    "Addresses": [{"AddressType": kind, **dict.fromkeys(SHOWN_ADDRESS_PARTS, "")} for kind in ADDRESS_TYPES],
    "Phones": [{"PhoneType": kind, **dict.fromkeys(PHONE_LENGTHS, "")} for kind in SHOWN_PHONES],
    "ContactGroups": [],
    "ContactPersons": [],
    "IsSupplier": False,
    "IsCustomer": False,
    "HasAttachments": False,
    "Balances": {"AccountsReceivable": _NOTHING_OWED, "AccountsPayable": _NOTHING_OWED},
}
"""What a contact holds before anything is written to it."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One version of a contact. `fields` is what Xero shows, without id and stamp."""

    id: str
    updated_at: datetime
    fields: Fields

    @property
    def active(self) -> bool:
        return self.fields["ContactStatus"] == "ACTIVE"

    def text(self, name: str) -> str:
        """A text field; blank when it is not there."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def as_json(self, facts: XeroFacts, leave_out: frozenset[str] = frozenset()) -> dict[str, Json]:
        """The contact as it is shown."""
        shown = {name: value for name, value in self.fields.items() if name not in leave_out}
        if not facts.empty_parts_shown:
            shown |= {name: _filled(shown[name]) for name in ("Phones", "Addresses") if name in shown}
        return {
            "ContactID": self.id,
            **shown,
            "UpdatedDateUTC": json_date(self.updated_at),
            "HasValidationErrors": False,
        }


def _filled(entries: Json) -> Json:
    """The phones or addresses that hold more than their type."""
    rows = entries if isinstance(entries, list) else []
    return [row for row in rows if any(value for name, value in row.items() if not name.endswith("Type"))]
