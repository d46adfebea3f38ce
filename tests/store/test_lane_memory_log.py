"""What a batch came to is told in the log, without anybody's words."""

from structlog.testing import capture_logs

from app.engine.actions import Declined
from app.engine.records import System
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.world import World


async def test_every_settled_record_has_its_line_and_no_personal_data(database: Database, clock: VirtualClock) -> None:
    world = World(database, clock)
    world.xero.decline_next(Declined("validation", "Ridgeway is not a name"))
    await world.edit(System.SALESFORCE, None, Name="Ridgeway")
    await world.edit(System.SALESFORCE, None, Name="Hillside")
    with capture_logs() as lines:
        await world.drain()
    told = [line for line in lines if line["event"].startswith("record.")]
    assert [(line["event"], line["log_level"]) for line in told] == [
        ("record.dead", "warning"),
        ("record.settled", "info"),
    ]
    assert told[0]["code"] == "validation"
    assert "Ridgeway" not in str(told)
