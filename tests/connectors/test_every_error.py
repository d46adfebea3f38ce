"""Every failure that the two vendors are known to report is of one kind, and has words for people."""

import ast
from pathlib import Path

import pytest

from app import connectors
from app.connectors import wire
from app.connectors.http import Outgoing, Reply
from app.connectors.quota import Quota
from app.connectors.quota_ledger import Limits
from app.connectors.quota_store import LocalStore
from app.connectors.salesforce import errors as salesforce
from app.connectors.salesforce import remedies
from app.connectors.salesforce.dialect import SalesforceDialect
from app.connectors.xero import errors as xero
from app.connectors.xero.connections import XeroConnections
from app.connectors.xero.dialect import XeroDialect
from app.engine import causes
from app.engine.actions import Declined
from app.engine.causes import Kind
from app.errors import CallRefused, Doubtful, OutOfQuota, SignInNeeded, Unreachable, VendorError
from app.mapping.values import Json
from tests.connectors.scripted import ROOT, Script, answer, api, soon
from tests.connectors.test_salesforce_signin import sign_in as salesforce_sign_in
from tests.connectors.test_xero_signin import sign_in as xero_sign_in
from tests.support.clock import VirtualClock

AGAIN, SIGN_IN, WAIT, ASK = Kind.TRY_AGAIN, Kind.SIGN_IN, Kind.WAIT, Kind.ASK
DEAD, CONFIGURATION = Kind.DEAD_LETTER, Kind.CONFIGURATION

LOCKED = "UNABLE_TO_LOCK_ROW, unable to obtain exclusive access to this record or 1 records: 001"

