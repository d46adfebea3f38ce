"""What was used of the vendors adds up over processes, and the newest word on what is left counts."""

from datetime import UTC, datetime, timedelta

from app.engine.usage import Tally
from app.mapping.values import System
from app.store import usage
from app.store.database import Database

TOLD = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NZ = (System.XERO, "nz", "2026-03-02")


async def test_usage_adds_up(database: Database) -> None:
    later = TOLD + timedelta(seconds=5)
    await database.run(lambda conn: usage.add(conn, [Tally(*NZ, 2, 100, 990, TOLD)]))
    await database.run(lambda conn: usage.add(conn, [Tally(*NZ, 1, 5_000_000_000)]))
    await database.run(lambda conn: usage.add(conn, [Tally(*NZ, 1, 1, 980, later)]))
    assert await database.read(lambda conn: usage.of_day(conn, "2026-03-02")) == (
        Tally(*NZ, 4, 5_000_000_101, 980, later),
    )


async def test_days_connections_and_systems_are_kept_apart(database: Database) -> None:
    tallies = [
        Tally(System.SALESFORCE, "nz", "2026-03-02", 1, 1),
        Tally(*NZ, 1, 1),
        Tally(System.XERO, "au", "2026-03-02", 1, 1),
        Tally(System.XERO, "nz", "2026-03-03", 1, 1),
    ]
    await database.run(lambda conn: usage.add(conn, tallies))
    kept = await database.read(lambda conn: usage.of_day(conn, "2026-03-02"))
    assert [(tally.system, tally.connection) for tally in kept] == [
        (System.SALESFORCE, "nz"),
        (System.XERO, "au"),
        (System.XERO, "nz"),
    ]
