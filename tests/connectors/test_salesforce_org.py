"""The Salesforce connector against the simulated org: what it costs, what it proves, and what it says when refused."""

import json
from datetime import timedelta

import pytest

from app.connectors.portions import SIZE
from app.connectors.salesforce.reading import PAGE_SIZE
from app.engine.actions import Declined, Done, Element, Verb
from app.engine.events import Priority
from app.engine.look import reached_by
from app.engine.records import Observation, Presence
from app.errors import CallRefused, Doubtful
from app.simulator.faults import Fault
from app.simulator.salesforce.administration import ValidationRule, flow_failed, row_locked, trigger_failed
from app.simulator.salesforce.answers import Refusal
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.records import Commit
from tests.connectors.benches import UNKNOWN, SalesforceBench
from tests.support.clock import VirtualClock

KEY = "Xero_Contact_Id__c"
FIELDS = frozenset({"Name", "Phone", KEY})
PUSH = Priority.PUSH
USER = "0055g0000000002AAA"


@pytest.fixture
def bench(clock: VirtualClock) -> SalesforceBench:
    return SalesforceBench(clock)


async def look(bench: SalesforceBench, id: str) -> Observation:
    (seen,) = await bench.connector.read("Account", [id], FIELDS, PUSH)
    return seen


async def write(bench: SalesforceBench, verb: Verb, *elements: Element) -> list[Done | Declined]:
    request = bench.connector.prepare(verb, "Account", elements, "key", FIELDS)
    return list(await bench.connector.send(request, verb, "Account", elements, PUSH))


def calls(bench: SalesforceBench) -> list[str]:
    return [f"{call.method} {call.path.partition('?')[0].partition('v66.0')[2]}" for call in bench.world.journal.calls]


async def test_our_user_is_known_once_we_have_signed_in(bench: SalesforceBench) -> None:
    assert bench.connector.user is None
    await look(bench, bench.put(None, {"Name": "Acme"}))
    assert bench.connector.user == USER


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPDATE])
async def test_one_call_writes_and_shows_what_the_record_then_holds(bench: SalesforceBench, verb: Verb) -> None:
    known = bench.put(None, {"Name": "Acme", "Phone": "1"})
    creating = verb is Verb.CREATE
    element = Element(None, {"Name": "New"}, KEY, "guid-1") if creating else Element(known, {"Name": "New"})
    (done,) = await write(bench, verb, element)
    assert calls(bench) == ["POST /composite"]
    assert isinstance(done, Done)
    assert done.seen
    shown = await look(bench, done.id)
    assert (done.seen.ref, done.seen.version, done.seen.presence) == (shown.ref, shown.version, Presence.LIVE)
    assert {name: done.seen.fields[name] for name in FIELDS} == shown.fields


async def test_what_somebody_else_wrote_last_is_not_taken_for_seen(bench: SalesforceBench) -> None:
    known = bench.put(None, {"Name": "Acme"})

    def edit_too(commit: Commit) -> None:
        if commit.writer.user_id == USER:
            bench.world.people.update("Account", known, {})

    bench.world.records.listen(edit_too)
    (done,) = await write(bench, Verb.UPDATE, Element(known, {"Name": "New"}))
    assert done == Done(known)


async def test_a_refused_record_harms_neither_the_others_nor_what_they_show(bench: SalesforceBench) -> None:
    known = bench.put(None, {"Name": "Acme"})
    answers = await write(
        bench, Verb.UPDATE, Element(known, {"Name": "New"}), Element(UNKNOWN[bench.connector.system], {"Name": "x"})
    )
    assert isinstance(answers[0], Done)
    assert answers[0].seen
    assert isinstance(answers[1], Declined)


async def test_an_org_that_refuses_to_show_writes_still_takes_them(clock: VirtualClock) -> None:
    bench = SalesforceBench(clock, SalesforceFacts(shows_writes=False))
    known = bench.put(None, {"Name": "Acme"})
    for name in ("One", "Two"):
        assert await write(bench, Verb.UPDATE, Element(known, {"Name": name})) == [Done(known)]
    assert calls(bench) == ["POST /composite", "PATCH /composite/sobjects", "PATCH /composite/sobjects"]
    clock.advance(3601)
    await write(bench, Verb.UPDATE, Element(known, {"Name": "Three"}))
    assert calls(bench)[3] == "POST /composite"


async def test_a_field_that_is_hidden_costs_only_the_sight_of_the_result(bench: SalesforceBench) -> None:
    known = bench.put(None, {"Name": "Acme"})
    bench.world.hidden_fields.add("Account.Phone")
    assert await write(bench, Verb.UPDATE, Element(known, {"Name": "New"})) == [Done(known)]
    assert bench.world.people.record("Account", known).fields["Name"] == "New"