SALESFORCE: dict[tuple[str, str], Kind] = {
    ("INVALID_SESSION_ID", "Session expired or invalid"): SIGN_IN,
    ("INVALID_AUTH_HEADER", ""): SIGN_IN,
    ("INVALID_JWT_FORMAT", ""): SIGN_IN,
    ("API_DISABLED_FOR_ORG", ""): CONFIGURATION,
    ("API_CURRENTLY_DISABLED", ""): AGAIN,
    ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."): WAIT,
    ("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."): WAIT,
    ("SERVER_UNAVAILABLE", ""): AGAIN,
    ("UNKNOWN_EXCEPTION", ""): AGAIN,
    ("QUERY_TIMEOUT", ""): AGAIN,
    ("REQUEST_RUNNING_TOO_LONG", ""): AGAIN,
    ("UNABLE_TO_LOCK_ROW", LOCKED): AGAIN,
    ("TOO_MANY_APEX_REQUESTS", ""): AGAIN,
    ("ENTITY_IS_DELETED", "entity is deleted"): DEAD,
    ("NOT_FOUND", "The requested resource does not exist"): DEAD,
    ("NOT_FOUND", "Provided external ID field does not exist or is not accessible"): CONFIGURATION,
    ("INVALID_CROSS_REFERENCE_KEY", ""): DEAD,
    ("INSUFFICIENT_ACCESS_OR_READONLY", ""): CONFIGURATION,
    ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", ""): CONFIGURATION,
    ("INVALID_FIELD", "No such column 'Email__c' on entity 'Account'"): CONFIGURATION,
    ("INVALID_TYPE", ""): CONFIGURATION,
    ("INVALID_FIELD_FOR_INSERT_UPDATE", ""): CONFIGURATION,
    ("REQUIRED_FIELD_MISSING", ""): CONFIGURATION,
    ("STRING_TOO_LONG", ""): DEAD,
    ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ""): DEAD,
    ("INVALID_EMAIL_ADDRESS", ""): DEAD,
    ("NUMBER_OUTSIDE_VALID_RANGE", ""): DEAD,
    ("JSON_PARSER_ERROR", ""): DEAD,
    ("MALFORMED_ID", ""): DEAD,
    ("MALFORMED_QUERY", ""): DEAD,
    ("FIELD_INTEGRITY_EXCEPTION", ""): DEAD,
    ("INVALID_CURRENCY_ISO", ""): DEAD,
    ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Phone is needed"): DEAD,
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "AccountTrigger: System.NullPointerException"): DEAD,
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", f"AccountTrigger: {LOCKED}"): AGAIN,
    ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "AccountTrigger: Apex CPU time limit exceeded"): AGAIN,
    ("CANNOT_EXECUTE_FLOW_TRIGGER", ""): AGAIN,
    ("DUPLICATE_VALUE", "duplicate value found: Xero_Contact_Id__c duplicates value on record with id: 001"): ASK,
    ("DUPLICATE_EXTERNAL_ID", ""): DEAD,
    ("DUPLICATES_DETECTED", "Use one of these records?"): ASK,
    ("ENTITY_IS_LOCKED", ""): AGAIN,
    ("INVALID_QUERY_LOCATOR", ""): AGAIN,
    ("STORAGE_LIMIT_EXCEEDED", ""): CONFIGURATION,
    ("LIMIT_EXCEEDED", ""): CONFIGURATION,
    ("PROCESSING_HALTED", ""): AGAIN,
    ("ALL_OR_NONE_OPERATION_ROLLED_BACK", ""): AGAIN,
    ("INVALID_REPLICATION_DATE", ""): AGAIN,
    ("EXCEEDED_ID_LIMIT", ""): AGAIN,
    ("CANNOT_UPDATE_CONVERTED_LEAD", ""): DEAD,
    ("INVALID_FIELD", "Foreign key external ID: 7 not found for field Parent__r.Key__c in entity Account"): DEAD,
    ("INVALID_CROSS_REFERENCE_KEY", "Record Type ID: this ID value isn't valid for the user"): CONFIGURATION,
    ("UNAVAILABLE_RECORDTYPE_EXCEPTION", ""): CONFIGURATION,
    ("FIELD_INTEGRITY_EXCEPTION", "There's a problem with this state, even though it may appear correct."): DEAD,
    ("UNSUPPORTED_API_VERSION", ""): CONFIGURATION,
    ("MISSING_ARGUMENT", ""): DEAD,
    ("INVALID_TYPE_FOR_OPERATION", ""): CONFIGURATION,
    ("INVALID_TYPE_ON_FIELD_IN_RECORD", ""): DEAD,
    ("A_CODE_OF_NEXT_YEAR", "nobody knows it"): DEAD,
}
"""The error codes of Salesforce's API, by code and message."""

EVENT_BUS: dict[str, Kind] = {
    "service.unavailable": AGAIN,
    "service.auth.error": SIGN_IN,
    "service.auth.headers.invalid": CONFIGURATION,
    "service.protection.triggered": AGAIN,
    "service.stream.limit.triggered": AGAIN,
    "service.tenant.license": CONFIGURATION,
    "concurrent.client.limit.exceeded": CONFIGURATION,
    "topic.not.found": CONFIGURATION,
    "topic.meta.permission": CONFIGURATION,
    "subscription.topic.cannot.subscribe": CONFIGURATION,
    "topic.api.unavailable": AGAIN,
    "schema.api.unavailable": AGAIN,
    "subscription.internal.error": AGAIN,
    "subscription.fetch.replayid.corrupted": AGAIN,
    "subscription.fetch.replayid.validation.failed": AGAIN,
    "subscription.fetch.replay.repeated": AGAIN,
    "subscription.fetch.topic.mismatch": CONFIGURATION,
    "subscription.fetch.requested.events.invalid": CONFIGURATION,
    "subscription.limit.exceeded": WAIT,
    "managed.subscription.already.active": CONFIGURATION,
    "managed.subscription.config.stopped": CONFIGURATION,
    "managed.subscription.config.deleted": CONFIGURATION,
    "managed.subscription.not.found": CONFIGURATION,
}
"""The error codes of Salesforce's event bus."""

