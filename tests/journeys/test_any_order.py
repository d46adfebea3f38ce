"""Whatever happens in whatever order: no record is doubled, no uncontested edit is lost, and at the end it is quiet."""

from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sqlalchemy import make_url
from structlog.testing import capture_logs

from app.engine.records import System
from app.mapping.model import OnConflict
from app.store.sqlite import SqliteDriver
from app.store.tables import metadata
from tests.support.any_order import RULES, AnyOrder, SimulatedAnyOrder
from tests.support.virtual_loop import run_virtually

EXAMPLES = 30
SIMULATED_EXAMPLES = 15
"""Raise it to search deeper: some thousands take an hour."""

Step: TypeAlias = tuple[object, ...]
"""The name of what happens in `AnyOrder`, and its arguments."""

systems = st.sampled_from(System)
policies = st.sampled_from([OnConflict.SALESFORCE, OnConflict.XERO, OnConflict.LATEST])
pushes = st.sampled_from(["sent", "lost", "held up", "doubled", "rebuilt"])
which = st.integers(0, 1)
names = st.sampled_from(sorted(RULES))
methods = st.sampled_from(["read", "find", "changed", "send"])
seconds = st.sampled_from([0.2, 4.0, 6.0, 12.0, 30.0, 130.0, 400.0])

working: Step = ("work",)
creating = st.tuples(st.just("create"), systems, pushes)
editing = st.tuples(st.just("edit_field"), which, systems, names, pushes, st.booleans())
waiting = st.tuples(st.just("let_pass"), seconds)
trouble = st.one_of(
    st.tuples(st.just("deliver"), which),
    st.tuples(st.just("doubt_next"), systems, st.booleans()),
    st.tuples(st.just("kill_in_next_write"), systems, st.booleans()),
    st.tuples(st.just("be_away"), systems, methods),
    st.tuples(st.just("lock"), which, systems),
    st.tuples(st.just("edit_during_write"), systems, st.booleans(), which, systems, names, pushes),
    st.just(("read_all",)),
)


def scenes(*parts: SearchStrategy[Step]) -> SearchStrategy[list[Step]]:
    """Steps that follow one another, and then a worker's turn."""
    return st.tuples(*parts).map(lambda told: [*told, working])


stories = st.lists(
    st.one_of(
        scenes(editing),
        scenes(trouble, editing),
        scenes(editing, editing),
        scenes(waiting),
        scenes(creating),
        scenes(trouble, creating),
        scenes(editing, trouble, waiting),
    ),
    min_size=2,
    max_size=10,
).map(lambda told: [step for scene in told for step in scene])
"""After a customer was entered and carried over: most of what can go wrong needs a pair of records."""


@pytest.fixture(scope="module")
def driver() -> SqliteDriver:
    """One database in memory, driven in this thread: statements are compiled once for all stories."""
    driver = SqliteDriver.inline(make_url("sqlite://"))
    run_virtually(lambda: driver.write(metadata.create_all))
    return driver


async def tell(
    driver: SqliteDriver, policy: OnConflict, born: System, story: list[Step], kind: type[AnyOrder] = AnyOrder
) -> None:
    """Let everything happen, one after the other, and look at the end."""
    world = await kind.begin(driver, policy)
    await world.create(born, "sent")
    await world.work()
    for name, *arguments in story:
        await getattr(world, str(name))(*arguments)
        await world.check_audit()
    await world.settle_down()
    await world.check_end()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies, systems, stories)
def test_nothing_is_lost_and_nothing_is_doubled(
    driver: SqliteDriver, policy: OnConflict, born: System, story: list[Step]
) -> None:
    with capture_logs():
        run_virtually(lambda: tell(driver, policy, born, story))


@settings(max_examples=SIMULATED_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies, systems, stories)
def test_nothing_is_lost_and_nothing_is_doubled_by_the_real_connectors(
    driver: SqliteDriver, policy: OnConflict, born: System, story: list[Step]
) -> None:
    with capture_logs():
        run_virtually(lambda: tell(driver, policy, born, story, SimulatedAnyOrder))
