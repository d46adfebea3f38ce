"""A lane is fitted to what its org says of its objects, and waits where the org cannot carry it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from app.engine.events import Priority
from app.engine.ports import Clock
from app.engine.records import System
from app.errors import SignInNeeded, VendorError
from app.mapping.description import Description, FieldDescription
from app.mapping.model import Mapping
from app.store import leases
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.interrupted import InterruptedVendor
from tests.support.world import World, accounts_sync
from workers.fitted import ASK_AGAIN_AFTER, FIT_FOR
from workers.lanes import Drains

SALESFORCE, XERO = System.SALESFORCE, System.XERO
TEXTS = (
    "Name",
    "Phone",
    "Email__c",
    "Tax_Number__c",
    *(f"Billing{part}" for part in ("Street", "City", "State", "PostalCode", "Country")),
)


@dataclass
class Org:
    """What the org says of its accounts; a person who administers it may change that."""

    fields: dict[str, FieldDescription] = field(default_factory=dict)
    error: VendorError | None = None
    asked: list[str] = field(default_factory=list)

    def told(self, object: str) -> Description:
        self.asked.append(object)
        if self.error:
            raise self.error
        return Description(object, dict(self.fields))

    def tell(self, *fields: FieldDescription) -> None:
        self.fields.update({field.name: field for field in fields})


class DescribingVendor(InterruptedVendor):
    """A vendor in memory that describes itself."""

    def __init__(self, clock: Clock, org: Org) -> None:
        super().__init__(SALESFORCE, clock)
        self._org = org

    async def describe(self, object: str, priority: Priority) -> Description | None:
        return self._org.told(object)


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    with capture_logs():
        yield


@pytest.fixture
def org() -> Org:
    org = Org()
    org.tell(*(FieldDescription(name, "string", 255) for name in TEXTS))
    org.tell(FieldDescription("Xero_Contact_Id__c", "string", 36, external_id=True, unique=True))
    return org


@pytest.fixture
def world_with(database: Database, clock: VirtualClock, org: Org) -> Callable[..., World]:
    """A world whose Salesforce describes itself, its one mapping changed."""

    def build(change: Callable[[Mapping], Mapping] = lambda mapping: mapping) -> World:
        world = World(database, clock, accounts_sync(change))
        world.salesforce = DescribingVendor(clock, org)
        world.restart()
        return world

    return build


@pytest.fixture
def world(world_with: Callable[..., World]) -> World:
    return world_with()


async def parked(world: World) -> leases.LaneLease:
    (lease,) = await world.database.read(leases.held)
    return lease


async def test_a_value_is_held_as_this_org_can_hold_it(world: World, org: Org) -> None:
    org.tell(FieldDescription("Email__c", "email", 12))
    await world.edit(XERO, None, Name="Ridgeway", EmailAddress="accounts@ridgeway.example")
    await world.drain()
    assert world.only(SALESFORCE).fields["Email__c"] == "accounts@rid"
    world.clock.advance(60)
    await world.reconcile()
    assert world.only(XERO).fields["EmailAddress"] == "accounts@ridgeway.example"


async def test_a_value_that_no_picklist_offers_sets_its_record_aside(world: World, org: Org) -> None:
    org.tell(FieldDescription("Tax_Number__c", "picklist", 255, choices=frozenset({"A", "B"})))
    await world.edit(XERO, None, Name="Ridgeway", TaxNumber="C")
    await world.drain()
    assert await world.dead() == ["unfit"]
    assert world.salesforce.all("Account") == []


async def test_a_hidden_field_parks_the_lane_and_people_are_told_why(world: World, org: Org) -> None:
    del org.fields["Email__c"]
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    lease = await parked(world)
    assert lease.parked_until == world.clock.now() + ASK_AGAIN_AFTER
    assert lease.parked_because
    assert lease.parked_because.startswith(
        "mappings.customers.fields[4].salesforce: Account has no field Email__c that the integration user may see; "
        "grant that user access to it by field-level security"
    )
    assert world.calls(SALESFORCE, "read") == world.calls(XERO, "send") == 0
    assert await world.outcomes() == {"pending": 1}


async def test_the_lane_goes_on_once_the_org_is_put_right(world: World, org: Org) -> None:
    hidden = org.fields.pop("Email__c")
    await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="a@b.nz")
    await world.drain()
    org.tell(hidden)
    world.clock.advance(ASK_AGAIN_AFTER.total_seconds())
    await world.drain()
    assert world.only(XERO).fields["EmailAddress"] == "a@b.nz"


async def test_an_org_is_asked_once_an_hour(world: World, org: Org) -> None:
    drains = Drains(world.runtime)
    for _ in range(3):
        await drains.drain(world.lane)
    assert org.asked == ["Account"]
    world.clock.advance(FIT_FOR.total_seconds())
    await drains.drain(world.lane)
    assert org.asked == ["Account", "Account"]


async def test_a_hidden_opt_in_stops_the_lane_too(world_with: Callable[..., World], org: Org) -> None:
    world = world_with(lambda mapping: replace(mapping, opt_in="Sync_to_Xero__c"))
    await world.edit(SALESFORCE, None, Name="Ridgeway", Sync_to_Xero__c=True)
    await world.drain()
    assert "mappings.customers.opt_in: Account has no field Sync_to_Xero__c" in str(
        (await parked(world)).parked_because
    )


async def test_many_findings_are_told_in_part(world: World, org: Org) -> None:
    org.fields.clear()
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    told = str((await parked(world)).parked_because).splitlines()
    assert len(told) == 6
    assert told[-1] == f"and {len(TEXTS) + 1 - 5} more"


async def test_an_org_that_cannot_be_asked_parks_the_lane_as_any_call_would(world: World, org: Org) -> None:
    org.error = SignInNeeded("Salesforce refuses the sign-in")
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    lease = await parked(world)
    assert lease.parked_because == "Salesforce refuses the sign-in"
    assert lease.parked_until
    assert lease.parked_until > world.clock.now() + timedelta(seconds=30)


async def test_a_system_that_does_not_describe_itself_is_taken_at_the_sync_file_s_word(
    database: Database, clock: VirtualClock
) -> None:
    world = World(database, clock)
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"
