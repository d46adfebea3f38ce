"""Several web and worker processes on one PostgreSQL and one Valkey, as on several machines; two of them are killed."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from app.connectors.quota_ledger import Ledger
from app.connectors.xero.quotas import organisation_quota
from app.engine.credentials import vault_name
from app.engine.ledger import Outcome
from app.engine.records import Observation, System
from app.runtime import Runtime
from app.settings import load_settings
from app.store import leases, outcomes
from app.store.tokens import DatabaseTokenVault
from app.store.vault import Vault
from tests.support.field_entry import entered, shown
from tests.support.fleet import Fleet, Vendors, fleet, pushing, until
from tests.support.oracle import check_end

SALESFORCE, XERO = System.SALESFORCE, System.XERO
SYNCS = ("nz", "au")
WORKERS, WEBS = ("worker-1", "worker-2", "worker-3"), ("web-1", "web-2")
BORN_ON_EACH_SIDE = 50
"""Customers that are entered at each of the four vendors."""

EDITS = 20
"""How many edits people make at each of them at a time."""

LATENCY_SECONDS = 0.2
"""How long every call takes: several are under way at the same time."""

ALIKE_SECONDS = 60.0
"""Far longer than it takes until all is in step on a machine that has nothing else to do."""


UNAUTHORIZED = 401

Customers = dict[str, dict[str, str | None]]


@dataclass
class Office:
    """The people at both systems of one sync: each side enters its own customers and edits a field of its own."""

    vendors: Vendors
    accounts: list[str] = field(default_factory=list[str])
    contacts: list[str] = field(default_factory=list[str])
    expected: Customers = field(default_factory=Customers)

    def enter(self) -> None:
        for number in range(BORN_ON_EACH_SIDE):
            account, contact = {"Name": f"Account {number}"}, {"Name": f"Contact {number}"}
            self.accounts.append(self.vendors.salesforce.put("Account", None, account))
            self.contacts.append(self.vendors.xero.put("Contact", None, contact))
            self.expected |= {each["Name"]: {"Phone": None, "Email": None} for each in (account, contact)}

    def edit(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            at = number * 7 % BORN_ON_EACH_SIDE
            phone, email = f"03 {number}", f"c{number}@example.com"
            self.vendors.salesforce.put("Account", self.accounts[at], entered(SALESFORCE, "Phone", phone))
            self.vendors.xero.put("Contact", self.contacts[at], entered(XERO, "Email", email))
            self.expected[f"Account {at}"]["Phone"] = phone
            self.expected[f"Contact {at}"]["Email"] = email

    def alike(self) -> bool:
        """Whether both sides hold every customer once, with the last edit of each."""
        sides = {SALESFORCE: self.vendors.salesforce.all("Account"), XERO: self.vendors.xero.all("Contact")}
        once = all(len(seen) == len(self.expected) for seen in sides.values())
        return once and all(customers(side, seen) == self.expected for side, seen in sides.items())


def customers(side: System, seen: Iterable[Observation]) -> Customers:
    """Customers by name, as the people of one side see them."""
    return {str(each.fields["Name"]): {name: shown(side, name, each) for name in ("Phone", "Email")} for each in seen}


@pytest.fixture
async def machines(tmp_path: Path, postgres_url: str, valkey_url: str) -> AsyncIterator[Fleet]:
    """Three workers and two web processes, none of which is told of the others."""
    places = {"DATABASE_URL": postgres_url, "REDIS_URL": valkey_url}
    # a killed worker's lane is free again sooner, there are more calls to count, and reconcile joins in
    hasty = {"LEASE_SECONDS": "8", "CALL_TIMEOUT_SECONDS": "4", "RECONCILE_SECONDS": "1", "BATCH_SIZE": "8"}
    async with fleet(tmp_path, SYNCS, {**places, **hasty}) as machines:
        for each in machines.vendors:
            each.salesforce.world.latency_seconds = each.xero.world.latency_seconds = LATENCY_SECONDS
        for name in WORKERS:
            machines.start_worker(name)
        for name in WEBS:
            machines.start_web(name)
        await machines.ready(*WORKERS, *WEBS)
        yield machines


@pytest.fixture
async def runtime(machines: Fleet, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Runtime]:
    """One more process with the same settings, for looking at what the others share."""
    for name, value in machines.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(machines.folder)
    opened = await Runtime.open(load_settings())
    yield opened
    await opened.close()


async def test_three_workers_and_two_webs_share_lanes_quotas_and_tokens(machines: Fleet, runtime: Runtime) -> None:
    offices = [Office(each) for each in machines.vendors]
    async with pushing(machines) as balancer:
        for office in offices:
            office.enter()
            office.edit(range(EDITS // 2))
        killed = await kill_a_worker_that_drains(machines, runtime)
        machines.kill("web-1")
        assert not any(office.alike() for office in offices)
        for office in offices:
            office.vendors.xero.world.revoke_tokens()
            office.edit(range(EDITS // 2, EDITS))
        await until(lambda: someone_else_drains(runtime, killed), ALIKE_SECONDS)
        machines.start_web("web-1")
        await machines.ready("web-1")
        for office in offices:
            office.edit(range(EDITS, 2 * EDITS))
        await until(lambda: in_step(offices, runtime), ALIKE_SECONDS)
    assert set(balancer.carried) == set(WEBS)
    for office in offices:
        await check_calls_were_counted_together(office.vendors, runtime)
        await check_tokens_went_from_hand_to_hand(office.vendors, runtime)
    await check_end(runtime, [vendor for each in machines.vendors for vendor in (each.salesforce, each.xero)])


async def kill_a_worker_that_drains(machines: Fleet, runtime: Runtime) -> tuple[str, str]:
    """Kill a worker amid its first writes; the lane that it held, and by which name."""
    pids = {machines.pid(name): name for name in WORKERS}
    held = dict[str, str]()

    async def writes() -> bool:
        held.clear()
        held.update(await worked_on(runtime))
        return any(change.by == "us" for each in machines.vendors if lane(each) in held for change in each.xero.history)

    await until(writes, ALIKE_SECONDS)
    (of_lane, owner), *_ = held.items()
    machines.kill(pids[int(owner.rpartition("-")[2])])
    return of_lane, owner


async def someone_else_drains(runtime: Runtime, killed: tuple[str, str]) -> bool:
    """Whether the lane of a killed worker has gone to another one."""
    of_lane, owner = killed
    return (await worked_on(runtime)).get(of_lane, owner) != owner


async def in_step(offices: Sequence[Office], runtime: Runtime) -> bool:
    """Whether everybody sees the same, and no lane owes anything any more."""
    counts = await runtime.database.read(outcomes.counts)
    owed = sum(of_lane[Outcome.PENDING] + of_lane[Outcome.DEAD] for of_lane in counts.lanes.values())
    return all(office.alike() for office in offices) and not owed


async def check_calls_were_counted_together(vendors: Vendors, runtime: Runtime) -> None:
    """Every call of the last minute, whichever worker made it, has its place in the one ledger."""
    settings = runtime.settings.xero[vendors.sync]
    async with Redis.from_url(runtime.settings.redis_url) as redis:
        quota = organisation_quota(settings, redis=redis, clock=runtime.clock, new_id=runtime.new_id)
        ledger, _ = await quota._store.turn(lambda ledger, _limits, _now: ledger)
    assert isinstance(ledger, Ledger)
    since = runtime.clock.now() - timedelta(seconds=58)
    calls = [call for call in vendors.xero.world.journal.calls if call.at > since and call.status != UNAUTHORIZED]
    assert len(ledger.places) >= len(calls) > 0


async def check_tokens_went_from_hand_to_hand(vendors: Vendors, runtime: Runtime) -> None:
    """Each refresh token was traded for one other, and the last one is in the vault."""
    vault = DatabaseTokenVault(runtime.database, Vault(runtime.settings.secret_keys))
    kept = await vault.load(vault_name(XERO, vendors.sync))
    given = vendors.xero.world.identity._refresh
    assert kept
    assert [token for token, one in given.items() if one.replaced_at is None] == [kept.refresh_token]
    assert len(given) >= 3


async def worked_on(runtime: Runtime) -> dict[str, str]:
    return await runtime.database.read(lambda conn: leases.worked_on(conn, runtime.database.now(conn)))


def lane(vendors: Vendors) -> str:
    return f"{vendors.sync}/Contact"
