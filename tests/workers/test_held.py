"""A lease is asked before every call, and renewed while it is held."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest

from app.connectors.memory import MemoryVendor
from app.engine.actions import Element, Verb
from app.engine.events import Priority
from app.engine.ledger import Lease
from app.engine.ports import Page
from app.engine.records import System
from app.errors import LeaseLost, StoreUnavailable
from tests.support.records import NOON
from tests.support.virtual_loop import LoopClock, run_virtually
from workers.held import HeldLease, LeasedConnector

LEASE = Lease("acme/Contact", "worker-1", 7, NOON)
SECONDS, CALL_SECONDS = 25.0, 15.0


def held_now() -> HeldLease:
    """A lease that was granted this very moment."""
    return HeldLease(LEASE, SECONDS, asyncio.get_running_loop().time())


@dataclass
class Renewals:
    """A database that prolongs, fails or refuses, as its answers say; then it prolongs. An answer takes a while."""

    answers: list[Lease | StoreUnavailable | None] = field(default_factory=list)
    takes_seconds: float = 0.0
    asked_at: list[float] = field(default_factory=list)

    async def __call__(self, lease: Lease) -> Lease | None:
        self.asked_at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.takes_seconds)
        answer = self.answers.pop(0) if self.answers else lease
        if isinstance(answer, StoreUnavailable):
            raise answer
        return answer


def test_a_call_may_start_only_while_the_lease_outlives_it() -> None:
    async def story() -> None:
        held = held_now()
        await asyncio.sleep(SECONDS - CALL_SECONDS)
        held.require(CALL_SECONDS)
        await asyncio.sleep(0.001)
        with pytest.raises(LeaseLost, match="acme/Contact"):
            held.require(CALL_SECONDS)

    run_virtually(story)


def test_a_lease_counts_from_before_it_was_granted() -> None:
    async def story() -> None:
        await asyncio.sleep(12)
        held = HeldLease(LEASE, SECONDS, granted_from=0)
        with pytest.raises(LeaseLost):
            held.require(CALL_SECONDS)

    run_virtually(story)


def test_a_lease_is_renewed_at_a_third_of_its_life_for_as_long_as_it_is_kept() -> None:
    async def story() -> list[float]:
        held, renewals = held_now(), Renewals()
        async with held.kept(renewals):
            await asyncio.sleep(4 * SECONDS)
            held.require(CALL_SECONDS)
        await asyncio.sleep(4 * SECONDS)
        return renewals.asked_at

    asked_at = run_virtually(story)
    assert asked_at == pytest.approx([SECONDS / 3 * n for n in range(1, 12)] + [4 * SECONDS])


def test_a_renewed_lease_counts_from_before_the_database_was_asked() -> None:
    async def story() -> None:
        held = held_now()
        async with held.kept(Renewals(takes_seconds=9)):
            await asyncio.sleep(SECONDS / 3 + 9.1)
            held.require(SECONDS - 9.2)
            with pytest.raises(LeaseLost):
                held.require(SECONDS - 9)

    run_virtually(story)


def test_a_lease_that_somebody_else_has_taken_forbids_every_call_at_once() -> None:
    async def story() -> int:
        held, renewals = held_now(), Renewals([None])
        async with held.kept(renewals):
            await asyncio.sleep(SECONDS / 3 + 0.1)
            with pytest.raises(LeaseLost):
                held.require(0.1)
            await asyncio.sleep(SECONDS)
        return len(renewals.asked_at)

    assert run_virtually(story) == 1


def test_a_database_that_is_away_once_is_asked_again_while_the_lease_lasts() -> None:
    async def story() -> None:
        held = held_now()
        async with held.kept(Renewals([StoreUnavailable("locked")])):
            await asyncio.sleep(SECONDS / 3 + 0.1)
            held.require(CALL_SECONDS)
            await asyncio.sleep(SECONDS)
            held.require(CALL_SECONDS)

    run_virtually(story)


def test_a_database_that_stays_away_lets_the_lease_run_out() -> None:
    async def story() -> None:
        held = held_now()
        async with held.kept(Renewals([StoreUnavailable("locked")] * 9)):
            await asyncio.sleep(SECONDS - CALL_SECONDS + 0.1)
            with pytest.raises(LeaseLost):
                held.require(CALL_SECONDS)

    run_virtually(story)


Use = Callable[[LeasedConnector], Awaitable[object]]
NO_FIELDS = frozenset[str]()


async def _send(connector: LeasedConnector) -> object:
    elements = [Element(None, {"Name": "Ridgeway"})]
    request = connector.prepare(Verb.CREATE, "Contact", elements, "key-1")
    return await connector.send(request, Verb.CREATE, "Contact", elements, Priority.PUSH)


CALLS: dict[str, Use] = {
    "read": lambda c: c.read("Contact", ["id"], NO_FIELDS, Priority.PUSH),
    "find": lambda c: c.find("Contact", "ContactNumber", ["key"], NO_FIELDS, Priority.PUSH),
    "changed": lambda c: anext(c.changed("Contact", None, NO_FIELDS, Priority.PUSH)),
    "send": _send,
}


@pytest.mark.parametrize("name", CALLS)
def test_no_call_leaves_when_the_lease_might_end_before_its_answer(name: str) -> None:
    async def story() -> int:
        vendor = MemoryVendor(System.XERO, LoopClock())
        connector = LeasedConnector(vendor, held_now(), CALL_SECONDS)
        await CALLS[name](connector)
        await asyncio.sleep(SECONDS - CALL_SECONDS + 0.1)
        with pytest.raises(LeaseLost):
            await CALLS[name](connector)
        return len(vendor.calls)

    assert run_virtually(story) == 1


class _PagesOfTwelveSeconds(MemoryVendor):
    async def changed(
        self,
        object: str,
        since: object,
        fields: frozenset[str],
        priority: Priority,
        *,
        ours_since: object = None,
    ) -> AsyncIterator[Page]:
        while True:
            await asyncio.sleep(12)
            yield Page((), self._clock.now(), last=False)


def test_a_scan_stops_at_the_page_that_the_lease_would_not_outlive() -> None:
    async def story() -> None:
        connector = LeasedConnector(_PagesOfTwelveSeconds(System.XERO, LoopClock()), held_now(), CALL_SECONDS)
        pages = connector.changed("Contact", None, NO_FIELDS, Priority.PUSH)
        await anext(pages)
        with pytest.raises(LeaseLost):
            await anext(pages)

    run_virtually(story)


def test_everything_else_is_the_connectors_own() -> None:
    async def story() -> Sequence[object]:
        vendor = MemoryVendor(System.SALESFORCE, LoopClock())
        connector = LeasedConnector(vendor, held_now(), CALL_SECONDS)
        return [connector.system, connector.read_size, connector.write_size(Verb.UPDATE)]

    assert run_virtually(story) == [System.SALESFORCE, 200, 200]