async def test_a_text_that_would_mean_an_earlier_answer_goes_alone(bench: SalesforceBench) -> None:
    known = bench.put(None, {"Name": "Acme"})
    assert await write(bench, Verb.UPDATE, Element(known, {"Name": "@{write[0].id}"})) == [Done(known)]
    assert bench.world.people.record("Account", known).fields["Name"] == "@{write[0].id}"


async def test_a_frozen_request_is_the_same_whatever_was_refused_before(clock: VirtualClock) -> None:
    bench = SalesforceBench(clock, SalesforceFacts(shows_writes=False))
    known = bench.put(None, {"Name": "Acme"})
    elements = [Element(known, {"Name": "One"})]
    before = bench.connector.prepare(Verb.UPDATE, "Account", elements, "key", FIELDS)
    await write(bench, Verb.UPDATE, *elements)
    assert bench.connector.prepare(Verb.UPDATE, "Account", elements, "key", FIELDS) == before
    assert json.loads(before.body)["allOrNone"] is False


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.ERROR_AFTER_COMMIT])
async def test_a_write_with_its_queries_is_in_doubt_like_any_other(bench: SalesforceBench, fault: Fault) -> None:
    known = bench.put(None, {"Name": "Acme"})
    bench.fail(fault, "POST")
    with pytest.raises(Doubtful):
        await write(bench, Verb.UPDATE, Element(known, {"Name": "New"}))


async def test_two_hundred_records_are_written_and_shown_in_one_call(bench: SalesforceBench) -> None:
    elements = [Element(None, {"Name": f"Name {number}"}, KEY, f"{number:036}") for number in range(200)]
    answers = await write(bench, Verb.CREATE, *elements)
    assert all(isinstance(each, Done) and each.seen for each in answers)
    assert calls(bench) == ["POST /composite"]


@pytest.mark.parametrize(
    ("refusal", "code", "passes"),
    [
        (row_locked(), "row_locked", True),
        (trigger_failed("UNABLE_TO_LOCK_ROW, unable to obtain exclusive access"), "automation_failed", True),
        (trigger_failed("System.NullPointerException"), "automation_failed", False),
        (flow_failed(), "automation_failed", True),
        (Refusal("ENTITY_IS_LOCKED", "in approval"), "approval_lock", True),
    ],
)
async def test_a_refusal_of_the_orgs_own_is_told_apart(
    bench: SalesforceBench, refusal: Refusal, code: str, *, passes: bool
) -> None:
    known = bench.put(None, {"Name": "Acme"})
    bench.world.records.declines.order(refusal, known)
    (answer,) = await write(bench, Verb.UPDATE, Element(known, {"Name": "New"}))
    assert isinstance(answer, Declined)
    assert (answer.code, answer.passes) == (code, passes)


async def test_a_validation_rule_says_its_own_words(bench: SalesforceBench) -> None:
    known = bench.put(None, {"Name": "Acme"})
    rule = ValidationRule("Account", "A phone needs a country code.", lambda fields: fields["Phone"] == "1")
    bench.world.records.validation_rules.append(rule)
    (answer,) = await write(bench, Verb.UPDATE, Element(known, {"Phone": "1"}))
    assert isinstance(answer, Declined)
    assert answer.code == "validation_rule"
    assert "A phone needs a country code." in answer.message


async def test_a_purged_record_is_deleted_by_the_evidence_of_the_feed(
    bench: SalesforceBench, clock: VirtualClock
) -> None:
    kept, gone = bench.put(None, {"Name": "Kept"}), bench.put(None, {"Name": "Gone"})
    clock.advance(60)
    bench.world.people.purge("Account", gone)
    deleted_at = clock.now()
    clock.advance(60)
    seen = await bench.connector.read("Account", [kept, gone], FIELDS, PUSH)
    assert [(each.presence, each.ref.id) for each in seen] == [(Presence.LIVE, kept), (Presence.DELETED, gone)]
    assert seen[1].version == deleted_at
    assert calls(bench) == ["GET /queryAll", "GET /sobjects/Account/deleted/"]


async def test_a_record_that_is_merely_hidden_is_no_evidence(bench: SalesforceBench, clock: VirtualClock) -> None:
    record = bench.put(None, {"Name": "Acme"})
    bench.world.people.hide(record)
    clock.advance(60)
    assert (await look(bench, record)).presence is Presence.INVISIBLE


async def test_the_feed_forgets_after_fifteen_days(bench: SalesforceBench, clock: VirtualClock) -> None:
    record = bench.put(None, {"Name": "Acme"})
    bench.world.people.purge("Account", record)
    clock.advance(timedelta(days=14).total_seconds())
    assert (await look(bench, record)).presence is Presence.DELETED
    clock.advance(timedelta(days=2).total_seconds())
    assert (await look(bench, record)).presence is Presence.INVISIBLE


