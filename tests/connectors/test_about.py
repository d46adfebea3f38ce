"""What an organisation says of itself, as far as it says anything."""

import httpx
import pytest

from app.connectors.calls import Calls
from app.connectors.quota import Quota
from app.connectors.quota_ledger import Limits
from app.connectors.quota_store import LocalStore
from app.connectors.salesforce.about import about as salesforce_about
from app.connectors.salesforce.dialect import SalesforceDialect
from app.connectors.xero.about import about as xero_about
from app.connectors.xero.connections import XeroConnections
from app.connectors.xero.dialect import XeroDialect
from app.engine.events import Priority
from app.engine.ports import About
from app.mapping.values import Json
from tests.connectors.scripted import ROOT, FixedAccess, Script, answer, api
from tests.support.clock import VirtualClock

ORG: Json = {"Name": "Kea", "OrganizationType": "Enterprise Edition", "IsSandbox": True}


def quota(clock: VirtualClock) -> Quota:
    return Quota(LocalStore(Limits(), clock), clock, lambda: "permit")


def salesforce(script: Script, clock: VirtualClock) -> Calls:
    return Calls(api(script, clock), FixedAccess(), SalesforceDialect(quota(clock), clock), clock)


def xero(script: Script, clock: VirtualClock) -> Calls:
    connections = XeroConnections(api(Script(), clock), ROOT)
    return Calls(api(script, clock), FixedAccess(), XeroDialect("nz", "t", quota(clock), clock, connections), clock)


async def test_an_org_tells_its_name_its_edition_and_its_calls(clock: VirtualClock) -> None:
    told = answer(200, {"records": [ORG]})
    told.headers["Sforce-Limit-Info"] = "api-usage=18/5000"
    script = Script(told)
    found = await salesforce_about(salesforce(script, clock), "/services/data/v66.0", Priority.PERSON)
    assert found == About("Kea", "Enterprise Edition", is_for_trying=True, calls_left=4982)
    assert script.targets == [
        "/services/data/v66.0/query?q=SELECT%20Name%2C%20OrganizationType%2C%20IsSandbox%20FROM%20Organization"
    ]


@pytest.mark.parametrize(
    "told",
    [
        answer(200, {"records": []}),
        answer(400, [{"errorCode": "INVALID_TYPE", "message": "sObject type 'Organization' is not supported."}]),
        answer(403, [{"errorCode": "INSUFFICIENT_ACCESS_OR_READONLY", "message": ""}]),
    ],
)
async def test_an_org_that_shows_nothing_of_itself_is_no_failure(clock: VirtualClock, told: httpx.Response) -> None:
    assert await salesforce_about(salesforce(Script(told), clock), "/x", Priority.PERSON) == About()


async def test_an_organisation_tells_its_name_its_plan_and_its_calls_however_it_spells(clock: VirtualClock) -> None:
    row: Json = {"Name": "Tui", "Class": "STANDARD", "Edition": "BUSINESS", "IsDemoCompany": "true"}
    told = answer(200, {"Organisations": [row]})
    told.headers["X-DayLimit-Remaining"] = "4711"
    script = Script(told)
    found = await xero_about(xero(script, clock), Priority.PERSON)
    assert found == About("Tui", "STANDARD BUSINESS", is_for_trying=True, calls_left=4711)
    assert script.targets == ["/api.xro/2.0/Organisation"]
