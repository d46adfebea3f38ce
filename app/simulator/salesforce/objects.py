"""The objects of the simulated org and their fields."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Type(StrEnum):
    """A field's type, in describe's words."""

    ID = "id"
    REFERENCE = "reference"
    STRING = "string"
    TEXTAREA = "textarea"
    PHONE = "phone"
    URL = "url"
    EMAIL = "email"
    PICKLIST = "picklist"
    BOOLEAN = "boolean"
    CURRENCY = "currency"
    DOUBLE = "double"
    INT = "int"
    DATETIME = "datetime"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. Uniqueness ignores upper and lower case.

    A picklist that is `restricted` takes nothing but its `choices` and says `refusal` to all else; `codes` are those of
    states and countries, each kept in a field of its own. A number has `digits` before the point and `scale`
    after it.
    """

    name: str
    type: Type
    length: int = 0
    required: bool = False
    external_id: bool = False
    unique: bool = False
    writable: bool = True
    choices: tuple[str, ...] = ()
    restricted: bool = False
    refusal: str = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    codes: Mapping[str, str] = field(default_factory=dict[str, str])
    digits: int = 16
    scale: int = 2

    @property
    def is_number(self) -> bool:
        return self.type in {Type.CURRENCY, Type.DOUBLE, Type.INT}

    @property
    def is_id(self) -> bool:
        return self.type in {Type.ID, Type.REFERENCE}


@dataclass(frozen=True, slots=True)
class ObjectType:
    """One object. `fields` is by lower-case name."""

    name: str
    prefix: str
    fields: Mapping[str, Field]
    writable: bool = True
    record_types: tuple[str, ...] = ()

    def without(self, hidden: Collection[str]) -> "ObjectType":
        """The object as somebody sees it from whom fields such as `Account.Phone` are hidden."""
        if not any(name.startswith(f"{self.name}.") for name in hidden):
            return self
        seen = {key: each for key, each in self.fields.items() if f"{self.name}.{each.name}" not in hidden}
        return replace(self, fields=seen)

    def field(self, name: str) -> Field | None:
        """The field of this name, however its case."""
        return self.fields.get(name.lower())

    @property
    def required(self) -> list[str]:
        return [field.name for field in self.fields.values() if field.required]

    @property
    def unique(self) -> list[str]:
        return [field.name for field in self.fields.values() if field.unique]


SYSTEM_FIELDS = (
    Field("Id", Type.ID, 18, writable=False),
    Field("IsDeleted", Type.BOOLEAN, writable=False),
    Field("CreatedDate", Type.DATETIME, writable=False),
    Field("CreatedById", Type.REFERENCE, 18, writable=False),
    Field("LastModifiedDate", Type.DATETIME, writable=False),
    Field("LastModifiedById", Type.REFERENCE, 18, writable=False),
    Field("SystemModstamp", Type.DATETIME, writable=False),
)
MASTER = Field("MasterRecordId", Type.REFERENCE, 18, writable=False)


def object_type(name: str, prefix: str, fields: Iterable[Field], *, writable: bool = True) -> ObjectType:
    """An object with the system fields and `fields`."""
    return ObjectType(name, prefix, {field.name.lower(): field for field in (*SYSTEM_FIELDS, *fields)}, writable)


def address(prefix: str) -> tuple[Field, ...]:
    """The parts of an address."""
    return (
        Field(f"{prefix}Street", Type.TEXTAREA, 255),
        Field(f"{prefix}City", Type.STRING, 40),
        Field(f"{prefix}State", Type.STRING, 80),
        Field(f"{prefix}PostalCode", Type.STRING, 20),
        Field(f"{prefix}Country", Type.STRING, 80),
    )


ACCOUNT = object_type(
    "Account",
    "001",
    (
        MASTER,
        Field("Name", Type.STRING, 255, required=True),
        Field("AccountNumber", Type.STRING, 40),
        Field("Type", Type.PICKLIST, 255, choices=("Prospect", "Customer", "Partner", "Other")),
        Field("AnnualRevenue", Type.CURRENCY),
        Field("NumberOfEmployees", Type.INT, digits=8, scale=0),
        Field("Phone", Type.PHONE, 40),
        Field("Fax", Type.PHONE, 40),
        Field("Website", Type.URL, 255),
        *address("Billing"),
        *address("Shipping"),
        Field("Email__c", Type.EMAIL, 80),
        Field("Tax_Number__c", Type.STRING, 50),
        Field("Company_Number__c", Type.STRING, 50),
        Field("Payment_Terms__c", Type.STRING, 40),
        Field("Xero_Balance__c", Type.CURRENCY),
        Field("Xero_Overdue__c", Type.CURRENCY),
        Field("Xero_Contact_Id__c", Type.STRING, 36, external_id=True, unique=True),
        Field("Sync_to_Xero__c", Type.BOOLEAN),
    ),
)

CONTACT = object_type(
    "Contact",
    "003",
    (
        MASTER,
        Field("AccountId", Type.REFERENCE, 18),
        Field("FirstName", Type.STRING, 40),
        Field("LastName", Type.STRING, 80, required=True),
        Field("Email", Type.EMAIL, 80),
        *(Field(name, Type.PHONE, 40) for name in ("Phone", "MobilePhone", "HomePhone", "Fax")),
        *address("Mailing"),
        *address("Other"),
        Field("Xero_Contact_Id__c", Type.STRING, 36, external_id=True, unique=True),
        Field("Legacy_Number__c", Type.STRING, 30, external_id=True),
    ),
)

ORGANIZATION = object_type(
    "Organization",
    "00D",
    (
        Field("Name", Type.STRING, 80),
        Field("IsSandbox", Type.BOOLEAN),
        Field("OrganizationType", Type.PICKLIST, 40),
        Field("InstanceName", Type.STRING, 5),
        Field("DefaultLocaleSidKey", Type.PICKLIST, 40),
        Field("TimeZoneSidKey", Type.PICKLIST, 40),
    ),
    writable=False,
)

OBJECTS: Mapping[str, ObjectType] = {kind.name.lower(): kind for kind in (ACCOUNT, CONTACT, ORGANIZATION)}
"""Every object, by lower-case name."""