async def test_a_feed_that_refuses_proves_nothing(bench: SalesforceBench, clock: VirtualClock) -> None:
    unknown = UNKNOWN[bench.connector.system]
    bench.world.refused_feeds = Refusal("EXCEEDED_ID_LIMIT", "more than 600,000 ids")
    assert (await look(bench, unknown)).presence is Presence.INVISIBLE


async def changed(
    bench: SalesforceBench, clock: VirtualClock, seconds: float, priority: Priority = Priority.RECONCILE
) -> list[tuple[str, Presence]]:
    since = clock.now() - timedelta(seconds=seconds)
    pages = [page async for page in bench.connector.changed("Account", since, FIELDS, priority)]
    return [(each.ref.id, each.presence) for page in pages for each in page.observations]


@pytest.mark.parametrize("feed_lists_undeleted", [False, True])
async def test_a_scan_brings_what_was_purged_and_not_what_came_back(
    clock: VirtualClock, *, feed_lists_undeleted: bool
) -> None:
    bench = SalesforceBench(clock, SalesforceFacts(feed_lists_undeleted=feed_lists_undeleted))
    gone, back = bench.put(None, {"Name": "Gone"}), bench.put(None, {"Name": "Back"})
    clock.advance(3600)
    bench.world.people.purge("Account", gone)
    bench.world.people.delete("Account", back)
    clock.advance(60)
    bench.world.people.undelete("Account", back)
    clock.advance(60)
    assert await changed(bench, clock, 30) == [(gone, Presence.DELETED)]


async def test_scans_ask_the_feed_once_an_hour_and_miss_nothing_between(
    bench: SalesforceBench, clock: VirtualClock
) -> None:
    gone = bench.put(None, {"Name": "Gone"})
    clock.advance(7200)
    await changed(bench, clock, 900)
    bench.world.people.purge("Account", gone)
    clock.advance(1200)
    assert await changed(bench, clock, 900) == []
    clock.advance(2500)
    assert await changed(bench, clock, 900) == [(gone, Presence.DELETED)]
    assert calls(bench).count("GET /sobjects/Account/deleted/") == 2


async def test_what_another_scan_was_told_reconcile_is_told_as_well(
    bench: SalesforceBench, clock: VirtualClock
) -> None:
    gone = bench.put(None, {"Name": "Gone"})
    clock.advance(7200)
    await changed(bench, clock, 900)
    bench.world.people.purge("Account", gone)
    clock.advance(3601)
    assert await changed(bench, clock, 900, PUSH) == [(gone, Presence.DELETED)]
    assert await changed(bench, clock, 900) == [(gone, Presence.DELETED)]


async def test_what_the_feed_told_and_nobody_kept_is_told_once_more(
    bench: SalesforceBench, clock: VirtualClock
) -> None:
    gone = bench.put(None, {"Name": "Gone"})
    clock.advance(7200)
    bench.world.people.purge("Account", gone)
    clock.advance(3601)
    assert await changed(bench, clock, 900) == [(gone, Presence.DELETED)]
    clock.advance(3601)
    assert await changed(bench, clock, 900) == [(gone, Presence.DELETED)]


async def test_a_feed_that_lags_is_read_again_from_where_it_says_it_got(
    bench: SalesforceBench, clock: VirtualClock
) -> None:
    gone = bench.put(None, {"Name": "Gone"})
    clock.advance(7200)
    bench.world.feed_lag = timedelta(hours=5)
    bench.world.people.purge("Account", gone)
    told = []
    for _ in range(7):
        clock.advance(3601)
        told += await changed(bench, clock, 900)
    assert (gone, Presence.DELETED) in told


async def test_a_scan_tells_first_what_was_purged(bench: SalesforceBench, clock: VirtualClock) -> None:
    gone = bench.put(None, {"Name": "Gone"})
    for number in range(PAGE_SIZE):
        bench.put(None, {"Name": f"Acme {number}"})
    clock.advance(60)
    bench.world.people.purge("Account", gone)
    clock.advance(60)
    since = clock.now() - timedelta(seconds=900)
    pages = bench.connector.changed("Account", since, FIELDS, Priority.RECONCILE)
    first = await anext(pages)
    assert (first.last, len(first.observations)) == (False, SIZE + 1)
    assert (gone, Presence.DELETED) in [(each.ref.id, each.presence) for each in first.observations]
    assert reached_by(first) == max(each.version for each in first.observations if each.version and each.ref.id != gone)
    clock.advance(60)
    assert gone not in [each.ref.id for each in (await anext(pages)).observations]


async def written(bench: SalesforceBench, number: int) -> str:
    """An account that we create."""
    (done,) = await write(bench, Verb.CREATE, Element(None, {"Name": f"Ours {number}"}, KEY, f"guid-{number}"))
    assert isinstance(done, Done)
    return done.id


