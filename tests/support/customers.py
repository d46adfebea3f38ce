"""One customer as both systems hold it, under the mapping of the template."""

from datetime import datetime

from app.engine.records import Agreed, Base, Link, Presence, State, System
from app.mapping.model import FieldRule
from app.mapping.values import Fields
from tests.support.records import NOON, account, contact, state
from tests.support.world import accounts_sync, phone

CUSTOMERS = accounts_sync().mappings["customers"]
NAME, PHONE, EMAIL = "Name:Name", "Phone:Phones.DEFAULT", "Email__c:EmailAddress"
IN_STEP: Base = {
    NAME: Agreed("Ridgeway", "Ridgeway"),
    PHONE: Agreed("03 111", "03 111"),
    EMAIL: Agreed("a@ridgeway.example", "a@ridgeway.example"),
    "BillingAddress:Addresses.POBOX": Agreed(None, None),
    "Tax_Number__c:TaxNumber": Agreed(None, None),
}
"""What both sides hold unless a test says otherwise."""


def rule(name: str) -> FieldRule:
    """The template's field rule with that name."""
    return next(each for each in CUSTOMERS.fields if each.name == name)


def in_salesforce(presence: Presence = Presence.LIVE, *, seen_at: datetime = NOON, **changed: object) -> State:
    """The customer's account; `seen_at` is when each value that `changed` was first seen."""
    fields = {"Name": "Ridgeway", "Phone": "03 111", "Email__c": "a@ridgeway.example", **changed}
    return state(account(), seen_at, _fields(fields), presence, stamps=_stamps(System.SALESFORCE, seen_at))


def in_xero(presence: Presence = Presence.LIVE, *, seen_at: datetime = NOON, **changed: object) -> State:
    """The customer's contact; `seen_at` is when each value that `changed` was first seen."""
    fields = {"Name": "Ridgeway", "Phones": phone("03 111"), "EmailAddress": "a@ridgeway.example", **changed}
    return state(contact(), seen_at, _fields(fields), presence, stamps=_stamps(System.XERO, seen_at))


def tied(base: Base = IN_STEP) -> Link:
    """The tie between the two, as it is stored."""
    return Link(7, "customers", "", account(), contact(), base)


def _stamps(system: System, seen_at: datetime) -> dict[str, datetime]:
    return {each.lens(system).path: seen_at for each in CUSTOMERS.fields}


def _fields(fields: dict[str, object]) -> Fields:
    return dict(fields)  # type: ignore[arg-type] # a test writes what it means
