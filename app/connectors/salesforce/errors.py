"""Salesforce's error codes in our words: one table for elements, for calls and for the streams of its event bus."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from app.connectors import wire
from app.engine.actions import Declined
from app.mapping.salesforce_ids import is_id, to_18
from app.mapping.values import Json


class Meaning(NamedTuple):
    """A refusal in our words. `taken`: look somebody up; `passes`: it may be accepted later."""

    code: str
    taken: bool = False
    passes: bool = False


_EVENT_BUS: Mapping[str, Meaning] = {
    "service.unavailable": Meaning("busy", passes=True),
    "service.protection.triggered": Meaning("busy", passes=True),
    "service.stream.limit.triggered": Meaning("busy", passes=True),
    "topic.api.unavailable": Meaning("busy", passes=True),
    "schema.api.unavailable": Meaning("busy", passes=True),
    "subscription.internal.error": Meaning("busy", passes=True),
    "subscription.limit.exceeded": Meaning("quota", passes=True),
    "subscription.fetch.replayid.corrupted": Meaning("window", passes=True),
    "subscription.fetch.replayid.validation.failed": Meaning("window", passes=True),
    "subscription.fetch.replay.repeated": Meaning("window", passes=True),
    "service.auth.error": Meaning("sign_in"),
    "topic.meta.permission": Meaning("no_permission"),
    "subscription.topic.cannot.subscribe": Meaning("no_permission"),
    "service.auth.headers.invalid": Meaning("subscription"),
    "service.tenant.license": Meaning("subscription"),
    "concurrent.client.limit.exceeded": Meaning("subscription"),
    "topic.not.found": Meaning("subscription"),
    "subscription.fetch.topic.mismatch": Meaning("subscription"),
    "subscription.fetch.requested.events.invalid": Meaning("subscription"),
    "managed.subscription.already.active": Meaning("subscription"),
    "managed.subscription.config.stopped": Meaning("subscription"),
    "managed.subscription.config.deleted": Meaning("subscription"),
    "managed.subscription.not.found": Meaning("subscription"),
}
"""The codes of the Pub/Sub API, which come in the trailers of a stream, without what all of them begin with."""

MEANINGS: Mapping[str, Meaning] = {
    **{f"sfdc.platform.eventbus.grpc.{ending}": meant for ending, meant in _EVENT_BUS.items()},
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
    "MISSING_ARGUMENT": Meaning("validation"),
    "INVALID_TYPE_FOR_OPERATION": Meaning("no_permission"),
    "INVALID_REPLICATION_DATE": Meaning("window"),
    "EXCEEDED_ID_LIMIT": Meaning("window"),
}

UNKNOWN = Meaning("refused")
_PASSING_CAUSES = ("UNABLE_TO_LOCK_ROW", "CPU time limit", "CPU limit", "TOO_MANY_APEX_REQUESTS")
_SAID = (
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", _PASSING_CAUSES, Meaning("automation_failed", passes=True)),
    ("INVALID_FIELD", ("oreign key external ID",), Meaning("not_found")),
    ("INVALID_CROSS_REFERENCE_KEY", ("ecord type", "ecord Type", "RecordType"), Meaning("record_type")),
    ("NOT_FOUND", ("external ID field", "external id"), Meaning("field_unknown")),
    ("FIELD_INTEGRITY_EXCEPTION", ("this state", "this country", "state from the list"), Meaning("state_or_country")),
)
"""Codes that mean something else when their message says so."""
_RIVAL = re.compile(r"record with id:?\s*([A-Za-z0-9]{15,18})\b")


def meaning(code: str, message: str = "") -> Meaning:
    """What a code means, in view of its message."""
    said = (other for known, words, other in _SAID if known == code and any(word in message for word in words))
    return next(said, MEANINGS.get(code, UNKNOWN))


def declined(code: str, message: str, error: Mapping[str, Json] | None = None) -> Declined:
    """The answer to an element that was refused; `error` is the vendor's whole word on it."""
    what = meaning(code, message)
    text = f"{code}: {message}" if code else "refused without a reason"
    rivals = _rivals(message, error or {}) if what.taken else ()
    return Declined(what.code, text[:1000], passes=what.passes, taken=what.taken, rivals=rivals)


def _rivals(message: str, error: Mapping[str, Json]) -> tuple[str, ...]:
    """Who has the value already: named in the message, or matched by a duplicate rule, as the vendor misspells it."""
    result = wire.mapping(error.get("duplicateResult") or error.get("duplicateResut"))
    matched = (
        wire.text(wire.mapping(record.get("record")).get("Id"))
        for match in wire.items(result.get("matchResults"))
        for record in wire.items(match.get("matchRecords"))
    )
    ids = [*_RIVAL.findall(message), *matched]
    return tuple(dict.fromkeys(to_18(id) for id in ids if is_id(id)))
