"""What Prometheus is told: deliveries, lag, writes, quotas, what needs a person; and nothing of anybody's data."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.cli import hold, pause
from app.cli.ports import free_port
from app.egress import Egress
from app.engine.actions import Declined
from app.engine.credentials import TokenSet
from app.engine.events import Arrival
from app.engine.records import System
from app.engine.usage import Tally
from app.errors import SignInNeeded
from app.metrics import Metrics
from app.store import pushes, tokens, usage
from app.store.database import Database
from app.store.vault import Vault
from tests.support.clock import VirtualClock
from tests.support.world import World
from tests.test_main import push, runtime_of, send, web

SALESFORCE, XERO = System.SALESFORCE, System.XERO
LANE = "accounts/Contact"
Labels = Mapping[str, str]


@pytest.fixture
def world(database: Database, clock: VirtualClock) -> World:
    return World(database, clock)


async def told(world: World) -> dict[str, float]:
    return read(await Metrics(world.database, tuple(world.runtime.lanes)).text())


def read(text: bytes) -> dict[str, float]:
    """Each sample by its name and its labels."""
    return {
        f"{sample.name}{{{','.join(f'{name}={value}' for name, value in sorted(sample.labels.items()))}}}": sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


async def test_an_idle_system_tells_zeros_for_every_lane(world: World) -> None:
    found = await told(world)
    for name in ("due_records", "lag_seconds", "lane_held", "lane_parked", "lane_drained"):
        assert found[f"crossbook_{name}{{lane={LANE}}}"] == 0
    assert found["crossbook_database_up{}"] == 1
    assert found["crossbook_pauses{}"] == 0


async def test_lag_is_the_age_of_what_has_waited_longest(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="First")
    world.clock.advance(90)
    await world.edit(SALESFORCE, None, Name="Second")
    found = await told(world)
    assert found[f"crossbook_due_records{{lane={LANE}}}"] == 2
    assert found[f"crossbook_lag_seconds{{lane={LANE}}}"] == 91
    await world.drain()
    found = await told(world)
    assert found[f"crossbook_lag_seconds{{lane={LANE}}}"] == 0
    assert found[f"crossbook_writes_last_hour{{lane={LANE},outcome=done,target=xero,verb=create}}"] == 2
    world.clock.advance(3601)
    assert not any(name.startswith("crossbook_writes_last_hour{") for name in await told(world))


async def test_a_lane_that_is_parked_as_the_sign_in_is_refused_lags(world: World) -> None:
    world.xero.fail_next(SignInNeeded("the refresh token is refused"))
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.clock.advance(30)
    found = await told(world)
    assert found[f"crossbook_lane_parked{{lane={LANE}}}"] == 1
    assert found[f"crossbook_lag_seconds{{lane={LANE}}}"] >= 30
    await hold.carry_out(world.runtime, LANE, "month end")
    assert (await told(world))[f"crossbook_lag_seconds{{lane={LANE}}}"] == 0


async def test_what_needs_a_person_is_counted_by_its_kind(world: World) -> None:
    for _ in range(2):
        await world.edit(SALESFORCE, None, Name="Ridgeway")
    for _ in range(3):
        await world.drain()
        world.clock.advance(60)
    await world.edit(SALESFORCE, None, Name="Harbour")
    world.xero.decline_next(Declined("email", "Email address must be valid."))
    await world.drain()
    await pause.carry_out(world.runtime, "accounts", because="month end")
    found = await told(world)
    assert found[f"crossbook_dead_letters{{code=email,lane={LANE}}}"] == 1
    assert found[f"crossbook_open_questions{{lane={LANE},topic=taken}}"] == 1
    assert found["crossbook_pauses{}"] == 1
    assert found[f"crossbook_writes_last_hour{{lane={LANE},outcome=refused,target=xero,verb=create}}"] >= 1


async def test_quotas_tokens_and_the_last_pushes_are_told(world: World) -> None:
    now = world.clock.now()
    tally = Tally(XERO, "nz", f"{now:%Y-%m-%d}", calls=7, bytes_out=4096, calls_left=993, told_at=now)
    vault, tokens_of_nz = Vault(["k" * 32]), TokenSet("access", "refresh", now + timedelta(minutes=30))
    await world.database.run(lambda conn: usage.add(conn, [tally]))
    await world.database.run(lambda conn: tokens.replace(conn, vault, "xero:nz", tokens_of_nz, now))
    await world.database.run(lambda conn: pushes.note(conn, [Arrival("/webhooks/xero", "nz")], now))
    world.clock.advance(42)
    found = await told(world)
    of_nz = "{connection=nz,system=xero}"
    assert found[f"crossbook_vendor_calls_today{of_nz}"] == 7
    assert found[f"crossbook_vendor_read_bytes_today{of_nz}"] == 4096
    assert found[f"crossbook_vendor_calls_left{of_nz}"] == 993
    assert found[f"crossbook_token_age_seconds{of_nz}"] == 42
    assert found["crossbook_last_push_age_seconds{connection=nz,route=/webhooks/xero}"] == 42


async def test_what_may_still_be_read_in_the_month_is_told_of_all_connections_of_an_app_together(world: World) -> None:
    month = f"{world.clock.now():%Y-%m}"
    before = (world.clock.now().replace(day=1) - timedelta(days=1)).strftime("%Y-%m-%d")
    read_out = [
        Tally(XERO, "nz", f"{month}-01", calls=1, bytes_out=2_000_000_000),
        Tally(XERO, "au", f"{month}-02", calls=1, bytes_out=500_000_000),
        Tally(XERO, "nz", before, calls=1, bytes_out=9_000_000_000),
        Tally(SALESFORCE, "nz", f"{month}-01", calls=1, bytes_out=9_000_000_000),
    ]
    await world.database.run(lambda conn: usage.add(conn, read_out))
    found = read(await Metrics(world.database, (LANE,), [Egress(("nz", "au"), 10_000_000_000)]).text())
    for name in ("nz", "au"):
        assert found[f"crossbook_vendor_egress_left_bytes{{connection={name},system=xero}}"] == 7_500_000_000


async def test_deliveries_are_counted_by_route_and_outcome(world: World) -> None:
    async with web(runtime_of(world)) as client:
        await push(client)
        await send(client, b"{}", "forged")
        answer = await client.get("/metrics")
    found = read(answer.content)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert found["crossbook_deliveries_total{outcome=accepted,route=/webhooks/xero}"] == 1
    assert found["crossbook_deliveries_total{outcome=refused,route=/webhooks/xero}"] == 1
    assert found["crossbook_delivery_seconds_count{route=/webhooks/xero}"] == 2
    assert found["crossbook_commits_total{}"] == 1
    assert found[f"crossbook_due_records{{lane={LANE}}}"] == 1


async def test_while_the_database_is_away_the_process_tells_that_and_its_own_counts() -> None:
    away = await Database.open(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    metrics = Metrics(away, (LANE,))
    metrics.count("/webhooks/xero", "unavailable", 0.2)
    found = read(await metrics.text())
    assert found["crossbook_database_up{}"] == 0
    assert found["crossbook_deliveries_total{outcome=unavailable,route=/webhooks/xero}"] == 1


async def test_nothing_of_a_customer_s_is_told(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Canary Limited", Email__c="canary@canary.example", Phone="09 4711 canary")
    await world.drain()
    text = (await Metrics(world.database, (LANE,)).text()).decode().lower()
    assert "canary" not in text
    assert world.only(SALESFORCE).ref.id.lower() not in text
