"""What each of Salesforce's replies means for the call as a whole."""

from datetime import timedelta
from itertools import count

import httpx
import pytest

from app.connectors import wire
from app.connectors.http import Outgoing, Reply
from app.connectors.quota import Quota
from app.connectors.quota_ledger import Limits
from app.connectors.quota_store import LocalStore
from app.connectors.salesforce.dialect import SalesforceDialect, calls_left
from app.connectors.tokens import Access
from app.engine.events import Priority
from app.errors import CallRefused, Doubtful, OutOfQuota, SignInNeeded, Unreachable, VendorError
from app.mapping.values import Json
from tests.support.clock import VirtualClock

READ = Outgoing("GET", "/x")
WRITE = Outgoing("PATCH", "/x", "{}", writes=True)


def dialect(clock: VirtualClock, limits: Limits | None = None) -> SalesforceDialect:
    numbers = count()
    quota = Quota(LocalStore(limits or Limits(), clock), clock, lambda: f"permit-{next(numbers)}")
    return SalesforceDialect(quota, clock)


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
        failure = dialect(clock).failure(reply(status, body), out)
        assert type(failure) is (expected or type(None))


@pytest.mark.parametrize(("status", "body", "answered"), [(500, "", True), (504, "", True), (200, "<html>", False)])
def test_a_write_that_was_answered_with_an_error_would_be_answered_so_again(
    clock: VirtualClock, status: int, body: Json, *, answered: bool
) -> None:
    failure = dialect(clock).failure(reply(status, body), WRITE)
    assert isinstance(failure, Doubtful)
    assert failure.answered is answered


def test_a_refused_call_says_why_in_our_words(clock: VirtualClock) -> None:
    spoken = dialect(clock)
    failures = [
        spoken.failure(reply(300, []), WRITE),
        spoken.failure(reply(404, error("NOT_FOUND")), WRITE),
        spoken.failure(reply(414, "<html>"), READ),
    ]
    codes = [failure.code for failure in failures if isinstance(failure, CallRefused)]
    assert codes == ["key_ambiguous", "not_found", "http_414"]


def test_a_refused_query_does_not_repeat_whom_it_asked_for(clock: VirtualClock) -> None:
    message = "\nSELECT Nme FROM Account WHERE Email__c IN ('a@b.example')\n  ^\nERROR at Row:1\nNo such column 'Nme'"
    failure = dialect(clock).failure(reply(400, error("INVALID_FIELD", message)), READ)
    assert str(failure) == "Salesforce refused the call (400): INVALID_FIELD: No such column 'Nme'"


@pytest.mark.parametrize(
    ("message", "wait"),
    [
        ("TotalRequests Limit exceeded.", timedelta(minutes=30)),
        ("ConcurrentRequests (Concurrent API Requests) Limit exceeded.", timedelta(seconds=30)),
    ],
)
def test_a_limit_lasts_by_its_kind(clock: VirtualClock, message: str, wait: timedelta) -> None:
    failure = dialect(clock).failure(reply(403, error("REQUEST_LIMIT_EXCEEDED", message)), READ)
    assert isinstance(failure, OutOfQuota)
    assert failure.until == clock.now() + wait


def test_every_call_names_us(clock: VirtualClock) -> None:
    headers = dialect(clock).headers(Access("t", "https://example.my.salesforce.com"))
    assert headers == {"Authorization": "Bearer t", "Sforce-Call-Options": "client=crossbook"}


def test_the_writer_of_our_writes_is_learned_from_the_sign_in(clock: VirtualClock) -> None:
    spoken = dialect(clock)
    assert spoken.user is None
    spoken.headers(Access("t", "https://example.my.salesforce.com", user="0055g0000000002AAA"))
    assert spoken.user == "0055g0000000002AAA"


async def fly(spoken: SalesforceDialect, answered: Reply, priority: Priority = Priority.PUSH) -> None:
    async with spoken.gate(priority) as passage:
        passage.reply = answered


async def test_our_own_budget_ends_before_the_orgs(clock: VirtualClock) -> None:
    spoken = dialect(clock, Limits(minute=100, day=2))
    usage = {"Sforce-Limit-Info": "api-usage=10/100000"}
    for _ in range(2):
        await fly(spoken, Reply(200, httpx.Headers(usage), b"{}"))
    with pytest.raises(OutOfQuota):
        await fly(spoken, Reply(200, {}, b"{}"))
    clock.advance(86_400 + 300)
    await fly(spoken, Reply(200, {}, b"{}"))


async def test_what_others_use_of_the_org_is_not_left_to_us(clock: VirtualClock) -> None:
    spoken = dialect(clock, Limits(minute=100, day=1000))
    await fly(spoken, Reply(200, httpx.Headers({"Sforce-Limit-Info": "api-usage=99999/100000"}), b"{}"))
    await fly(spoken, Reply(200, {}, b"{}"))
    with pytest.raises(OutOfQuota):
        await fly(spoken, Reply(200, {}, b"{}"))


async def test_a_limit_that_is_reached_lets_no_further_call_go_for_a_while(clock: VirtualClock) -> None:
    spoken = dialect(clock)
    await fly(spoken, reply(403, error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")))
    with pytest.raises(OutOfQuota) as refused:
        await fly(spoken, reply(200, []))
    assert refused.value.until == clock.now() + timedelta(minutes=30)


@pytest.mark.parametrize("info", ["", "api-usage=1", "api-usage=x/y", "per-app-api-usage"])
def test_an_answer_that_does_not_say_what_is_left_says_nothing(info: str) -> None:
    assert calls_left(Reply(200, httpx.Headers({"Sforce-Limit-Info": info}), b"{}")) is None
