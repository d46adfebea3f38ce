"""A vendor that answers with an error, too late or never: whatever it did, it is done once in the end."""

from collections.abc import AsyncIterator

import pytest

from app.engine.records import System
from app.simulator.faults import Fault
from app.store import backlog
from app.store.database import Database
from tests.support.crossbook import Crossbook
from tests.support.simulated.salesforce import SimulatedSalesforce
from tests.support.simulated.systems import Systems
from tests.support.simulated.xero import SimulatedXero
from tests.support.world import ORG, TENANT, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
A_MOMENT = 3.0
UNTIL_ALL_IS_CLEAR = 600.0
"""Seconds in which every doubt is cleared up: Xero repeats an error under its key for six minutes."""

LOST = [Fault.ERROR, Fault.ERROR_AFTER_COMMIT, Fault.SILENCE, Fault.SILENCE_AFTER_COMMIT, Fault.UNAVAILABLE]


class Pair:
    """A simulated org and organisation, and Crossbook between them."""

    def __init__(self, crossbook: Crossbook, salesforce: SimulatedSalesforce, xero: SimulatedXero) -> None:
        self.crossbook = crossbook
        self.salesforce = salesforce
        self.xero = xero

    def enter(self, system: System, id: str | None, name: str, number: str) -> str:
        """A person enters a customer, or edits its phone."""
        if system is SALESFORCE:
            return self.salesforce.put("Account", id, {"Name": name, "Phone": number})
        return self.xero.put("Contact", id, {"Name": name, "Phones": phone(number)})

    def order(self, fault: Fault, target: System) -> None:
        """The next write to `target` goes wrong."""
        if target is SALESFORCE:
            self.salesforce.world.faults.order(fault, method="PATCH")
        else:
            for method in ("PUT", "POST"):
                self.xero.world.faults.order(fault, method=method)

    async def check(self, number: str) -> None:
        """Both hold the one customer with this phone, and nothing is left to do or to repair."""
        (account,), (contact,) = self.salesforce.all("Account"), self.xero.all("Contact")
        assert (account.fields["Phone"], contact.fields["Phones"]) == (number, phone(number))
        assert await self.crossbook.database.read(backlog.dead) == ()
        created = [change for change in (*self.salesforce.history, *self.xero.history) if change.created]
        assert [change.by for change in sorted(created, key=lambda each: each.at)] == ["person", "us"]


@pytest.fixture
async def pair(systems: Systems, inline_database: Database) -> AsyncIterator[Pair]:
    salesforce, xero = systems.add_org("main", ORG), systems.add_organisation("main", TENANT)
    async with Crossbook.open(inline_database, systems, accounts_sync()) as crossbook:
        await crossbook.run(A_MOMENT)
        yield Pair(crossbook, salesforce, xero)


@pytest.mark.parametrize("target", System)
@pytest.mark.parametrize("fault", LOST)
async def test_a_create_without_an_answer_is_made_once(pair: Pair, fault: Fault, target: System) -> None:
    pair.order(fault, target)
    pair.enter(target.other, None, "Ridgeway", "03 111")
    await pair.crossbook.run(UNTIL_ALL_IS_CLEAR, rounds_seconds=20)
    await pair.check("03 111")


@pytest.mark.parametrize("target", System)
@pytest.mark.parametrize("fault", LOST)
async def test_an_update_without_an_answer_loses_no_edit(pair: Pair, fault: Fault, target: System) -> None:
    source = pair.enter(target.other, None, "Ridgeway", "03 111")
    await pair.crossbook.run(A_MOMENT)
    pair.order(fault, target)
    pair.enter(target.other, source, "Ridgeway", "03 222")
    await pair.crossbook.run(8, rounds_seconds=4)
    pair.enter(target.other, source, "Ridgeway", "03 333")
    await pair.crossbook.run(UNTIL_ALL_IS_CLEAR, rounds_seconds=20)
    await pair.check("03 333")


@pytest.mark.parametrize("target", System)
@pytest.mark.parametrize("seconds", [14.5, 16.0, 40.0, 119.0])
async def test_a_vendor_that_carries_out_late_what_we_gave_up_on_does_it_once(
    pair: Pair, seconds: float, target: System
) -> None:
    slow = pair.salesforce.world if target is SALESFORCE else pair.xero.world

    async def slow_down() -> None:
        slow.latency_seconds = seconds

    vendor = pair.salesforce if target is SALESFORCE else pair.xero
    vendor.interrupt("send", "before", slow_down)
    pair.enter(target.other, None, "Ridgeway", "03 111")
    await pair.crossbook.run(12)
    slow.latency_seconds = 0.0
    await pair.crossbook.run(UNTIL_ALL_IS_CLEAR, rounds_seconds=20)
    await pair.check("03 111")
