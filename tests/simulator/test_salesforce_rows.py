"""Single Salesforce records."""

import httpx
import pytest

from app.simulator.salesforce.world import SalesforceWorld
from tests.support.stepped_clock import SteppedClock


async def create(http: httpx.AsyncClient, **fields: object) -> str:
    answer = await http.post("sobjects/Account", json={"Name": "Kea", **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def read(http: httpx.AsyncClient, record_id: str) -> dict[str, object]:
    record: dict[str, object] = (await http.get(f"sobjects/Account/{record_id}")).json()
    return record


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


async def test_a_record_is_created_read_changed_and_deleted(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient, clock: SteppedClock
) -> None:
    record_id = await create(salesforce_http, Phone=" 123 ", Website="")
    await clock.advance(1.9)
    changed = await salesforce_http.patch(f"sobjects/Account/{record_id}", json={"phone": None})
    record = await read(salesforce_http, record_id[:15])
    assert (changed.status_code, changed.content) == (204, b"")
    assert (record["Name"], record["Phone"], record["Website"]) == ("Kea", None, None)
    assert (record["CreatedDate"], record["SystemModstamp"]) == (
        "2026-03-02T09:00:00.000+0000",
        "2026-03-02T09:00:01.000+0000",
    )
    assert (await salesforce_http.delete(f"sobjects/Account/{record_id}")).status_code == 204
    assert code(await salesforce_http.get(f"sobjects/Account/{record_id}")) == (404, "ENTITY_IS_DELETED")
    assert code(await salesforce_http.delete(f"sobjects/Account/{record_id}")) == (404, "ENTITY_IS_DELETED")
    assert [change.type for change in salesforce.journal.of(record_id)] == ["CREATE", "UPDATE", "DELETE"]


async def test_texts_are_trimmed_and_empty_ones_are_null(salesforce_http: httpx.AsyncClient) -> None:
    record = await read(salesforce_http, await create(salesforce_http, Name=" Kea ", Phone="  ", AccountNumber=""))
    assert (record["Name"], record["Phone"], record["AccountNumber"]) == ("Kea", None, None)


async def test_only_the_asked_fields_are_read(salesforce_http: httpx.AsyncClient) -> None:
    record_id = await create(salesforce_http)
    answer = await salesforce_http.get(f"sobjects/account/{record_id}", params={"fields": "name,Phone"})
    assert set(answer.json()) == {"attributes", "Name", "Phone"}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"Name": None}, "REQUIRED_FIELD_MISSING"),
        ({"Name": " "}, "REQUIRED_FIELD_MISSING"),
        ({"Name": "a" * 256}, "STRING_TOO_LONG"),
        ({"Phone": "1" * 41}, "STRING_TOO_LONG"),
        ({"Email__c": "no address"}, "INVALID_EMAIL_ADDRESS"),
        ({"Colour": "red"}, "INVALID_FIELD"),
        ({"SystemModstamp": "2026-03-02T09:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Phone": 5}, "JSON_PARSER_ERROR"),
        ({"Sync_to_Xero__c": None}, "INVALID_TYPE_ON_FIELD_IN_RECORD"),
    ],
)
async def test_a_write_is_refused(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient, fields: dict[str, object], error: str
) -> None:
    answer = await salesforce_http.post("sobjects/Account", json={"Name": "Kea", **fields})
    assert code(answer) == (400, error)
    assert not salesforce.journal.changes


async def test_a_missing_name_is_refused(salesforce_http: httpx.AsyncClient) -> None:
    answer = await salesforce_http.post("sobjects/Account", json={"Phone": "1"})
    assert answer.json()[0]["fields"] == ["Name"]


async def test_a_body_that_is_no_object_is_refused(salesforce_http: httpx.AsyncClient) -> None:
    for body in (b"", b"{", b"[]"):
        assert code(await salesforce_http.post("sobjects/Account", content=body)) == (400, "JSON_PARSER_ERROR")


async def test_the_organization_cannot_be_written(salesforce_http: httpx.AsyncClient) -> None:
    answer = await salesforce_http.post("sobjects/Organization", json={"Name": "Mine"})
    assert code(answer) == (400, "INVALID_TYPE_FOR_OPERATION")


