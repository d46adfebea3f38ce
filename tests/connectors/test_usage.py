"""What connections use of their vendors is counted by day, and not forgotten when it could not be put down."""

from datetime import UTC, datetime, timedelta

from app.connectors.usage import Usage, Used
from app.engine.events import Priority
from app.engine.usage import Tally
from app.mapping.values import System
from tests.connectors.benches import SalesforceBench, XeroBench
from tests.support.clock import VirtualClock

EVENING = datetime(2026, 3, 2, 23, 59, 58, tzinfo=UTC)
XERO = (System.XERO, "nz", "2026-03-02")


def test_calls_and_bytes_add_up_by_connection_and_day() -> None:
    usage = Usage()
    nz, au = usage.meter(System.XERO, "nz"), usage.meter(System.XERO, "au")
    nz.count(Used(100, 999), EVENING)
    nz.count(Used(20), EVENING + timedelta(seconds=1))
    au.count(Used(3), EVENING)
    nz.count(Used(4, 998), EVENING + timedelta(seconds=2))
    assert usage.take() == [
        Tally(*XERO, 2, 120, 999, EVENING),
        Tally(System.XERO, "au", "2026-03-02", 1, 3),
        Tally(System.XERO, "nz", "2026-03-03", 1, 4, 998, EVENING + timedelta(seconds=2)),
    ]
    assert usage.take() == []


def test_what_could_not_be_put_down_is_counted_on() -> None:
    usage = Usage()
    meter = usage.meter(System.XERO, "nz")
    meter.count(Used(100, 999), EVENING)
    taken = usage.take()
    meter.count(Used(5), EVENING)
    usage.put_back(taken)
    assert usage.take() == [Tally(*XERO, 2, 105, 999, EVENING)]


def test_of_sign_ins_the_first_refusal_counts_until_one_is_taken() -> None:
    usage, later = Usage(), EVENING + timedelta(seconds=1)
    meter, nz = usage.meter(System.XERO, "nz"), (System.XERO, "nz")
    meter.refused(EVENING)
    meter.refused(later)
    taken = usage.take_sign_ins()
    assert taken == {nz: EVENING}
    usage.put_back_sign_ins(taken)
    assert usage.take_sign_ins() == taken
    meter.accepted()
    usage.put_back_sign_ins(taken)
    assert usage.take_sign_ins() == {nz: None}, "what is newer stands"


async def test_reading_from_xero_counts_and_writing_does_not(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    record = bench.put(None, {"Name": "Acme"})
    await bench.connector.read("Contact", [record], frozenset({"Name"}), Priority.PUSH)
    [tally] = bench.usage.take()
    assert (tally.system, tally.connection, tally.calls, tally.calls_left) == (System.XERO, "nz", 1, 4999)
    assert tally.bytes_out > 300
    await bench.write({"Name": "Zenith"})
    [written] = bench.usage.take()
    assert (written.calls, written.bytes_out, written.calls_left) == (1, 0, 4998)


async def test_reading_from_salesforce_counts(clock: VirtualClock) -> None:
    bench = SalesforceBench(clock)
    record = bench.put(None, {"Name": "Acme"})
    await bench.connector.read("Account", [record], frozenset({"Name"}), Priority.PUSH)
    [tally] = bench.usage.take()
    assert (tally.system, tally.connection) == (System.SALESFORCE, "main")
    assert tally.calls >= 1
    assert tally.bytes_out > 50
