"""A process that is told to stop amid its work ends it in good order: nothing stays in doubt, unanswered or held."""

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from app.cli.ports import HOST
from app.cli.run import WEB_GRACE_SECONDS, WORKER_GRACE_SECONDS
from app.engine.records import Observation, System
from app.store import calls, leases, outcomes
from app.store.database import Database
from app.store.outcomes import Told
from tests.support.fleet import Fleet, fleet, pushing, until
from tests.support.front_door import xero_signature
from tests.support.world import phone

XERO = System.XERO
LANE = "nz/Contact"
ENDED_BY_THE_SIGNAL = 128 + signal.SIGTERM
"""What the web server ends with once it has closed everything."""

SLOW_SECONDS = 2.0
"""How long Xero takes to answer: long enough that a process is surely told to stop in between."""

SOON_SECONDS = 60.0
"""Far longer than anything here takes on a machine that has nothing else to do."""

LEASE_SECONDS = 600.0
"""How long nobody else could have a lane that was left without being let go of."""

EVENT = (
    b'{"events":[{"resourceUrl":"","resourceId":"%s","eventDateUtc":"2026-03-01T09:00:00.000","eventType":"UPDATE",'
    b'"eventCategory":"CONTACT","tenantId":"%s","tenantType":"ORGANISATION"}],'
    b'"firstEventSequence":1,"lastEventSequence":1,"entropy":"S0m3r4nd0m"}'
)
CONTACT = "7a1b0b0e-0000-4000-8000-000000000001"


@pytest.fixture
async def machines(tmp_path: Path, valkey_url: str) -> AsyncIterator[Fleet]:
    """Nothing runs yet; Xero is slow."""
    places = {"DATABASE_URL": f"sqlite:///{tmp_path}/crossbook.db", "REDIS_URL": valkey_url}
    async with fleet(tmp_path, ("nz",), {**places, "LEASE_SECONDS": str(LEASE_SECONDS)}) as machines:
        machines.vendors[0].xero.world.latency_seconds = SLOW_SECONDS
        yield machines


@pytest.fixture
async def database(machines: Fleet) -> AsyncIterator[Database]:
    """What the processes work on, seen from outside."""
    opened = await Database.open(machines.environment["DATABASE_URL"])
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.mark.parametrize("command", ["worker", "run"])
async def test_a_write_under_way_is_settled_and_its_lane_let_go_of(
    machines: Fleet, database: Database, command: str
) -> None:
    (vendors,) = machines.vendors
    if command == "run":
        machines.start_run("first")
    else:
        machines.start_worker("first")
        machines.start_web("web")
    await machines.ready(*machines.processes)
    async with pushing(machines):
        account = vendors.salesforce.put("Account", None, {"Name": "Ridgeway", "Phone": "03 111"})
        await until(lambda: writes(database), SOON_SECONDS)
        code, seconds = await leave(machines, "first")
        assert (code, seconds < WORKER_GRACE_SECONDS) == (0, True)
        assert [seen.fields["ContactNumber"] for seen in vendors.xero.all("Contact")] == [account]
        assert not await writes(database)
        assert await database.read(lambda conn: leases.worked_on(conn, database.now(conn))) == {}

        machines.start_worker("next")
        if command == "run":
            machines.start_web("web")
        await machines.ready("next", "web")
        vendors.salesforce.put("Account", account, {"Phone": "03 222"})
        await until(lambda: shows(vendors.xero.all("Contact"), "03 222"), SOON_SECONDS)


async def test_a_push_that_is_under_way_is_answered_and_kept(machines: Fleet, database: Database) -> None:
    (vendors,) = machines.vendors
    machines.start_web("web")
    await machines.ready("web")
    body = EVENT % (CONTACT.encode(), vendors.xero.books.tenant_id.encode())
    with begun_push(machines, body, vendors.xero.at.webhook_key) as connection:
        leaving = asyncio.create_task(leave(machines, "web"))
        await until(lambda: refuses(machines), SOON_SECONDS)
        connection.sendall(body[10:])
        answer = await asyncio.to_thread(connection.recv, 1000)
    assert answer.startswith(b"HTTP/1.1 200 ")
    code, seconds = await leaving
    assert (code, seconds < WEB_GRACE_SECONDS) == (ENDED_BY_THE_SIGNAL, True)
    assert machines.said("web", "Application shutdown complete")
    assert len(await kept(database)) == 1


async def test_a_sender_that_never_ends_its_push_keeps_no_web_process_from_leaving(machines: Fleet) -> None:
    (vendors,) = machines.vendors
    machines.environment["BODY_TIMEOUT_SECONDS"] = str(SOON_SECONDS)
    machines.start_web("web")
    await machines.ready("web")
    with begun_push(machines, b"0123456789 and more", vendors.xero.at.webhook_key):
        code, seconds = await leave(machines, "web")
    assert machines.said("web", "Application shutdown complete")
    assert (code, seconds < WEB_GRACE_SECONDS) == (ENDED_BY_THE_SIGNAL, True)


async def leave(machines: Fleet, name: str) -> tuple[int, float]:
    """Tell a process to stop; its exit code, and how many seconds it took."""
    began = time.monotonic()
    psutil.Process(machines.pid(name)).send_signal(signal.SIGTERM)
    code = await asyncio.to_thread(machines.processes[name].wait, SOON_SECONDS)
    assert code is not None, f"{name} never left"
    return code, time.monotonic() - began


def begun_push(machines: Fleet, body: bytes, key: str) -> socket.socket:
    """A push of which the head and the first ten bytes are on their way."""
    signature = xero_signature(body, key)
    head = f"POST /webhooks/xero HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n"
    head += f"Content-Type: application/json\r\nX-Xero-Signature: {signature}\r\n\r\n"
    connection = socket.create_connection((HOST, machines.ports["web"]), timeout=SOON_SECONDS)
    connection.sendall(head.encode() + body[:10])
    return connection


async def refuses(machines: Fleet) -> bool:
    """Whether the web process takes no new connection any more."""
    try:
        socket.create_connection((HOST, machines.ports["web"]), timeout=1).close()
    except OSError:
        return True
    return False


async def writes(database: Database) -> bool:
    """Whether a write is on its way whose answer is not known yet."""
    return bool(await database.read(lambda conn: calls.unresolved(conn, LANE)))


async def kept(database: Database) -> tuple[Told, ...]:
    return await database.read(lambda conn: outcomes.of_record(conn, XERO, "Contact", CONTACT))


async def shows(contacts: list[Observation], number: str) -> bool:
    return [seen.fields["Phones"] for seen in contacts] == [phone(number)]
