"""A person connects Crossbook to Xero at the terminal, and lets it go again, against the simulated Xero."""

from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
from pydantic import SecretStr

from app.cli.connect_xero import connect_xero
from app.cli.desk import Desk
from app.cli.disconnect_xero import disconnect_xero
from app.cli.person import CameBack
from app.errors import ConfigurationError, CrossbookError, SignInNeeded
from app.settings import Settings, XeroConnection
from app.simulator.credentials import Credentials
from app.simulator.ids import seeded_ids
from app.simulator.xero.app import xero_app
from app.simulator.xero.identity import XeroApp
from app.simulator.xero.world import Consenting, XeroWorld
from app.store.database import Database
from app.store.vault import Vault
from tests.support.clock import VirtualClock
from tests.support.kept import Kept

URL = "http://127.0.0.1"
NZ, AU = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"
APPS = (XeroApp("web", Credentials("web", "hush")), XeroApp("native", Credentials("native", "")))


@pytest.fixture
def world(clock: VirtualClock) -> XeroWorld:
    made = XeroWorld(clock, seeded_ids(1), tenant_id=NZ, apps=APPS)
    made.open_books(AU, "Aussie Branch")
    return made


@pytest.fixture
async def client(world: XeroWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(xero_app(world))) as made:
        yield made


@pytest.fixture
async def vault(sqlite_url: str, clock: VirtualClock) -> AsyncIterator[Kept]:
    database = await Database.open(sqlite_url, clock_now=clock.now)
    yield Kept(database, Vault(["a-key-of-thirty-two-characters-or-more"]))
    await database.close()


def desk(client: httpx.AsyncClient, clock: VirtualClock, vault: Kept, **changed: object) -> Desk:
    settings = {
        "client_id": "web",
        "client_secret": SecretStr("hush"),
        "api_url": URL,
        "identity_url": URL,
        "login_url": URL,
        **changed,
    }
    return Desk(Settings(xero={"nz": XeroConnection.model_validate(settings)}), vault, vault.consents, client, clock)


class Bookkeeper:
    """Opens the address that the command prints, consents, and copies where the browser ended."""

    def __init__(self, client: httpx.AsyncClient, *, alters: str = "", picks: int = 0) -> None:
        self.asked: list[Sequence[str]] = []
        self.opened: list[str] = []
        self._client = client
        self._alters = alters
        self._picks = picks

    async def lead(self, address: str, came_back: CameBack) -> str:
        self.opened.append(address)
        return (await self._client.get(address)).headers["location"] + self._alters

    def choose(self, what: str, choices: Sequence[str]) -> int:
        self.asked.append(choices)
        return self._picks


