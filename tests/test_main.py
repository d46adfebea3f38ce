"""The web process from its front door to the rows: what it answers, and what is on disk when it does."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, select
from structlog.testing import capture_logs

from app.cli.ports import free_port
from app.errors import ConfigurationError
from app.jobs import QueueDoorbell, connect
from app.main import create_app
from app.runtime import Runtime
from app.store import cursors
from app.store.database import Database
from app.store.tables import due, inbox
from tests.support.clock import VirtualClock
from tests.support.front_door import XERO_KEY, xero_signature
from tests.support.world import TENANT, World

T = TypeVar("T")
CONTACT = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
async def database(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[Database]:
    opened = await Database.open(sqlite_url, clock_now=clock.now)
    yield opened
    await opened.close()


@pytest.fixture
def world(database: Database, clock: VirtualClock) -> World:
    return World(database, clock)


def runtime_of(world: World) -> Runtime:
    """The world's runtime, to which its organisation's pushes are signed."""
    connection = world.runtime.settings.xero["main"].model_copy(update={"webhook_keys": (SecretStr(XERO_KEY),)})
    settings = world.runtime.settings.model_copy(update={"xero": {"main": connection}})
    return replace(world.runtime, settings=settings)


@asynccontextmanager
async def web(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """The web application between its start-up and its shut-down."""

    async def open_runtime() -> Runtime:
        return runtime

    app = create_app(open_runtime)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://crossbook.test") as client,
    ):
        yield client


async def push(client: httpx.AsyncClient, contacts: Sequence[str] = (CONTACT,), *, number: int = 1) -> httpx.Response:
    """A push as Xero signs it, with running numbers from `number` on."""
    events = [
        {
            "resourceId": contact,
            "eventDateUtc": "2026-03-02T09:00:00.123",
            "eventType": "UPDATE",
            "eventCategory": "CONTACT",
            "tenantId": TENANT,
        }
        for contact in contacts
    ]
    numbers = {"firstEventSequence": number, "lastEventSequence": number + len(events) - 1}
    return await send(client, json.dumps({"events": events, **numbers, "entropy": "X"}).encode())


async def send(client: httpx.AsyncClient, body: bytes, signature: str | None = None) -> httpx.Response:
    headers = {"content-type": "application/json", "x-xero-signature": signature or xero_signature(body)}
    return await client.post("/webhooks/xero", content=body, headers=headers)


async def stored(database: Database) -> tuple[list[str | None], list[str]]:
    """The ids of the records in the inbox, and of those that are due."""

    def work(conn: Connection) -> tuple[list[str | None], list[str]]:
        accepted = conn.execute(select(inbox.c.record_id).order_by(inbox.c.id)).scalars()
        return list(accepted), list(conn.execute(select(due.c.record_id).order_by(due.c.record_id)).scalars())

    return await database.read(work)


async def test_a_signed_push_is_in_the_inbox_and_due_when_it_is_answered(world: World) -> None:
    async with web(runtime_of(world)) as client:
        answer = await push(client)
        assert (answer.status_code, answer.content) == (200, b"")
        assert await stored(world.database) == ([CONTACT], [CONTACT])
    assert world.doorbell.rings == [world.lane]


async def test_a_push_that_was_accepted_is_carried_to_the_other_side(world: World) -> None:
    contact = world.xero.put("Contact", None, {"Name": "Harbour Cafe"})
    async with web(runtime_of(world)) as client:
        await push(client, [contact])
    await world.drain()
    assert [seen.fields["Name"] for seen in world.salesforce.all("Account")] == ["Harbour Cafe"]


async def test_a_push_that_comes_twice_is_accepted_once(world: World) -> None:
    async with web(runtime_of(world)) as client:
        assert (await push(client)).status_code == 200
        assert (await push(client, number=2)).status_code == 200
    assert await stored(world.database) == ([CONTACT], [CONTACT])


async def test_a_forged_push_leaves_no_trace(world: World) -> None:
    async with web(runtime_of(world)) as client:
        answer = await send(client, b"{}", signature=xero_signature(b"something else"))
    assert (answer.status_code, answer.content) == (401, b"")
    assert await stored(world.database) == ([], [])
    assert world.doorbell.rings == []


class GatedDatabase(Database):
    """A database whose commits wait until the gate is opened."""

    gate: asyncio.Event
    waiting: asyncio.Event

    async def run(self, work: Callable[[Connection], T]) -> T:
        self.waiting.set()
        await self.gate.wait()
        return await super().run(work)


async def test_nothing_is_answered_before_the_commit(sqlite_url: str, clock: VirtualClock) -> None:
    database = await GatedDatabase.open(sqlite_url, clock_now=clock.now)
    database.gate, database.waiting = asyncio.Event(), asyncio.Event()
    world = World(database, clock)
    async with web(runtime_of(world)) as client:
        answer = asyncio.create_task(push(client))
        await database.waiting.wait()
        assert not answer.done()
        assert world.doorbell.rings == []
        database.gate.set()
        assert (await answer).status_code == 200
    assert await stored(database) == ([CONTACT], [CONTACT])
    await database.close()


async def test_a_database_that_is_gone_makes_the_sender_try_again(tmp_path: Path, clock: VirtualClock) -> None:
    no_database = tmp_path / "a-folder"
    no_database.mkdir()
    database = await Database.open(f"sqlite:///{no_database}", clock_now=clock.now)
    world = World(database, clock)
    async with web(runtime_of(world)) as client:
        answer = await push(client)
    assert (answer.status_code, answer.content) == (503, b"")
    assert world.doorbell.rings == []
    await database.close()


async def test_a_gap_in_the_running_numbers_asks_for_a_scan(world: World, clock: VirtualClock) -> None:
    async def wish() -> object:
        cursor = await world.database.read(lambda conn: cursors.get(conn, *world_contacts))
        return cursor and cursor.scan_requested_at

    world_contacts = (world.sync.name, world.xero.system, "Contact")
    async with web(runtime_of(world)) as client:
        await push(client, number=1)
        await push(client, [CONTACT.replace("1", "2")], number=2)
        assert await wish() is None
        await push(client, [CONTACT.replace("1", "3")], number=5)
        assert await wish() == clock.now()


async def test_a_doorbell_that_is_away_delays_no_answer(world: World) -> None:
    ids = count(1)
    doorbell = QueueDoorbell(connect(f"redis://127.0.0.1:{free_port()}/0"), lambda: f"ring-{next(ids)}")
    async with web(replace(runtime_of(world), doorbell=doorbell)) as client:
        answer = await push(client)
    await doorbell.close()
    assert answer.status_code == 200
    assert await stored(world.database) == ([CONTACT], [CONTACT])


async def test_what_was_opened_is_closed_when_the_process_ends(world: World) -> None:
    closed: list[str] = []
    closing = AsyncExitStack()
    closing.callback(closed.append, "runtime")
    async with web(replace(runtime_of(world), closing=closing)):
        assert closed == []
    assert closed == ["runtime"]


async def test_what_was_opened_is_closed_when_the_settings_turn_out_to_be_unusable(world: World) -> None:
    closed: list[str] = []
    closing = AsyncExitStack()
    closing.callback(closed.append, "runtime")
    runtime = runtime_of(world)
    wrong = runtime.settings.xero["main"].model_copy(update={"webhook_keys": (SecretStr(" "),)})
    settings = runtime.settings.model_copy(update={"xero": {"main": wrong}})
    with pytest.raises(ConfigurationError):
        async with web(replace(runtime, settings=settings, closing=closing)):
            pass
    assert closed == ["runtime"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/webhooks/xero", 405),
        ("POST", "/webhooks/xero/", 404),
        ("POST", "/webhooks/salesforce/outbound/a-secret-canary/", 404),
        ("POST", "/somewhere/else", 404),
    ],
)
async def test_any_other_address_or_method_is_refused_without_a_word(
    world: World, method: str, path: str, status: int
) -> None:
    async with web(runtime_of(world)) as client:
        with capture_logs() as lines:
            answer = await client.request(method, path)
    assert (answer.status_code, answer.content) == (status, b"")
    assert "location" not in answer.headers
    assert [(line["event"], line["status"]) for line in lines] == [("web.refused", status)]
    assert "canary" not in str(lines)
