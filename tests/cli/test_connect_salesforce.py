"""A person connects Crossbook to Salesforce at the terminal, and the workers then sign in with what was kept."""

from collections.abc import AsyncIterator, Sequence
from itertools import count

import httpx
import pytest

from app.cli.connect_salesforce import connect_salesforce
from app.cli.desk import Desk
from app.cli.person import CameBack
from app.connectors.salesforce.connect import connect, org_quota
from app.connectors.salesforce.connector import SalesforceConnector
from app.engine.events import Priority
from app.errors import ConfigurationError, CrossbookError, SignInNeeded
from app.settings import SalesforceConnection, Settings
from app.simulator.credentials import Credentials
from app.simulator.ids import seeded_ids
from app.simulator.salesforce.app import salesforce_app
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.sessions import SalesforceClient
from app.simulator.salesforce.world import SalesforceWorld
from app.store.database import Database
from app.store.vault import Vault
from tests.support.clock import VirtualClock
from tests.support.kept import Kept

URL, BACK = "http://127.0.0.1", "https://login.salesforce.com/services/oauth2/success"
ORG, USER = "00D5Y000001MPM7UAO", "0055g0000000002AAA"


@pytest.fixture
def world(clock: VirtualClock) -> SalesforceWorld:
    user = SalesforceClient("crossbook", Credentials("client", "secret"), USER, redirect_url=BACK)
    return SalesforceWorld(clock, seeded_ids(1), org_id=ORG, clients=[user])


@pytest.fixture
async def client(world: SalesforceWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(salesforce_app(world))) as made:
        yield made


@pytest.fixture
async def vault(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[Kept]:
    database = await Database.open(sqlite_url, clock_now=clock.now)
    yield Kept(database, Vault(["a-key-of-thirty-two-characters-or-more"]))
    await database.close()


def settings(**changed: object) -> SalesforceConnection:
    given = {"url": URL, "client_id": "client", "client_secret": "secret", "org_id": ORG, "grant": "authorization_code"}
    return SalesforceConnection.model_validate({**given, **changed})


def desk(client: httpx.AsyncClient, clock: VirtualClock, vault: Kept, **changed: object) -> Desk:
    return Desk(Settings(salesforce={"main": settings(**changed)}), vault, vault.consents, client, clock)


def connector(client: httpx.AsyncClient, clock: VirtualClock, vault: Kept) -> SalesforceConnector:
    """What a worker makes of the same settings."""
    numbers, made = count(), settings()
    quota = org_quota(made, redis=None, clock=clock, new_id=lambda: f"permit-{next(numbers)}")
    return connect("main", made, client=client, clock=clock, vault=vault, owner="worker", quota=quota)


class Administrator:
    """Opens the address that the command prints, consents, and copies where the browser ended."""

    def __init__(self, client: httpx.AsyncClient, *, alters: str = "") -> None:
        self._client = client
        self._alters = alters

    async def lead(self, address: str, came_back: CameBack) -> str:
        return (await self._client.get(address)).headers["location"] + self._alters

    def choose(self, what: str, choices: Sequence[str]) -> int:
        raise AssertionError("there is nothing to choose")


@pytest.mark.parametrize("rotates", [False, True])
async def test_consent_lets_the_workers_sign_in_for_good(
    world: SalesforceWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept, *, rotates: bool
) -> None:
    world.behave(SalesforceFacts(rotates_refresh_tokens=rotates))
    connected = await connect_salesforce(desk(client, clock, vault), "main", Administrator(client), account="")
    assert connected.document() == {"connection": "main", "org_id": ORG, "user": USER}
    made = connector(client, clock, vault)
    for _ in range(3):
        assert await made.read("Account", ["001000000000001"], frozenset({"Name"}), Priority.PUSH)
        assert made.user == USER
        clock.advance(86_400)
        world.revoke_tokens()
    kept = await vault.load("salesforce:main")
    assert kept
    assert kept.user == USER


async def test_the_xero_connection_of_the_same_name_keeps_its_own_tokens(
    world: SalesforceWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    await connect_salesforce(desk(client, clock, vault), "main", Administrator(client), account="")
    assert await vault.load("salesforce:main")
    assert await vault.load("xero:main") is None


async def test_before_anybody_has_consented_a_worker_says_so(
    client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    with pytest.raises(SignInNeeded, match="connect first"):
        await connector(client, clock, vault).read("Account", ["001000000000001"], frozenset({"Name"}), Priority.PUSH)


async def test_consent_that_was_taken_back_names_the_command(
    world: SalesforceWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    await connect_salesforce(desk(client, clock, vault), "main", Administrator(client), account="")
    world.sessions.forget_consent()
    clock.advance(86_400)
    with pytest.raises(SignInNeeded, match="crossbook connect salesforce main "):
        await connector(client, clock, vault).read("Account", ["001000000000001"], frozenset({"Name"}), Priority.PUSH)


async def test_a_lost_answer_names_the_command(client: httpx.AsyncClient, clock: VirtualClock, vault: Kept) -> None:
    async def lose(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(lose)) as cut:
        with pytest.raises(CrossbookError, match=r"crossbook connect salesforce main$"):
            await connect_salesforce(desk(cut, clock, vault), "main", Administrator(client), account="")


@pytest.mark.parametrize(
    ("changed", "alters", "error", "said"),
    [
        ({}, "x", SignInNeeded, "does not belong"),
        ({"org_id": "00D0000000000zz"}, "", SignInNeeded, "not to 00D0000000000zz"),
        ({"grant": "client_credentials"}, "", ConfigurationError, "needs no consent"),
    ],
)
async def test_what_is_not_this_consent_keeps_no_tokens(
    client: httpx.AsyncClient,
    clock: VirtualClock,
    vault: Kept,
    changed: dict[str, object],
    alters: str,
    error: type[Exception],
    said: str,
) -> None:
    with pytest.raises(error, match=said):
        await connect_salesforce(
            desk(client, clock, vault, **changed), "main", Administrator(client, alters=alters), account=""
        )
    assert await vault.load("salesforce:main") is None


async def test_a_connection_that_is_not_there_is_named_with_its_setting(
    client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    with pytest.raises(CrossbookError, match="SALESFORCE__OTHER__URL"):
        await connect_salesforce(desk(client, clock, vault), "other", Administrator(client), account="")