async def test_a_scan_shows_what_we_wrote_last_ourselves_only_since_then_unless_it_was_deleted(
    bench: SalesforceBench, clock: VirtualClock
) -> None:
    theirs = bench.put(None, {"Name": "Theirs"})
    ours, edited, gone, late = [await written(bench, number) for number in range(4)]
    bench.put(edited, {"Name": "Edited by a person"})
    bench.archive(gone)
    clock.advance(600)
    since = clock.now()
    clock.advance(60)
    await write(bench, Verb.UPDATE, Element(late, {"Name": "Written again"}))
    pages = bench.connector.changed("Account", since - timedelta(hours=1), FIELDS, PUSH, ours_since=since)
    seen = {each.ref.id async for page in pages for each in page.observations}
    assert seen == {theirs, edited, gone, late}
    everything = bench.connector.changed("Account", since - timedelta(hours=1), FIELDS, PUSH)
    assert ours in {each.ref.id async for page in everything for each in page.observations}


async def test_an_object_is_described_once_in_a_while(bench: SalesforceBench, clock: VirtualClock) -> None:
    described = await bench.connector.describe("Account", PUSH)
    assert await bench.connector.describe("Account", PUSH) == described
    assert calls(bench) == ["GET /sobjects/Account/describe"]
    assert described
    name, key = described.fields["Name"], described.fields[KEY]
    assert (name.length, name.nillable, name.updateable) == (255, False, True)
    assert (key.unique, key.external_id) == (True, True)
    assert described.fields["SystemModstamp"].updateable is False
    assert described.fields["Type"].choices is None
    clock.advance(301)
    await bench.connector.describe("Account", PUSH)
    assert len(calls(bench)) == 2


async def test_a_number_is_described_with_its_places(bench: SalesforceBench) -> None:
    described = await bench.connector.describe("Account", PUSH)
    assert described
    names = ("AnnualRevenue", "NumberOfEmployees", "Name")
    assert [described.fields[name].scale for name in names] == [2, 0, None]


async def test_a_missing_column_is_reported_as_missing_field_level_security(bench: SalesforceBench) -> None:
    record = bench.put(None, {"Name": "Acme"})
    await bench.connector.describe("Account", PUSH)
    bench.world.hidden_fields.add("Account.Phone")
    with pytest.raises(CallRefused, match=r"no field Phone of Account: .*field-level security") as refused:
        await look(bench, record)
    assert refused.value.code == "field_unknown"


@pytest.mark.parametrize(
    ("field", "feature"),
    [
        ("CurrencyIsoCode", "multiple currencies"),
        ("IsPersonAccount", "person accounts"),
        ("BillingStateCode", "state and country picklists"),
    ],
)
async def test_a_field_of_a_feature_that_is_off_is_named_with_it(
    bench: SalesforceBench, field: str, feature: str
) -> None:
    with pytest.raises(CallRefused, match=f"no field {field} of Account .*{feature}"):
        await bench.connector.read("Account", [UNKNOWN[bench.connector.system]], frozenset({field}), PUSH)


async def test_an_object_that_is_hidden_is_named(bench: SalesforceBench) -> None:
    with pytest.raises(CallRefused, match=r"no object Xero_Invoice__c: ") as refused:
        await bench.connector.describe("Xero_Invoice__c", PUSH)
    assert refused.value.code == "field_unknown"
    with pytest.raises(CallRefused, match=r"no object Xero_Invoice__c: "):
        await bench.connector.read("Xero_Invoice__c", [UNKNOWN[bench.connector.system]], frozenset({"Name"}), PUSH)


async def test_ids_of_fifteen_characters_are_understood_everywhere(bench: SalesforceBench) -> None:
    record = bench.put(None, {"Name": "Acme"})
    (done,) = await write(bench, Verb.UPDATE, Element(record[:15], {"Name": "New"}))
    assert isinstance(done, Done)
    assert done.id == record
    assert done.seen
    assert done.seen.ref.id == (await look(bench, record[:15])).ref.id == record
    (found,) = await bench.connector.find("Account", "Id", [record[:15]], FIELDS, PUSH)
    assert found.ref.id == record


async def test_rows_of_a_long_transaction_are_found_within_the_overlap(clock: VirtualClock) -> None:
    bench = SalesforceBench(clock, SalesforceFacts(commit_lag_seconds=300))
    position = clock.now()
    clock.advance(60)
    late = bench.put(None, {"Name": "Late"})
    assert (await look(bench, late)).version == position - timedelta(seconds=240)
    since = position - bench.connector.overlap
    pages = [page async for page in bench.connector.changed("Account", since, FIELDS, Priority.RECONCILE)]
    assert [each.ref.id for page in pages for each in page.observations] == [late]
