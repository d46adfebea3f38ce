"""Finds the field that a name in a sync file means."""

from app.mapping import salesforce_fields, xero_fields
from app.mapping.findings import Wrong, suggest
from app.mapping.known_fields import Kind, KnownField
from app.mapping.salesforce_fields import SalesforceType, typed_field
from app.mapping.sync_file import SalesforceField


def salesforce_field(object: str, named: SalesforceField) -> KnownField:
    """The field of that Salesforce object. A custom field of no stated type is text. Raises Wrong."""
    known = salesforce_fields.KNOWN.get(object, {})
    if named.type or named.length:
        return _stated(named, known.get(named.field))
    if named.field in known:
        return known[named.field]
    if named.field.endswith("__c") or not known:
        return typed_field(named.field, SalesforceType.TEXT)
    raise Wrong(
        f"{named.field} is no field of {object} that is known here",
        f"{suggest(named.field, known)} If the name is right, say its type: {{field: {named.field}, type: text}}",
    )


def xero_field(resource: str, path: str) -> KnownField:
    """The field of that Xero resource. Raises Wrong."""
    known = xero_fields.KNOWN[resource]
    if path in known:
        return known[path]
    if path in xero_fields.RESERVED:
        raise Wrong(f"{path} {xero_fields.RESERVED[path]}", "remove this line")
    raise Wrong(f"{path} is no field of {resource} that can be mapped", suggest(path, known))


def _stated(named: SalesforceField, known: KnownField | None) -> KnownField:
    if known and known.kind is Kind.ADDRESS:
        raise Wrong(f"{named.field} is a compound address and has neither type nor length", f"write only {named.field}")
    if named.type is SalesforceType.CHECKBOX and named.length:
        raise Wrong("a checkbox has no length", "remove length")
    return typed_field(named.field, named.type or SalesforceType.TEXT, named.length)
