"""Turns what the schema refuses in a sync file into findings."""

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.mapping.findings import Findings, Place, suggest
from app.mapping.sync_file import (
    API_NAME,
    NAME,
    ChildrenEntry,
    CreateInSalesforce,
    CreateInXero,
    FieldEntry,
    MappingEntry,
    MatchPair,
    Only,
    SalesforceField,
    SyncFile,
)

_FORMS = {
    NAME: "use 1 to 40 lower-case letters, digits and hyphens",
    API_NAME: "use the API name, such as Email__c",
}
_SAID = {
    "missing": "this key is missing",
    "model_type": "here must stand a mapping of keys",
    "dict_type": "here must stand a mapping of names",
    "tuple_type": "here must stand a list",
    "too_short": "here must stand at least one",
    "string_type": "here must stand a text",
    "string_pattern_mismatch": "this name cannot be used",
}
_REMEDIES = {
    "model_type": "write it as key: value",
    "dict_type": "write it as name: …",
    "tuple_type": "write it as a list, each item after a hyphen",
    "too_short": "add one",
    "string_type": "put the text in quotes if it looks like a number",
    "not_yet": "remove it",
    "not_scalar": "name one value",
    "one_source": "name a Salesforce field, or child records",
    "unknown_children": "write Contacts, or name object, parent and fields",
}

_MODELS: dict[str, type[BaseModel]] = {
    "salesforce": SalesforceField,
    "children": ChildrenEntry,
    "only": Only,
    "create_in_xero": CreateInXero,
    "create_in_salesforce": CreateInSalesforce,
}
"""What stands under a key of a mapping or of a field rule."""


def note_invalid(error: ValidationError, findings: Findings) -> None:
    """Note every refusal in `error`."""
    for detail in error.errors():
        if detail["type"] == "too_short" and detail["input"]:
            continue  # its items were refused, each with a finding of its own
        place = _place(detail["loc"])
        problem = _SAID.get(detail["type"], detail["msg"])
        if detail["type"] == "extra_forbidden":
            problem = f"the key {place[-1]} is not known here"
        findings.add(place, problem, _remedy(detail, place))


def model_at(place: Place) -> type[BaseModel]:
    """The model of the part of a sync file that stands at `place`."""
    match place:
        case ("mappings", _):
            return MappingEntry
        case ("mappings", _, "fields", int()):
            return FieldEntry
        case ("mappings", _, "match", int()):
            return MatchPair
        case ("mappings", _, *_, str(key)):
            return _MODELS.get(key, SyncFile)
        case _:
            return SyncFile


def _place(loc: Place) -> Place:
    """The place in the file, without the steps that only the schema knows."""
    match loc:
        case ("mappings", name, "match", int(position), _, *rest):
            return ("mappings", name, "match", position, *rest)
        case (*rest, "[key]"):
            return tuple(rest)
        case _:
            return loc


def _remedy(detail: ErrorDetails, place: Place) -> str:
    match detail:
        case {"type": "extra_forbidden"}:
            return suggest(str(place[-1]), model_at(place[:-1]).model_fields)
        case {"type": "missing"}:
            return f"add {place[-1]}"
        case {"type": "enum", "input": str(word), "ctx": {"expected": str(expected)}}:
            return suggest(word, [name.strip("'") for name in expected.replace(" or ", ", ").split(", ")])
        case {"type": "string_pattern_mismatch", "ctx": {"pattern": str(pattern)}}:
            return _FORMS[pattern]
        case _:
            return _REMEDIES.get(detail["type"], "see docs/sync-file.md")
