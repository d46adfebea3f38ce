"""The way into Salesforce's API: session, version, limit, ordered faults, then the work."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.mapping.values import Fields, Json
from app.simulator.credentials import bearer
from app.simulator.faults import SILENCE_SECONDS, Fault
from app.simulator.journal import Call
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.sessions import SalesforceClient
from app.simulator.salesforce.transaction import Writer
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import read_json

VERSIONS = tuple(f"{number}.0" for number in range(60, 69))


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call that was let in."""

    client: SalesforceClient
    writer: Writer
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Headers
    body: bytes

    @property
    def root(self) -> str:
        """The path of the API version that was called."""
        return f"/services/data/v{self.path['version']}"

    def json(self) -> Json:
        """The body. Raises Refusal."""
        try:
            return read_json(self.body)
        except ValueError as error:
            raise Refusal("JSON_PARSER_ERROR", f"The body is not JSON: {error}") from error

    def fields(self) -> Fields:
        """The body as one JSON object. Raises Refusal."""
        content = self.json()
        if not isinstance(content, Mapping):
            raise Refusal("JSON_PARSER_ERROR", "The body is not a JSON object.")
        return content


Work = Callable[[ApiCall], Response]
Endpoint = Callable[[Request], Awaitable[Response]]
Table = Sequence[tuple[str, str, Work]]
"""Method, path and work of some routes."""


def api_routes(world: SalesforceWorld, table: Table) -> list[Route]:
    """A route for every method, path and work; as at Salesforce, a path may end in a slash."""
    return [
        Route(spelling, guarded(world, work), methods=[method])
        for method, path, work in table
        for spelling in ((path,) if path.endswith(":path}") else (path, f"{path}/"))
    ]


def guarded(world: SalesforceWorld, work: Work) -> Endpoint:
    """`work` as an endpoint that only a living session reaches; a Refusal becomes its answer."""

    async def endpoint(request: Request) -> Response:
        client = world.sessions.client(bearer(request))
        try:
            answer = await _carried_out(world, request, work, client)
        except Refusal as refusal:
            answer = refusal.as_answer()
        if world.facts.tells_limits:
            answer.headers["Sforce-Limit-Info"] = f"api-usage={world.calls_used}/{world.daily_limit}"
        if world.facts.tells_time:
            answer.headers["Date"] = format_datetime(world.clock.now(), usegmt=True)
        name = client.name if client else ""
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        world.journal.calls.append(Call(world.clock.now(), name, request.method, path, answer.status_code))
        return answer

    return endpoint


async def _carried_out(
    world: SalesforceWorld, request: Request, work: Work, client: SalesforceClient | None
) -> Response:
    if client is None:
        raise Refusal("INVALID_SESSION_ID", "Session expired or invalid", status=401)
    if request.path_params["version"] not in VERSIONS:
        raise Refusal("UNSUPPORTED_API_VERSION", "This API version is not supported.", status=404)
    call = await _call(world, request, client)
    if client.person:
        return work(call)
    world.calls_used += 1
    if world.calls_used > world.daily_limit:
        raise _too_many()
    if world.latency_seconds:
        await world.clock.sleep(world.latency_seconds)
    return await _faulty(world, world.faults.take(request.method, str(request.url)), lambda: work(call))


async def _call(world: SalesforceWorld, request: Request, client: SalesforceClient) -> ApiCall:
    options = dict(option.strip().split("=", 1) for option in _options(request))
    named = world.facts.names_client_in_collections or "/composite" not in request.url.path
    hidden = frozenset[str]() if client.person else frozenset(world.hidden_fields)
    writer = Writer(client.name, client.user_id, options.get("client", "") if named else "", hidden)
    query = dict(request.query_params)
    return ApiCall(client, writer, request.path_params, query, request.headers, await request.body())


def _options(request: Request) -> list[str]:
    return [option for option in request.headers.get("sforce-call-options", "").split(",") if "=" in option]


async def _faulty(world: SalesforceWorld, fault: Fault | None, work: Callable[[], Response]) -> Response:
    if fault is Fault.UNAVAILABLE:
        return PlainTextResponse("Service Unavailable", 503)
    if fault is Fault.TOO_MANY:
        raise _too_many()
    if fault is Fault.ERROR:
        raise _internal_error()
    if fault is Fault.SILENCE:
        await world.clock.sleep(SILENCE_SECONDS)
        return PlainTextResponse("", 504)
    answer = work()
    if fault is Fault.ERROR_AFTER_COMMIT:
        raise _internal_error()
    if fault is Fault.SILENCE_AFTER_COMMIT:
        await world.clock.sleep(SILENCE_SECONDS)
    return answer


def _too_many() -> Refusal:
    return Refusal("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)


def _internal_error() -> Refusal:
    return Refusal("UNKNOWN_EXCEPTION", "An unexpected error occurred.", status=500)
