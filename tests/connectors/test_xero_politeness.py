"""Xero never has a reason to refuse us for a limit."""

import asyncio

from app.engine.events import Priority
from app.errors import OutOfQuota
from tests.connectors.benches import XeroBench
from tests.support.clock import VirtualClock


async def test_no_crowd_of_calls_ever_meets_a_limit(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    record = bench.put(None, {"Name": "Acme"})
    left = 300

    async def caller() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            try:
                await bench.connector.read("Contact", [record], frozenset({"Name"}), Priority.PUSH)
            except OutOfQuota as out:
                left += 1
                clock.advance(max(0.0, (out.until - clock.now()).total_seconds()))

    await asyncio.gather(*(caller() for _ in range(20)))
    assert not bench.world.refusals()
    assert len(bench.world.journal.calls) == 300


async def test_a_day_that_is_used_up_costs_no_further_call(clock: VirtualClock) -> None:
    bench = XeroBench(clock)
    record = bench.put(None, {"Name": "Acme"})
    calls = 0
    while True:
        try:
            await bench.connector.read("Contact", [record], frozenset({"Name"}), Priority.PUSH)
        except OutOfQuota as out:
            if (out.until - clock.now()).total_seconds() > 3600:
                break
            clock.advance((out.until - clock.now()).total_seconds())
        else:
            calls += 1
    assert calls == 1000
    assert not bench.world.refusals()
