"""The Xero resources that can be read and written, one entry each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.errors import ConfigurationError
from app.mapping.values import Fields, Json

ROOT = "/api.xro/2.0"


@dataclass(frozen=True, slots=True)
class Resource:
    """What differs from one resource to the next.

    `archived` and `deleted` are the values of `status_field` that say so; `archiving` are the fields that archive a
    record, `restoring` those that bring it back. `merged_field` names the survivor of a merge. `failed_flags` are the
    resource's own words for an element that was not saved. `name_fields` identify a created element in an answer that
    is in another order. `entry_types` are, by the field that lists entries, the key of an entry's type and the types
    that may be written. `takes_ids` tells whether a list of ids can be asked for; `brief` is what makes its answers
    short, where we need no more of it than whose it is.
    """

    name: str
    plural: str
    id_field: str
    status_field: str
    archived: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()
    archiving: Fields = field(default_factory=dict[str, Json])
    restoring: Fields = field(default_factory=dict[str, Json])
    merged_field: str | None = None
    failed_flags: tuple[str, ...] = ("HasValidationErrors", "HasErrors")
    name_fields: tuple[str, ...] = ()
    searched: frozenset[str] = frozenset()
    entry_types: Mapping[str, tuple[str, frozenset[str]]] = field(default_factory=dict[str, tuple[str, frozenset[str]]])
    takes_ids: bool = True
    brief: str = ""

    @property
    def path(self) -> str:
        """The path of the collection."""
        return f"{ROOT}/{self.plural}"


def _document(name: str, *, takes_ids: bool = False, brief: str = "") -> Resource:
    """A document that is only read, to learn whose it is."""
    gone = frozenset({"DELETED", "VOIDED"})
    return Resource(name, f"{name}s", f"{name}ID", "Status", deleted=gone, takes_ids=takes_ids, brief=brief)


_ALL = (
    Resource(
        name="Contact",
        plural="Contacts",
        id_field="ContactID",
        status_field="ContactStatus",
        archived=frozenset({"ARCHIVED", "GDPRREQUEST"}),
        archiving={"ContactStatus": "ARCHIVED"},
        restoring={"ContactStatus": "ACTIVE"},
        merged_field="MergedToContactID",
        name_fields=("ContactNumber", "Name"),
        searched=frozenset({"Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress"}),
        entry_types={
            "Phones": ("PhoneType", frozenset({"DEFAULT", "DDI", "MOBILE", "FAX", "OFFICE"})),
            "Addresses": ("AddressType", frozenset({"POBOX", "STREET", "DELIVERY"})),
        },
    ),
    _document("Invoice", takes_ids=True, brief="&summaryOnly=true"),
    *map(_document, ("CreditNote", "Payment", "Prepayment", "Overpayment")),
)

_SETTINGS = frozenset(
    {"Organisation", "Organisations", "Accounts", "TaxRates", "TrackingCategories", "Currencies", "BrandingThemes"}
)
_SCOPES = {
    "Contacts": "accounting.contacts",
    "ContactGroups": "accounting.contacts",
    "Payments": "accounting.payments",
    "BatchPayments": "accounting.payments",
    "Prepayments": "accounting.payments",
    "Overpayments": "accounting.payments",
}


def scope_of(target: str, *, writes: bool) -> str:
    """The granular scope that a call of `target` (path and query) needs."""
    plural = target.partition("?")[0].removeprefix(f"{ROOT}/").partition("/")[0]
    scope = "accounting.settings" if plural in _SETTINGS else _SCOPES.get(plural, "accounting.invoices")
    return scope if writes else f"{scope}.read"


RESOURCES: Mapping[str, Resource] = {resource.name: resource for resource in _ALL}


def resource_named(name: str) -> Resource:
    """The resource that sync files call `name`."""
    if name not in RESOURCES:
        raise ConfigurationError(f"Xero resource {name} is not supported; there are: {', '.join(RESOURCES)}")
    return RESOURCES[name]
