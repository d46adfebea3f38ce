"""The connections are tried: who it is, what one may read, what is missing, what is left."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.cli.check import vendors
from app.cli.check.finding import Finding, Grade
from app.connectors.memory import MemoryVendor
from app.engine.events import Priority
from app.engine.ports import About
from app.engine.records import System
from app.errors import CallRefused
from app.mapping import strict_yaml
from app.mapping.loader import load_sync
from app.runtime import Runtime
from app.simulator.faults import Fault
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.simulated.world import SimulatedWorld
from tests.support.world import TwoConnections, World

TEMPLATES = Path(strict_yaml.__file__).parent / "templates"
SALESFORCE, XERO = System.SALESFORCE, System.XERO


@pytest.fixture
def world(database: Database, clock: VirtualClock) -> SimulatedWorld:
    return SimulatedWorld(database, clock)


async def of(runtime: Runtime) -> list[Finding]:
    return [each async for each in vendors.of_connections(runtime)]


async def wrong(world: World) -> list[tuple[str, Grade, str]]:
    """Area, grade and code of all that is not fine."""
    return [(each.area, each.grade, each.code) for each in await of(world.runtime) if each.grade is not Grade.FINE]


def set_otherwise(world: SimulatedWorld, system: System, **changes: object) -> None:
    """The same installation, with other settings of the connection to `system`."""
    settings = world.systems.settings
    connection = getattr(settings, system.value)["main"].model_copy(update=changes)
    settings = settings.model_copy(update={system.value: {"main": connection}})
    connections = world.systems.connections(world.database, "worker-1", settings)
    world.runtime = replace(world.runtime, settings=settings, connections=connections)


async def test_connections_that_work_say_who_they_are_and_what_is_left(world: SimulatedWorld) -> None:
    salesforce, xero = await of(world.runtime)
    assert [(each.area, each.grade) for each in (salesforce, xero)] == [
        ("salesforce main", Grade.FINE),
        ("xero main", Grade.FINE),
    ]
    assert "Simulated org, Developer Edition, for trying out; " in salesforce.words
    assert "DEMO BUSINESS, for trying out; " in xero.words
    assert xero.words.endswith("calls are left of this day")


async def test_a_check_writes_nothing(world: SimulatedWorld) -> None:
    await of(world.runtime)
    assert "send" not in {call.method for vendor in (world.salesforce, world.xero) for call in vendor.calls}
    assert (world.salesforce.history, world.xero.history) == ([], [])


async def test_a_wrong_secret_is_a_sign_in_to_be_mended(world: SimulatedWorld) -> None:
    set_otherwise(world, SALESFORCE, client_secret=SecretStr("wrong"))
    assert await wrong(world) == [("salesforce main", Grade.PROBLEM, "sign_in")]


async def test_an_organisation_that_was_disconnected_is_a_sign_in_to_be_mended(world: SimulatedWorld) -> None:
    world.xero.disconnect()
    (found,) = [each for each in await of(world.runtime) if each.grade is not Grade.FINE]
    assert (found.area, found.code) == ("xero main", "sign_in")
    assert "crossbook connect xero main" in found.remedy


async def test_an_address_at_which_nobody_answers_is_unreachable(world: SimulatedWorld) -> None:
    set_otherwise(world, SALESFORCE, url="http://127.0.0.1:1")
    assert await wrong(world) == [("salesforce main", Grade.PROBLEM, "unreachable")]


async def test_a_vendor_that_is_down_is_unreachable(world: SimulatedWorld) -> None:
    world.xero.world.faults.order(Fault.UNAVAILABLE, calls=9)
    assert await wrong(world) == [("xero main", Grade.PROBLEM, "unreachable")]


async def test_a_field_that_the_integration_user_may_not_see_is_named(world: SimulatedWorld) -> None:
    world.salesforce.world.hidden_fields.add("Account.Tax_Number__c")
    (found,) = [each for each in await of(world.runtime) if each.grade is not Grade.FINE]
    assert (found.area, found.code) == ("sync accounts", "misfit")
    assert "Account has no field Tax_Number__c that the integration user may see" in found.words
    assert found.remedy


async def test_a_version_of_the_api_that_is_no_more_is_told_as_its_cause_says(world: SimulatedWorld) -> None:
    set_otherwise(world, SALESFORCE, api_version="9.0")
    (found,) = [each for each in await of(world.runtime) if each.grade is not Grade.FINE]
    assert (found.area, found.code, found.remedy) == ("salesforce main", "api_version", "update Crossbook")


@pytest.mark.parametrize("scope", ["accounting.settings.read", "accounting.contacts.read"])
async def test_a_scope_that_was_not_granted_is_named(world: SimulatedWorld, scope: str) -> None:
    """It is the consent that counts, not what the settings ask for."""
    granted = [
        each for each in world.xero.settings.scopes.split() if each != scope.replace("contacts.read", "contacts")
    ]
    world.xero.at.app = replace(world.xero.at.app, scope=" ".join(granted))
    set_otherwise(world, XERO, refresh_token=SecretStr(world.xero.at.consent(world.xero.books.tenant_id)))
    (found,) = [each for each in await of(world.runtime) if each.area == "xero main" and each.grade is not Grade.FINE]
    assert (found.grade, found.code) == (Grade.PROBLEM, "sign_in")
    assert scope in found.words


async def test_scopes_that_only_let_us_read_are_not_enough_to_write(world: SimulatedWorld) -> None:
    scopes = world.xero.settings.scopes.replace("accounting.contacts", "accounting.contacts.read")
    set_otherwise(world, XERO, scopes=scopes)
    (found,) = [each for each in await of(world.runtime) if each.grade is not Grade.FINE]
    assert (found.area, found.code) == ("xero main", "scope")
    assert "XERO__MAIN__SCOPES" in found.remedy


async def test_few_calls_that_are_left_are_a_hint(world: SimulatedWorld) -> None:
    set_otherwise(world, XERO, daily_limit=10_000_000)
    assert await wrong(world) == [("xero main", Grade.HINT, "few_calls")]


async def test_a_day_that_is_used_up_is_a_hint_with_its_end(world: SimulatedWorld) -> None:
    world.xero.world.limits(world.xero.at.app, world.xero.books).day.leave(0, world.clock.now())
    (found,) = [each for each in await of(world.runtime) if each.grade is not Grade.FINE]
    assert (found.area, found.grade, found.code) == ("xero main", Grade.HINT, "quota")
    assert "UTC" in found.remedy


class Ledger(MemoryVendor):
    """A Xero organisation of an edition for accountants."""

    async def about(self, priority: Priority) -> About:
        return About("Ledger", "LEDGER PARTNER")


async def test_an_edition_without_invoices_is_a_hint(database: Database, clock: VirtualClock) -> None:
    world = World(database, clock, load_sync(TEMPLATES / "accounts.yaml"))
    ledger = TwoConnections({SALESFORCE: MemoryVendor(SALESFORCE, clock), XERO: Ledger(XERO, clock)})
    world.runtime = replace(world.runtime, connections=ledger)
    assert await wrong(world) == [("xero main", Grade.HINT, "edition")]


async def test_a_call_that_the_vendor_refuses_is_told_as_its_cause_says(
    database: Database, clock: VirtualClock
) -> None:
    world = World(database, clock)
    vendor = world.vendor(XERO)
    vendor.fail_next(CallRefused("Salesforce says so", code="api_disabled"), method="read")
    (found,) = [each for each in await of(world.runtime) if each.grade is not Grade.FINE]
    assert (found.area, found.code) == ("xero main", "api_disabled")
    assert found.remedy.startswith("switch API Enabled on")
