"""The sync file as an operator writes it: its keys, their types and their short forms."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.mapping import xero_fields
from app.mapping.model import Direction, Guard, Mode, OnConflict, OnDelete, OnOptOut
from app.mapping.persons import PersonField
from app.mapping.salesforce_fields import SalesforceType

NAME = r"^[a-z0-9-]{1,40}$"
API_NAME = r"^[A-Za-z][A-Za-z0-9_]{0,79}$"

Name = Annotated[str, StringConstraints(pattern=NAME)]
"""A name of ours: it becomes part of lane ids."""

ApiName = Annotated[str, StringConstraints(pattern=API_NAME)]
"""A name of Salesforce's: of an object or a field."""


def _as_scalar(value: object) -> object:
    if isinstance(value, bool | int | Decimal | str | None):
        return value
    raise PydanticCustomError("not_scalar", "a fixed value is one text, number, true, false or null")


Scalar = Annotated[
    bool | int | Decimal | str | None,
    BeforeValidator(_as_scalar),
    WithJsonSchema({"type": ["boolean", "number", "string", "null"]}),
]
"""A fixed value."""


class Strict(BaseModel):
    """A part of the sync file. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_field(value: object) -> object:
    return {"field": value} if isinstance(value, str) else value


def _as_creation(value: object) -> object:
    return {} if value is True else value


class SalesforceField(Strict):
    """A Salesforce field with what its org says of it."""

    field: ApiName = Field(description="Its API name")
    type: SalesforceType | None = Field(default=None, description="Its type; text for custom fields where not said")
    length: int | None = Field(default=None, strict=True, ge=1, le=131_072, description="Its length in this org")
    scale: int | None = Field(default=None, strict=True, ge=0, le=17, description="Its decimal places in this org")
    codes: bool = Field(default=False, strict=True, description="Whether an address names state and country by code")


class ChildrenEntry(Strict):
    """Salesforce records that belong to the mapped record and are its people in Xero."""

    object: ApiName = Field(description="Their object")
    parent: ApiName = Field(description="The field in which they name the mapped record")
    fields: dict[PersonField, ApiName] = Field(min_length=1, description="Their fields, by what they are of a person")
    when: str | None = Field(default=None, description="Condition over a child record; all where not said")


CONTACTS = ChildrenEntry(
    object="Contact",
    parent="AccountId",
    fields={
        PersonField.FIRST_NAME: "FirstName",
        PersonField.LAST_NAME: "LastName",
        PersonField.EMAIL_ADDRESS: "Email",
    },
)


def _as_children(value: object) -> object:
    if isinstance(value, str) and value != "Contacts":
        raise PydanticCustomError("unknown_children", "the only short form of child records is Contacts")
    return CONTACTS if value == "Contacts" else value


class FieldEntry(Strict):
    """One field rule: the fields of the two systems that correspond, and how."""

    salesforce: Annotated[
        SalesforceField | None, BeforeValidator(_as_field, json_schema_input_type=ApiName | SalesforceField | None)
    ] = Field(
        default=None,
        description="The Salesforce field: its API name, BillingAddress or ShippingAddress, or the long form",
    )
    children: Annotated[
        ChildrenEntry | None,
        BeforeValidator(_as_children, json_schema_input_type=Literal["Contacts"] | ChildrenEntry | None),
    ] = Field(default=None, description="Child records instead of a Salesforce field: Contacts, or the long form")
    xero: str = Field(description="The Xero field", examples=list(xero_fields.CONTACT))
    direction: Direction | None = Field(default=None, description="Which way; the mapping's where not said")
    on_conflict: OnConflict | None = Field(default=None, description="Whose edit stands; the mapping's where not said")

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.salesforce is None) is (self.children is None):
            raise PydanticCustomError("one_source", "a rule has either salesforce or children")
        return self


class MatchPair(Strict):
    """A match key whose fields have different names."""

    salesforce: ApiName = Field(description="The Salesforce field")
    xero: str = Field(description="The Xero field")


def _form_of_match(value: object) -> str:
    return "name" if isinstance(value, str) else "pair"


MatchKey = Annotated[Annotated[str, Tag("name")] | Annotated[MatchPair, Tag("pair")], Discriminator(_form_of_match)]
"""A match key: a name that both systems know or that a field rule gives, or a pair of fields."""


class CreateInXero(Strict):
    """When a Salesforce record may be created in Xero."""

    when: str | None = Field(default=None, description="Condition over the Salesforce record; always where not said")


class CreateInSalesforce(Strict):
    """When a Xero record may be created in Salesforce, and with which fixed values."""

    when: str | None = Field(default=None, description="Condition over the Xero record; always where not said")
    set: dict[ApiName, Scalar] = Field(default_factory=dict, description="Fields that are set once, at creation")


class Only(Strict):
    """Which records take part, by a condition over each side."""

    salesforce: str | None = Field(default=None, description="Condition over a Salesforce record; all where not said")
    xero: str | None = Field(default=None, description="Condition over a Xero record; all where not said")


class MappingEntry(Strict):
    """How a Salesforce object corresponds to a Xero resource."""

    salesforce: ApiName = Field(description="The Salesforce object, standard or custom")
    xero: str = Field(description="The Xero resource")
    direction: Direction = Field(default=Direction.BOTH, description="Which way values travel")
    opt_in: ApiName | None = Field(default=None, description="Salesforce checkbox that says which records take part")
    only: Only = Field(default=Only(), description="Which records take part")
    create_in_xero: Annotated[
        CreateInXero | None, BeforeValidator(_as_creation, json_schema_input_type=Literal[True] | CreateInXero | None)
    ] = Field(default=None, description="Whether Salesforce records are created in Xero; never where not said")
    create_in_salesforce: Annotated[
        CreateInSalesforce | None,
        BeforeValidator(_as_creation, json_schema_input_type=Literal[True] | CreateInSalesforce | None),
    ] = Field(default=None, description="Whether Xero records are created in Salesforce; never where not said")
    match: tuple[MatchKey, ...] = Field(default=(), description="Keys by which unlinked records are recognised")
    on_conflict: OnConflict = Field(default=OnConflict.LATEST, description="Whose edit stands")
    on_delete: OnDelete = Field(default=OnDelete.ARCHIVE, description="What follows when one side is deleted")
    on_opt_out: OnOptOut = Field(
        default=OnOptOut.KEEP, description="What follows in Xero when the opt-in is taken back"
    )
    salesforce_key: ApiName = Field(
        default="Xero_Contact_Id__c", description="Salesforce external-id field that carries the Xero id"
    )
    fields: tuple[FieldEntry, ...] = Field(min_length=1, description="The field rules")


class GuardEntry(Strict):
    """How much a lane may do in an hour before it is held for a person."""

    create: int = Field(default=Guard().create, strict=True, ge=0, description="Records created, in both systems")
    archive: int = Field(default=Guard().archive, strict=True, ge=0, description="Records archived")
    archive_share: Decimal = Field(
        default=Guard().archive_share, ge=0, le=1, description="Share of the linked records, where that is fewer"
    )


class SyncFile(Strict):
    """One sync: a Salesforce org and a Xero organisation that are kept in step."""

    sync: Name = Field(description="Its name, of lower-case letters, digits and hyphens")
    mode: Mode = Field(default=Mode.OBSERVE, description="observe plans and records every write and sends none")
    salesforce: str = Field(min_length=1, description="The Salesforce connection in the settings")
    xero: str = Field(min_length=1, description="The Xero connection in the settings")
    guard: GuardEntry = Field(
        default_factory=GuardEntry, description="How much a lane may do in an hour before it is held for a person"
    )
    mappings: dict[Name, MappingEntry] = Field(min_length=1, description="The mappings by name")
