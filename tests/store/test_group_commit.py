"""Many senders share one commit; each hears of success only when its events are on disk."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import pytest
from sqlalchemy import Connection, text

from app.engine.events import Arrival, Event, SequenceRange
from app.errors import StoreUnavailable
from app.store import outcomes, pushes
from app.store.database import Database
from app.store.group_commit import GroupCommit
from app.store.inbox import Recorded
from tests.support.events import ROUTES, event
from tests.support.records import LANE, contact

T = TypeVar("T")


@dataclass
class Door:
    """A database whose commits can be counted, held back and made to fail, with a group commit before it."""

    database: Database
    commits: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    failing: list[type[Exception]] = field(default_factory=list[type[Exception]])
    rung: list[frozenset[str]] = field(default_factory=list[frozenset[str]])
    gaps: list[str] = field(default_factory=list[str])
    heard: list[tuple[dict[Arrival, bool], bool]] = field(default_factory=list[tuple[dict[Arrival, bool], bool]])
    group: GroupCommit = field(init=False)

    def __post_init__(self) -> None:
        self.open.set()
        watched = _Watched(self.database, self)
        self.group = GroupCommit(watched, ROUTES, self.rung.append, self._note_gap, self._note_heard)

    def _note_gap(self, conn: Connection, connection: str, now: datetime) -> None:
        conn.execute(text("SELECT 1"))
        self.gaps.append(connection)

    def _note_heard(self, conn: Connection, heard: Mapping[Arrival, bool], now: datetime) -> None:
        """With whether any of them was heard before."""
        if heard:
            self.heard.append((dict(heard), bool(heard.keys() & pushes.latest(conn).keys())))

    async def accepted(self) -> int:
        return (await self.database.read(outcomes.counts)).accepted


class _Watched(Database):
    def __init__(self, database: Database, door: Door) -> None:
        super().__init__(database._driver, database._clock_now)
        self._door = door

    async def run(self, work: Callable[[Connection], T]) -> T:
        await self._door.open.wait()

        def work_and_fail(conn: Connection) -> T:
            done = work(conn)
            if self._door.failing:
                raise self._door.failing.pop()("the disk is full")
            return done

        result = await super().run(work_and_fail)
        self._door.commits += 1
        return result


@pytest.fixture
def door(database: Database) -> Door:
    return Door(database)


def _deliveries(count: int) -> list[list[Event]]:
    return [[event(contact(number))] for number in range(count)]


async def test_a_delivery_is_on_disk_when_its_sender_hears_of_success(door: Door) -> None:
    recorded = await door.group.accept([event(contact(1))])

    assert recorded == Recorded(1, 0, 0, frozenset({LANE}))
    assert await door.accepted() == 1


async def test_a_lone_delivery_waits_for_nobody(door: Door) -> None:
    await door.group.accept([event(contact(1))])
    await door.group.accept([event(contact(2))])

    assert door.commits == 2


async def test_what_waits_during_a_commit_is_committed_together(door: Door) -> None:
    await asyncio.gather(*(door.group.accept(events) for events in _deliveries(50)))

    assert await door.accepted() == 50
    assert door.commits == 1


async def test_what_arrives_during_a_commit_forms_the_next_group(door: Door) -> None:
    door.open.clear()
    first = asyncio.create_task(door.group.accept([event(contact(0))]))
    await _let_tasks_run()
    rest = [asyncio.create_task(door.group.accept(events)) for events in _deliveries(20)]
    await _let_tasks_run()

    door.open.set()
    await asyncio.gather(first, *rest)

    assert door.commits == 2


async def test_each_sender_hears_of_its_own_events(door: Door) -> None:
    both = event(contact(1), key="both")

    first, second, third = await asyncio.gather(
        door.group.accept([both]),
        door.group.accept([both, event(contact(2))]),
        door.group.accept([event(contact(3), account="unknown")]),
    )

    assert (first, second) == (Recorded(1, 0, 0, frozenset({LANE})), Recorded(1, 1, 0, frozenset({LANE})))
    assert third == Recorded(1, 0, 1, frozenset())


async def test_the_lanes_are_rung_once_a_group_and_after_the_commit(door: Door) -> None:
    await asyncio.gather(*(door.group.accept(events) for events in _deliveries(5)))

    assert door.rung == [frozenset({LANE})]


async def test_nothing_is_rung_for_what_is_known_or_concerns_nobody(door: Door) -> None:
    await door.group.accept([event(contact(1), account="unknown")])
    await door.group.accept([])

    assert door.rung == []


async def test_no_event_is_lost_when_a_commit_fails(door: Door) -> None:
    deliveries = _deliveries(5)
    door.failing = [StoreUnavailable]

    refused = await asyncio.gather(*map(door.group.accept, deliveries), return_exceptions=True)

    assert [type(each) for each in refused] == [StoreUnavailable] * 5
    assert (await door.accepted(), door.rung) == (0, [])
    again = await asyncio.gather(*map(door.group.accept, deliveries))
    assert sum(each.accepted for each in again) == await door.accepted() == 5


async def test_a_delivery_that_cannot_be_stored_fails_alone(door: Door) -> None:
    poison = [event(contact(9), key="\ud800")]

    *good, bad = await asyncio.gather(
        *map(door.group.accept, _deliveries(4)), door.group.accept(poison), return_exceptions=True
    )

    assert isinstance(bad, StoreUnavailable)
    assert bad.__cause__ is not None
    assert good == [Recorded(1, 0, 0, frozenset({LANE}))] * 4
    assert await door.accepted() == 4


async def test_a_surprise_fails_one_group_and_not_the_next(door: Door) -> None:
    door.failing = [ZeroDivisionError]

    with pytest.raises(StoreUnavailable):
        await door.group.accept([event(contact(1))])

    assert (await door.group.accept([event(contact(1))])).accepted == 1


async def test_a_sender_that_goes_away_harms_no_other(door: Door) -> None:
    door.open.clear()
    staying = asyncio.create_task(door.group.accept([event(contact(1))]))
    leaving = [asyncio.create_task(door.group.accept([event(contact(number))])) for number in (2, 3)]
    await _let_tasks_run()
    late = asyncio.create_task(door.group.accept([event(contact(4))]))
    await _let_tasks_run()

    for task in leaving:
        task.cancel()
    door.open.set()

    assert (await staying).accepted == (await late).accepted == 1
    assert all(task.cancelled() for task in leaving)


async def test_a_sender_that_left_before_its_turn_is_not_accepted(door: Door) -> None:
    door.open.clear()
    first = asyncio.create_task(door.group.accept([event(contact(1))]))
    await _let_tasks_run()
    leaving = asyncio.create_task(door.group.accept([event(contact(2))]))
    await _let_tasks_run()

    leaving.cancel()
    await _let_tasks_run()
    door.open.set()
    await first
    await door.group.close()

    assert await door.accepted() == 1


async def test_beyond_a_thousand_that_wait_senders_are_told_to_try_again(door: Door) -> None:
    door.open.clear()
    first = asyncio.create_task(door.group.accept([]))
    await _let_tasks_run()
    waiting = [asyncio.create_task(door.group.accept([])) for _ in range(1000)]
    await _let_tasks_run()

    with pytest.raises(StoreUnavailable):
        await door.group.accept([])

    door.open.set()
    await asyncio.gather(first, *waiting)


async def test_closing_waits_for_what_was_handed_in(door: Door) -> None:
    task = asyncio.create_task(door.group.accept([event(contact(1))]))
    await _let_tasks_run()

    await door.group.close()

    assert await door.accepted() == 1
    assert (await task).accepted == 1


async def test_running_numbers_are_noted_with_their_events_and_gaps_told(door: Door) -> None:
    await door.group.accept([event(contact(1))], SequenceRange("nz", 1, 3))
    await door.group.accept([event(contact(2))], SequenceRange("nz", 4, 4))
    assert door.gaps == []

    await door.group.accept([event(contact(3))], SequenceRange("nz", 7, 9))

    assert door.gaps == ["nz"]


async def test_numbers_of_a_commit_that_failed_are_not_noted(door: Door) -> None:
    await door.group.accept([], SequenceRange("nz", 1, 1))
    door.failing = [StoreUnavailable]
    with pytest.raises(StoreUnavailable):
        await door.group.accept([event(contact(1))], SequenceRange("nz", 2, 2))

    await door.group.accept([event(contact(2))], SequenceRange("nz", 3, 3))

    assert door.gaps == ["nz"]


async def _let_tasks_run() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_who_is_heard_is_told_before_it_is_noted_and_whether_it_was_only_a_check(door: Door) -> None:
    nz, au, main = Arrival("/webhooks/xero", "nz"), Arrival("/webhooks/xero", "au"), Arrival("/outbound", "main")
    door.open.clear()
    await asyncio.gather(
        door.group.accept([], arrival=nz),
        door.group.accept([event(contact(1))], arrival=main),
        door.group.accept([], arrival=main),
        door.group.accept([], SequenceRange("au", 1, 2), arrival=au),
        door.group.accept([event(contact(2))]),
        _opened(door),
    )
    await door.group.accept([], arrival=nz)
    assert door.heard == [({nz: True, main: False, au: False}, False), ({nz: True}, True)]


async def _opened(door: Door) -> None:
    await asyncio.sleep(0)
    door.open.set()
