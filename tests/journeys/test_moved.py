"""All that Crossbook holds moves to another database, and work goes on there as if nothing had been."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import product
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, func, select

from app.cli import export, import_, pause, unlink
from app.engine.actions import Declined
from app.engine.credentials import TokenSet
from app.engine.events import Arrival
from app.engine.records import System
from app.engine.troubles import Reading, gap
from app.engine.usage import Tally
from app.errors import CrossbookError, Doubtful, NotImported
from app.store import consents, finds, leases, notices, parts, pushes, reads, sequences, usage
from app.store.database import Database
from app.store.tables import links, metadata
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault
from tests.support.clock import VirtualClock
from tests.support.moving import move
from tests.support.oracle import check_end
from tests.support.postgres import Postgres
from tests.support.records import account, contact
from tests.support.world import World, phone, settings

SALESFORCE, XERO = System.SALESFORCE, System.XERO
KEY = "a-key-of-thirty-two-characters-or-more"
HERE = settings().model_copy(update={"secret_keys": (SecretStr(KEY),)})
ELSEWHERE = settings().model_copy(update={"secret_keys": (SecretStr(KEY[::-1]),)})
KINDS = ("sqlite", "postgresql")
DIRECTIONS = [f"{source} to {target}" for source, target in product(KINDS, KINDS)]


class Pair:
    """The database that was worked on, and the empty one beside it."""

    def __init__(self, old: Database, new: Database, clock: VirtualClock) -> None:
        self.old = old
        self.new = new
        self.clock = clock


@pytest.fixture(params=DIRECTIONS)
async def pair(
    request: pytest.FixtureRequest, postgres_server: Postgres, tmp_path: Path, clock: VirtualClock
) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as opened:
        databases = list[Database]()
        for number, kind in enumerate(request.param.split(" to ")):
            url = f"sqlite:///{tmp_path}/{number}.db"
            if kind == "postgresql":
                url = await opened.enter_async_context(postgres_server.fresh())
            databases.append(await Database.open(url, clock_now=clock.now))
            opened.push_async_callback(databases[-1].close)
            await databases[-1].migrate()
        old, new = databases
        yield Pair(old, new, clock)


@pytest.fixture
async def world(pair: Pair) -> World:
    """A world of whose story every table holds something: what is linked, asked, refused, in doubt, paused, known."""
    world = World(pair.old, pair.clock)
    await world.reconcile()
    await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111", Email__c="a@ridgeway.example")
    await world.edit(SALESFORCE, None, Name="Taken apart")
    await world.drain()
    await unlink.carry_out(world.runtime, world.salesforce.all("Account")[1].ref.id)
    world.clock.advance(60)
    for name in ("Harbour East", "Harbour West"):
        world.xero.put("Contact", None, {"Name": name, "EmailAddress": "office@harbour.example"})
    await world.edit(SALESFORCE, None, Name="Harbour", Email__c="office@harbour.example")
    await world.drain()
    world.xero.decline_next(Declined("email", "Email address must be valid."))
    await world.edit(SALESFORCE, None, Name="Refused")
    await world.drain()
    world.xero.fail_next(Doubtful("cut off"), carried_out=True)
    await world.edit(SALESFORCE, None, Name="In doubt")
    await world.drain()
    paused = await world.edit(SALESFORCE, None, Name="Resting")
    await pause.carry_out(world.runtime, paused, "month end")
    vault = DatabaseTokenVault(world.database, Vault([KEY]))
    await vault.save("xero:main", TokenSet("access", "refresh", world.clock.now()), 0)
    await world.database.run(lambda conn: _what_comes_of_other_processes(conn, world))
    assert await empty_tables(world.database) == []
    return world


def _what_comes_of_other_processes(conn: Connection, world: World) -> None:
    sync, now = world.sync.name, world.clock.now()
    sequences.note(conn, "main", 1, 7)
    pushes.note(conn, [Arrival("/webhooks/xero", "main")], now)
    usage.add(conn, [Tally(XERO, "main", "2026-03-02", 3, 4_000_000_000, 997, now)])
    parts.replace(conn, sync, account(), [contact()._replace(system=SALESFORCE)])
    reads.begin(conn, sync, [(XERO, "Contact")], now)
    usage.put_down(conn, [], {(XERO, "main"): now})
    finds.note(conn, (SALESFORCE, "main"), now, [], now)
    notices.note(conn, gap(Reading(sync, SALESFORCE, "Account"), now), now)
    consents.begin(conn, "the state of somebody who was sent off", "xero:main", now)


async def empty_tables(database: Database) -> list[str]:
    def work(conn: Connection) -> list[str]:
        return [table.name for table in metadata.sorted_tables if not conn.execute(select(table).limit(1)).first()]

    return await database.read(work)


async def test_a_database_that_was_moved_and_is_moved_again_gives_the_same_file(
    world: World, pair: Pair, tmp_path: Path
) -> None:
    await move(pair.old, pair.new, tmp_path / "first.gz", HERE)
    told = await export.carry_out(pair.new, tmp_path / "second.gz", force=False)
    first, second = ((tmp_path / name).read_bytes() for name in ("first.gz", "second.gz"))
    assert first == second
    assert told.document["worked_on"] == {}
    assert await DatabaseTokenVault(pair.new, Vault([KEY])).load("xero:main")


async def test_work_goes_on_where_the_data_has_moved_to(world: World, pair: Pair, tmp_path: Path) -> None:
    before = await pair.old.read(newest_link)
    await move(pair.old, pair.new, tmp_path / "export.gz", HERE)
    world.database = pair.new
    world.restart("worker-2")
    (ridgeway, *_) = (seen.ref.id for seen in world.salesforce.all("Account"))
    world.clock.advance(600)
    await world.edit(SALESFORCE, ridgeway, Phone="03 222")
    await world.edit(SALESFORCE, None, Name="Born after the move")
    await world.drain()
    await world.reconcile()
    (moved_on,) = [seen for seen in world.xero.all("Contact") if seen.fields["Name"] == "Ridgeway"]
    assert moved_on.fields["Phones"] == phone("03 222")
    names = sorted(str(seen.fields["Name"]) for seen in world.xero.all("Contact"))
    harbours = ["Harbour East", "Harbour West"]
    wanted = ["Born after the move", *harbours, "In doubt", "Refused", "Ridgeway", "Taken apart"]
    assert names == wanted, "each once: what was in doubt, and what was refused only once; what rests still does"
    assert await pair.new.read(newest_link) > before
    await check_end(world.runtime, [world.salesforce, world.xero])


def newest_link(conn: Connection) -> int:
    return conn.execute(select(func.max(links.c.id))).scalar_one() or 0


async def test_where_somebody_works_an_export_says_so_and_after_the_move_nobody_does(
    world: World, pair: Pair, tmp_path: Path
) -> None:
    now = world.clock.now()
    assert await pair.old.run(lambda conn: leases.take(conn, world.lane, "worker-1", now, 25))
    told = await export.carry_out(pair.old, tmp_path / "export.gz", force=False)
    assert f"{world.lane} is being worked on by worker-1: what comes of that is not in the file" in told.lines
    assert "for a move stop Crossbook first" in told.lines[-1]
    await import_.carry_out(pair.new, tmp_path / "export.gz", HERE)
    assert await pair.new.read(lambda conn: leases.worked_on(conn, now)) == {}
    assert await pair.new.run(lambda conn: leases.take(conn, world.lane, "worker-2", now, 25))


async def test_whose_tokens_cannot_be_opened_where_the_keys_did_not_come_along_is_told(
    world: World, pair: Pair, tmp_path: Path
) -> None:
    told = await export.carry_out(pair.old, tmp_path / "export.gz", force=False)
    assert any("SECRET_KEYS must hold the keys that it holds here" in line for line in told.lines)
    told = await import_.carry_out(pair.new, tmp_path / "export.gz", ELSEWHERE)
    assert told.document["locked_tokens"] == ["xero:main"]
    assert "the tokens of xero:main are sealed with a key that is not among SECRET_KEYS" in told.lines[-1]


async def test_what_holds_something_already_takes_nothing_in(world: World, pair: Pair, tmp_path: Path) -> None:
    await move(pair.old, pair.new, tmp_path / "export.gz", HERE)
    for database in (pair.old, pair.new):
        with pytest.raises(NotImported, match="the database is not empty: there are rows in accounts, calls, "):
            await import_.carry_out(database, tmp_path / "export.gz", HERE)
    with pytest.raises(CrossbookError, match="is there already; give another name, or say --force"):
        await export.carry_out(pair.old, tmp_path / "export.gz", force=False)
