"""Orgs with features switched on, people at their screens, and what administrators have forbidden."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from app.simulator import demo
from app.simulator.ids import seeded_ids
from app.simulator.salesforce import features
from app.simulator.salesforce.administration import ValidationRule
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.app import salesforce_app
from app.simulator.salesforce.objects import OBJECTS
from app.simulator.salesforce.world import SalesforceWorld
from tests.support.stepped_clock import SteppedClock

NewOrg = Callable[[features.Objects], SalesforceWorld]


@pytest.fixture
def org(clock: SteppedClock) -> NewOrg:
    def made(objects: features.Objects) -> SalesforceWorld:
        return SalesforceWorld(
            clock, seeded_ids(3), org_id=demo.SALESFORCE_ORG_ID, clients=demo.SALESFORCE_CLIENTS, objects=objects
        )

    return made


def refused(world: SalesforceWorld, **fields: str) -> str:
    with pytest.raises(Refusal) as refusal:
        world.people.create("Account", {"Name": "Kea", **fields})
    return refusal.value.code


def test_a_person_account_is_named_by_its_parts_and_never_by_its_name(org: NewOrg) -> None:
    world = org(features.person_accounts())
    person = world.people.create("Account", {"FirstName": "Ada", "LastName": "Byron"})
    company = world.people.create("Account", {"Name": "Ridgeway"})
    stored = [world.people.record("Account", id).fields for id in (person, company)]
    assert [(each["Name"], each["IsPersonAccount"]) for each in stored] == [("Ada Byron", True), ("Ridgeway", False)]
    world.people.update("Account", person, {"FirstName": None})
    assert world.people.record("Account", person).fields["Name"] == "Byron"
    with pytest.raises(Refusal, match="Unable to create/update fields: Name"):
        world.people.update("Account", person, {"Name": "Augusta"})


def test_every_record_has_a_currency_where_there_are_several(org: NewOrg) -> None:
    world = org(features.multiple_currencies())
    usual, other = (world.people.create("Account", {"Name": "A", **more}) for more in ({}, {"CurrencyIsoCode": "USD"}))
    stored = [world.people.record("Account", id).fields["CurrencyIsoCode"] for id in (usual, other)]
    assert stored == ["NZD", "USD"]
    assert refused(world, CurrencyIsoCode="XXX") == "INVALID_CURRENCY_ISO"


def test_states_and_countries_go_by_name_or_by_code(org: NewOrg) -> None:
    world = org(features.state_and_country_picklists())
    one = world.people.create("Account", {"Name": "A", "BillingCountry": "New Zealand", "BillingStateCode": "OTA"})
    stored = world.people.record("Account", one).fields
    assert (stored["BillingCountryCode"], stored["BillingState"]) == ("NZ", "Otago")
    assert refused(world, BillingCountry="Atlantis") == "FIELD_INTEGRITY_EXCEPTION"
    assert refused(world, BillingStateCode="XX") == "FIELD_INTEGRITY_EXCEPTION"


def test_a_restricted_picklist_takes_nothing_else(org: NewOrg) -> None:
    world = org(features.restricted(OBJECTS, "Account", "Type", ("Customer",)))
    assert world.people.create("Account", {"Name": "A", "Type": "Customer"})
    assert refused(world, Type="Friend") == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


@pytest.fixture
async def typed(org: NewOrg) -> AsyncIterator[httpx.AsyncClient]:
    """Our calls to an org with record types and a restricted picklist."""
    objects = features.restricted(OBJECTS, "Account", "Type", ("Customer",))
    world = org(features.record_types(objects, "Account", ("Business", "Partner")))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(salesforce_app(world)), base_url="http://x.test"
    ) as http:
        form = {"grant_type": "client_credentials"}
        granted = await http.post("/services/oauth2/token", data=form, auth=demo.SALESFORCE_CLIENT)
        http.headers["Authorization"] = f"Bearer {granted.json()['access_token']}"
        yield http


async def test_a_description_tells_choices_and_record_types(typed: httpx.AsyncClient) -> None:
    told = (await typed.get("/services/data/v66.0/sobjects/Account/describe")).json()
    fields = {field["name"]: field for field in told["fields"]}
    assert fields["Type"]["restrictedPicklist"] is True
    assert fields["Type"]["picklistValues"] == [{"value": "Customer", "label": "Customer", "active": True}]
    assert [each["name"] for each in told["recordTypeInfos"]] == ["Master", "Business", "Partner"]
    assert fields["AnnualRevenue"]["precision"] == 18


@pytest.mark.parametrize(
    ("amount", "stored"), [(1, "1.00"), (12.345, "12.34"), (10**16, "NUMBER_OUTSIDE_VALID_RANGE"), ("1", "JSON")]
)
async def test_amounts_have_their_digits(salesforce_http: httpx.AsyncClient, amount: object, stored: str) -> None:
    answer = await salesforce_http.post("sobjects/Account", json={"Name": "A", "AnnualRevenue": amount})
    if answer.status_code != 201:
        assert answer.json()[0]["errorCode"].startswith(stored)
        return
    query = {"q": f"SELECT AnnualRevenue FROM Account WHERE AnnualRevenue >= {stored} ORDER BY AnnualRevenue"}
    (row,) = (await salesforce_http.get("query", params=query)).json()["records"]
    assert row["AnnualRevenue"] == float(stored)


def family(world: SalesforceWorld, name: str) -> tuple[str, str]:
    """An account and its contact."""
    account = world.people.create("Account", {"Name": name})
    return account, world.people.create("Contact", {"LastName": name, "AccountId": account})


async def test_contacts_are_deleted_and_come_back_with_their_account(
    salesforce: SalesforceWorld, clock: SteppedClock
) -> None:
    account, contact = family(salesforce, "Kea")
    gone_before = salesforce.people.create("Contact", {"LastName": "Moa", "AccountId": account})
    salesforce.people.delete("Contact", gone_before)
    await clock.advance(5)
    salesforce.people.delete("Account", account)
    assert salesforce.people.record("Contact", contact).deleted
    salesforce.people.undelete("Account", account)
    assert not salesforce.people.record("Contact", contact).deleted
    assert salesforce.people.record("Contact", gone_before).deleted


async def test_contacts_are_deleted_with_their_account_over_the_api_too(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    account, contact = family(salesforce, "Kea")
    await salesforce_http.delete(f"sobjects/Account/{account}")
    assert salesforce.people.record("Contact", contact).deleted


def test_a_merge_gives_the_contacts_to_the_survivor(salesforce: SalesforceWorld) -> None:
    (loser, contact), (survivor, _) = family(salesforce, "Kea"), family(salesforce, "Tui")
    salesforce.people.merge("Account", loser, survivor)
    assert salesforce.people.record("Contact", contact).fields["AccountId"] == survivor
    assert salesforce.people.record("Account", loser).fields["MasterRecordId"] == survivor


async def test_what_is_shared_with_nobody_is_not_there_for_us(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    account, _ = family(salesforce, "Kea")
    salesforce.people.hide(account)
    assert (await salesforce_http.get(f"sobjects/Account/{account}")).status_code == 404
    assert (await salesforce_http.patch(f"sobjects/Account/{account}", json={"Phone": "1"})).status_code == 404
    salesforce.people.show(account)
    assert (await salesforce_http.get(f"sobjects/Account/{account}")).status_code == 200


async def test_a_hidden_field_can_be_neither_written_nor_read(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    salesforce.hidden_fields.add("Account.Phone")
    answer = await salesforce_http.post("sobjects/Account", json={"Name": "Kea", "Phone": "1"})
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD"
    salesforce.people.create("Account", {"Name": "Kea", "Phone": "1"})


def test_a_validation_rule_binds_everybody_but_lets_a_record_be_deleted(salesforce: SalesforceWorld) -> None:
    account, _ = family(salesforce, "Kea")
    rule = ValidationRule("Account", "A phone is needed.", lambda fields: not fields["Phone"])
    salesforce.records.validation_rules.append(rule)
    assert refused(salesforce) == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    salesforce.people.delete("Account", account)


def test_a_purged_record_is_gone_for_good(salesforce: SalesforceWorld) -> None:
    account, _ = family(salesforce, "Kea")
    salesforce.people.purge("Account", account)
    with pytest.raises(ValueError, match="there is no Account"):
        salesforce.people.record("Account", account)
    with pytest.raises(ValueError, match="there is no Account"):
        salesforce.people.undelete("Account", account)
