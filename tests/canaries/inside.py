"""A drive through every error path within this process, with canaries wherever a secret or a person's data stands."""

import asyncio
import base64
import io
import json
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Thread
from typing import NoReturn, TypeVar

import httpx
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import Connection, text

from app.connectors.http import Outgoing
from app.connectors.salesforce import errors as salesforce_errors
from app.connectors.salesforce.dialect import SalesforceDialect
from app.connectors.xero import errors as xero_errors
from app.connectors.xero.connections import XeroConnections
from app.connectors.xero.dialect import XeroDialect
from app.engine.actions import Declined
from app.engine.messages import Message
from app.engine.records import System
from app.errors import (
    ConditionFailed,
    Doubtful,
    OutOfQuota,
    SignInNeeded,
    StoreUnavailable,
    Unfit,
    Unreachable,
    VendorError,
)
from app.jobs import QueueDoorbell, connect
from app.log import configure_logging, speak_for_python
from app.main import create_app
from app.mapping.model import CreateRule
from app.mapping.model import Mapping as FieldMapping
from app.mapping.values import Fields
from app.runtime import Runtime, VendorConnections
from app.settings import SalesforceConnection, Settings, XeroConnection
from app.store import holds, leases
from app.store.database import Database
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault
from tests.canaries.planted import CONTACT, PERSON, SAID, canary
from tests.connectors.scripted import ROOT, Script, api
from tests.connectors.test_every_error import EVENT_BUS, HTTP, REPLIES, SALESFORCE, XERO, no_quota, reply
from tests.support.clock import VirtualClock
from tests.support.front_door import standard_signature, xero_signature
from tests.support.logging import untouched_logging
from tests.support.world import ORG, TENANT, World, accounts_sync
from tests.webhooks.test_outbound import message, notification
from tests.workers.test_long_reads import ask
from workers.carrying import SURPRISES
from workers.lanes import Drains
from workers.long_reads import read_on
from workers.notices import tell
from workers.reconcile import reconcile_due
from workers.settings import shutdown
from workers.upkeep import forget_what_is_old, ring_forgotten_lanes

T = TypeVar("T")

HOUR = 3600
DAY = 86_400
KEY, OLD_KEY = canary("webhook-key"), canary("old-webhook-key")
OUTBOUND = canary("outbound")
CHANGE = "whsec_" + base64.b64encode(canary("change").encode()).decode()
API_KEY = canary("api-key")

SETTINGS = Settings(
    secret_keys=(SecretStr(canary("secret-key")),),
    body_timeout_seconds=0.05,
    max_body_bytes=20_000,
    salesforce={
        "main": SalesforceConnection(
            url="http://127.0.0.1:1",
            client_id="id",
            client_secret=SecretStr(canary("client-secret")),
            org_id=ORG,
            outbound_secrets=(SecretStr(OUTBOUND),),
            change_secrets=(SecretStr(CHANGE),),
            change_api_keys=(SecretStr(API_KEY),),
        )
    },
    xero={
        "main": XeroConnection(
            client_id="id",
            client_secret=SecretStr(canary("client-secret")),
            tenant_id=TENANT,
            api_url="http://127.0.0.1:1",
            identity_url="http://127.0.0.1:1",
            refresh_token=SecretStr(canary("refresh")),
            webhook_keys=(SecretStr(KEY), SecretStr(OLD_KEY)),
        )
    },
)


