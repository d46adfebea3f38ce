"""Whenever a backup was taken, and whatever happened since: restored, it makes nothing twice."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from structlog.testing import capture_logs

from app.engine.records import Presence, System
from app.errors import Doubtful
from app.store import questions
from app.store.database import Database
from tests.support.moving import OnSqlite
from tests.support.virtual_loop import LoopClock, run_virtually
from tests.support.world import OBJECTS, World, phone

EXAMPLES = 15
SALESFORCE, XERO = System.SALESFORCE, System.XERO


@dataclass(frozen=True, slots=True)
class Happening:
    """What a person does to one of a few customers, or that an answer is lost; whether the push comes, and a drain."""

    what: str
    customer: int
    pushed: bool = True
    drained: bool = True


LIVING = ["enter here", "enter there", "edit here", "edit there", "lose answer"]
ENDING = ["delete here", "archive there", "undelete"]


def stories(whats: Sequence[str]) -> SearchStrategy[list[Happening]]:
    happening = st.builds(Happening, st.sampled_from(whats), st.integers(0, 3), st.booleans(), st.booleans())
    return st.lists(happening, max_size=8)


class Story:
    """Customers who are entered, edited and end on both sides. Each is known by a name that nobody else has."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.numbers = 0

    async def happen(self, happening: Happening, *, heard: bool = True) -> None:
        self.numbers += 1
        self.world.clock.advance(20)
        system = XERO if happening.what.endswith("there") else SALESFORCE
        if happening.what == "lose answer":
            self.world.xero.fail_next(Doubtful("cut off"), carried_out=happening.pushed)
        elif (id := self._done(happening, system)) and heard and happening.pushed:
            await self.world.push(system, id)
        if heard and happening.drained:
            await self.world.drain()

    def _done(self, happening: Happening, system: System) -> str | None:
        """The record that was touched; None where that cannot be done."""
        vendor, object, name = self.world.vendor(system), OBJECTS[system], f"Customer {happening.customer}"
        here = [seen for seen in vendor.all(object) if seen.fields["Name"] == name]
        live = [seen.ref.id for seen in here if seen.presence is Presence.LIVE]
        number = {"Phone": f"03 {self.numbers}"} if system is SALESFORCE else {"Phones": phone(f"03 {self.numbers}")}
        match happening.what.split()[0]:
            case "enter" if not self._known(name):
                return vendor.put(object, None, {"Name": name, **number})
            case "edit" if live:
                return vendor.put(object, live[0], number)
            case "delete" if live:
                vendor.delete(object, live[0])
                return live[0]
            case "archive" if live:
                vendor.archive(object, live[0])
                return live[0]
            case "undelete" if here and not live:
                vendor.restore(object, here[0].ref.id)
                return here[0].ref.id
        return None

    def _known(self, name: str) -> bool:
        return any(
            seen.fields["Name"] == name for side in System for seen in self.world.vendor(side).all(OBJECTS[side])
        )

    async def check(self) -> None:
        """Of each customer there is one record a side, and where both live they hold the same."""
        accounts, contacts = (self.world.vendor(side).all(OBJECTS[side]) for side in System)
        for side in (accounts, contacts):
            names = Counter(seen.fields["Name"] for seen in side)
            assert set(names.values()) <= {1}, names
        asked = {each.ref.id for each in await self.world.database.read(questions.open_questions)}
        by_name = {seen.fields["Name"]: seen for seen in contacts if seen.presence is Presence.LIVE}
        for account in accounts:
            contact = by_name.get(account.fields["Name"])
            if account.presence is Presence.LIVE and contact and not {account.ref.id, contact.ref.id} & asked:
                assert contact.fields["Phones"] == phone(str(account.fields["Phone"]))
        assert await self.world.dead() == []
        assert (await self.world.outcomes()).get("pending", 0) == 0 or asked


async def tell(folder: Path, before: list[Happening], since: list[Happening], unheard: list[Happening]) -> None:
    clock = LoopClock()
    installation = OnSqlite(folder / "crossbook.db", lambda url: Database.direct(url, clock_now=clock.now))
    world = World(installation.database, clock)
    story = Story(world)
    await world.reconcile()
    for each in before:
        await story.happen(each)
    await installation.back_up()
    for each in since:
        await story.happen(each)
    for each in unheard:
        await story.happen(each, heard=False)
    world.xero.calm_down()
    clock.advance(3600)
    await installation.restore()
    world.database = installation.database
    world.restart("worker-after")
    for _ in range(3):
        await world.reconcile()
        clock.advance(900)
        await world.drain()
    await story.check()
    writes = [world.writes(side) for side in System]
    await world.reconcile()
    assert [world.writes(side) for side in System] == writes
    await installation.database.close()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "crossbook.db"
    database = Database.direct(f"sqlite:///{path}")
    run_virtually(database.migrate)
    run_virtually(database.close)
    return path


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(stories(LIVING + ENDING), stories(LIVING + ENDING), stories(LIVING + ENDING))
def test_whatever_happened_since_the_backup_nothing_is_created_twice_and_both_sides_end_alike(
    template: Path, before: list[Happening], since: list[Happening], unheard: list[Happening]
) -> None:
    with capture_logs(), tempfile.TemporaryDirectory() as folder:
        shutil.copy(template, folder)
        run_virtually(lambda: tell(Path(folder), before, since, unheard))
