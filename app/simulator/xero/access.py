"""The way into Xero's API: token, tenant, limits, idempotency, ordered faults, then the work."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from app.simulator.credentials import bearer
from app.simulator.faults import SILENCE_SECONDS, Fault
from app.simulator.journal import Call
from app.simulator.xero.answers import problem, refused
from app.simulator.xero.books import Books
from app.simulator.xero.idempotency import LONGEST_KEY, DifferentRequest
from app.simulator.xero.identity import Access, XeroApp
from app.simulator.xero.limits import LimitBroken
from app.simulator.xero.world import XeroWorld

WRITES = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call that was let in."""

    app: XeroApp
    books: Books
    method: str
    url: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Headers
    body: bytes


Work = Callable[[ApiCall], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def guarded(world: XeroWorld, work: Work, scope: str) -> Endpoint:
    """`work` as an endpoint that only callers with `scope` on this organisation reach."""

    async def endpoint(request: Request) -> Response:
        caller = _caller(world, request, scope)
        if isinstance(caller, Response):
            return _stamped(world, request, caller, None)
        app, books = caller
        call = ApiCall(
            app,
            books,
            request.method,
            str(request.url),
            request.path_params,
            dict(request.query_params),
            request.headers,
            await request.body(),
        )
        return _stamped(world, request, await _carried_out(world, call, work), call)

    return endpoint


def _caller(world: XeroWorld, request: Request, scope: str) -> tuple[XeroApp, Books] | Response:
    access = world.identity.access(bearer(request))
    if access is None:
        return problem(401, "Unauthorized", "AuthenticationUnsuccessful")
    if access.expires_at <= world.clock.now():
        return problem(401, "Unauthorized", f"TokenExpired: token expired at {access.expires_at:%m/%d/%Y %H:%M:%S}")
    if not access.may(request.method, scope):
        return problem(401, "Unauthorized", "AuthorizationUnsuccessful")
    books = _reached(world, request, access)
    if books is None:
        return problem(403, "Forbidden", "AuthenticationUnsuccessful")
    if "json" not in request.headers.get("accept", ""):
        return Response("<ApiException><Message>Ask for application/json</Message></ApiException>", 406)
    return access.app, books


def _reached(world: XeroWorld, request: Request, access: Access) -> Books | None:
    """The organisation that the call names, if it is connected; people and custom connections need no consent."""
    needless = access.app.custom or access.app.person
    tenant_id = request.headers.get("xero-tenant-id", world.tenant_id if needless else "").lower()
    connected = needless or any(row.tenant_id == tenant_id for row in world.connections.of(access.consent))
    return world.organisations.get(tenant_id) if connected else None


async def _carried_out(world: XeroWorld, call: ApiCall, work: Work) -> Response:
    if call.app.person:
        return work(call)
    if call.books.offline:
        return PlainTextResponse("The Organisation is offline", 503)
    fault = world.faults.take(call.method, call.url)
    if fault is Fault.TOO_MANY:
        return _too_many(world, "minute", 5)
    if fault is Fault.UNAVAILABLE:
        return PlainTextResponse("The service is temporarily unavailable", 503)
    try:
        with world.limits(call.app, call.books).call():
            return await _limited(world, call, work, fault)
    except LimitBroken as error:
        return _too_many(world, error.problem, error.retry_after_seconds)


async def _limited(world: XeroWorld, call: ApiCall, work: Work, fault: Fault | None) -> Response:
    if fault is Fault.SILENCE:
        await world.clock.sleep(SILENCE_SECONDS)
        return PlainTextResponse("", 504)
    if world.latency_seconds:
        await world.clock.sleep(world.latency_seconds)
    answer = await _once(world, call, work, fault)
    if fault is Fault.SILENCE_AFTER_COMMIT:
        await world.clock.sleep(SILENCE_SECONDS)
    return answer


async def _once(world: XeroWorld, call: ApiCall, work: Work, fault: Fault | None) -> Response:
    async def run() -> Response:
        if fault is Fault.ERROR:
            return _internal_error()
        answer = work(call)
        return _internal_error() if fault is Fault.ERROR_AFTER_COMMIT else answer

    key = call.headers.get("idempotency-key", "")
    if not key or call.method not in WRITES:
        return await run()
    if len(key) > LONGEST_KEY:
        return refused(17, "IdempotencyException", f"An Idempotency Key has {LONGEST_KEY} characters at most.")
    try:
        return await world.idempotency.once(call.app.name, key, _fingerprint(call), run)
    except DifferentRequest:
        return refused(17, "IdempotencyException", f"Idempotency Key: {key} is used with a different request.")


def _fingerprint(call: ApiCall) -> bytes:
    return b"\n".join([call.books.tenant_id.encode(), call.method.encode(), call.url.encode(), call.body])


def _internal_error() -> Response:
    return refused(500, "InternalServerException", "An error occurred in Xero.", 500)


def _too_many(world: XeroWorld, limit: str, retry_after_seconds: int | None) -> Response:
    hinted = retry_after_seconds is not None and world.facts.retry_after_sent
    hint = {"Retry-After": str(retry_after_seconds)} if hinted else {}
    headers = {"X-Rate-Limit-Problem": limit, **hint}
    if world.facts.refusal_body == "html":
        return HTMLResponse("<html><h1>Too many requests</h1></html>", 429, headers)
    return Response(status_code=429, headers=headers)


def _stamped(world: XeroWorld, request: Request, answer: Response, call: ApiCall | None) -> Response:
    answer.headers["Xero-Correlation-Id"] = world.new_id()
    if call and not call.app.person:
        answer.headers.update(world.limits(call.app, call.books).headers())
    name = call.app.name if call else ""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    world.journal.calls.append(Call(world.clock.now(), name, request.method, path, answer.status_code))
    return answer
