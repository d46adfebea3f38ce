"""Finds the field that a name in a sync file means."""

from app.mapping import salesforce_fields, xero_fields
from app.mapping.findings import Wrong, suggest
from app.mapping.known_fields import Kind, KnownField
from app.mapping.salesforce_fields import LENGTHS, SCALES, SalesforceType, coded, typed_field
from app.mapping.sync_file import SalesforceField
from app.mapping.tracking import xero_tracking


def salesforce_field(object: str, named: SalesforceField) -> KnownField:
    """The field of that Salesforce object. A custom field of no stated type is text. Raises Wrong."""
    known = salesforce_fields.KNOWN.get(object, {})
    if named.model_fields_set - {"field"}:
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
    list_key, _, category = path.partition(".")
    if list_key in xero_fields.TRACKED and category:
        return KnownField(xero_tracking(list_key, category))
    if path in xero_fields.RESERVED:
        raise Wrong(f"{path} {xero_fields.RESERVED[path]}", "remove this line")
    raise Wrong(f"{path} is no field of {resource} that can be mapped", suggest(path, known))


def _stated(named: SalesforceField, known: KnownField | None) -> KnownField:
    """A field of which the sync file says more than its name."""
    says = named.model_fields_set - {"field", "codes"}
    if known and known.kind in {Kind.ADDRESS, Kind.PERSON}:
        if says:
            raise Wrong(f"{named.field} is several fields and has no {min(says)} of its own", "write only its name")
        return _with_codes(named, known)
    if named.codes:
        raise Wrong(f"{named.field} is no address, and only addresses have codes", "remove codes")
    kind = named.type or SalesforceType.TEXT
    for word, kinds in (("length", LENGTHS), ("scale", SCALES)):
        if word in says and kind not in kinds:
            raise Wrong(f"a {kind} has no {word}", f"remove {word}")
    return typed_field(named.field, kind, named.length, named.scale)


def _with_codes(named: SalesforceField, known: KnownField) -> KnownField:
    if not named.codes:
        return known
    if known.kind is not Kind.ADDRESS:
        raise Wrong(f"{named.field} is no address, and only addresses have codes", "remove codes")
    return coded(named.field)
