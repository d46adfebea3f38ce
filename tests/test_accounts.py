"""Which account a sync is connected to, and which lanes an event of it concerns."""

from dataclasses import replace

import pytest

from app import accounts
from app.engine.events import Event, Kind, Origin
from app.engine.records import System
from app.errors import ConfigurationError
from app.mapping.model import Part, Sync
from app.settings import SalesforceConnection, Settings, XeroConnection
from tests.support.people import people_sync
from tests.support.world import ORG, TENANT, accounts_sync, settings

SALESFORCE, XERO = System.SALESFORCE, System.XERO


def with_salesforce(**changes: object) -> Settings:
    one: SalesforceConnection = settings().salesforce["main"].model_copy(update=changes)
    return settings().model_copy(update={"salesforce": {"main": one}})


def with_xero(**changes: object) -> Settings:
    one: XeroConnection = settings().xero["main"].model_copy(update=changes)
    return settings().model_copy(update={"xero": {"main": one}})


def event(system: System, account: str, object: str) -> Event:
    return Event("key", system, account, object, "id", Kind.CHANGED, Origin.PERSON)


def lanes_of(syncs: dict[str, Sync], pushed: Event) -> tuple[str, ...]:
    return accounts.routes(settings(), syncs).of(pushed)


@pytest.mark.parametrize("org_id", [ORG, ORG[:15]])
def test_an_organisation_is_known_by_fifteen_characters_however_it_is_configured(org_id: str) -> None:
    assert accounts.account(with_salesforce(org_id=org_id), accounts_sync(), SALESFORCE) == ORG[:15]


def test_a_tenant_is_known_in_lower_case() -> None:
    tenant = "ABCDEF01-2222-4333-8444-555555555555"
    assert accounts.account(with_xero(tenant_id=tenant), accounts_sync(), XERO) == tenant.lower()


def test_the_daily_limit_is_the_connections_own() -> None:
    assert accounts.daily_limit(with_xero(daily_limit=77), accounts_sync(), XERO) == 77
    assert accounts.daily_limit(with_salesforce(daily_limit=78), accounts_sync(), SALESFORCE) == 78


@pytest.mark.parametrize(
    ("pushed", "lanes"),
    [
        (event(SALESFORCE, ORG[:15], "Account"), ("accounts/Contact",)),
        (event(XERO, TENANT, "Contact"), ("accounts/Contact",)),
        (event(SALESFORCE, ORG[:15], "Contact"), ()),
        (event(XERO, TENANT, "Invoice"), ()),
        (event(XERO, "another-tenant", "Contact"), ()),
    ],
)
def test_an_event_concerns_the_lanes_of_its_account_and_object(pushed: Event, lanes: tuple[str, ...]) -> None:
    assert lanes_of({"accounts": accounts_sync()}, pushed) == lanes


def test_an_account_of_several_syncs_concerns_a_lane_of_each() -> None:
    sync = accounts_sync()
    syncs = {"accounts": sync, "second": replace(sync, name="second")}
    assert lanes_of(syncs, event(XERO, TENANT, "Contact")) == ("accounts/Contact", "second/Contact")


def test_two_mappings_onto_one_resource_are_one_lane() -> None:
    sync = accounts_sync()
    twin = replace(sync.mappings["customers"], name="others")
    two = replace(sync, mappings={**sync.mappings, "others": twin})
    assert lanes_of({"accounts": two}, event(SALESFORCE, ORG[:15], "Account")) == ("accounts/Contact",)


def test_a_sync_with_both_connections_is_in_order() -> None:
    accounts.check(settings(), {"accounts": accounts_sync()})


@pytest.mark.parametrize(
    ("configured", "finding"),
    [
        (settings().model_copy(update={"salesforce": {}}), "set SALESFORCE__MAIN__URL"),
        (settings().model_copy(update={"xero": {}}), "set XERO__MAIN__CLIENT_ID"),
        (with_xero(tenant_id=""), "XERO__MAIN__TENANT_ID is needed"),
        (with_salesforce(org_id="acme"), "SALESFORCE__MAIN__ORG_ID is no organisation id"),
    ],
)
def test_a_sync_whose_connection_is_unclear_is_refused_with_what_to_set(configured: Settings, finding: str) -> None:
    with pytest.raises(ConfigurationError, match=finding):
        accounts.check(configured, {"accounts": accounts_sync()})


def test_all_findings_are_told_at_once() -> None:
    nothing = settings().model_copy(update={"salesforce": {}, "xero": {}})
    with pytest.raises(ConfigurationError) as refused:
        accounts.check(nothing, {"accounts": accounts_sync()})
    assert len(str(refused.value).splitlines()) == 2


def test_an_event_of_a_part_concerns_the_lane_of_what_it_belongs_to() -> None:
    sync = people_sync()
    person = event(SALESFORCE, ORG[:15], "Contact")
    assert lanes_of({sync.name: sync}, person) == ("accounts/Contact",)
    assert lanes_of({"accounts": accounts_sync()}, person) == ()


def with_documents(*objects: str) -> Sync:
    parts = tuple(Part(XERO, object, ("Contact", "ContactID")) for object in objects)
    return accounts_sync(lambda mapping: replace(mapping, parts=parts))


@pytest.mark.parametrize(
    ("objects", "missing"),
    [
        (
            ["Invoice", "CreditNote"],
            "must read CreditNote, Invoice; add accounting.invoices.read to XERO__MAIN__SCOPES",
        ),
        (["Payment"], "must read Payment; add accounting.payments.read to XERO__MAIN__SCOPES"),
    ],
)
def test_a_document_that_must_be_read_needs_its_scope(objects: list[str], missing: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        accounts.check(with_xero(scopes="accounting.contacts"), {"accounts": with_documents(*objects)})
    assert missing in str(refused.value)


@pytest.mark.parametrize("scopes", ["accounting.invoices.read", "accounting.invoices", "accounting.transactions.read"])
def test_a_scope_to_write_or_a_broad_one_is_enough(scopes: str) -> None:
    accounts.check(with_xero(scopes=scopes), {"accounts": with_documents("Invoice")})