XERO: dict[str, Kind] = {
    "The contact name Ridgeway is already assigned to another contact. The contact name must be unique across all "
    "active contacts.": ASK,
    "Contact name must be unique across all active contacts.": ASK,
    "Invoice # must be unique.": ASK,
    "The contact number C-1 is used by another contact": ASK,
    "Contact Number already exists": ASK,
    "ContactNumber C-1 already exists": ASK,
    "The account number A-1 already exists. Please enter a different account number.": ASK,
    "AccountNumber A-1 already in use": ASK,
    "Price List Item with Code 'SKU' already exists": ASK,
    "You have reached the limit of invoices you can approve.": DEAD,
    "The contact could not be found": DEAD,
    "The branding theme does not exist": DEAD,
    "Invoice not of valid status for modification": DEAD,
    "The document date cannot be before the period lock date.": DEAD,
    "The document date cannot be before the end of year lock date.": DEAD,
    "The TaxType code OUTPUT2 cannot be used with account code 200": DEAD,
    "Payment amount exceeds the amount outstanding on this document": DEAD,
    "The document with the supplied id was not found for this endpoint.": DEAD,
    "Organisation is not subscribed to currency USD": DEAD,
    "The contact is archived and cannot be updated.": DEAD,
    "Idempotency Key: 7 is used with a different request.": DEAD,
    "Email address must be valid.": DEAD,
    "A sentence of next year": DEAD,
}
"""Validation messages of Xero's."""

KNOWN = [lower for message in XERO if xero.meaning(lower := message.lower()) is not xero.VALIDATION]
"""Those messages that have a line of their own."""

REPLIES: dict[str, tuple[int, Json, dict[str, str], Kind]] = {
    "401 token expired": (401, {"Detail": "TokenExpired: token expired at 10:00"}, {}, SIGN_IN),
    "401 scope missing": (401, {"Detail": "AuthorizationUnsuccessful"}, {}, SIGN_IN),
    "403 not connected": (403, {"Detail": "AuthenticationUnsuccessful"}, {}, SIGN_IN),
    "429 minute": (429, "", {"x-rate-limit-problem": "minute", "retry-after": "20"}, WAIT),
    "429 day": (429, "", {"x-rate-limit-problem": "day", "retry-after": "40000"}, WAIT),
    "429 concurrent": (429, "", {"x-rate-limit-problem": "concurrent"}, WAIT),
    "429 appminute": (429, "", {"x-rate-limit-problem": "appminute"}, WAIT),
    "429 app-minute": (429, "", {"x-rate-limit-problem": "app-minute"}, WAIT),
    "429 without a word": (429, "", {}, WAIT),
    "400 validation": (400, {"ErrorNumber": 10, "Message": "A validation exception occurred"}, {}, DEAD),
    "400 as plain text": (400, "The request is not filtering data efficiently", {}, DEAD),
    "400 key too long": (400, {"Message": "Idempotency Key: longer than 128 characters"}, {}, DEAD),
    "404": (404, "The resource you are looking for cannot be found", {}, CONFIGURATION),
    "412": (412, "", {}, CONFIGURATION),
    "500": (500, "", {}, AGAIN),
    "501": (501, "", {}, CONFIGURATION),
    "503 maintenance": (503, "Xero is offline for maintenance", {}, AGAIN),
    "503 organisation": (503, "The Organisation is offline", {}, AGAIN),
}
"""Whole replies of Xero's: status, body, headers."""

HTTP = {300: DEAD, 400: CONFIGURATION, 401: SIGN_IN, 403: CONFIGURATION, 404: CONFIGURATION, 405: CONFIGURATION} | {
    409: CONFIGURATION,
    410: CONFIGURATION,
    412: CONFIGURATION,
    414: CONFIGURATION,
    415: CONFIGURATION,
    420: AGAIN,
    428: CONFIGURATION,
    429: WAIT,
    431: CONFIGURATION,
    500: AGAIN,
    502: AGAIN,
    503: AGAIN,
}
"""Statuses of Salesforce's without a body that can be read: edges answer in HTML, or not at all."""


