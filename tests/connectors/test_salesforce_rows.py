"""Reading rows when Salesforce makes it hard: addresses too long, answers forgotten, features switched on."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.connectors.calls import Calls
from app.connectors.quota import Quota
from app.connectors.quota_ledger import Limits
from app.connectors.quota_store import LocalStore
from app.connectors.salesforce.connector import SalesforceConnector
from app.connectors.salesforce.dialect import SalesforceDialect
from app.engine.actions import Answer, Declined, Done, Element, Verb
from app.engine.events import Priority
from app.errors import CallRefused, Unreachable
from app.mapping.salesforce_ids import to_18
from app.simulator.salesforce import features
from app.simulator.salesforce.objects import OBJECTS
from tests.connectors.benches import SalesforceBench
from tests.connectors.scripted import FixedAccess, Line, Script, answer, api, plain
from tests.support.clock import VirtualClock

PUSH = Priority.PUSH
NAMED = frozenset({"Name"})
IDS = [to_18(f"001{number:012}") for number in range(4)]
ROOT = "/services/data/v66.0"


def row(id: str) -> dict[str, object]:
    return {"Id": id, "IsDeleted": False, "SystemModstamp": "2026-03-02T09:00:00.000+0000", "Name": id}


def rows(*ids: str, more: str = "") -> httpx.Response:
    next_page = {"done": False, "nextRecordsUrl": more} if more else {"done": True}
    return httpx.Response(200, json={"totalSize": len(ids), "records": [row(id) for id in ids], **next_page})


def connector(clock: VirtualClock, *lines: Line) -> tuple[SalesforceConnector, Script]:
    script = Script(*lines)
    quota = Quota(LocalStore(Limits(minute=1000), clock), clock, iter(map(str, range(1000))).__next__)
    dialect = SalesforceDialect(quota, clock)
    calls = Calls(api(script, clock), FixedAccess(), dialect, clock)
    return SalesforceConnector(calls, dialect, quota, clock, api_version="66.0"), script


def asked_for(script: Script) -> list[int]:
    """How many ids each query named."""
    queries = [parse_qs(urlsplit(target).query)["q"][0] for target in script.targets]
    return [query.count("'001") for query in queries]


@pytest.mark.parametrize("status", [414, 431])
async def test_a_query_whose_address_is_too_long_for_somebody_is_halved(clock: VirtualClock, status: int) -> None:
    too_long = plain(status, "<html>")
    made, script = connector(clock, too_long, rows(*IDS[:2]), plain(status), rows(IDS[2]), rows(IDS[3]))
    seen = await made.read("Account", IDS, NAMED, PUSH)
    assert [each.fields["Name"] for each in seen] == IDS
    assert asked_for(script) == [4, 2, 2, 1, 1]


async def test_what_cannot_be_shortened_is_refused(clock: VirtualClock) -> None:
    made, _ = connector(clock, plain(414, "<html>"))
    with pytest.raises(CallRefused) as refused:
        await made.read("Account", IDS[:1], NAMED, PUSH)
    assert refused.value.code == "http_414"


LOST = [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]


async def test_an_answer_that_is_forgotten_half_read_is_asked_for_again(clock: VirtualClock) -> None:
    first = rows(*IDS[:2], more=f"{ROOT}/query/01gXX-2")
    again = rows(*IDS[:2], more=f"{ROOT}/query/01gYY-2")
    made, script = connector(clock, first, answer(400, LOST), again, rows(*IDS[2:]))
    seen = await made.read("Account", IDS, NAMED, PUSH)
    assert [each.fields["Name"] for each in seen] == IDS
    assert script.left == 0


async def test_answers_that_are_always_forgotten_are_left_for_later(clock: VirtualClock) -> None:
    lines = [line for _ in range(3) for line in (rows(IDS[0], more=f"{ROOT}/query/01gXX-2"), answer(400, LOST))]
    made, _ = connector(clock, *lines)
    with pytest.raises(Unreachable, match="forgets"):
        await made.read("Account", IDS, NAMED, PUSH)


async def write(bench: SalesforceBench, id: str, **fields: str) -> Answer:
    elements = [Element(id, fields)]
    request = bench.connector.prepare(Verb.UPDATE, "Account", elements, "key", NAMED)
    (told,) = await bench.connector.send(request, Verb.UPDATE, "Account", elements, PUSH)
    return told


async def test_a_person_account_is_written_by_the_parts_of_its_name(clock: VirtualClock) -> None:
    bench = SalesforceBench(clock, objects=features.person_accounts())
    person = bench.put(None, {"FirstName": "Ada", "LastName": "Byron"})
    told = await write(bench, person, Name="Ada King", FirstName="Ada", LastName="King")
    assert isinstance(told, Done)
    assert told.seen
    assert told.seen.fields["Name"] == "Ada King"
    refused = await write(bench, person, Name="Augusta")
    assert isinstance(refused, Declined)
    assert refused.code == "field_read_only"


@pytest.mark.parametrize(
    ("objects", "field", "value", "code"),
    [
        (features.multiple_currencies(), "CurrencyIsoCode", "XXX", "currency"),
        (features.state_and_country_picklists(), "BillingCountry", "Atlantis", "state_or_country"),
        (features.state_and_country_picklists(), "BillingState", "Nowhere", "state_or_country"),
        (features.restricted(OBJECTS, "Account", "Type", ("Customer",)), "Type", "Friend", "picklist"),
        (OBJECTS, "CurrencyIsoCode", "NZD", "field_unknown"),
    ],
)
async def test_a_value_that_a_feature_refuses_is_told_apart(
    clock: VirtualClock, objects: features.Objects, field: str, value: str, code: str
) -> None:
    bench = SalesforceBench(clock, objects=objects)
    told = await write(bench, bench.put(None, {"Name": "Acme"}), **{field: value})
    assert isinstance(told, Declined)
    assert told.code == code
    assert field in told.message or value in told.message or "country" in told.message or "state" in told.message


async def test_what_a_feature_adds_is_described_and_read(clock: VirtualClock) -> None:
    bench = SalesforceBench(
        clock, objects=features.restricted(features.multiple_currencies(), "Account", "Type", ("A",))
    )
    described = await bench.connector.describe("Account", PUSH)
    assert described
    assert described.fields["Type"].choices == frozenset({"A"})
    assert described.fields["CurrencyIsoCode"].choices == frozenset({"NZD", "AUD", "USD"})
    record = bench.put(None, {"Name": "Acme", "CurrencyIsoCode": "AUD"})
    (seen,) = await bench.connector.read("Account", [record], frozenset({"CurrencyIsoCode"}), PUSH)
    assert seen.fields == {"CurrencyIsoCode": "AUD"}
