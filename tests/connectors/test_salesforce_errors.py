"""Every error code of Salesforce's has a word of ours."""

import pytest

from app.connectors.salesforce.errors import MEANINGS, declined
from app.mapping.salesforce_ids import to_18
from app.mapping.values import Json

PASSING = {
    "UNABLE_TO_LOCK_ROW",
    "TOO_MANY_APEX_REQUESTS",
    "SERVER_UNAVAILABLE",
    "QUERY_TIMEOUT",
    "REQUEST_RUNNING_TOO_LONG",
    "API_CURRENTLY_DISABLED",
    "CANNOT_EXECUTE_FLOW_TRIGGER",
    "PROCESSING_HALTED",
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "INVALID_QUERY_LOCATOR",
    "UNKNOWN_EXCEPTION",
    "ENTITY_IS_LOCKED",
    "REQUEST_LIMIT_EXCEEDED",
}
TAKEN = {"DUPLICATE_VALUE", "DUPLICATES_DETECTED"}
FOR_GOOD = {
    "INVALID_SESSION_ID",
    "INVALID_AUTH_HEADER",
    "INVALID_JWT_FORMAT",
    "API_DISABLED_FOR_ORG",
    "ENTITY_IS_DELETED",
    "NOT_FOUND",
    "INVALID_CROSS_REFERENCE_KEY",
    "INSUFFICIENT_ACCESS_OR_READONLY",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    "INVALID_FIELD",
    "INVALID_TYPE",
    "INVALID_FIELD_FOR_INSERT_UPDATE",
    "REQUIRED_FIELD_MISSING",
    "STRING_TOO_LONG",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
    "INVALID_EMAIL_ADDRESS",
    "NUMBER_OUTSIDE_VALID_RANGE",
    "JSON_PARSER_ERROR",
    "MALFORMED_ID",
    "MALFORMED_QUERY",
    "INVALID_TYPE_ON_FIELD_IN_RECORD",
    "FIELD_INTEGRITY_EXCEPTION",
    "INVALID_CURRENCY_ISO",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    "DUPLICATE_EXTERNAL_ID",
    "CANNOT_UPDATE_CONVERTED_LEAD",
    "UNAVAILABLE_RECORDTYPE_EXCEPTION",
    "UNSUPPORTED_API_VERSION",
    "STORAGE_LIMIT_EXCEEDED",
    "LIMIT_EXCEEDED",
    "INVALID_REPLICATION_DATE",
    "EXCEEDED_ID_LIMIT",
    "MISSING_ARGUMENT",
    "INVALID_TYPE_FOR_OPERATION",
}


@pytest.mark.parametrize("code", sorted(PASSING | TAKEN | FOR_GOOD))
def test_a_code_means(code: str) -> None:
    answer = declined(code, "why")
    assert (answer.passes, answer.taken) == (code in PASSING, code in TAKEN)
    assert answer.code != "refused"
    assert answer.message == f"{code}: why"


def test_the_table_of_the_tests_walks_every_line() -> None:
    of_the_api = {code for code in MEANINGS if not code.startswith("sfdc.platform.eventbus.")}
    assert of_the_api == PASSING | TAKEN | FOR_GOOD


@pytest.mark.parametrize(
    ("message", "passes"),
    [
        ("AccountTrigger: execution of AfterUpdate caused by: UNABLE_TO_LOCK_ROW, 1 record", True),
        ("AccountTrigger: System.LimitException: Apex CPU time limit exceeded", True),
        ("AccountTrigger: System.NullPointerException", False),
    ],
)
def test_a_failed_automation_passes_when_its_cause_does(message: str, passes: bool) -> None:
    assert declined("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message).passes is passes


def test_a_code_that_nobody_knows_is_refused_for_good() -> None:
    answer = declined("BRAND_NEW", "why")
    assert (answer.code, answer.passes, answer.taken) == ("refused", False, False)


@pytest.mark.parametrize(
    ("code", "message", "means"),
    [
        ("INVALID_FIELD", "Foreign key external ID: x not found for field Key__c in entity Account", "not_found"),
        ("INVALID_FIELD", "No such column 'Key__c' on sobject of type Account", "field_unknown"),
        ("INVALID_CROSS_REFERENCE_KEY", "Record Type ID: this ID value isn't valid for the user", "record_type"),
        ("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "not_found"),
        (
            "FIELD_INTEGRITY_EXCEPTION",
            "There's a problem with this country, even though it may appear correct.",
            "state_or_country",
        ),
        ("FIELD_INTEGRITY_EXCEPTION", "Contact: bad id", "validation"),
    ],
)
def test_a_code_means_what_its_message_says(code: str, message: str, means: str) -> None:
    assert declined(code, message).code == means


RIVAL, OTHER = to_18("001000000000001"), to_18("001000000000002")


def test_who_has_the_value_is_read_out_of_the_message() -> None:
    message = f"duplicate value found: Key__c duplicates value on record with id: {RIVAL[:15]}"
    assert declined("DUPLICATE_VALUE", message).rivals == (RIVAL,)
    assert declined("DUPLICATE_VALUE", "duplicate value found: <unknown>").rivals == ()
    assert declined("STRING_TOO_LONG", message).rivals == ()


@pytest.mark.parametrize("key", ["duplicateResut", "duplicateResult"])
def test_whom_a_duplicate_rule_matched_is_read_under_either_spelling(key: str) -> None:
    records: Json = [{"record": {"Id": RIVAL}}, {"record": {"Id": OTHER[:15]}}, {"record": None}, {}]
    error: dict[str, Json] = {key: {"matchResults": [{"matchRecords": records}, {}]}}
    assert declined("DUPLICATES_DETECTED", "Use one of these records?", error).rivals == (RIVAL, OTHER)
