"""Salesforce's error codes in our words: one table for elements and for whole calls."""

from collections.abc import Mapping
from typing import NamedTuple

from app.engine.actions import Declined


class Meaning(NamedTuple):
    """A refusal in our words. `taken`: look somebody up; `passes`: it may be accepted later."""

    code: str
    taken: bool = False
    passes: bool = False


MEANINGS: Mapping[str, Meaning] = {
    "UNABLE_TO_LOCK_ROW": Meaning("row_locked", passes=True),
    "TOO_MANY_APEX_REQUESTS": Meaning("busy", passes=True),
    "SERVER_UNAVAILABLE": Meaning("busy", passes=True),
    "QUERY_TIMEOUT": Meaning("too_slow", passes=True),
    "REQUEST_RUNNING_TOO_LONG": Meaning("too_slow", passes=True),
    "API_CURRENTLY_DISABLED": Meaning("api_disabled", passes=True),
    "CANNOT_EXECUTE_FLOW_TRIGGER": Meaning("automation_failed", passes=True),
    "PROCESSING_HALTED": Meaning("collateral", passes=True),
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": Meaning("collateral", passes=True),
    "INVALID_QUERY_LOCATOR": Meaning("cursor_gone", passes=True),
    "UNKNOWN_EXCEPTION": Meaning("unknown", passes=True),
    "ENTITY_IS_LOCKED": Meaning("approval_lock", passes=True),
    "REQUEST_LIMIT_EXCEEDED": Meaning("quota", passes=True),
    "DUPLICATE_VALUE": Meaning("number_taken", taken=True),
    "DUPLICATES_DETECTED": Meaning("duplicate_rule", taken=True),
    "DUPLICATE_EXTERNAL_ID": Meaning("key_ambiguous"),
    "ENTITY_IS_DELETED": Meaning("deleted"),
    "NOT_FOUND": Meaning("not_found"),
    "INVALID_CROSS_REFERENCE_KEY": Meaning("not_found"),
    "INSUFFICIENT_ACCESS_OR_READONLY": Meaning("no_permission"),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Meaning("no_permission"),
    "API_DISABLED_FOR_ORG": Meaning("api_disabled"),
    "INVALID_SESSION_ID": Meaning("sign_in"),
    "INVALID_AUTH_HEADER": Meaning("sign_in"),
    "INVALID_JWT_FORMAT": Meaning("sign_in"),
    "INVALID_FIELD": Meaning("field_unknown"),
    "INVALID_TYPE": Meaning("field_unknown"),
    "INVALID_FIELD_FOR_INSERT_UPDATE": Meaning("field_read_only"),
    "REQUIRED_FIELD_MISSING": Meaning("field_missing"),
    "STRING_TOO_LONG": Meaning("too_long"),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": Meaning("picklist"),
    "INVALID_EMAIL_ADDRESS": Meaning("email"),
    "NUMBER_OUTSIDE_VALID_RANGE": Meaning("out_of_range"),
    "JSON_PARSER_ERROR": Meaning("validation"),
    "MALFORMED_ID": Meaning("validation"),
    "MALFORMED_QUERY": Meaning("validation"),
    "INVALID_TYPE_ON_FIELD_IN_RECORD": Meaning("validation"),
    "FIELD_INTEGRITY_EXCEPTION": Meaning("validation"),
    "INVALID_CURRENCY_ISO": Meaning("currency"),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Meaning("validation_rule"),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Meaning("automation_failed"),
    "CANNOT_UPDATE_CONVERTED_LEAD": Meaning("converted"),
    "UNAVAILABLE_RECORDTYPE_EXCEPTION": Meaning("record_type"),
    "UNSUPPORTED_API_VERSION": Meaning("api_version"),
    "STORAGE_LIMIT_EXCEEDED": Meaning("storage_full"),
    "LIMIT_EXCEEDED": Meaning("storage_full"),
    "INVALID_REPLICATION_DATE": Meaning("window"),
    "EXCEEDED_ID_LIMIT": Meaning("window"),
}

UNKNOWN = Meaning("refused")
_PASSING_CAUSES = ("UNABLE_TO_LOCK_ROW", "CPU time limit", "CPU limit")


def meaning(code: str, message: str = "") -> Meaning:
    """What a code means. A failed automation passes when the cause in its message does; a key field that is hidden is
    reported as a record that is not found.
    """
    found = MEANINGS.get(code, UNKNOWN)
    if code == "NOT_FOUND" and "external id" in message.lower():
        return MEANINGS["INVALID_FIELD"]
    if code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" and any(cause in message for cause in _PASSING_CAUSES):
        return found._replace(passes=True)
    return found


def declined(code: str, message: str) -> Declined:
    """The answer to an element that was refused."""
    what = meaning(code, message)
    text = f"{code}: {message}" if code else "refused without a reason"
    return Declined(what.code, text[:1000], passes=what.passes, taken=what.taken)
