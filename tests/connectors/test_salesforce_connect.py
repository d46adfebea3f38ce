"""A connection put together from its settings signs in by assertion, whichever way its key is given."""

from itertools import count
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from app.connectors.salesforce.connect import connect, org_quota
from app.connectors.salesforce.connector import SalesforceConnector
from app.engine.events import Priority
from app.errors import OutOfQuota, SignInNeeded
from app.settings import SalesforceConnection
from app.simulator.credentials import Credentials
from app.simulator.ids import seeded_ids
from app.simulator.salesforce.app import salesforce_app
from app.simulator.salesforce.sessions import SalesforceClient
from app.simulator.salesforce.world import SalesforceWorld
from tests.connectors.vault import Vault
from tests.support.clock import VirtualClock

ORG, USER = "00D5Y000001MPM7UAO", "0055g0000000002AAA"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def world(clock: VirtualClock) -> SalesforceWorld:
    user = SalesforceClient(
        "crossbook", Credentials("client", "secret"), USER, public_key=PUBLIC, username="sync@example.com"
    )
    return SalesforceWorld(clock, seeded_ids(1), org_id=ORG, clients=[user])


def connector(world: SalesforceWorld, clock: VirtualClock, **given: object) -> SalesforceConnector:
    settings = SalesforceConnection.model_validate(
        {
            "url": "http://127.0.0.1",
            "client_id": "client",
            "org_id": ORG[:15],
            "grant": "jwt_bearer",
            "username": "sync@example.com",
            **given,
        }
    )
    numbers = count()
    quota = org_quota(settings, redis=None, clock=clock, new_id=lambda: f"permit-{next(numbers)}")
    client = httpx.AsyncClient(transport=httpx.ASGITransport(salesforce_app(world)))
    return connect("main", settings, client=client, clock=clock, vault=Vault(), owner="test", quota=quota)


async def look(connected: SalesforceConnector) -> None:
    await connected.read("Account", ["001000000000001"], frozenset({"Name"}), Priority.PUSH)


@pytest.mark.parametrize("spelled", [PEM, PEM.replace("\n", "\\n")])
async def test_a_key_is_given_as_text_with_its_line_breaks_or_without(
    world: SalesforceWorld, clock: VirtualClock, spelled: str
) -> None:
    connected = connector(world, clock, private_key=spelled)
    await look(connected)
    assert connected.user == USER


async def test_a_key_in_a_file_is_read_at_every_sign_in(
    world: SalesforceWorld, clock: VirtualClock, tmp_path: Path
) -> None:
    file = tmp_path / "key.pem"
    connected = connector(world, clock, private_key_file=file)
    with pytest.raises(SignInNeeded, match="PRIVATE_KEY_FILE cannot be read"):
        await look(connected)
    file.write_text(PEM)
    await look(connected)
    world.revoke_tokens()
    await look(connected)


async def test_an_audience_that_is_not_taken_names_the_setting(world: SalesforceWorld, clock: VirtualClock) -> None:
    with pytest.raises(SignInNeeded, match="LOGIN_URL"):
        await look(connector(world, clock, private_key=PEM, login_url="https://example.my.salesforce.com"))


async def test_the_budget_of_the_settings_is_all_that_is_taken_of_a_day(
    world: SalesforceWorld, clock: VirtualClock
) -> None:
    connected = connector(world, clock, private_key=PEM, daily_limit=4)
    await look(connected)
    await look(connected)
    with pytest.raises(OutOfQuota):
        await look(connected)
    assert world.calls_used == 4


async def test_calls_are_booked_together_or_not_at_all(world: SalesforceWorld, clock: VirtualClock) -> None:
    connected = connector(world, clock, private_key=PEM, daily_limit=4)
    with pytest.raises(OutOfQuota):
        async with connected.reserve(5, Priority.PUSH):
            raise AssertionError("not all of them were to be had")
    async with connected.reserve(4, Priority.PUSH):
        await look(connected)
        await look(connected)
    assert world.calls_used == 4
