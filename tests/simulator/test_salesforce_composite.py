"""Composite requests: several requests in one call."""

import httpx

from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.world import SalesforceWorld

ROOT = "/services/data/v66.0"
QUERY = f"{ROOT}/query?q=SELECT%20Id%2CName%20FROM%20Account"


def step(name: str, method: str, url: str, body: object = None) -> dict[str, object]:
    return {"referenceId": name, "method": method, "url": url, **({"body": body} if body else {})}


async def run(http: httpx.AsyncClient, *steps: dict[str, object]) -> httpx.Response:
    return await http.post("composite", json={"compositeRequest": list(steps)})


async def test_requests_are_answered_one_after_the_other_in_one_call(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    rows = {"records": [{"attributes": {"type": "Account"}, "Name": "Kea"}]}
    steps = (
        step("write", "POST", f"{ROOT}/composite/sobjects", rows),
        step("one", "POST", f"{ROOT}/sobjects/Account", {"Name": "Tui"}),
        step("again", "PATCH", f"{ROOT}/sobjects/Account/@{{one.id}}", {"Phone": "@{write[0].success}"}),
        step("shown", "GET", QUERY),
    )
    answers = (await run(salesforce_http, *steps)).json()["compositeResponse"]
    assert [(each["referenceId"], each["httpStatusCode"]) for each in answers] == [
        ("write", 200),
        ("one", 201),
        ("again", 204),
        ("shown", 200),
    ]
    assert [row["Name"] for row in answers[3]["body"]["records"]] == ["Kea", "Tui"]
    assert salesforce.calls_used == 1


async def test_a_refused_request_harms_no_other_and_what_refers_to_it_is_halted(
    salesforce_http: httpx.AsyncClient,
) -> None:
    steps = (
        step("bad", "POST", f"{ROOT}/sobjects/Account", {"Name": ""}),
        step("needs", "PATCH", f"{ROOT}/sobjects/Account/@{{bad.id}}", {"Phone": "1"}),
        step("nowhere", "GET", f"{ROOT}/nowhere"),
        step("shown", "GET", QUERY),
    )
    answers = (await run(salesforce_http, *steps)).json()["compositeResponse"]
    codes = [each["body"][0]["errorCode"] for each in answers[:3]]
    assert codes == ["REQUIRED_FIELD_MISSING", "PROCESSING_HALTED", "NOT_FOUND"]
    assert answers[3]["body"]["records"] == []


async def test_too_many_or_nameless_requests_are_refused(salesforce_http: httpx.AsyncClient) -> None:
    six_queries = [step(f"q{number}", "GET", QUERY) for number in range(6)]
    twins = [step("q", "GET", QUERY), step("q", "GET", QUERY)]
    for steps, code in ((six_queries, "LIMIT_EXCEEDED"), (twins, "INVALID_INPUT"), ([], "INVALID_INPUT")):
        refused = await run(salesforce_http, *steps)
        assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, code)


async def test_an_org_may_have_no_composite_requests(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    salesforce.facts = SalesforceFacts(shows_writes=False)
    assert (await run(salesforce_http, step("shown", "GET", QUERY))).status_code == 403
