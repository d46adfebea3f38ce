"""Whatever happens in whatever order: each accepted event has its one outcome, or its record is due."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import strategies as st
from sqlalchemy import Connection, select

from app.engine.events import Event, Origin
from app.engine.ledger import DueRecord, Outcome
from app.engine.memory import Later
from app.engine.records import RecordRef
from app.store import claims, due, inbox, outcomes
from app.store.database import Database
from app.store.outcomes import Ending
from app.store.tables import inbox as inbox_table
from app.store.tables import outcomes as outcomes_table
from tests.support.events import ROUTES, event
from tests.support.laws import always
from tests.support.records import LANE, NOON, contact

ENDS = [Outcome.APPLIED, Outcome.UNCHANGED, Outcome.FILTERED]
OPEN = {Outcome.PENDING, Outcome.DEAD}


@dataclass
class World:
    """The store, and beside it a model of what it should say of each event."""

    conn: Connection
    now: datetime = NOON
    epoch: int = 1
    in_hand: list[DueRecord] = field(default_factory=list[DueRecord])
    known: list[Event] = field(default_factory=list[Event])
    marks: dict[str, int] = field(default_factory=dict[str, int])
    expected: dict[str, Outcome] = field(default_factory=dict[str, Outcome])
    due: defaultdict[RecordRef, int] = field(default_factory=lambda: defaultdict(int))

    def push(self, events: Sequence[Event]) -> None:
        """Events arrive; one that is known does nothing, the new ones of a record are one step of its counter."""
        inbox.record(self.conn, events, ROUTES, self.now)
        new = [each for each in events if each.key not in self.expected]
        for ref in {contact_of(each) for each in new}:
            self.due[ref] += 1
        for each in new:
            self.known.append(each)
            self.marks[each.key] = self.due[contact_of(each)]
            self.expected[each.key] = Outcome.PENDING

    def push_in_vain(self, events: Sequence[Event]) -> None:
        """Events arrive, and the commit fails."""
        savepoint = self.conn.begin_nested()
        inbox.record(self.conn, events, ROUTES, self.now)
        savepoint.rollback()

    def push_again(self, number: int) -> None:
        """A sender repeats itself."""
        if self.known:
            self.push([self.known[number % len(self.known)]])

    def claim(self, limit: int) -> None:
        claimed = claims.claim(self.conn, LANE, self.epoch, limit, self.now)
        assert not {record.ref for record in claimed} & {record.ref for record in self.in_hand}
        self.in_hand.extend(claimed)

    def settle(self, outcome: Outcome) -> None:
        for record in self._take():
            if due.settle(self.conn, LANE, {record.ref: record.mark}, self.now):
                del self.due[record.ref]
            outcomes.settle(self.conn, LANE, [Ending(record.ref, record.mark, outcome)], self.now)
            self._expect(record, outcome)

    def bury(self) -> None:
        for record in self._take():
            if due.bury(self.conn, LANE, record.ref, record.mark, code="invalid", reason="no name", now=self.now):
                outcomes.bury(self.conn, LANE, record.ref, record.mark, "no name", self.now)
                self._expect(record, Outcome.DEAD)

    def postpone(self, seconds: int) -> None:
        until = self.now + timedelta(seconds=seconds)
        for record in self._take():
            due.postpone(self.conn, LANE, record.ref, record.mark, Later(until, "not now", attempts=1))

    def crash(self) -> None:
        """The worker dies with its batch; its successor begins another epoch."""
        self.epoch += 1
        self.in_hand.clear()

    def let_pass(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def check(self) -> None:
        """What the store says is what the model expects, and it adds up."""
        counts = outcomes.counts(self.conn)
        assert counts.holds
        assert counts.accepted == len(self.expected) == sum(lane.total() for lane in counts.lanes.values())
        assert counts.lanes.get(LANE, Counter()) == Counter(self.expected.values())
        rows = select(inbox_table.c.key, outcomes_table.c.outcome).join_from(inbox_table, outcomes_table)
        assert {row.key: row.outcome for row in self.conn.execute(rows)} == self.expected

    def finish(self) -> None:
        """A worker that only ever succeeds leaves nothing pending."""
        self.crash()
        self.let_pass(100_000)
        for _ in range(len(self.known) + 1):
            self.claim(50)
            self.settle(Outcome.APPLIED)
        self.check()
        assert Outcome.PENDING not in self.expected.values()

    def _take(self) -> list[DueRecord]:
        taken, self.in_hand = self.in_hand[:2], self.in_hand[2:]
        return taken

    def _expect(self, record: DueRecord, outcome: Outcome) -> None:
        open_keys = [
            each.key
            for each in self.known
            if contact_of(each) == record.ref
            and self.marks[each.key] <= record.mark
            and self.expected[each.key] in OPEN
        ]
        self.expected |= dict.fromkeys(open_keys, Outcome.SUPERSEDED)
        self.expected |= dict.fromkeys(open_keys[-1:], outcome)


def contact_of(event: Event) -> RecordRef:
    return RecordRef(event.system, event.object, event.record_id or "")


_events = st.lists(
    st.builds(
        lambda number, origin: event(contact(number), origin=origin), st.integers(1, 4), st.sampled_from(list(Origin))
    ),
    min_size=1,
    max_size=4,
)
_steps = st.one_of(
    st.tuples(st.just(World.push), _events),
    st.tuples(st.just(World.push_in_vain), _events),
    st.tuples(st.just(World.push_again), st.integers(0, 20)),
    st.tuples(st.just(World.claim), st.integers(1, 5)),
    st.tuples(st.just(World.settle), st.sampled_from(ENDS)),
    st.tuples(st.just(World.bury)),
    st.tuples(st.just(World.postpone), st.integers(0, 5000)),
    st.tuples(st.just(World.crash)),
    st.tuples(st.just(World.let_pass), st.integers(0, 5000)),
)


async def test_every_accepted_event_ends_in_one_outcome_or_is_still_due(database: Database) -> None:
    def law(conn: Connection, steps: list[tuple[object, ...]]) -> None:
        world = World(conn)
        for step, *arguments in steps:
            assert callable(step)
            step(world, *arguments)
            world.check()
        world.finish()

    await always(database, law, st.lists(_steps, max_size=25))
