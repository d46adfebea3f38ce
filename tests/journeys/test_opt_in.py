"""Opting in and out in every order ends as one look at the end would have made it, and nothing is doubled."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, make_url
from structlog.testing import capture_logs

from app.engine.records import Presence, System
from app.mapping.model import OnOptOut
from app.store import questions
from app.store.database import Database
from app.store.sqlite import SqliteDriver
from app.store.tables import metadata
from tests.support.virtual_loop import LoopClock, run_virtually
from tests.support.world import World, accounts_sync, phone

EXAMPLES = 25
SALESFORCE, XERO = System.SALESFORCE, System.XERO

happenings = st.sampled_from(["tick", "untick", "edit", "edit in xero", "delete", "undelete"])
stories = st.lists(st.tuples(happenings, st.booleans()), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def driver() -> Iterator[SqliteDriver]:
    """One database in memory, driven in this thread: statements are compiled once for all stories."""
    driver = SqliteDriver.inline(make_url("sqlite://"))
    run_virtually(lambda: driver.write(metadata.create_all))
    yield driver
    run_virtually(driver.close)


class Opting(World):
    """A customer whose account is ticked and unticked, edited, deleted and undeleted, and whose contact is edited."""

    account: str
    entries: int

    async def begin(self, *, ticked: bool) -> None:
        await self.database.run(_empty)
        self.entries = 0
        self.account = await self.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 0", Sync__c=ticked)

    async def happen(self, what: str) -> None:
        """One thing that a person does, where it can be done."""
        self.clock.advance(3)
        self.entries += 1
        gone = self.only(SALESFORCE).presence is not Presence.LIVE
        if what == "undelete" and gone:
            self.salesforce.restore("Account", self.account)
            await self.push(SALESFORCE, self.account)
        elif what == "delete" and not gone:
            self.salesforce.delete("Account", self.account)
            await self.push(SALESFORCE, self.account)
        elif what in {"tick", "untick"} and not gone:
            await self.edit(SALESFORCE, self.account, Sync__c=what == "tick")
        elif what == "edit" and not gone:
            await self.edit(SALESFORCE, self.account, Phone=f"03 {self.entries}")
        elif what == "edit in xero" and self.live_contacts():
            await self.edit(XERO, self.live_contacts()[0], EmailAddress=f"{self.entries}@ridgeway.example")

    def live_contacts(self) -> list[str]:
        return [seen.ref.id for seen in self.xero.all("Contact") if seen.presence is Presence.LIVE]

    async def check(self, on_opt_out: OnOptOut) -> None:
        account = self.only(SALESFORCE)
        assert len(self.xero.all("Contact")) <= 1
        assert await self.dead() == []
        asked = [each.topic for each in await self.database.read(questions.open_questions)]
        if account.presence is Presence.LIVE and account.fields["Sync__c"]:
            contact = self.only(XERO)
            assert contact.presence is Presence.LIVE
            assert contact.fields["Phones"] == phone(str(account.fields["Phone"]))
            assert contact.fields.get("EmailAddress") == account.fields.get("Email__c")
            assert asked == []
        elif account.presence is not Presence.LIVE or on_opt_out is OnOptOut.ARCHIVE:
            kept = account.presence is not Presence.LIVE and not account.fields["Sync__c"]
            assert not self.live_contacts() or asked == ["gone"] or (kept and on_opt_out is OnOptOut.KEEP)


def _empty(conn: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        conn.execute(delete(table))


async def tell(driver: SqliteDriver, on_opt_out: OnOptOut, story: list[tuple[str, bool]], *, ticked: bool) -> None:
    clock = LoopClock()
    sync = accounts_sync(lambda mapping: replace(mapping, opt_in="Sync__c", on_opt_out=on_opt_out))
    world = Opting(Database(driver, clock_now=clock.now), clock, sync)
    await world.begin(ticked=ticked)
    for what, looked_at in story:
        await world.happen(what)
        if looked_at:
            await world.drain()
    await world.drain()
    await world.check(on_opt_out)
    writes = world.writes(SALESFORCE), world.writes(XERO)
    clock.advance(60)
    await world.push(SALESFORCE, world.account)
    await world.drain()
    assert (world.writes(SALESFORCE), world.writes(XERO)) == writes


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(OnOptOut), stories, st.booleans())
def test_whatever_the_order_the_end_is_as_the_last_state_asks(
    driver: SqliteDriver, on_opt_out: OnOptOut, story: list[tuple[str, bool]], ticked: bool
) -> None:
    with capture_logs():
        run_virtually(lambda: tell(driver, on_opt_out, story, ticked=ticked))
