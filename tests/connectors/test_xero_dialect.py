"""What each of Xero's replies means for the call as a whole."""

from datetime import timedelta
from itertools import count

import httpx
import pytest

from app.connectors import wire
from app.connectors.http import Outgoing, Reply
from app.connectors.quota import Limit, Quota
from app.connectors.quota_ledger import Limits
from app.connectors.quota_store import LocalStore
from app.connectors.tokens import Access
from app.connectors.xero.connections import XeroConnections
from app.connectors.xero.dialect import XeroDialect
from app.connectors.xero.limits import broken, park_seconds
from app.engine.events import Priority
from app.errors import CallRefused, Doubtful, OutOfQuota, SignInNeeded, Unreachable, VendorError
from app.mapping.values import Json
from tests.connectors.scripted import ROOT, Line, Script, api
from tests.support.clock import VirtualClock

READ = Outgoing("GET", "/x")
WRITE = Outgoing("POST", "/x", "{}", writes=True)
VALIDATION: Json = {"Type": "ValidationException", "Message": "A validation exception occurred", "Elements": [{}]}
PROBLEM: Json = {"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}


@pytest.fixture
def quota(clock: VirtualClock) -> Quota:
    numbers = count()
    return Quota(LocalStore(Limits(), clock), clock, lambda: str(next(numbers)))


@pytest.fixture
def dialect(clock: VirtualClock, quota: Quota) -> XeroDialect:
    return dialect_of("tenant-1", quota, clock)


def dialect_of(tenant_id: str, quota: Quota, clock: VirtualClock, *connections: Line) -> XeroDialect:
    return XeroDialect("nz", tenant_id, quota, clock, XeroConnections(api(Script(*connections), clock), ROOT))


def reply(status: int, body: Json = "", **headers: str) -> Reply:
    content = body if isinstance(body, str) else wire.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, httpx.Headers({"Xero-Correlation-Id": "corr-1", **named}), content.encode())


@pytest.mark.parametrize(
    ("status", "body", "read", "write"),
    [
        (200, {"Contacts": []}, None, None),
        (200, "<html>", Unreachable, Doubtful),
        (200, '{"Contacts": [', Unreachable, Doubtful),
        (200, "", Unreachable, Doubtful),
        (304, "", None, None),
        (302, "", CallRefused, CallRefused),
        (400, VALIDATION, CallRefused, None),
        (400, {"Type": "QueryParseException", "Message": "Syntax error"}, CallRefused, CallRefused),
        (400, "plain text", CallRefused, CallRefused),
        (401, {"Detail": "TokenExpired"}, SignInNeeded, SignInNeeded),
        (403, PROBLEM, SignInNeeded, SignInNeeded),
        (404, "The resource you're looking for cannot be found", CallRefused, CallRefused),
        (412, "", CallRefused, CallRefused),
        (413, "", CallRefused, CallRefused),
        (429, "", OutOfQuota, OutOfQuota),
        (500, {"Message": "An error occurred"}, Unreachable, Doubtful),
        (501, "", CallRefused, CallRefused),
        (502, "<html>", Unreachable, Doubtful),
        (503, "The Organisation is offline", Unreachable, Unreachable),
        (504, "", Unreachable, Doubtful),
    ],
)
def test_a_reply_means(
    dialect: XeroDialect,
    status: int,
    body: Json,
    read: type[VendorError] | None,
    write: type[VendorError] | None,
) -> None:
    for out, expected in ((READ, read), (WRITE, write)):
        failure = dialect.failure(reply(status, body), out)
        assert type(failure) is (expected or type(None))
        assert failure is None or failure.request_id == "corr-1"


@pytest.mark.parametrize(("status", "body", "answered"), [(500, "", True), (504, "", True), (200, "<html>", False)])
def test_a_write_that_was_answered_with_an_error_would_be_answered_so_again(
    dialect: XeroDialect, status: int, body: Json, *, answered: bool
) -> None:
    failure = dialect.failure(reply(status, body), WRITE)
    assert isinstance(failure, Doubtful)
    assert failure.answered is answered


def test_a_refused_call_says_why_in_our_words(dialect: XeroDialect) -> None:
    clash: Json = {"Message": "Idempotency Key: k is used with a different request."}
    failures = [dialect.failure(reply(400, clash), WRITE), dialect.failure(reply(413, "too big"), WRITE)]
    assert [failure.code for failure in failures if isinstance(failure, CallRefused)] == [
        "idempotency_clash",
        "http_413",
    ]


@pytest.mark.parametrize(
    ("problem", "limit"),
    [
        ("minute", Limit.MINUTE),
        ("day", Limit.DAY),
        ("concurrent", Limit.CONCURRENT),
        ("appminute", Limit.APP_MINUTE),
        ("app-minute", Limit.APP_MINUTE),
        ("", Limit.MINUTE),
        ("new-kind", Limit.MINUTE),
    ],
)
def test_a_429_names_its_limit(problem: str, limit: Limit) -> None:
    assert broken(reply(429, x_rate_limit_problem=problem)) is limit


@pytest.mark.parametrize(
    ("problem", "asked", "seconds"),
    [
        ("minute", "17", 17),
        ("minute", "0", 1),
        ("minute", "99999", 120),
        ("minute", "-5", 60),
        ("minute", "soon", 60),
        ("day", "40000", 40_000),
        ("day", "999999999", 90_000),
        ("day", "", 3600),
        ("concurrent", "30", 1),
        ("appminute", "", 60),
    ],
)
def test_a_429_lasts_as_long_as_it_says_within_reason(problem: str, asked: str, seconds: float) -> None:
    assert park_seconds(reply(429, x_rate_limit_problem=problem, retry_after=asked)) == seconds


def test_out_of_quota_says_until_when(dialect: XeroDialect, clock: VirtualClock) -> None:
    failure = dialect.failure(reply(429, x_rate_limit_problem="day", retry_after="600"), READ)
    assert isinstance(failure, OutOfQuota)
    assert failure.until == clock.now() + timedelta(seconds=600)


def test_a_custom_connection_names_no_tenant(quota: Quota, clock: VirtualClock) -> None:
    access = Access("t", "https://api.xero.com")
    assert dialect_of("tenant-1", quota, clock).headers(access)["Xero-Tenant-Id"] == "tenant-1"
    assert "Xero-Tenant-Id" not in dialect_of("", quota, clock).headers(access)


async def test_the_gate_tells_the_quota_what_the_reply_said(
    dialect: XeroDialect, quota: Quota, clock: VirtualClock
) -> None:
    async with dialect.gate(Priority.PUSH) as passage:
        passage.reply = reply(200, {}, x_minlimit_remaining="0")
    with pytest.raises(OutOfQuota):
        await quota.flight(Priority.PUSH).__aenter__()


async def test_the_gate_parks_the_organisation_after_a_day_refusal(
    dialect: XeroDialect, quota: Quota, clock: VirtualClock
) -> None:
    async with dialect.gate(Priority.PUSH) as passage:
        passage.reply = reply(429, x_rate_limit_problem="day", retry_after="7200")
    with pytest.raises(OutOfQuota) as refused:
        await quota.flight(Priority.PERSON).__aenter__()
    assert refused.value.until == clock.now() + timedelta(seconds=7200)


def test_no_failure_shows_a_token(dialect: XeroDialect) -> None:
    assert "secret-token" not in str(dialect.headers(Access("x", "u")))
    for status in (400, 401, 403, 429, 500, 503):
        assert "secret" not in str(dialect.failure(reply(status, "", authorization="secret"), WRITE))
