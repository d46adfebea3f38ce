"""Queries over HTTP."""

import httpx
import pytest

from app.simulator.salesforce.app import ADMIN
from app.simulator.salesforce.world import SalesforceWorld
from tests.support.stepped_clock import SteppedClock


@pytest.fixture
async def birds(salesforce: SalesforceWorld, clock: SteppedClock) -> list[str]:
    """Three accounts, a second apart, and a deleted one; their ids."""
    ids = []
    for name, phone in (("Kea", "1"), ("tui", None), ("Moa", "3"), ("Weka", "4")):
        with salesforce.records.transaction(ADMIN) as transaction:
            ids.append(transaction.create("Account", {"Name": name, "Phone": phone, "Sync_to_Xero__c": bool(phone)}).id)
        await clock.advance(1)
    weka = salesforce.records.get(salesforce.records.kind("Account"), ids[3])
    assert weka is not None
    with salesforce.records.transaction(ADMIN) as transaction:
        transaction.delete(weka)
    return ids


async def names(http: httpx.AsyncClient, rest: str, resource: str = "query") -> list[str]:
    answer = await http.get(resource, params={"q": f"SELECT Name FROM Account {rest}"})
    return [row["Name"] for row in answer.json()["records"]]


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("", ["Kea", "tui", "Moa"]),
        ("WHERE Name = 'KEA'", ["Kea"]),
        ("WHERE name != 'kea'", ["tui", "Moa"]),
        ("WHERE Phone = null", ["tui"]),
        ("WHERE Phone != '1'", ["tui", "Moa"]),
        ("WHERE Phone > '1'", ["Moa"]),
        ("WHERE NOT (Phone > '1')", ["Kea", "tui"]),
        ("WHERE Name LIKE '%u_'", ["tui"]),
        ("WHERE Name IN ('Kea', 'MOA')", ["Kea", "Moa"]),
        ("WHERE Name NOT IN ('Kea', 'MOA')", ["tui"]),
        ("WHERE Sync_to_Xero__c = true AND Phone <= '1'", ["Kea"]),
        ("WHERE Sync_to_Xero__c != true", ["tui"]),
        ("WHERE CreatedDate > 2026-03-02T09:00:00Z", ["tui", "Moa"]),
        ("WHERE CreatedDate = 2026-03-02T22:00:01.000+13:00", ["tui"]),
        ("WHERE (CreatedDate > 2026-03-02T09:00:01Z OR (Phone = '1' AND IsDeleted = false))", ["Kea", "Moa"]),
        ("ORDER BY Name", ["Kea", "Moa", "tui"]),
        ("ORDER BY Phone DESC", ["tui", "Moa", "Kea"]),
        ("ORDER BY Phone NULLS LAST", ["Kea", "Moa", "tui"]),
        ("ORDER BY CreatedDate DESC, Id LIMIT 2", ["Moa", "tui"]),
        ("ORDER BY Id LIMIT 1 OFFSET 1", ["tui"]),
    ],
)
async def test_a_query_finds(salesforce_http: httpx.AsyncClient, birds: list[str], rest: str, found: list[str]) -> None:
    assert await names(salesforce_http, rest) == found


async def test_ids_may_have_fifteen_characters(salesforce_http: httpx.AsyncClient, birds: list[str]) -> None:
    assert await names(salesforce_http, f"WHERE Id IN ('{birds[0][:15]}', '{birds[2]}')") == ["Kea", "Moa"]
    assert await names(salesforce_http, f"WHERE Id > '{birds[1]}'") == ["Moa"]


async def test_deleted_records_are_found_by_query_all_only(
    salesforce_http: httpx.AsyncClient, birds: list[str]
) -> None:
    assert await names(salesforce_http, "WHERE IsDeleted = true") == []
    assert await names(salesforce_http, "WHERE IsDeleted = true", "queryAll") == ["Weka"]


async def test_records_carry_attributes_and_nulls(salesforce_http: httpx.AsyncClient, birds: list[str]) -> None:
    answer = await salesforce_http.get("query", params={"q": "SELECT id, phone FROM account WHERE Name = 'tui'"})
    url = f"/services/data/v66.0/sobjects/Account/{birds[1]}"
    record = {"attributes": {"type": "Account", "url": url}, "Id": birds[1], "Phone": None}
    assert answer.json() == {"totalSize": 1, "done": True, "records": [record]}


async def test_count_answers_with_a_number(salesforce_http: httpx.AsyncClient, birds: list[str]) -> None:
    answer = await salesforce_http.get("query", params={"q": "SELECT COUNT() FROM Account"})
    assert answer.json() == {"totalSize": 3, "done": True, "records": []}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Colour FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Colour = 'red'", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Colour", "INVALID_FIELD"),
        ("SELECT Id, id FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE CreatedDate > '2026-03-02T09:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Phone > null", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE IsDeleted > true", "INVALID_FIELD"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT", "MALFORMED_QUERY"),
    ],
)
async def test_a_query_is_refused(salesforce_http: httpx.AsyncClient, query: str, code: str) -> None:
    answer = await salesforce_http.get("query", params={"q": query})
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == code


async def test_a_large_result_is_paged_and_does_not_shift(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    with salesforce.records.transaction(ADMIN) as transaction:
        for number in range(450):
            transaction.create("Account", {"Name": f"A{number:03d}"})
    headers = {"Sforce-Query-Options": "batchSize=1"}
    page = (await salesforce_http.get("query", params={"q": "SELECT Name FROM Account"}, headers=headers)).json()
    seen = [row["Name"] for row in page["records"]]
    assert (len(seen), page["done"], page["totalSize"]) == (200, False, 450)
    with salesforce.records.transaction(ADMIN) as transaction:
        transaction.create("Account", {"Name": "late"})
    while not page["done"]:
        page = (await salesforce_http.get(f"http://salesforce.test{page['nextRecordsUrl']}")).json()
        seen += [row["Name"] for row in page["records"]]
    assert seen == [f"A{number:03d}" for number in range(450)]


async def test_the_org_knows_itself(salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient) -> None:
    answer = await salesforce_http.get("query", params={"q": "SELECT Id, IsSandbox FROM Organization"})
    [row] = answer.json()["records"]
    assert (row["Id"], row["IsSandbox"]) == (salesforce.org_id, True)


async def test_an_unknown_locator_is_refused(salesforce_http: httpx.AsyncClient) -> None:
    answer = await salesforce_http.get("query/01g000000000000AAA-2000")
    assert answer.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
