"""Whatever becomes of people in whatever order: each customer ends with those whom its account has."""

from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sqlalchemy import make_url
from structlog.testing import capture_logs

from app.engine.records import System
from app.store.sqlite import SqliteDriver
from app.store.tables import metadata
from tests.support.people_in_any_order import PeopleInAnyOrder, SimulatedPeopleInAnyOrder
from tests.support.virtual_loop import run_virtually

EXAMPLES = 15
SIMULATED_EXAMPLES = 5
"""Raise it to search deeper."""

Step: TypeAlias = tuple[object, ...]

accounts = st.sampled_from([0, 1, None])
which = st.integers(0, 9)
pushes = st.sampled_from(["sent", "lost", "held up", "doubled", "rebuilt"])
systems = st.sampled_from(System)
methods = st.sampled_from(["read", "parts_of", "changed", "send"])

working: Step = ("work",)
entering = st.tuples(st.just("enter_person"), accounts, st.booleans(), pushes)
change: SearchStrategy[Step] = st.one_of(
    entering,
    st.tuples(st.just("rename_person"), which, pushes),
    st.tuples(st.just("move_person"), which, accounts, pushes),
    st.tuples(st.just("delete_person"), which, pushes),
    st.tuples(st.just("undelete_person"), which, pushes),
    st.tuples(st.just("merge_people"), which, which, pushes),
)
trouble: SearchStrategy[Step] = st.one_of(
    st.tuples(st.just("deliver"), which),
    st.tuples(st.just("doubt_next"), st.just(System.XERO), st.booleans()),
    st.tuples(st.just("kill_in_next_write"), st.just(System.XERO), st.booleans()),
    st.tuples(st.just("be_away"), systems, methods),
    st.tuples(st.just("let_pass"), st.sampled_from([0.2, 6.0, 130.0, 400.0])),
    st.just(("read_all",)),
)
stories = st.tuples(
    st.lists(entering, min_size=1, max_size=7),
    st.lists(st.one_of(change, change, st.just(working), trouble), min_size=2, max_size=14),
).map(lambda told: [*told[0], working, *told[1], working])
"""Some people, and then anything."""


@pytest.fixture(scope="module")
def driver() -> SqliteDriver:
    driver = SqliteDriver.inline(make_url("sqlite://"))
    run_virtually(lambda: driver.write(metadata.create_all))
    return driver


async def tell(driver: SqliteDriver, story: list[Step], kind: type[PeopleInAnyOrder]) -> None:
    world = await kind.begin_with_people(driver)
    for name, *arguments in story:
        await getattr(world, str(name))(*arguments)
        await world.check_audit()
    await world.settle_all()
    await world.check_people()
    await world.check_quiet()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories)
def test_every_customer_ends_with_the_people_of_its_account(driver: SqliteDriver, story: list[Step]) -> None:
    with capture_logs():
        run_virtually(lambda: tell(driver, story, PeopleInAnyOrder))


@settings(max_examples=SIMULATED_EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories)
def test_every_customer_ends_with_them_by_the_real_connectors(driver: SqliteDriver, story: list[Step]) -> None:
    with capture_logs():
        run_virtually(lambda: tell(driver, story, SimulatedPeopleInAnyOrder))