@pytest.mark.parametrize("path", ["sobjects/Nothing/001", "sobjects/Account/0015f00002J9YYEAA3", "sobjects/Account/x"])
async def test_what_never_was_is_not_found(salesforce_http: httpx.AsyncClient, path: str) -> None:
    assert code(await salesforce_http.get(path)) == (404, "NOT_FOUND")


async def test_an_upsert_creates_then_updates_whatever_the_case(salesforce_http: httpx.AsyncClient) -> None:
    path = "sobjects/Account/Xero_Contact_Id__c/"
    first = await salesforce_http.patch(f"{path}ab%2Fc", json={"Name": "Kea"})
    second = await salesforce_http.patch(f"{path}AB%2FC", json={"Name": "Tui"})
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (second.status_code, second.json()["created"]) == (200, False)
    record = await read(salesforce_http, first.json()["id"])
    assert (record["Name"], record["Xero_Contact_Id__c"]) == ("Tui", "ab/c")


async def test_an_upsert_of_a_deleted_record_creates_a_new_one(salesforce_http: httpx.AsyncClient) -> None:
    path = "sobjects/Account/Xero_Contact_Id__c/abc"
    first = (await salesforce_http.patch(path, json={"Name": "Kea"})).json()["id"]
    await salesforce_http.delete(f"sobjects/Account/{first}")
    assert (await salesforce_http.patch(path, json={"Name": "Kea"})).json()["id"] != first


async def test_an_upsert_may_be_told_not_to_create(salesforce_http: httpx.AsyncClient) -> None:
    path = "sobjects/Account/Xero_Contact_Id__c/abc"
    answer = await salesforce_http.patch(path, params={"updateOnly": "true"}, json={"Name": "Kea"})
    assert code(answer) == (404, "NOT_FOUND")


async def test_several_records_with_the_key_are_listed_and_nothing_is_written(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    for name in ("Kea", "Tui"):
        await salesforce_http.post("sobjects/Contact", json={"LastName": name, "Legacy_Number__c": "7"})
    answer = await salesforce_http.patch("sobjects/Contact/Legacy_Number__c/7", json={"LastName": "Moa"})
    assert answer.status_code == 300
    assert len(answer.json()) == 2
    assert len(salesforce.journal.changes) == 2


async def test_a_field_that_is_no_external_id_is_not_found(salesforce_http: httpx.AsyncClient) -> None:
    assert code(await salesforce_http.patch("sobjects/Account/Phone/1", json={"Name": "Kea"})) == (404, "NOT_FOUND")


async def test_the_key_must_not_stand_in_the_body(salesforce_http: httpx.AsyncClient) -> None:
    answer = await salesforce_http.patch("sobjects/Account/Xero_Contact_Id__c/a", json={"xero_contact_id__c": "a"})
    assert code(answer) == (400, "INVALID_FIELD")


async def test_a_unique_value_is_taken_whatever_its_case_and_names_its_holder(
    salesforce_http: httpx.AsyncClient,
) -> None:
    holder = await create(salesforce_http, Xero_Contact_Id__c="abc")
    answer = await salesforce_http.post("sobjects/Account", json={"Name": "Tui", "Xero_Contact_Id__c": "ABC"})
    assert code(answer) == (400, "DUPLICATE_VALUE")
    assert holder in answer.json()[0]["message"]


async def test_undelete_brings_a_record_back(salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient) -> None:
    record_id = await create(salesforce_http)
    await salesforce_http.delete(f"sobjects/Account/{record_id}")
    undeleted = await salesforce_http.post(f"http://salesforce.test/simulator/records/{record_id}/undelete")
    assert undeleted.status_code == 204
    assert (await read(salesforce_http, record_id))["IsDeleted"] is False
    assert salesforce.journal.changes[-1].type == "UNDELETE"


async def test_a_merge_deletes_the_loser_in_favour_of_the_winner(salesforce_http: httpx.AsyncClient) -> None:
    loser, winner = await create(salesforce_http), await create(salesforce_http, Name="Tui")
    path = f"http://salesforce.test/simulator/records/{loser}/merge"
    assert (await salesforce_http.post(path, params={"into": winner})).status_code == 204
    query = f"SELECT IsDeleted, MasterRecordId FROM Account WHERE Id = '{loser}'"
    [row] = (await salesforce_http.get("queryAll", params={"q": query})).json()["records"]
    assert (row["IsDeleted"], row["MasterRecordId"]) == (True, winner)
    assert (await salesforce_http.post(path, params={"into": "nobody"})).status_code == 404