SALESFORCE_TOKENS: dict[tuple[str, str], Kind] = {
    ("invalid_grant", "user hasn't approved this consumer"): SIGN_IN,
    ("invalid_app_access", "user is not approved for access"): SIGN_IN,
    ("invalid_grant", "no client credentials user enabled"): SIGN_IN,
    ("invalid_grant", "client credentials flow not enabled"): SIGN_IN,
    ("invalid_grant", "request not supported on this domain"): SIGN_IN,
    ("invalid_grant", "audience is invalid"): SIGN_IN,
    ("inactive_user", "inactive user"): SIGN_IN,
    ("invalid_grant", "user is frozen"): SIGN_IN,
    ("invalid_grant", "ip restricted"): SIGN_IN,
    ("redirect_uri_mismatch", "redirect_uri must match configuration"): SIGN_IN,
    ("invalid_grant", "expired authorization code"): SIGN_IN,
    ("invalid_grant", "expired access/refresh token"): SIGN_IN,
    ("invalid_grant", "invalid code verifier"): SIGN_IN,
    ("invalid_grant", "invalid assertion"): SIGN_IN,
    ("unsupported_grant_type", "grant type not supported"): SIGN_IN,
    ("unauthorized_client", ""): SIGN_IN,
    ("app_not_found", "External client app is not installed in this org"): SIGN_IN,
    ("invalid_client", "invalid client credentials"): SIGN_IN,
    ("invalid_grant", "authentication failure for the user"): SIGN_IN,
    ("a_word_of_next_year", ""): SIGN_IN,
    ("server_error", ""): AGAIN,
    ("temporarily_unavailable", ""): AGAIN,
    ("invalid_request", "login rate exceeded"): AGAIN,
    ("login_rate_exceeded", ""): AGAIN,
    ("unknown_error", "retry your request"): AGAIN,
}
"""What Salesforce's token service says, by error and description."""

XERO_TOKENS: dict[str, Kind] = {
    "invalid_grant": SIGN_IN,
    "invalid_client": SIGN_IN,
    "invalid_scope": SIGN_IN,
    "unauthorized_client": SIGN_IN,
    "a_word_of_next_year": SIGN_IN,
}
"""What Xero's token service says."""


def kind_of(failure: VendorError | None) -> Kind:
    """What is done about the failure of a whole call."""
    match failure:
        case OutOfQuota():
            return Kind.WAIT
        case SignInNeeded():
            return Kind.SIGN_IN
        case Unreachable() | Doubtful():
            return Kind.TRY_AGAIN
        case CallRefused():
            return causes.kind_of(Declined(failure.code, str(failure)))
    raise AssertionError(f"no failure: {failure}")


def no_quota(clock: VirtualClock) -> Quota:
    return Quota(LocalStore(Limits(), clock), clock, lambda: "permit")


def reply(status: int, body: Json, headers: dict[str, str] | None = None) -> Reply:
    data = body.encode() if isinstance(body, str) else wire.dumps(body).encode()
    return Reply(status, headers or {}, data)


@pytest.mark.parametrize(("code", "message"), SALESFORCE)
def test_every_code_of_salesforce_is_of_its_kind(code: str, message: str) -> None:
    assert causes.kind_of(salesforce.declined(code, message)) is SALESFORCE[code, message]


@pytest.mark.parametrize("code", EVENT_BUS)
def test_every_code_of_the_event_bus_is_of_its_kind(code: str) -> None:
    assert causes.kind_of(salesforce.declined(f"sfdc.platform.eventbus.grpc.{code}", "")) is EVENT_BUS[code]


@pytest.mark.parametrize("message", XERO)
def test_every_message_of_xero_is_of_its_kind(message: str) -> None:
    assert causes.kind_of(xero.declined([message])) is XERO[message]


