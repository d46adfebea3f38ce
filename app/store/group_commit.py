"""Group commit: what is waiting to be accepted goes to disk together, so that one flush serves many senders."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain

from sqlalchemy import Connection

from app.engine.events import Arrival, Event, Routes, SequenceRange
from app.errors import StoreUnavailable
from app.store import inbox, pushes, sequences
from app.store.database import Database
from app.store.inbox import Recorded
from app.store.returns import Heard, nobody_waits

_WAITING = 1000
"""Deliveries that may wait; a sender beyond that is told to try again."""
_GROUP = 200
"""Deliveries in one transaction."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    events: Sequence[Event]
    sequence: SequenceRange | None
    arrival: Arrival | None
    recorded: asyncio.Future[Recorded]

    def fail(self, cause: BaseException | None) -> None:
        """Tell the sender to try again, unless it has gone."""
        if not self.recorded.done():
            refusal = StoreUnavailable("the events were not accepted")
            refusal.__cause__ = cause
            self.recorded.set_exception(refusal)

    def succeed(self, recorded: Recorded) -> None:
        if not self.recorded.done():
            self.recorded.set_result(recorded)


def _heard(group: Sequence[_Delivery]) -> dict[Arrival, bool]:
    """Who was heard; whether only by deliveries that say nothing, as a vendor's check does."""
    heard = dict[Arrival, bool]()
    for delivery in group:
        if delivery.arrival:
            says_nothing = not delivery.events and not delivery.sequence
            heard[delivery.arrival] = says_nothing and heard.get(delivery.arrival, True)
    return heard


class GroupCommit:
    """Accepts deliveries of events, as many in one transaction as wait at the time; it never waits for more.

    `on_commit` is told the lanes that have new work, after the commit. `on_gap` is run inside the transaction when the
    running numbers of a connection show that pushes are missing: it makes the work that finds them. So is `on_heard`
    with those who push: it makes the work that finds what they did not push before.
    """

    def __init__(
        self,
        database: Database,
        routes: Routes,
        on_commit: Callable[[frozenset[str]], None],
        on_gap: Callable[[Connection, str, datetime], None],
        on_heard: Heard = nobody_waits,
    ) -> None:
        self._database = database
        self._routes = routes
        self._on_commit = on_commit
        self._on_gap = on_gap
        self._on_heard = on_heard
        self._waiting: deque[_Delivery] = deque()
        self._committing: asyncio.Task[None] | None = None

    async def accept(
        self, events: Sequence[Event], sequence: SequenceRange | None = None, arrival: Arrival | None = None
    ) -> Recorded:
        """Commit one delivery, and that its sender was heard; when this returns, its events are on disk.

        Raises `StoreUnavailable` when they are not, or too many deliveries wait. A sender that goes away meanwhile
        harms no other; whether its own events were accepted is then unknown.
        """
        if len(self._waiting) >= _WAITING:
            raise StoreUnavailable("too many deliveries wait to be committed")
        delivery = _Delivery(events, sequence, arrival, asyncio.get_running_loop().create_future())
        self._waiting.append(delivery)
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_all())
        return await delivery.recorded

    async def close(self) -> None:
        """Wait until everything that was handed in is decided."""
        if self._committing is not None:
            await asyncio.wait({self._committing})

    async def _commit_all(self) -> None:
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))]
                await self._commit([delivery for delivery in group if not delivery.recorded.done()])
        finally:
            self._committing = None

    async def _commit(self, group: Sequence[_Delivery]) -> None:
        """Commit a group; if something in it cannot be stored, each delivery alone, so that the others pass."""
        work = asyncio.create_task(self._database.run(partial(self._record, group)))
        await asyncio.wait({work})
        error = work.exception()
        if error is None:
            self._announce(group, work.result())
        elif len(group) == 1 or isinstance(error, StoreUnavailable):
            for delivery in group:
                delivery.fail(error)
        else:
            for delivery in group:
                await self._commit([delivery])

    def _record(self, group: Sequence[_Delivery], conn: Connection) -> list[Recorded]:
        now = self._database.now(conn)
        fresh = inbox.store(conn, chain.from_iterable(delivery.events for delivery in group), self._routes, now)
        for sequence in filter(None, (delivery.sequence for delivery in group)):
            if sequences.note(conn, *sequence):
                self._on_gap(conn, sequence.connection, now)
        heard = _heard(group)
        self._on_heard(conn, heard, now)
        pushes.note(conn, heard, now)
        return [inbox.tally(delivery.events, fresh) for delivery in group]

    def _announce(self, group: Sequence[_Delivery], recorded: Sequence[Recorded]) -> None:
        lanes = frozenset[str]().union(*(each.lanes for each in recorded))
        if lanes:
            asyncio.get_running_loop().call_soon(self._on_commit, lanes)
        for delivery, each in zip(group, recorded, strict=True):
            delivery.succeed(each)
