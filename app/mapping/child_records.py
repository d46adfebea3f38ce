"""Compiles the child records that a field rule names."""

from app.errors import ConfigurationError
from app.mapping.expressions import compile_condition
from app.mapping.findings import Wrong
from app.mapping.known_fields import Kind, KnownField
from app.mapping.model import Condition
from app.mapping.persons import PATH, salesforce_people, xero_people
from app.mapping.sync_file import CONTACTS, ChildrenEntry
from app.mapping.values import System


def children_field(object: str, children: ChildrenEntry) -> KnownField:
    """The child records of a Salesforce `object`, which can only be read. Raises Wrong."""
    if children == CONTACTS and object != "Account":
        raise Wrong(f"Contacts are child records of Account, not of {object}", "name object, parent and fields")
    standard = (children.object, children.parent) == (CONTACTS.object, CONTACTS.parent)
    path = "Contacts" if standard else f"{children.object}.{children.parent}"
    people = salesforce_people(path, children.object, children.parent, children.fields, _condition(children.when))
    return KnownField(people, Kind.PEOPLE, writable=False)


def people_field(children: ChildrenEntry, path: str) -> KnownField:
    """The field of a Xero contact that child records become. Raises Wrong."""
    if path != PATH:
        raise Wrong(f"{path} cannot be made of child records", f"write xero: {PATH}")
    return KnownField(xero_people(children.fields), Kind.PEOPLE)


def _condition(text: str | None) -> Condition | None:
    if text is None:
        return None
    try:
        condition = compile_condition(text)
    except ConfigurationError as error:
        raise Wrong(f"the condition cannot be read: {error}", "correct it; docs/sync-file.md has examples") from error
    if condition.fields(System.XERO):
        raise Wrong("a child record has no Xero side", "name only fields of salesforce, which is the child record here")
    return condition
