"""Sessions, versions, limits and what the org says about itself."""

import httpx
import pytest

from app.simulator import demo
from app.simulator.salesforce.world import SalesforceWorld
from tests.support.stepped_clock import SteppedClock

ROOT = "http://salesforce.test"


async def test_the_token_answer_names_no_end(salesforce_http: httpx.AsyncClient) -> None:
    form = {"grant_type": "client_credentials", "client_id": "user", "client_secret": "user"}
    granted = (await salesforce_http.post(f"{ROOT}/services/oauth2/token", data=form)).json()
    assert "expires_in" not in granted
    assert granted["instance_url"] == ROOT
    assert granted["id"].startswith(f"{ROOT}/id/{demo.SALESFORCE_ORG_ID}/005")
    assert granted["issued_at"] == "1772442000000"


@pytest.mark.parametrize(
    ("auth", "grant", "error"),
    [
        (("crossbook-salesforce", "wrong"), "client_credentials", "invalid_client"),
        (demo.SALESFORCE_CLIENT, "password", "unsupported_grant_type"),
    ],
)
async def test_a_refused_grant_is_an_object(
    salesforce_http: httpx.AsyncClient, auth: tuple[str, str], grant: str, error: str
) -> None:
    refused = await salesforce_http.post(f"{ROOT}/services/oauth2/token", data={"grant_type": grant}, auth=auth)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


async def test_a_revoked_session_is_invalid(salesforce_http: httpx.AsyncClient) -> None:
    await salesforce_http.post(f"{ROOT}/simulator/tokens/revoke")
    answer = await salesforce_http.get("limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


async def test_consents_that_are_revoked_end_sessions_too_but_a_client_signs_in_anew(
    salesforce_http: httpx.AsyncClient,
) -> None:
    assert (await salesforce_http.post(f"{ROOT}/simulator/consents/revoke")).status_code == 204
    assert (await salesforce_http.get("limits")).status_code == 401
    form = {"grant_type": "client_credentials"}
    granted = await salesforce_http.post(f"{ROOT}/services/oauth2/token", data=form, auth=demo.SALESFORCE_CLIENT)
    assert granted.status_code == 200


async def test_the_day_s_calls_are_used_up_on_order(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    assert (await salesforce_http.post(f"{ROOT}/simulator/calls/leave", params={"calls": 1})).status_code == 204
    answers = [await salesforce_http.get("limits") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    used = salesforce.calls_used
    salesforce.leave_calls(500)
    assert salesforce.calls_used == used, "what is used is not given back"


async def test_a_session_lives_while_it_is_used(salesforce_http: httpx.AsyncClient, clock: SteppedClock) -> None:
    for _ in range(3):
        await clock.advance(7200)
        assert (await salesforce_http.get("limits")).status_code == 200
    await clock.advance(7201)
    assert (await salesforce_http.get("limits")).status_code == 401


async def test_versions_are_listed_without_a_session(salesforce_http: httpx.AsyncClient) -> None:
    versions = (await salesforce_http.get(f"{ROOT}/services/data", headers={"Authorization": ""})).json()
    assert {"version": "66.0", "label": "66.0", "url": "/services/data/v66.0"} in versions


async def test_an_unknown_version_is_refused(salesforce_http: httpx.AsyncClient) -> None:
    answer = await salesforce_http.get(f"{ROOT}/services/data/v20.0/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "UNSUPPORTED_API_VERSION")


async def test_every_call_uses_up_the_limit_but_a_persons(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    answer = await salesforce_http.get("limits")
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    assert answer.json()["DailyApiRequests"] == {"Max": 100_000, "Remaining": 99_999}
    form = {"grant_type": "client_credentials"}
    granted = await salesforce_http.post(f"{ROOT}/services/oauth2/token", data=form, auth=demo.PERSON)
    await salesforce_http.get("limits", headers={"Authorization": f"Bearer {granted.json()['access_token']}"})
    assert salesforce.calls_used == 1


async def test_describe_names_the_rules_of_every_field(salesforce_http: httpx.AsyncClient) -> None:
    described = (await salesforce_http.get("sobjects/Account/describe")).json()
    fields = {field["name"]: field for field in described["fields"]}
    assert described["keyPrefix"] == "001"
    assert (fields["Name"]["nillable"], fields["Name"]["length"]) == (False, 255)
    assert (fields["Xero_Contact_Id__c"]["externalId"], fields["Xero_Contact_Id__c"]["unique"]) == (True, True)
    assert fields["SystemModstamp"]["updateable"] is False


async def test_the_objects_are_listed(salesforce_http: httpx.AsyncClient) -> None:
    listed = (await salesforce_http.get("sobjects")).json()["sobjects"]
    assert [kind["name"] for kind in listed] == ["Account", "Contact", "Organization"]


async def test_the_feeds_tell_what_changed_and_what_went(
    salesforce_http: httpx.AsyncClient, clock: SteppedClock
) -> None:
    kea, tui = [(await salesforce_http.post("sobjects/Account", json={"Name": name})).json()["id"] for name in "KT"]
    await clock.advance(120)
    await salesforce_http.delete(f"sobjects/Account/{tui}")
    window = {"start": "2026-03-02T09:00:00+00:00", "end": "2026-03-02T09:05:00Z"}
    updated = (await salesforce_http.get("sobjects/Account/updated", params=window)).json()
    deleted = (await salesforce_http.get("sobjects/Account/deleted", params=window)).json()
    assert updated == {"ids": [kea], "latestDateCovered": "2026-03-02T09:02:00.000+0000"}
    assert deleted["deletedRecords"] == [{"id": tui, "deletedDate": "2026-03-02T09:02:00.000+0000"}]


@pytest.mark.parametrize(
    ("feed", "start", "end"),
    [
        ("updated", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("deleted", "2026-03-02T09:00:00Z", "2026-03-02T09:01:00Z"),
        ("updated", "soon", "2026-03-02T09:01:00Z"),
        ("deleted", "", ""),
    ],
)
async def test_a_bad_window_is_refused(salesforce_http: httpx.AsyncClient, feed: str, start: str, end: str) -> None:
    answer = await salesforce_http.get(f"sobjects/Account/{feed}", params={"start": start, "end": end})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")
