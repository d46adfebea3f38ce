"""The usual Python client of Salesforce against the simulated Salesforce."""

from datetime import timedelta

import pytest
from simple_salesforce.api import Salesforce, SFType
from simple_salesforce.exceptions import (
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)

from app.clock import SystemClock
from app.simulator.salesforce.app import ADMIN
from app.simulator.salesforce.world import SalesforceWorld


def of(salesforce: Salesforce, name: str) -> SFType:
    """The client's half for one object."""
    found = getattr(salesforce, name)
    assert isinstance(found, SFType)
    return found


def test_a_record_is_created_read_changed_and_deleted(salesforce: Salesforce) -> None:
    created = of(salesforce, "Account").create({"Name": "Kea", "Phone": "1"})
    assert (created["success"], created["errors"]) == (True, [])
    assert of(salesforce, "Account").update(created["id"], {"Phone": "2"}) == 204
    assert of(salesforce, "Account").get(created["id"])["Phone"] == "2"
    assert of(salesforce, "Account").delete(created["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        of(salesforce, "Account").get(created["id"])


def test_a_record_is_upserted_by_its_external_id(salesforce: Salesforce) -> None:
    assert of(salesforce, "Account").upsert("Xero_Contact_Id__c/a%2Fb", {"Name": "Kea"}) == 201
    assert of(salesforce, "Account").upsert("Xero_Contact_Id__c/a%2Fb", {"Name": "Tui"}) == 200
    assert of(salesforce, "Account").get_by_custom_id("Xero_Contact_Id__c", "a/b")["Name"] == "Tui"


def test_an_ambiguous_key_is_an_error(salesforce: Salesforce) -> None:
    for name in ("Kea", "Tui"):
        of(salesforce, "Contact").create({"LastName": name, "Legacy_Number__c": "7"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        of(salesforce, "Contact").upsert("Legacy_Number__c/7", {"LastName": "Moa"})


def test_a_refused_record_names_its_error(salesforce: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest) as refused:
        of(salesforce, "Account").create({"Phone": "1"})
    assert "REQUIRED_FIELD_MISSING" in str(refused.value)


def test_a_query_is_followed_to_its_end(salesforce: Salesforce, salesforce_world: SalesforceWorld) -> None:
    with salesforce_world.records.transaction(ADMIN) as transaction:
        for number in range(2100):
            transaction.create("Account", {"Name": f"Bird {number:04d}"})
    answer = salesforce.query_all("SELECT Id, Name FROM Account WHERE Name LIKE 'Bird%' ORDER BY Name")
    assert answer["totalSize"] == 2100
    assert [row["Name"] for row in answer["records"]] == [f"Bird {number:04d}" for number in range(2100)]


def test_deleted_records_are_queried(salesforce: Salesforce) -> None:
    created = of(salesforce, "Account").create({"Name": "Kea"})
    of(salesforce, "Account").delete(created["id"])
    query = "SELECT Id FROM Account WHERE IsDeleted = true"
    assert salesforce.query(query)["records"] == []
    assert salesforce.query(query, include_deleted=True)["totalSize"] == 1


def test_the_feeds_are_read(salesforce: Salesforce) -> None:
    start, end = SystemClock().now() - timedelta(minutes=5), SystemClock().now() + timedelta(minutes=5)
    kept, gone = (of(salesforce, "Account").create({"Name": name})["id"] for name in ("Kea", "Tui"))
    of(salesforce, "Account").delete(gone)
    assert of(salesforce, "Account").updated(start, end)["ids"] == [kept]
    assert [row["id"] for row in of(salesforce, "Account").deleted(start, end)["deletedRecords"]] == [gone]


def test_the_org_describes_itself(salesforce: Salesforce) -> None:
    described = salesforce.describe()
    assert described is not None
    assert "Account" in [kind["name"] for kind in described["sobjects"]]
    assert "Xero_Contact_Id__c" in [field["name"] for field in of(salesforce, "Account").describe()["fields"]]
    assert salesforce.limits()["DailyApiRequests"]["Max"] == 100_000


def test_a_revoked_session_makes_the_client_sign_in_again(
    salesforce: Salesforce, salesforce_world: SalesforceWorld
) -> None:
    salesforce_world.revoke_tokens()
    assert of(salesforce, "Account").create({"Name": "Kea"})["success"]
    assert [call.status for call in salesforce_world.journal.calls] == [401, 201]


def test_collections_are_reached_as_well(salesforce: Salesforce) -> None:
    rows = [{"attributes": {"type": "Account"}, "Name": name} for name in ("Kea", "")]
    answer = salesforce.restful("composite/sobjects", method="POST", json={"allOrNone": False, "records": rows})
    assert answer is not None
    assert [row["success"] for row in answer] == [True, False]


def test_collections_upsert_by_an_external_id(salesforce: Salesforce) -> None:
    path = "composite/sobjects/Account/Xero_Contact_Id__c"
    rows = [{"attributes": {"type": "Account"}, "Xero_Contact_Id__c": key, "Name": key} for key in ("guid-1", "guid-2")]
    for created in (True, False):
        answer = salesforce.restful(path, method="PATCH", json={"allOrNone": False, "records": rows})
        assert answer is not None
        assert [row["created"] for row in answer] == [created, created]


def test_a_composite_request_writes_and_shows(salesforce: Salesforce) -> None:
    root = "/services/data/v66.0"
    query = f"{root}/query?q=SELECT%20Name%2CLastModifiedById%20FROM%20Account"
    rows = {"allOrNone": False, "records": [{"attributes": {"type": "Account"}, "Name": "Kea"}]}
    steps = [
        {"referenceId": "write", "method": "POST", "url": f"{root}/composite/sobjects", "body": rows},
        {"referenceId": "shown", "method": "GET", "url": query},
    ]
    answer = salesforce.restful("composite", method="POST", json={"allOrNone": False, "compositeRequest": steps})
    assert answer is not None
    write, shown = answer["compositeResponse"]
    assert write["body"][0]["success"] is True
    assert [row["Name"] for row in shown["body"]["records"]] == ["Kea"]


def test_pages_are_fetched_one_by_one(salesforce: Salesforce, salesforce_world: SalesforceWorld) -> None:
    with salesforce_world.records.transaction(ADMIN) as transaction:
        for number in range(4100):
            transaction.create("Account", {"Name": f"Bird {number:04d}"})
    page = salesforce.query("SELECT Name FROM Account ORDER BY Name")
    names = [row["Name"] for row in page["records"]]
    while not page["done"]:
        page = salesforce.query_more(page["nextRecordsUrl"], identifier_is_url=True)
        names += [row["Name"] for row in page["records"]]
    assert (len(names), names[-1]) == (4100, "Bird 4099")


def test_a_hidden_field_is_neither_described_nor_queried(
    salesforce: Salesforce, salesforce_world: SalesforceWorld
) -> None:
    salesforce_world.hidden_fields.add("Account.Phone")
    assert "Phone" not in [field["name"] for field in of(salesforce, "Account").describe()["fields"]]
    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Phone'"):
        salesforce.query("SELECT Phone FROM Account")


def test_the_feeds_say_how_far_they_reach(salesforce: Salesforce) -> None:
    start, end = SystemClock().now() - timedelta(minutes=5), SystemClock().now() + timedelta(minutes=5)
    assert "latestDateCovered" in of(salesforce, "Account").updated(start, end)
    assert {"earliestDateAvailable", "latestDateCovered"} <= set(of(salesforce, "Account").deleted(start, end))
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_REPLICATION_DATE"):
        of(salesforce, "Account").deleted(start - timedelta(days=20), end)


def test_the_client_reads_how_many_calls_are_used(salesforce: Salesforce) -> None:
    salesforce.query("SELECT Id FROM Account")
    assert salesforce.api_usage["api-usage"].total == 100_000
