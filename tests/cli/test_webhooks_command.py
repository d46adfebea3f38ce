"""What is to be registered at the vendors: exact addresses, how, what is missing, and whether a push has come."""

import json
from datetime import timedelta

import pytest

from app.addresses import CHANGES, OUTBOUND, XERO
from app.cli.webhooks import carry_out, registrations
from app.engine.events import Arrival
from app.errors import ConfigurationError
from app.settings import Settings
from app.store import pushes
from app.store.database import Database
from tests.support.clock import VirtualClock
from tests.support.front_door import API_KEY, SECRET, SETTINGS, XERO_KEY
from tests.support.records import NOON
from tests.support.world import World

ROOT = "https://crossbook.example.com"


def configured(**changes: object) -> Settings:
    return Settings.model_validate({**SETTINGS, "public_url": ROOT, **changes})


def addresses(settings: Settings) -> dict[tuple[str, str], str]:
    return {(each.connection, each.route): each.address for each in registrations(settings, {})}


def test_every_connection_has_its_exact_addresses() -> None:
    found = addresses(configured())
    assert found["nz", XERO] == f"{ROOT}/webhooks/xero"
    assert found["main", OUTBOUND] == f"{ROOT}/webhooks/salesforce/outbound/{SECRET}"
    assert found["main", CHANGES] == f"{ROOT}/webhooks/salesforce/changes"
    assert set(found) == {
        ("nz", XERO),
        ("au", XERO),
        *((name, route) for name in ("main", "other") for route in (OUTBOUND, CHANGES)),
    }


def test_a_slash_at_the_end_of_the_address_is_not_doubled() -> None:
    assert addresses(configured(public_url=f"{ROOT}/"))["nz", XERO] == f"{ROOT}/webhooks/xero"


def test_without_an_address_of_its_own_it_says_what_must_stand_there() -> None:
    address = addresses(configured(public_url="", host="127.0.0.1", port=8123))["nz", XERO]
    assert address == "https://<your host, which passes on to 127.0.0.1:8123>/webhooks/xero"


def test_what_is_missing_is_named_by_its_setting() -> None:
    bare = {"url": "https://x.my.salesforce.com", "client_id": "id", "client_secret": "s", "org_id": "00D000000000001"}
    found = registrations(configured(xero={"nz": {}}, salesforce={"eu": bare}), {})
    assert [(each.route, each.missing) for each in found] == [
        (XERO, "XERO__NZ__WEBHOOK_KEYS"),
        (OUTBOUND, "SALESFORCE__EU__OUTBOUND_SECRETS"),
        (CHANGES, "SALESFORCE__EU__CHANGE_SECRETS"),
    ]


def test_an_api_key_is_enough_for_change_events() -> None:
    (found,) = [each for each in registrations(configured(), {}) if (each.connection, each.route) == ("other", CHANGES)]
    assert found.missing is None


def test_no_signing_key_is_shown_but_the_secret_of_the_address_that_must_be_pasted() -> None:
    said = str(list(registrations(configured(), {})))
    assert SECRET in said
    assert not any(secret in said for secret in (XERO_KEY, API_KEY, "client-secret"))


@pytest.fixture
def world(database: Database, clock: VirtualClock) -> World:
    return World(database, clock)


async def test_it_tells_when_a_verified_push_came_and_where_none_has(world: World) -> None:
    await world.database.run(lambda conn: pushes.note(conn, [Arrival(XERO, "main")], NOON))
    await world.database.run(lambda conn: pushes.note(conn, [Arrival(XERO, "main")], NOON + timedelta(minutes=5)))
    told = await carry_out(world.runtime)
    assert f"  a verified push came at {NOON + timedelta(minutes=5):%Y-%m-%d %H:%M:%S}" in told.lines
    assert told.lines.count("  no verified push has come yet") == 2
    heard = json.loads(json.dumps(told.document, default=str))["webhooks"]
    assert [each["heard_at"] is None for each in heard] == [False, True, True]


async def test_without_any_connection_it_says_what_to_set(world: World) -> None:
    world.runtime.settings.xero.clear()
    world.runtime.settings.salesforce.clear()
    with pytest.raises(ConfigurationError, match="XERO__MAIN__WEBHOOK_KEYS"):
        await carry_out(world.runtime)
