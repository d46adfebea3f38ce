"""Thirty thousand changed customers: how many calls they cost, how long they take, and that Xero never says no."""

from math import ceil
from pathlib import Path
from statistics import fmean

import pytest

from tests.figures.conftest import Tell
from tests.figures.town import Town
from tests.support.virtual_loop import run_virtually

CUSTOMERS = 30_000
A_WRITE = 50
"""Customers that one call writes."""
A_MINUTE = 60
"""Calls that Xero takes in a minute."""
JITTER_SECONDS = 2.0
SLACK = 1.1


@pytest.mark.parametrize("answer_seconds", [0.3, 3.0])
def test_many_changes_cost_few_calls_and_little_time(
    tmp_path: Path, tell: Tell, scale: float, answer_seconds: float
) -> None:
    """Two workers share the quota, and Redis is emptied half-way.

    The floor is the time that the fewest calls take: a place in the minute is free again sixty seconds after the
    answer, as a call that is on its way for a while may be counted that late.
    """
    customers = int(CUSTOMERS * scale)
    fewest = ceil(customers / A_WRITE)
    half_way_seconds = fewest / A_MINUTE * 60 / 2

    async def story() -> None:
        town = Town(
            tmp_path, answer_seconds=answer_seconds, jitter_seconds=JITTER_SECONDS, seed=int(answer_seconds * 10)
        )
        await town.settle_in(customers)
        await town.edit_all()
        town.empty_redis_at(half_way_seconds)
        seconds = await town.live_on(most_seconds=10 * half_way_seconds)
        floor_seconds = fewest / A_MINUTE * (60 + fmean(town.arrivals.took_seconds))
        calls = len(town.arrivals.api_calls)
        tell(
            f"{customers} changed customers, answers of {answer_seconds:g} s: "
            f"{calls} calls ({calls / fewest:.3f} of the fewest), "
            f"{seconds:.0f} s ({seconds / floor_seconds:.3f} of the floor), "
            f"{town.xero.refusals().total()} refusals, {town.busiest_minute()} calls in the busiest minute"
        )
        assert town.in_step()
        assert town.redis_was_emptied
        assert town.xero.refusals().total() == 0
        assert town.busiest_minute() <= A_MINUTE
        assert calls <= SLACK * fewest
        assert seconds <= SLACK * floor_seconds
        await town.database.close()

    run_virtually(story)
