"""Every fact that nobody could verify is a switch, is documented, and does what it says."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from app.simulator import demo
from app.simulator.ids import seeded_ids
from app.simulator.journal import ChangeType
from app.simulator.pushing import Tasks
from app.simulator.salesforce.administration import DuplicateRule
from app.simulator.salesforce.envelopes import api_key
from app.simulator.salesforce.facts import SalesforceFacts, variants
from app.simulator.salesforce.transaction import Writer
from app.simulator.salesforce.world import SalesforceWorld
from tests.support.push_receiver import ACK, PushReceiver
from tests.support.stepped_clock import SteppedClock

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"


def test_every_fact_is_documented_with_its_settings_the_default_first() -> None:
    documented = re.findall(r"^\| .+ \| `(\w+)` (\w+), (\w+) \|", PAGE.read_text(), re.MULTILINE)
    others = dict(name.split("=") for name, _ in variants())
    told = {name: (first, second) for name, first, second in documented if name in others}
    assert told == {
        field.name: (str(field.default).lower(), others[field.name].lower()) for field in fields(SalesforceFacts)
    }


def test_each_variant_differs_from_what_is_likely_in_one_fact() -> None:
    likely = SalesforceFacts()
    for name, facts in variants():
        different = [each.name for each in fields(facts) if getattr(facts, each.name) != getattr(likely, each.name)]
        assert different == [name.partition("=")[0]]


async def test_answers_may_tell_neither_limits_nor_time(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    told = await salesforce_http.get("limits")
    assert told.headers["Date"] == "Mon, 02 Mar 2026 09:00:00 GMT"
    salesforce.facts = SalesforceFacts(tells_limits=False, tells_time=False)
    silent = await salesforce_http.get("limits")
    assert {"sforce-limit-info", "date"}.isdisjoint(silent.headers)


async def test_results_may_come_in_any_order_but_the_one_asked_for(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient
) -> None:
    salesforce.facts = SalesforceFacts(orders_results=False)
    for name in "ABC":
        salesforce.people.create("Account", {"Name": name})

    async def names(soql: str) -> str:
        rows = (await salesforce_http.get("query", params={"q": soql})).json()["records"]
        return "".join(row["Name"] for row in rows)

    assert await names("SELECT Name FROM Account") == "CBA"
    assert await names("SELECT Name FROM Account ORDER BY Name") == "ABC"


def world(clock: SteppedClock, facts: SalesforceFacts) -> SalesforceWorld:
    return SalesforceWorld(
        clock, seeded_ids(2), org_id=demo.SALESFORCE_ORG_ID, clients=demo.SALESFORCE_CLIENTS, facts=facts
    )


@pytest.mark.parametrize(("trims", "stored"), [(True, ("a", None)), (False, (" a ", ""))])
def test_texts_may_be_kept_with_their_blanks(
    clock: SteppedClock, stored: tuple[str, str | None], *, trims: bool
) -> None:
    org = world(clock, SalesforceFacts(trims_texts=trims))
    record = org.people.record("Account", org.people.create("Account", {"Name": " a ", "Phone": ""}))
    assert (record.fields["Name"], record.fields["Phone"]) == stored


@pytest.mark.parametrize("forgets", [True, False])
def test_an_undeleted_record_may_go_on_naming_its_survivor(clock: SteppedClock, *, forgets: bool) -> None:
    org = world(clock, SalesforceFacts(undelete_forgets_merge=forgets))
    loser, survivor = (org.people.create("Account", {"Name": name}) for name in "AB")
    org.people.merge("Account", loser, survivor)
    org.people.undelete("Account", loser)
    assert org.people.record("Account", loser).fields["MasterRecordId"] == (None if forgets else survivor)


async def pushed(clock: SteppedClock, spawn: Tasks, facts: SalesforceFacts) -> list[dict[str, Any]]:
    """The change events of a merge, as a relay posts them."""
    receiver, org = PushReceiver(), world(clock, facts)
    loser, survivor = (org.people.create("Account", {"Name": name}) for name in "AB")
    org.push_change_events(
        url="http://crossbook.test",
        client=receiver.client(),
        spawn=spawn,
        sign=api_key("key"),
        types=frozenset(ChangeType),
    )
    org.people.merge("Account", loser, survivor)
    await clock.advance(1)
    return [json.loads(body)["detail"] for body in receiver.bodies]


@pytest.mark.parametrize(("tells", "types"), [(True, ["DELETE", "UPDATE"]), (False, ["DELETE"])])
async def test_a_merge_may_be_silent_about_its_survivor(
    clock: SteppedClock, spawn: Tasks, types: list[str], *, tells: bool
) -> None:
    events = await pushed(clock, spawn, SalesforceFacts(merge_tells_survivor=tells))
    assert [event["payload"]["ChangeEventHeader"]["changeType"] for event in events] == types


async def test_a_relay_may_post_nothing_beside_the_payload(clock: SteppedClock, spawn: Tasks) -> None:
    assert set((await pushed(clock, spawn, SalesforceFacts()))[0]) == {"schemaId", "id", "event", "payload"}
    assert set((await pushed(clock, spawn, SalesforceFacts(relays_bare_events=True)))[0]) == {"payload"}


async def messages(
    clock: SteppedClock, spawn: Tasks, facts: SalesforceFacts, *, taken: bool = True
) -> tuple[PushReceiver, str]:
    """What is sent of a new account, and the text of the first message."""
    refuse = Response(status_code=500)
    receiver, org = PushReceiver(always=lambda _: Response(ACK) if taken else refuse), world(clock, facts)
    names = ["AnnualRevenue", "LastModifiedById", "Phone", "SystemModstamp"]
    org.push_outbound_messages(
        url="http://crossbook.test", client=receiver.client(), spawn=spawn, fields={"Account": names}
    )
    org.people.create("Account", {"Name": "A", "AnnualRevenue": 142000})
    await clock.advance(1)
    return receiver, receiver.bodies[0].decode()


async def test_messages_carry_what_their_definition_says(clock: SteppedClock, spawn: Tasks) -> None:
    _, text = await messages(clock, spawn, SalesforceFacts())
    assert re.findall(r"<sf:(\w+)", text) == ["Id", "AnnualRevenue", "LastModifiedById", "SystemModstamp"]
    assert "<sf:AnnualRevenue>142000.0<" in text


@pytest.mark.parametrize(
    ("facts", "there", "gone"),
    [
        (SalesforceFacts(messages_carry_stamp=False), "LastModifiedById", "SystemModstamp"),
        (SalesforceFacts(messages_name_writer=False), "SystemModstamp", "LastModifiedById"),
        (SalesforceFacts(messages_tell_nulls=True), '<sf:Phone xsi:nil="true"/>', "<sf:Phone>"),
        (SalesforceFacts(messages_write_exponents=True), ">1.420000000000E+5<", "142000.0"),
    ],
)
async def test_messages_may_be_otherwise(
    clock: SteppedClock, spawn: Tasks, facts: SalesforceFacts, there: str, gone: str
) -> None:
    _, text = await messages(clock, spawn, facts)
    assert there in text
    assert gone not in text


@pytest.mark.parametrize("days", [1, 7])
async def test_a_message_that_is_not_taken_is_sent_for_days(clock: SteppedClock, spawn: Tasks, days: int) -> None:
    receiver, _ = await messages(clock, spawn, SalesforceFacts(outbound_days=days), taken=False)
    await clock.advance(23 * 3600)
    so_far = len(receiver.bodies)
    await clock.advance(24 * 3600)
    assert (len(receiver.bodies) > so_far + 2) is (days > 1)


@pytest.mark.parametrize(("misspelt", "key"), [(True, "duplicateResut"), (False, "duplicateResult")])
async def test_a_duplicate_rule_names_whom_it_matched(
    salesforce: SalesforceWorld, salesforce_http: httpx.AsyncClient, key: str, *, misspelt: bool
) -> None:
    salesforce.records.facts = SalesforceFacts(misspells_duplicates=misspelt)
    salesforce.records.duplicate_rules.append(DuplicateRule("Account", "Phone"))
    known = salesforce.people.create("Account", {"Name": "A", "Phone": "1"})
    refused = (await salesforce_http.post("sobjects/Account", json={"Name": "B", "Phone": "1"})).json()[0]
    assert refused["errorCode"] == "DUPLICATES_DETECTED"
    assert refused[key]["matchResults"][0]["matchRecords"][0]["record"]["Id"] == known
    assert (await salesforce_http.post("sobjects/Account", json={"Name": "C"})).status_code == 201


@pytest.mark.parametrize("lists_purged", [True, False])
@pytest.mark.parametrize("lists_undeleted", [True, False])
async def test_the_deleted_feed_may_know_more_or_less(
    salesforce: SalesforceWorld,
    salesforce_http: httpx.AsyncClient,
    clock: SteppedClock,
    *,
    lists_purged: bool,
    lists_undeleted: bool,
) -> None:
    salesforce.facts = SalesforceFacts(feed_lists_purged=lists_purged, feed_lists_undeleted=lists_undeleted)
    people = salesforce.people
    deleted, purged, back = (people.create("Account", {"Name": name}) for name in "ABC")
    people.delete("Account", deleted)
    people.purge("Account", purged)
    people.delete("Account", back)
    people.undelete("Account", back)
    await clock.advance(120)
    window = {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T09:02:00Z"}
    feed = (await salesforce_http.get("sobjects/Account/deleted", params=window)).json()["deletedRecords"]
    expected = {deleted} | ({purged} if lists_purged else set()) | ({back} if lists_undeleted else set())
    assert {row["id"] for row in feed} == expected


async def test_a_persons_write_may_be_seen_later_than_it_is_stamped(clock: SteppedClock) -> None:
    org = world(clock, SalesforceFacts(commit_lag_seconds=300))
    record = org.people.create("Account", {"Name": "A"})
    assert org.people.record("Account", record).fields["SystemModstamp"] == "2026-03-02T08:55:00.000+0000"
    with org.records.transaction(Writer("crossbook", "0055g0000000002AAA")) as transaction:
        transaction.update(org.people.record("Account", record), {"Name": "B"})
    org.people.update("Account", record, {"Name": "C"})
    stamps = [str(change.fields["SystemModstamp"]) for change in org.journal.of(record)]
    assert stamps == sorted(stamps)
    assert stamps[-1] == "2026-03-02T09:00:00.000+0000"


@pytest.mark.parametrize(("names", "origin"), [(True, ";client=crossbook"), (False, "66.0")])
async def test_collections_may_keep_their_client_to_themselves(
    salesforce: SalesforceWorld,
    salesforce_http: httpx.AsyncClient,
    clock: SteppedClock,
    spawn: Tasks,
    origin: str,
    *,
    names: bool,
) -> None:
    salesforce.facts = SalesforceFacts(names_client_in_collections=names)
    receiver = PushReceiver()
    salesforce.push_change_events(
        url="http://crossbook.test",
        client=receiver.client(),
        spawn=spawn,
        sign=api_key("key"),
        types=frozenset(ChangeType),
    )
    rows = {"records": [{"attributes": {"type": "Account"}, "Name": "A"}]}
    await salesforce_http.post("composite/sobjects", json=rows, headers={"Sforce-Call-Options": "client=crossbook"})
    await clock.advance(1)
    header = json.loads(receiver.bodies[0])["detail"]["payload"]["ChangeEventHeader"]
    assert header["changeOrigin"].endswith(origin)


async def test_a_session_may_be_short(clock: SteppedClock) -> None:
    org = world(clock, SalesforceFacts(session_minutes=15))
    form = {"grant_type": "client_credentials"}
    granted = org.sessions.grant(form, demo.SALESFORCE_CLIENT, "https://x.my.salesforce.com")
    assert isinstance(granted, dict)
    token = str(granted["access_token"])
    assert org.sessions.client(token)
    await clock.advance(901)
    assert org.sessions.client(token) is None
