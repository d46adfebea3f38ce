"""Turns what the schema refuses in a sync file into findings."""

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.mapping.findings import Findings, Place, suggest
from app.mapping.sync_file import (
    CreateInSalesforce,
    CreateInXero,
    FieldEntry,
    MappingEntry,
    MatchPair,
    SalesforceField,
    SyncFile,
)


def note_invalid(error: ValidationError, findings: Findings) -> None:
    """Note every refusal in `error`."""
    for detail in error.errors():
        place = detail["loc"]
        findings.add(place, *_explain(detail, place))


def _explain(detail: ErrorDetails, place: Place) -> tuple[str, str]:
    key = str(place[-1]) if place else ""
    match detail["type"]:
        case "extra_forbidden":
            return "this key is not known here", suggest(key, model_at(place[:-1]).model_fields)
        case "missing":
            return "this key is missing", f"add {key}"
        case _:
            return detail["msg"], "see docs/sync-file.md"


def model_at(place: Place) -> type[BaseModel]:
    """The model of the part of a sync file that stands at `place`."""
    match place:
        case ("mappings", _):
            return MappingEntry
        case ("mappings", _, "fields", int()):
            return FieldEntry
        case ("mappings", _, "fields", int(), "salesforce"):
            return SalesforceField
        case ("mappings", _, "match", int(), *_):
            return MatchPair
        case ("mappings", _, "create_in_xero"):
            return CreateInXero
        case ("mappings", _, "create_in_salesforce"):
            return CreateInSalesforce
        case _:
            return SyncFile
