"""Every registered converter: all lenses that a sync file can come to use, by name."""

from app.mapping import salesforce_fields, xero_fields
from app.mapping.address import coded_address
from app.mapping.model import Lens
from app.mapping.persons import PersonField, salesforce_people, xero_people
from app.mapping.restrained import BusinessName, Chosen, Filled
from app.mapping.salesforce_fields import SalesforceType, typed_field
from app.mapping.tracking import xero_tracking

_CATALOGUES = {"salesforce": salesforce_fields.KNOWN, "xero": xero_fields.KNOWN}

REGISTRY: dict[str, Lens] = {
    f"{system}.{object}.{path}": field.lens
    for system, objects in _CATALOGUES.items()
    for object, fields in objects.items()
    for path, field in fields.items()
}
REGISTRY |= {f"salesforce.{kind}": typed_field("Custom__c", kind).lens for kind in SalesforceType}
REGISTRY |= {f"salesforce.{kind}Address.codes": coded_address(kind) for kind in ("Billing", "PersonMailing")}
REGISTRY |= {"xero.Contact.ContactPersons": xero_people(PersonField)}
REGISTRY |= {
    "salesforce.Account.Contacts": salesforce_people("Contacts", "Contact", "AccountId", {n: n for n in PersonField})
}
REGISTRY |= {f"xero.{list_key}": xero_tracking(list_key, "Region") for list_key in xero_fields.TRACKED}
REGISTRY |= {
    "fitted.picklist": Chosen(typed_field("Custom__c", SalesforceType.PICKLIST).lens, frozenset({"Retail", "Energy"})),
    "fitted.filled": Filled(typed_field("Custom__c", SalesforceType.TEXT).lens),
    "fitted.business": BusinessName(salesforce_fields.ACCOUNT["Name"].lens),
}
"""A property test holds each of them to the laws of `Lens`."""
