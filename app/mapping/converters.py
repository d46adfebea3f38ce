"""Every registered converter: all lenses that a sync file can come to use, by name."""

from collections.abc import Mapping

from app.mapping import salesforce_fields, xero_fields
from app.mapping.model import Lens
from app.mapping.salesforce_fields import SalesforceType, typed_field

_CATALOGUES = {"salesforce": salesforce_fields.KNOWN, "xero": xero_fields.KNOWN}

REGISTRY: Mapping[str, Lens] = {
    f"{system}.{object}.{path}": field.lens
    for system, objects in _CATALOGUES.items()
    for object, fields in objects.items()
    for path, field in fields.items()
} | {f"salesforce.{kind}": typed_field("Custom__c", kind).lens for kind in SalesforceType}
"""A property test holds each of them to the laws of `Lens`."""
