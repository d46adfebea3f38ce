"""The sign-in page, what a consent connects, and how connections end."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.simulator import demo
from app.simulator.ids import seeded_ids
from app.simulator.xero.app import xero_app
from app.simulator.xero.consent import challenge
from app.simulator.xero.facts import XeroFacts
from app.simulator.xero.world import Consenting, XeroWorld
from tests.support.stepped_clock import SteppedClock

AUTHORIZE = "/identity/connect/authorize"
CONTACTS = "/api.xro/2.0/Contacts"
BACK = "http://localhost/back"
AU = "99999999-2222-4333-8444-555555555555"


async def sent_back(http: httpx.AsyncClient, **changed: str) -> dict[str, str]:
    """What the browser is sent back with."""
    asked = {
        "response_type": "code",
        "client_id": demo.XERO_CLIENT.id,
        "redirect_uri": BACK,
        "scope": "offline_access accounting.contacts",
        "state": "s-1",
        **changed,
    }
    answer = await http.get(AUTHORIZE, params=asked)
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def traded(http: httpx.AsyncClient, code: str, **changed: str) -> httpx.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **changed}
    return await http.post("/connect/token", data=form, auth=demo.XERO_CLIENT)


async def signed_in(http: httpx.AsyncClient) -> None:
    """Consent and use the tokens from now on."""
    granted = (await traded(http, (await sent_back(http))["code"])).json()
    http.headers["Authorization"] = f"Bearer {granted['access_token']}"


async def tenants(http: httpx.AsyncClient, **query: str) -> list[str]:
    rows = (await http.get("/connections", params=query)).json()
    return [row["tenantId"] for row in rows]


async def test_a_consent_brings_a_code_and_the_code_brings_tokens_once(xero_http: httpx.AsyncClient) -> None:
    back = await sent_back(xero_http)
    assert back["state"] == "s-1"
    granted = (await traded(xero_http, back["code"])).json()
    assert granted["refresh_token"]
    assert granted["scope"] == "offline_access accounting.contacts"
    assert (await traded(xero_http, back["code"])).json() == {"error": "invalid_grant"}


async def test_a_code_lives_five_minutes_and_for_one_address(xero_http: httpx.AsyncClient, clock: SteppedClock) -> None:
    code = (await sent_back(xero_http))["code"]
    assert (await traded(xero_http, code, redirect_uri="http://elsewhere")).status_code == 400
    code = (await sent_back(xero_http))["code"]
    await clock.advance(301)
    assert (await traded(xero_http, code)).json() == {"error": "invalid_grant"}


async def test_a_challenge_wants_its_verifier(xero_http: httpx.AsyncClient) -> None:
    code = (await sent_back(xero_http, code_challenge=challenge("v" * 43)))["code"]
    assert (await traded(xero_http, code, code_verifier="w" * 43)).status_code == 400
    code = (await sent_back(xero_http, code_challenge=challenge("v" * 43)))["code"]
    assert (await traded(xero_http, code, code_verifier="v" * 43)).status_code == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": "accounting.transactions"}, "invalid_scope"),
        ({"client_id": "nobody"}, "unauthorized_client"),
        ({"client_id": demo.XERO_CUSTOM_CLIENT.id}, "unauthorized_client"),
        ({"response_type": "token"}, "unauthorized_client"),
    ],
)
async def test_what_cannot_be_consented_to_names_its_error(
    xero_http: httpx.AsyncClient, changed: dict[str, str], error: str
) -> None:
    assert await sent_back(xero_http, **changed) == {"error": error, "state": "s-1"}


async def test_several_organisations_are_connected_by_one_consent(
    xero: XeroWorld, xero_http: httpx.AsyncClient
) -> None:
    books = xero.open_books(AU, "Aussie Branch")
    xero.consenting = Consenting(tenants=[AU])
    await signed_in(xero_http)
    rows = (await xero_http.get("/connections")).json()
    assert [row["tenantName"] for row in rows] == ["Simulated organisation", "Aussie Branch"]
    assert await tenants(xero_http, authEventId=rows[1]["authEventId"]) == [AU]
    xero_http.headers["Xero-tenant-id"] = AU
    await xero_http.put(CONTACTS, json={"Name": "Kea"})
    assert [contact.text("Name") for contact in books.contacts] == ["Kea"]
    assert list(xero.contacts) == []


async def test_organisations_have_limits_of_their_own_and_one_in_common(
    xero: XeroWorld, xero_http: httpx.AsyncClient
) -> None:
    xero.open_books(AU, "Aussie Branch")
    xero.consenting = Consenting(tenants=[AU])
    await signed_in(xero_http)
    await xero_http.get(CONTACTS)
    answer = await xero_http.get(CONTACTS, headers={"Xero-tenant-id": AU})
    assert (answer.headers["X-MinLimit-Remaining"], answer.headers["X-AppMinLimit-Remaining"]) == ("59", "9998")


async def test_another_user_s_tokens_do_not_reach_it(xero: XeroWorld, xero_http: httpx.AsyncClient) -> None:
    xero.open_books(AU, "Aussie Branch")
    xero.consenting = Consenting(user="another", tenants=[AU])
    await signed_in(xero_http)
    assert await tenants(xero_http) == [AU]
    assert (await xero_http.get(CONTACTS)).status_code == 403


@pytest.mark.parametrize(("ends", "status"), [(False, 200), (True, 400)])
async def test_a_new_consent_of_a_user_may_end_the_tokens_of_the_one_before(
    clock: SteppedClock, *, ends: bool, status: int
) -> None:
    facts = XeroFacts(consent_ends_older_tokens=ends)
    world = XeroWorld(clock, seeded_ids(1), tenant_id=demo.XERO_TENANT_ID, apps=demo.XERO_APPS, facts=facts)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(xero_app(world)), base_url="http://x") as http:
        older = (await traded(http, (await sent_back(http))["code"])).json()["refresh_token"]
        newer = (await traded(http, (await sent_back(http))["code"])).json()["refresh_token"]
        for token, expected in ((older, status), (newer, 200)):
            form = {"grant_type": "refresh_token", "refresh_token": token}
            assert (await http.post("/connect/token", data=form, auth=demo.XERO_CLIENT)).status_code == expected


async def test_a_disconnected_organisation_is_forbidden_until_it_is_connected_again(
    xero: XeroWorld, xero_http: httpx.AsyncClient, clock: SteppedClock
) -> None:
    [row] = (await xero_http.get("/connections")).json()
    await clock.advance(60)
    assert (await xero_http.delete(f"/connections/{row['id']}")).status_code == 204
    assert (await xero_http.delete(f"/connections/{row['id']}")).status_code == 404
    assert await tenants(xero_http) == []
    assert (await xero_http.get(CONTACTS)).json()["Detail"] == "AuthenticationUnsuccessful"
    await signed_in(xero_http)
    [again] = (await xero_http.get("/connections")).json()
    assert again["id"] == row["id"]
    assert again["createdDateUtc"] < again["updatedDateUtc"]


async def test_revoking_ends_the_tokens_and_all_connections(xero_http: httpx.AsyncClient) -> None:
    form = {"token": demo.XERO_REFRESH_TOKEN}
    assert (await xero_http.post("/connect/revocation", data=form, auth=demo.XERO_CLIENT)).status_code == 200
    assert await tenants(xero_http) == []
    refresh = {"grant_type": "refresh_token", "refresh_token": demo.XERO_REFRESH_TOKEN}
    assert (await xero_http.post("/connect/token", data=refresh, auth=demo.XERO_CLIENT)).status_code == 400


async def test_a_reset_demo_company_has_a_new_tenant_id_and_no_connection(
    xero: XeroWorld, xero_http: httpx.AsyncClient
) -> None:
    xero.people.create({"Name": "Kea"})
    fresh = (await xero_http.post("/simulator/organisation/reset")).json()["tenantId"]
    assert fresh == xero.tenant_id != demo.XERO_TENANT_ID
    assert list(xero.contacts) == []
    assert await tenants(xero_http) == []
    assert (await xero_http.get(CONTACTS)).status_code == 403


async def test_an_offline_organisation_answers_in_plain_text(xero_http: httpx.AsyncClient) -> None:
    await xero_http.post("/simulator/organisation/offline")
    away = await xero_http.get(CONTACTS)
    assert (away.status_code, away.text) == (503, "The Organisation is offline")
    await xero_http.post("/simulator/organisation/offline", params={"yes": "false"})
    assert (await xero_http.get(CONTACTS)).status_code == 200


async def test_the_organisation_cannot_be_written(xero_http: httpx.AsyncClient) -> None:
    assert (await xero_http.post("/api.xro/2.0/Organisation", json={})).status_code == 501