async def test_consent_brings_tokens_into_the_vault_and_names_the_setting(
    world: XeroWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    person = Bookkeeper(client)
    connected = await connect_xero(desk(client, clock, vault), "nz", person, account="")
    assert "code_challenge" not in person.opened[0]
    assert connected.document()["tenant_id"] == NZ
    assert list(connected.lines())[-1] == f"now set XERO__NZ__TENANT_ID={NZ}"
    kept = await vault.load("xero:nz")
    assert kept
    assert kept.refresh_token
    assert await vault.load("nz") is None


async def test_an_app_without_secret_proves_itself_by_its_verifier(
    world: XeroWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    native = desk(client, clock, vault, client_id="native", client_secret=SecretStr(""), tenant_id=NZ)
    person = Bookkeeper(client)
    connected = await connect_xero(native, "nz", person, account="")
    assert "code_challenge_method=S256" in person.opened[0]
    assert connected.lines()[-1] == f"the settings name this organisation: XERO__NZ__TENANT_ID={NZ}"
    assert "is disconnected at Xero" in (await disconnect_xero(native, "nz", revoke=False))[0]


async def test_an_address_with_another_state_is_not_taken(
    world: XeroWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    with pytest.raises(SignInNeeded, match="its state differs"):
        await connect_xero(desk(client, clock, vault), "nz", Bookkeeper(client, alters="x"), account="")
    assert await vault.load("xero:nz") is None


async def test_among_several_organisations_the_person_picks(
    world: XeroWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    world.consenting = Consenting(tenants=[NZ, AU])
    person = Bookkeeper(client, picks=1)
    connected = await connect_xero(desk(client, clock, vault), "nz", person, account="")
    assert person.asked == [[f"Simulated organisation ({NZ})", f"Aussie Branch ({AU})"]]
    assert connected.chosen.tenant_id == AU


@pytest.mark.parametrize("account", [AU.upper(), "aussie branch"])
async def test_an_organisation_that_is_named_is_not_asked_for(
    world: XeroWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept, account: str
) -> None:
    world.consenting = Consenting(tenants=[NZ, AU])
    person = Bookkeeper(client)
    connected = await connect_xero(desk(client, clock, vault, tenant_id=NZ), "nz", person, account=account)
    assert not person.asked
    assert connected.lines()[-1] == (
        f"warning: the settings name another organisation, {NZ}; set XERO__NZ__TENANT_ID={AU}"
    )


async def test_an_organisation_that_was_not_ticked_is_a_mistake(
    world: XeroWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    with pytest.raises(ConfigurationError, match="is not among the connected organisations: Simulated"):
        await connect_xero(desk(client, clock, vault), "nz", Bookkeeper(client), account=AU)


async def test_broad_scopes_are_refused_with_a_hint(
    client: httpx.AsyncClient, clock: VirtualClock, vault: Kept, world: XeroWorld
) -> None:
    asked = desk(client, clock, vault, scopes="offline_access accounting.transactions")
    with pytest.raises(SignInNeeded, match=r"invalid_scope.*granular"):
        await connect_xero(asked, "nz", Bookkeeper(client), account="")


async def test_without_offline_access_there_is_nothing_to_keep(
    world: XeroWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    with pytest.raises(ConfigurationError, match="offline_access"):
        await connect_xero(
            desk(client, clock, vault, scopes="accounting.contacts"), "nz", Bookkeeper(client), account=""
        )


@pytest.mark.parametrize(("name", "grant"), [("au", "refresh_token"), ("nz", "client_credentials")])
async def test_what_cannot_be_connected_says_why(
    world: XeroWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept, name: str, grant: str
) -> None:
    with pytest.raises(ConfigurationError):
        await connect_xero(desk(client, clock, vault, grant=grant), name, Bookkeeper(client), account="")


async def test_disconnecting_ends_the_one_connection_and_forgets_the_tokens(
    world: XeroWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    at = desk(client, clock, vault, tenant_id=NZ)
    world.consenting = Consenting(tenants=[NZ, AU])
    await connect_xero(at, "nz", Bookkeeper(client), account="")
    told = await disconnect_xero(at, "nz", revoke=False)
    assert told == ["Simulated organisation is disconnected at Xero", "the tokens of nz are forgotten here"]
    assert world.connections.tenants("web") == [AU]
    assert await vault.load("xero:nz") is None


async def test_revoking_ends_everything_that_the_user_connected(
    world: XeroWorld, client: httpx.AsyncClient, clock: VirtualClock, vault: Kept
) -> None:
    at = desk(client, clock, vault, tenant_id=NZ, refresh_token="settings-token")
    world.consenting = Consenting(tenants=[NZ, AU])
    await connect_xero(at, "nz", Bookkeeper(client), account="")
    told = await disconnect_xero(at, "nz", revoke=True)
    assert told[-1] == "remove XERO__NZ__REFRESH_TOKEN from the settings, too"
    assert world.connections.tenants("web") == []


async def test_a_sign_in_that_has_ended_is_only_forgotten(
    client: httpx.AsyncClient, clock: VirtualClock, vault: Kept, world: XeroWorld
) -> None:
    at = desk(client, clock, vault, tenant_id=NZ)
    await connect_xero(at, "nz", Bookkeeper(client), account="")
    await disconnect_xero(at, "nz", revoke=True)
    assert (await disconnect_xero(at, "nz", revoke=False))[0] == "the sign-in had ended at Xero already"


async def test_a_lost_answer_says_start_again(
    world: XeroWorld, clock: VirtualClock, vault: Kept, client: httpx.AsyncClient
) -> None:
    async def lose(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(lose)) as cut:
        with pytest.raises(CrossbookError, match="crossbook connect xero nz"):
            await connect_xero(desk(cut, clock, vault), "nz", Bookkeeper(client), account="")