@pytest.mark.parametrize("name", REPLIES)
@pytest.mark.parametrize("writes", [False, True], ids=["read", "write"])
def test_every_reply_of_xero_is_of_its_kind(name: str, clock: VirtualClock, *, writes: bool) -> None:
    status, body, headers, kind = REPLIES[name]
    out = Outgoing("POST" if writes else "GET", "/Contacts", writes=writes)
    dialect = XeroDialect("nz", "tenant", no_quota(clock), clock, XeroConnections(api(Script(), clock), ROOT))
    assert kind_of(dialect.failure(reply(status, body, headers), out)) is kind


@pytest.mark.parametrize("status", HTTP)
def test_every_status_of_salesforce_is_of_its_kind(status: int, clock: VirtualClock) -> None:
    dialect = SalesforceDialect(no_quota(clock), clock)
    assert kind_of(dialect.failure(reply(status, "<html>"), Outgoing("GET", "/query"))) is HTTP[status]


@pytest.mark.parametrize(("error", "description"), SALESFORCE_TOKENS)
async def test_every_word_of_salesforce_s_token_service_is_of_its_kind(
    error: str, description: str, clock: VirtualClock
) -> None:
    service = salesforce_sign_in(Script(answer(400, {"error": error, "error_description": description})), clock)
    with pytest.raises(VendorError) as failure:
        await service.client_credentials(soon())
    assert kind_of(failure.value) is SALESFORCE_TOKENS[error, description]


@pytest.mark.parametrize("error", XERO_TOKENS)
async def test_every_word_of_xero_s_token_service_is_of_its_kind(error: str, clock: VirtualClock) -> None:
    service = xero_sign_in(Script(answer(400, {"error": error})), clock)
    with pytest.raises(VendorError) as failure:
        await service.refresh("old", soon())
    assert kind_of(failure.value) is XERO_TOKENS[error]


def test_the_walk_leaves_out_no_line_of_the_tables() -> None:
    bus = {f"sfdc.platform.eventbus.grpc.{code}" for code in EVENT_BUS}
    assert salesforce.MEANINGS.keys() - {code for code, _ in SALESFORCE} - bus == set()
    met = {next(pieces for pieces, _ in xero.MEANINGS if all(piece in lower for piece in pieces)) for lower in KNOWN}
    assert [pieces for pieces, _ in xero.MEANINGS if pieces not in met] == []
    said = [f"{error} {description}" for error, description in SALESFORCE_TOKENS]
    used = {next((words for words, _ in remedies.REMEDIES if words in each), "") for each in said}
    assert [words for words, _ in remedies.REMEDIES if words not in used] == []
    assert [words for words in remedies.PASSING if not any(words in each for each in said)] == []


def codes_in_the_connectors() -> set[str]:
    """Every code that a connector can produce: its tables, and what it says itself."""
    told = {meaning.code for meaning in (*salesforce.MEANINGS.values(), salesforce.UNKNOWN)}
    told |= {meaning.code for _, meaning in xero.MEANINGS} | {xero.VALIDATION.code}
    for path in Path(connectors.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
                told.add(str(node.value.value))
    return told


def test_every_code_that_a_connector_can_produce_has_its_words() -> None:
    assert codes_in_the_connectors() - causes.CAUSES.keys() == set()


def test_what_passes_is_said_to_pass() -> None:
    passing = {each.code for each in salesforce.MEANINGS.values() if each.passes}
    passing |= {each.code for _, each in xero.MEANINGS if each.passes}
    mixed = {"automation_failed", "api_disabled"}  # they pass for one cause and not for another
    assert {code for code in passing - mixed if causes.CAUSES[code].kind not in {Kind.TRY_AGAIN, Kind.WAIT}} == set()


def test_what_is_taken_is_asked_about() -> None:
    taken = {each.code for each in salesforce.MEANINGS.values() if each.taken}
    taken |= {each.code for _, each in xero.MEANINGS if each.taken}
    assert {causes.CAUSES[code].kind for code in taken} == {Kind.ASK}
