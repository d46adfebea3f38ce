"""Collections: up to 200 records a call."""

import httpx

from app.simulator.salesforce.world import SalesforceWorld

PATH = "composite/sobjects"


def account(**fields: object) -> dict[str, object]:
    return {"attributes": {"type": "Account"}, **fields}


async def create(http: httpx.AsyncClient, *names: str) -> list[str]:
    answer = await http.post(PATH, json={"records": [account(Name=name) for name in names]})
    return [row["id"] for row in answer.json()]


def outcome(answer: httpx.Response) -> list[str]:
    """For every record `ok` or the code of its error."""
    return ["ok" if row["success"] else row["errors"][0]["statusCode"] for row in answer.json()]


async def test_a_bad_record_costs_the_others_nothing(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    rows = [account(Name="Kea"), account(Name=""), account(Name="Tui")]
    answer = await salesforce_http.post(PATH, json={"allOrNone": False, "records": rows})
    assert answer.status_code == 200
    assert outcome(answer) == ["ok", "REQUIRED_FIELD_MISSING", "ok"]
    assert "id" not in answer.json()[1]
    assert len(salesforce.journal.creations("Account")) == 2


async def test_all_or_none_undoes_the_good_ones(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    [kea] = await create(salesforce_http, "Kea")
    rows = [account(Id=kea, Name="Moa"), account(Id=kea, Name="")]
    answer = await salesforce_http.patch(PATH, json={"allOrNone": True, "records": rows})
    assert outcome(answer) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert (await salesforce_http.get(f"sobjects/Account/{kea}")).json()["Name"] == "Kea"
    rows = [account(Name="Tui"), account(Name="")]
    await salesforce_http.post(PATH, json={"allOrNone": True, "records": rows})
    assert len(salesforce.journal.changes) == 1
    assert len(salesforce.records.all(salesforce.records.kind("Account"))) == 1


async def test_records_are_updated_by_id(salesforce_http: httpx.AsyncClient) -> None:
    kea, tui = await create(salesforce_http, "Kea", "Tui")
    await salesforce_http.delete(f"sobjects/Account/{tui}")
    rows = [account(id=kea, Phone="1"), account(Id=tui), account(Id="0015f00002J9YYEAA3"), account(Phone="1")]
    answer = await salesforce_http.patch(PATH, json={"records": rows})
    gone = "INVALID_CROSS_REFERENCE_KEY"
    assert outcome(answer) == ["ok", "ENTITY_IS_DELETED", gone, gone]


async def test_records_are_upserted_by_an_external_id(salesforce_http: httpx.AsyncClient) -> None:
    path = f"{PATH}/Account/Xero_Contact_Id__c"
    rows = [account(Name="Kea", Xero_Contact_Id__c="a"), account(Name="Tui", Xero_Contact_Id__c="b")]
    first = await salesforce_http.patch(path, json={"records": rows})
    rows = [account(Name="Moa", Xero_Contact_Id__c="A"), account(Name="Weka", Xero_Contact_Id__c="c")]
    second = await salesforce_http.patch(path, json={"records": rows})
    assert [row["created"] for row in first.json()] == [True, True]
    assert [row["created"] for row in second.json()] == [False, True]
    assert second.json()[0]["id"] == first.json()[0]["id"]


async def test_an_upsert_refuses_missing_and_repeated_keys(salesforce_http: httpx.AsyncClient) -> None:
    keys = ["a", "A", "", "b"]
    rows = [account(Name="Kea", Xero_Contact_Id__c=key) for key in keys]
    answer = await salesforce_http.patch(f"{PATH}/Account/Xero_Contact_Id__c", json={"records": rows})
    assert outcome(answer) == ["DUPLICATE_VALUE", "DUPLICATE_VALUE", "MISSING_ARGUMENT", "ok"]


async def test_records_are_deleted_by_their_ids(salesforce_http: httpx.AsyncClient) -> None:
    kea, tui = await create(salesforce_http, "Kea", "Tui")
    answer = await salesforce_http.delete(PATH, params={"ids": f"{kea},{tui},{kea},zzz", "allOrNone": "false"})
    assert outcome(answer) == ["ok", "ok", "ENTITY_IS_DELETED", "MALFORMED_ID"]


async def test_records_are_read_by_their_ids_in_order(salesforce_http: httpx.AsyncClient) -> None:
    kea, tui = await create(salesforce_http, "Kea", "Tui")
    ids = [tui, "0015f00002J9YYEAA3", kea]
    got = await salesforce_http.get(f"{PATH}/Account", params={"ids": ",".join(ids), "fields": "Name"})
    posted = await salesforce_http.post(f"{PATH}/Account", json={"ids": ids, "fields": ["Name"]})
    assert [row and row["Name"] for row in got.json()] == ["Tui", None, "Kea"]
    assert got.json() == posted.json()


async def test_more_than_two_hundred_records_are_refused(salesforce_http: httpx.AsyncClient) -> None:
    rows = [account(Name=str(number)) for number in range(201)]
    assert (await salesforce_http.post(PATH, json={"records": rows})).status_code == 400
    assert len(await create(salesforce_http, *(str(number) for number in range(200)))) == 200
