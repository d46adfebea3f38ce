"""What each of Salesforce's replies means for the call as a whole."""

from datetime import timedelta

import pytest

from app.connectors import wire
from app.connectors.http import Outgoing, Reply
from app.connectors.salesforce.dialect import SalesforceDialect
from app.connectors.tokens import Access
from app.errors import CallRefused, Doubtful, OutOfQuota, SignInNeeded, Unreachable, VendorError
from app.mapping.values import Json
from tests.support.clock import VirtualClock

READ = Outgoing("GET", "/x")
WRITE = Outgoing("PATCH", "/x", "{}", writes=True)


def error(code: str, message: str = "why") -> Json:
    return [{"errorCode": code, "message": message}]


def reply(status: int, body: Json = "") -> Reply:
    content = body if isinstance(body, str) else wire.dumps(body)
    return Reply(status, {}, content.encode())


@pytest.mark.parametrize(
    ("status", "body", "read", "write"),
    [
        (200, [], None, None),
        (200, {"done": True}, None, None),
        (200, "<html>", Unreachable, Doubtful),
        (200, '[{"id":', Unreachable, Doubtful),
        (300, ["/services/data/x"], CallRefused, CallRefused),
        (302, "", CallRefused, CallRefused),
        (400, error("MALFORMED_QUERY"), CallRefused, CallRefused),
        (400, error("QUERY_TIMEOUT"), Unreachable, Doubtful),
        (400, error("REQUEST_RUNNING_TOO_LONG"), Unreachable, Doubtful),
        (400, "<html>", CallRefused, CallRefused),
        (401, error("INVALID_SESSION_ID"), SignInNeeded, SignInNeeded),
        (401, "", SignInNeeded, SignInNeeded),
        (403, error("REQUEST_LIMIT_EXCEEDED"), OutOfQuota, OutOfQuota),
        (403, error("API_DISABLED_FOR_ORG"), SignInNeeded, SignInNeeded),
        (403, error("API_CURRENTLY_DISABLED"), Unreachable, Unreachable),
        (403, error("INSUFFICIENT_ACCESS_OR_READONLY"), CallRefused, CallRefused),
        (404, error("NOT_FOUND"), CallRefused, CallRefused),
        (410, error("UNSUPPORTED_API_VERSION"), CallRefused, CallRefused),
        (414, "<html>", CallRefused, CallRefused),
        (420, "<html>", Unreachable, Unreachable),
        (429, "", OutOfQuota, OutOfQuota),
        (500, error("UNKNOWN_EXCEPTION"), Unreachable, Doubtful),
        (502, "<html>", Unreachable, Doubtful),
        (503, "", Unreachable, Unreachable),
        (503, error("SERVER_UNAVAILABLE"), Unreachable, Unreachable),
        (504, "", Unreachable, Doubtful),
    ],
)
def test_a_reply_means(
    clock: VirtualClock, status: int, body: Json, read: type[VendorError] | None, write: type[VendorError] | None
) -> None:
    for out, expected in ((READ, read), (WRITE, write)):
        failure = SalesforceDialect(clock).failure(reply(status, body), out)
        assert type(failure) is (expected or type(None))


def test_a_refused_call_says_why_in_our_words(clock: VirtualClock) -> None:
    dialect = SalesforceDialect(clock)
    failures = [
        dialect.failure(reply(300, []), WRITE),
        dialect.failure(reply(404, error("NOT_FOUND")), WRITE),
        dialect.failure(reply(414, "<html>"), READ),
    ]
    codes = [failure.code for failure in failures if isinstance(failure, CallRefused)]
    assert codes == ["key_ambiguous", "not_found", "http_414"]


def test_a_refused_query_does_not_repeat_whom_it_asked_for(clock: VirtualClock) -> None:
    message = "\nSELECT Nme FROM Account WHERE Email__c IN ('a@b.example')\n  ^\nERROR at Row:1\nNo such column 'Nme'"
    failure = SalesforceDialect(clock).failure(reply(400, error("INVALID_FIELD", message)), READ)
    assert str(failure) == "Salesforce refused the call (400): INVALID_FIELD: No such column 'Nme'"


@pytest.mark.parametrize(
    ("message", "wait"),
    [
        ("TotalRequests Limit exceeded.", timedelta(minutes=30)),
        ("ConcurrentRequests (Concurrent API Requests) Limit exceeded.", timedelta(seconds=30)),
    ],
)
def test_a_limit_lasts_by_its_kind(clock: VirtualClock, message: str, wait: timedelta) -> None:
    failure = SalesforceDialect(clock).failure(reply(403, error("REQUEST_LIMIT_EXCEEDED", message)), READ)
    assert isinstance(failure, OutOfQuota)
    assert failure.until == clock.now() + wait


def test_every_call_names_us(clock: VirtualClock) -> None:
    headers = SalesforceDialect(clock).headers(Access("t", "https://example.my.salesforce.com"))
    assert headers == {"Authorization": "Bearer t", "Sforce-Call-Options": "client=crossbook"}
