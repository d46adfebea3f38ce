"""What a batch came to is told in the log, one wide line a record, without anybody's words."""

from structlog.testing import capture_logs

from app.engine.actions import Declined
from app.engine.records import System
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.world import World


async def test_every_settled_record_has_its_line_and_no_personal_data(database: Database, clock: VirtualClock) -> None:
    world = World(database, clock)
    world.xero.decline_next(Declined("validation", "Ridgeway is not a name"))
    refused = await world.edit(System.SALESFORCE, None, Name="Ridgeway")
    await world.edit(System.SALESFORCE, None, Name="Hillside")
    clock.advance(3)
    with capture_logs() as lines:
        await world.drain()
    told = [line for line in lines if line["event"].startswith("record.")]
    assert [(line["event"], line["log_level"]) for line in told] == [
        ("record.dead", "warning"),
        ("record.settled", "info"),
    ]
    assert told[0] == {
        "event": "record.dead",
        "log_level": "warning",
        "lane": "accounts/Contact",
        "mapping": "customers",
        "record": f"salesforce:Account:{refused}",
        "origin": "push",
        "action": "create refused",
        "target": "xero",
        "outcome": None,
        "code": "validation",
        "attempts": 0,
        "waited_seconds": 4.0,
        "records": 2,
        "calls": 1,
        "call_id": told[1]["call_id"],
    }
    assert (told[1]["outcome"], told[1]["action"]) == ("applied", "create done")
    assert "Ridgeway" not in str(lines)


async def test_a_record_that_needs_nothing_has_its_line_too(database: Database, clock: VirtualClock) -> None:
    world = World(database, clock)
    account = await world.edit(System.SALESFORCE, None, Name="Hillside")
    await world.drain()
    await world.push(System.SALESFORCE, account)
    with capture_logs() as lines:
        await world.drain()
    (line,) = [line for line in lines if line["event"] == "record.settled"]
    assert (line["outcome"], line["action"], line["calls"]) == ("unchanged", "none", 0)