class Trouble:
    """A database's driver that fails on demand, as a real one does: its error holds the statement's values."""

    def __init__(self, database: Database) -> None:
        self._driver = database._driver
        self.away = self.broken = False

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await self._driver.write(self._troubled(work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await self._driver.read(self._troubled(work))

    async def migrate(self) -> None:
        await self._driver.migrate()

    def now(self, conn: Connection) -> object:
        return self._driver.now(conn)

    async def close(self) -> None:
        await self._driver.close()

    def _troubled(self, work: Callable[[Connection], T]) -> Callable[[Connection], T]:
        if not (self.away or self.broken):
            return work

        def fail(conn: Connection) -> T:
            if self.away:
                raise StoreUnavailable(SAID) from OSError(SAID)
            conn.execute(text(f"SELECT nonsense + :{'said'} -- {SAID}"), {"said": SAID})
            raise AssertionError

        return fail


def drive() -> tuple[str, str]:
    """What was logged on the way, at every level, and what was answered to strangers."""
    stream = io.StringIO()
    with untouched_logging():
        configure_logging("debug", "json", stream)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            speak_for_python()
            answered = asyncio.run(_drive())
    return stream.getvalue(), answered


async def _drive() -> str:
    answered = await _at_the_door()
    steps = (
        _every_failure,
        _every_refusal,
        _surprises,
        _robbed,
        _store_away,
        _signing_in,
        _network,
        _long_ago,
        _held,
        _bell,
        _notices,
        _newer,
    )
    for step in steps:
        async with _world() as (world, trouble):
            await step(world, trouble)
    return answered


@asynccontextmanager
async def _world(
    change: Callable[[FieldMapping], FieldMapping] = lambda mapping: mapping,
) -> AsyncIterator[tuple[World, Trouble]]:
    clock = VirtualClock()
    trouble = Trouble(Database.direct("sqlite://"))
    database = Database(trouble, clock.now)  # type: ignore[arg-type] # it is a driver but for the clock, which is ours
    await database.migrate()
    world = World(database, clock, accounts_sync(change))
    world.runtime = replace(world.runtime, settings=SETTINGS)
    yield world, trouble
    await database.close()


# --- the door


async def _at_the_door() -> str:
    async with _world() as (world, trouble):
        app = create_app(_opened(world.runtime))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://x") as web:
            answers = [await _send(web, *each) for each in _requests(world.clock)]
            trouble.away = True
            answers += [await _send(web, *each) for each in _requests(world.clock)]
            trouble.away, trouble.broken = False, True
            answers += [await _send(web, *each) for each in _requests(world.clock)]
            trouble.broken = False
            seen = {answer.status_code for answer in answers}
            assert seen >= {200, 400, 401, 404, 405, 408, 413, 415, 500, 503}, seen
            return "".join(f"{each.headers}{each.text}" for each in answers)


def _opened(runtime: Runtime) -> Callable[[], Coroutine[object, object, Runtime]]:
    async def opened() -> Runtime:
        return runtime

    return opened


Asked = tuple[str, str, bytes | None, dict[str, str]]
"""A method, an address, a body (None is one that never ends), headers."""


def _requests(clock: VirtualClock) -> list[Asked]:
    """Everything that strangers and vendors may ask, rightly and wrongly."""
    as_json, xml = {"content-type": "application/json"}, {"content-type": "text/xml"}
    event = {
        "resourceId": "00000000-0000-4000-8000-000000000001",
        "eventDateUtc": "2026-03-02T09:00:00.123",
        "eventType": "UPDATE",
        "eventCategory": "CONTACT",
        "tenantId": TENANT,
    }
    good = json.dumps({"events": [event, {**event, "resourceId": SAID}, {SAID: SAID}], SAID: SAID}).encode()
    bad, numbers = f'{{"{SAID}": '.encode(), json.dumps([SAID]).encode()
    outbound = f"/webhooks/salesforce/outbound/{OUTBOUND}"
    doctype = f'<!DOCTYPE x [<!ENTITY a "{SAID}">]><x>&a;</x>'.encode()
    changes, at = json.dumps({SAID: SAID}), int(clock.now().timestamp())
    signed = {
        "webhook-id": canary("id"),
        "webhook-timestamp": str(at),
        "webhook-signature": standard_signature(changes, id=canary("id"), at=at, secret=CHANGE),
    }

    def xero(body: bytes, key: str = KEY) -> Asked:
        return "POST", "/webhooks/xero", body, {**as_json, "x-xero-signature": xero_signature(body, key)}

    return [
        xero(good),
        xero(good, OLD_KEY),
        xero(bad),
        xero(numbers),
        xero(good, canary("wrong")),
        ("POST", "/webhooks/xero", good, {**as_json, "authorization": f"Bearer {canary('bearer')}"}),
        ("POST", "/webhooks/xero", SAID.encode() * 1000, as_json),
        ("POST", "/webhooks/xero", None, as_json),
        ("POST", "/webhooks/xero", good, {"content-type": f"image/{canary('type')}"}),
        ("POST", "/webhooks/xero", good, {**as_json, "content-encoding": canary("coding")}),
        ("POST", outbound, message([notification()]).replace(b"</sObject>", f"<x>{SAID}</x></sObject>".encode()), xml),
        ("POST", outbound, doctype, xml),
        ("POST", outbound, f"<a>{SAID}".encode(), xml),
        ("POST", outbound + "wrong", doctype, xml),
        ("GET", outbound, b"", {}),
        ("POST", f"{outbound}/{canary('more')}", b"", xml),
        ("POST", f"/{canary('address')}?{canary('query')}", b"", {}),
        ("POST", "/webhooks/salesforce/changes", changes.encode(), {**as_json, **signed}),
        ("POST", "/webhooks/salesforce/changes", bad, {**as_json, "x-api-key": API_KEY}),
        ("POST", "/webhooks/salesforce/changes", bad, {**as_json, "x-api-key": canary("wrong")}),
        ("GET", f"/connect/xero?code={canary('code')}&state={canary('state')}", b"", {"cookie": canary("cookie")}),
        ("GET", f"/connect/salesforce?error={canary('error')}&state={canary('state')}", b"", {}),
        ("GET", f"/connect/{canary('system')}?code={canary('code')}", b"", {}),
        ("GET", "/healthz", b"", {}),
        ("GET", "/readyz", b"", {}),
        ("GET", "/metrics", b"", {}),
    ]


async def _send(
    web: httpx.AsyncClient, method: str, address: str, body: bytes | None, headers: Mapping[str, str]
) -> httpx.Response:
    return await web.request(method, address, content=_endless() if body is None else body, headers=headers)


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield SAID.encode()[:10]
        await asyncio.sleep(0.04)


# --- the vendors


def failures(clock: VirtualClock) -> list[VendorError]:
    """What the connectors raise for every reply of the one walk, each of which quotes a person's data."""
    xero = XeroDialect("nz", TENANT, no_quota(clock), clock, XeroConnections(api(Script(), clock), ROOT))
    salesforce = SalesforceDialect(no_quota(clock), clock)
    found: list[VendorError | None] = []
    for writes in (False, True):
        out = Outgoing("POST", f"/x?{canary('query')}", body=SAID, writes=writes)
        for status, body, headers, _ in REPLIES.values():
            quoted = (
                {**body, "Message": f"{body.get('Message')} {SAID}"} if isinstance(body, Mapping) else f"{body} {SAID}"
            )
            found.append(xero.failure(reply(status, quoted, headers), out))
        found += [xero.failure(reply(400, {"Message": f"{each} {SAID}"}), out) for each in XERO]
        found += [salesforce.failure(reply(status, f"<html>{SAID}"), out) for status in HTTP]
        for code, words in SALESFORCE:
            said = [{"errorCode": code, "message": f"SELECT {SAID}\n{words} {SAID}"}]
            found += [salesforce.failure(reply(status, said), out) for status in (400, 403)]
    by_words = {f"{type(each).__name__} {each}": each for each in found if each}
    lost = [Doubtful(SAID), Unreachable(SAID), SignInNeeded(SAID), OutOfQuota(SAID, until=clock.now())]
    return [*by_words.values(), *lost]


async def _every_failure(world: World, _: Trouble) -> None:
    """A write, a look or a search that fails so, and, once a kind of failure, a scan that does."""
    kinds = set[tuple[str, str]]()
    for number, failure in enumerate(failures(world.clock)):
        account = await world.edit(System.SALESFORCE, None, **PERSON)
        world.xero.fail_next(failure, method=("send", "read", "find", "changed")[number % 4])
        await world.drain()
        world.salesforce.delete("Account", account)
        await world.push(System.SALESFORCE, account)
        world.clock.advance(DAY)
        kind = (type(failure).__name__, getattr(failure, "code", ""))
        if kind not in kinds:
            kinds.add(kind)
            world.salesforce.fail_next(failure, method="changed")
            await reconcile_due(world.runtime)
            world.salesforce.calm_down()
        world.xero.calm_down()
        await world.drain()
        world.clock.advance(DAY)


async def _every_refusal(world: World, _: Trouble) -> None:
    """An element that is refused so."""
    refused = [salesforce_errors.declined(code, f"{words} {SAID}") for code, words in SALESFORCE]
    refused += [salesforce_errors.declined(f"sfdc.platform.eventbus.grpc.{code}", SAID) for code in EVENT_BUS]
    refused += [xero_errors.declined([f"{words} {SAID}"]) for words in XERO]
    for each in refused:
        world.xero.decline_next(each)
        await world.edit(System.SALESFORCE, None, **PERSON)
    for _again in range(4):
        await world.drain()
        world.clock.advance(DAY)
    taken = Declined("name_taken", SAID, taken=True)
    world.salesforce.decline_next(taken)
    await world.edit(System.XERO, None, **CONTACT)
    await world.drain()
    await forget_what_is_old(world.runtime)
    world.clock.advance(3000 * DAY)
    await forget_what_is_old(world.runtime)


@dataclass
class Failing:
    """A condition that fails so, with a person's data in its message, its cause and its variables."""

    error: type[Exception]

    source = "fails"

    def fields(self, system: System) -> frozenset[str]:
        return frozenset()

    def holds(self, salesforce: Fields | None, xero: Fields | None) -> bool:
        quoted = SAID
        raise self.error(quoted) from ValueError(quoted)


async def _surprises(_: World, __: Trouble) -> None:
    """What an operator's condition or a value brings about, and what nobody foresaw."""
    for error in (ConditionFailed, Unfit, RuntimeError):
        async with _world(_failing(error)) as (world, trouble):
            await world.edit(System.SALESFORCE, None, **PERSON)
            await world.edit(System.SALESFORCE, None, **PERSON)
            for _again in range(SURPRISES + 1):
                await world.drain()
                world.clock.advance(DAY)
            await Drains(world.runtime).drain("nobody/Knows")
            trouble.broken = True
            results = await asyncio.gather(world.drain(), ring_forgotten_lanes(world.runtime), return_exceptions=True)
            assert all(isinstance(each, Exception) for each in results)


def _failing(error: type[Exception]) -> Callable[[FieldMapping], FieldMapping]:
    return lambda mapping: replace(mapping, create_in_xero=CreateRule(Failing(error)))


async def _robbed(world: World, _: Trouble) -> None:
    """Another worker takes the lane while one looks."""
    await world.edit(System.SALESFORCE, None, **PERSON)

    async def rob() -> None:
        now = world.clock.advance(100)
        await world.database.run(lambda conn: leases.take(conn, world.lane, "worker-2", now, 25))

    world.salesforce.interrupt("read", "before", rob)
    await world.drain()


async def _store_away(world: World, trouble: Trouble) -> None:
    """Whatever needs the database finds it away."""
    await ask(world)
    await world.edit(System.SALESFORCE, None, **PERSON)
    trouble.away = True
    await world.drain()
    await reconcile_due(world.runtime)
    await read_on(world.runtime)
    await ring_forgotten_lanes(world.runtime)
    trouble.away = False

    async def leave() -> None:
        trouble.away = True

    world.salesforce.interrupt("changed", "after", leave)
    await read_on(world.runtime)


# --- access, network, time


def _connections(world: World, transport: httpx.AsyncBaseTransport) -> VendorConnections:
    vault = DatabaseTokenVault(world.database, Vault(SETTINGS.secret_keys))
    redis = Redis.from_url(f"redis://user:{canary('redis')}@127.0.0.1:1/0")
    return VendorConnections(SETTINGS, httpx.AsyncClient(transport=transport), redis, vault, world.clock, "worker")


TOKENS = {
    "access_token": canary("access"),
    "refresh_token": canary("refreshed"),
    "expires_in": 1800,
    "token_type": SAID,
    "instance_url": "http://127.0.0.1:1",
}


async def _signing_in(world: World, _: Trouble) -> None:
    """Tokens are refused, lost, and brought."""
    refused = {"error": f"invalid_grant {SAID}", "error_description": SAID}
    answers = (httpx.Response(400, json=refused), httpx.Response(500, text=SAID), httpx.Response(200, json=TOKENS))
    for answer in answers:
        await _connections(world, Script(answer, answer, answer)).keep_alive()
        world.clock.advance(2 * DAY)


async def _network(world: World, _: Trouble) -> None:
    """The real connectors find nobody, lose the line, are let in and then answered strangely, or are not let in."""
    lines: Sequence[Callable[[httpx.Request], httpx.Response]] = (
        _raising(httpx.ConnectError(SAID)),
        _raising(httpx.ReadError(SAID)),
        _raising(httpx.RemoteProtocolError(SAID)),
        _let_in(httpx.Response(200, text=SAID)),
        _let_in(httpx.Response(302, headers={"location": f"http://{canary('host')}"})),
        lambda _: httpx.Response(401, json={"error": SAID, "error_description": SAID}),
    )
    for line in lines:
        world.runtime = replace(world.runtime, connections=_connections(world, httpx.MockTransport(line)))
        await world.push(System.SALESFORCE, "0015f00002J9YYEAA3")
        await world.drain()
        world.clock.advance(DAY)
        await reconcile_due(world.runtime)


def _let_in(answer: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(200, json=TOKENS) if "token" in request.url.path else answer


def _raising(error: httpx.RequestError) -> Callable[[httpx.Request], httpx.Response]:
    def fail(request: httpx.Request) -> NoReturn:
        error.request = request
        raise error

    return fail


async def _long_ago(world: World, _: Trouble) -> None:
    """Everything is read, once and after the system has forgotten what was deleted; on the way the vendor fails."""
    await world.edit(System.SALESFORCE, None, **PERSON)
    world.salesforce.keeps_deletions = timedelta(days=15)  # type: ignore[attr-defined] # both are in memory here
    await ask(world)
    world.salesforce.fail_next(failures(world.clock)[0], method="changed")
    await read_on(world.runtime)
    world.clock.advance(DAY)
    await read_on(world.runtime)
    await reconcile_due(world.runtime)
    world.clock.advance(30 * DAY)
    await reconcile_due(world.runtime)
    await read_on(world.runtime)


async def _held(world: World, _: Trouble) -> None:
    """A person stops a lane while it is drained, and says why."""
    await world.edit(System.SALESFORCE, None, **PERSON)

    async def stop() -> None:
        await world.database.run(lambda conn: holds.hold(conn, world.lane, SAID, world.clock.now()))

    world.xero.interrupt("changed", "after", stop)
    world.salesforce.interrupt("read", "before", stop)
    await world.drain()


class Gone:
    """Fails when nobody can hear it any more."""

    def __del__(self) -> None:
        raise ValueError(SAID)


def _fail() -> NoReturn:
    raise ValueError(SAID)


async def _bell(world: World, _: Trouble) -> None:
    """Redis is away, and the worker leaves; what fails behind its back is told of, too."""
    Gone()
    thread = Thread(target=_fail)
    thread.start()
    thread.join()
    warnings.warn(SAID, RuntimeWarning, stacklevel=1)
    bell = QueueDoorbell(connect(f"redis://user:{canary('redis')}@127.0.0.1:1/0"), lambda: "one")
    bell.ring(world.lane)
    await asyncio.sleep(0.2)
    await bell.close()
    await shutdown({"drains": Drains(world.runtime)})


async def _notices(world: World, trouble: Trouble) -> None:
    """People are told of what went wrong, by addresses that do not take it and by one that does."""
    takes = [False]

    async def send(_: Message) -> Sequence[bool]:
        return takes

    world.runtime = replace(world.runtime, settings=SETTINGS.model_copy(update={"notice_urls": (SecretStr(SAID),)}))
    for name in ("first", "second"):
        world.xero.decline_next(xero_errors.declined([f"{name} {SAID}"]))
        await world.edit(System.SALESFORCE, None, **PERSON)
        for _again in range(4):
            await world.drain()
            world.clock.advance(DAY)
        await tell(world.runtime, send)
        takes[:] = [True]
        world.clock.advance(HOUR)
        await tell(world.runtime, send)
    world.clock.advance(2 * DAY)
    await tell(world.runtime, send)
    trouble.away = True
    await tell(world.runtime, send)
    trouble.away = False


async def _newer(world: World, _: Trouble) -> None:
    """A later version has been here."""
    await world.database.run(lambda conn: conn.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    await world.database.migrate()
