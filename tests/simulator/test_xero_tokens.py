"""Xero's tokens: grants, rotation, ends."""

import httpx
import pytest

from app.simulator import demo
from app.simulator.ids import seeded_ids
from app.simulator.xero.app import xero_app
from app.simulator.xero.identity import XeroApp
from app.simulator.xero.world import XeroWorld
from tests.support.stepped_clock import SteppedClock

CONTACTS = "/api.xro/2.0/Contacts"


async def refresh(http: httpx.AsyncClient, token: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return await http.post("/connect/token", data=form, auth=demo.XERO_CLIENT)


async def test_every_refresh_gives_a_new_refresh_token(xero_http: httpx.AsyncClient) -> None:
    first = (await refresh(xero_http, demo.XERO_REFRESH_TOKEN)).json()
    second = (await refresh(xero_http, first["refresh_token"])).json()
    assert len({demo.XERO_REFRESH_TOKEN, first["refresh_token"], second["refresh_token"]}) == 3
    assert first["expires_in"] == 1800


async def test_a_replaced_refresh_token_works_for_thirty_minutes_more(
    xero_http: httpx.AsyncClient, clock: SteppedClock
) -> None:
    await clock.advance(1800)
    assert (await refresh(xero_http, demo.XERO_REFRESH_TOKEN)).status_code == 200
    await clock.advance(1)
    late = await refresh(xero_http, demo.XERO_REFRESH_TOKEN)
    assert (late.status_code, late.json()) == (400, {"error": "invalid_grant"})


async def test_an_unused_refresh_token_ends_after_sixty_days(xero_http: httpx.AsyncClient, clock: SteppedClock) -> None:
    fresh = (await refresh(xero_http, demo.XERO_REFRESH_TOKEN)).json()["refresh_token"]
    await clock.advance(60 * 86_400 + 1)
    assert (await refresh(xero_http, fresh)).json() == {"error": "invalid_grant"}


async def test_credentials_may_stand_in_the_form(xero_http: httpx.AsyncClient) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": demo.XERO_CUSTOM_CLIENT.id,
        "client_secret": demo.XERO_CUSTOM_CLIENT.secret,
    }
    granted = (await xero_http.post("/connect/token", data=form)).json()
    assert granted["token_type"] == "Bearer"
    assert "refresh_token" not in granted


@pytest.mark.parametrize(
    ("auth", "grant", "error"),
    [
        (("crossbook-xero", "wrong"), "refresh_token", "invalid_client"),
        (demo.XERO_CLIENT, "client_credentials", "unauthorized_client"),
        (demo.XERO_CLIENT, "password", "unsupported_grant_type"),
        (demo.XERO_CLIENT, "refresh_token", "invalid_grant"),
    ],
)
async def test_a_refused_grant_names_its_error(
    xero_http: httpx.AsyncClient, auth: tuple[str, str], grant: str, error: str
) -> None:
    refused = await xero_http.post("/connect/token", data={"grant_type": grant}, auth=auth)
    assert (refused.status_code, refused.json()) == (400, {"error": error})


async def test_an_access_token_ends_after_thirty_minutes(xero_http: httpx.AsyncClient, clock: SteppedClock) -> None:
    await clock.advance(1799)
    assert (await xero_http.get(CONTACTS)).status_code == 200
    await clock.advance(1)
    refused = await xero_http.get(CONTACTS)
    assert refused.status_code == 401
    assert refused.json()["Detail"].startswith("TokenExpired: token expired at")


async def test_revoked_tokens_count_as_expired(xero_http: httpx.AsyncClient) -> None:
    assert (await xero_http.post("/simulator/tokens/revoke")).status_code == 204
    assert (await xero_http.get(CONTACTS)).json()["Detail"].startswith("TokenExpired")


async def test_consents_that_are_revoked_end_every_token_and_connection(
    xero: XeroWorld, xero_http: httpx.AsyncClient
) -> None:
    fresh = (await refresh(xero_http, demo.XERO_REFRESH_TOKEN)).json()["refresh_token"]
    assert (await xero_http.post("/simulator/consents/revoke")).status_code == 204
    assert (await xero_http.get(CONTACTS)).status_code == 401
    assert [(await refresh(xero_http, token)).status_code for token in (demo.XERO_REFRESH_TOKEN, fresh)] == [400, 400]
    assert xero.connections.tenants("crossbook") == []


async def test_an_unknown_token_is_refused(xero_http: httpx.AsyncClient) -> None:
    refused = await xero_http.get(CONTACTS, headers={"Authorization": "Bearer unknown"})
    assert (refused.status_code, refused.json()["Detail"]) == (401, "AuthenticationUnsuccessful")


async def test_a_scope_that_was_not_granted_is_refused(clock: SteppedClock) -> None:
    reader = XeroApp("reader", demo.XERO_CUSTOM_CLIENT, custom=True, scope="accounting.contacts.read")
    world = XeroWorld(clock, seeded_ids(4), tenant_id=demo.XERO_TENANT_ID, apps=[reader])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(xero_app(world)), base_url="http://x") as http:
        form = {"grant_type": "client_credentials"}
        token = (await http.post("/connect/token", data=form, auth=reader.credentials)).json()["access_token"]
        http.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        assert (await http.get(CONTACTS)).status_code == 200
        refused = await http.put(CONTACTS, json={"Name": "Kea"})
    assert (refused.status_code, refused.json()["Detail"]) == (401, "AuthorizationUnsuccessful")


async def test_connections_name_the_tenant(xero_http: httpx.AsyncClient) -> None:
    [connection] = (await xero_http.get("/connections")).json()
    assert (connection["tenantId"], connection["tenantType"]) == (demo.XERO_TENANT_ID, "ORGANISATION")


async def test_another_tenant_is_forbidden(xero_http: httpx.AsyncClient) -> None:
    refused = await xero_http.get(CONTACTS, headers={"Xero-tenant-id": "11111111-2222-4333-8444-555555555555"})
    assert refused.status_code == 403
    assert refused.json()["Detail"] == "AuthenticationUnsuccessful"
    assert set(refused.json()) == {"Type", "Title", "Status", "Detail", "Instance", "Extensions"}


async def test_a_custom_connection_needs_no_tenant_header(xero_http: httpx.AsyncClient) -> None:
    form = {"grant_type": "client_credentials"}
    token = (await xero_http.post("/connect/token", data=form, auth=demo.XERO_CUSTOM_CLIENT)).json()["access_token"]
    del xero_http.headers["Xero-tenant-id"]
    assert (await xero_http.get(CONTACTS)).status_code == 403
    assert (await xero_http.get(CONTACTS, headers={"Authorization": f"Bearer {token}"})).status_code == 200


async def test_json_must_be_asked_for(xero_http: httpx.AsyncClient) -> None:
    refused = await xero_http.get(CONTACTS, headers={"Accept": "*/*"})
    assert refused.status_code == 406
    assert refused.text.startswith("<ApiException>")


async def test_every_answer_has_a_correlation_id_of_its_own(xero_http: httpx.AsyncClient, xero: XeroWorld) -> None:
    answers = [await xero_http.get(CONTACTS), await xero_http.get(CONTACTS, headers={"Authorization": ""})]
    assert len({answer.headers["Xero-Correlation-Id"] for answer in answers}) == 2
    assert [call.status for call in xero.journal.calls] == [200, 401]
