"""Reading accounts: the queries, their paging, and what a row shows."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors import wire
from app.connectors.http import Outgoing, Reply
from app.connectors.salesforce import reading, spelling
from app.connectors.salesforce.resources import resource_named
from app.engine.records import Presence
from app.errors import CallRefused, Unreachable
from app.mapping.salesforce_ids import to_18
from app.mapping.values import Json

ACCOUNT = resource_named("Account")
ROOT = "/services/data/v66.0"
A, B = to_18("001000000000001"), to_18("001000000000002")
MOMENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALWAYS = "SELECT Id, IsDeleted, SystemModstamp, LastModifiedById, MasterRecordId"


def soql(out: Outgoing) -> str:
    assert out.target.startswith(f"{ROOT}/queryAll?q=")
    return parse_qs(urlsplit(out.target).query)["q"][0]


def reply(body: Json) -> Reply:
    return Reply(200, {}, wire.dumps(body).encode())


def test_ids_are_asked_for_with_deleted_ones_and_the_survivor_of_a_merge() -> None:
    (out,) = reading.by_keys(ACCOUNT, "Id", [A, B, A], frozenset({"Phone", "Name", "Id"}), ROOT)
    assert soql(out) == f"{ALWAYS}, Name, Phone FROM Account WHERE Id IN ('{A}','{B}')"


def test_an_object_that_cannot_be_merged_is_not_asked_for_a_survivor() -> None:
    (out,) = reading.by_keys(resource_named("Xero_Invoice__c"), "Id", [A], frozenset(), ROOT)
    assert (
        soql(out) == f"SELECT Id, IsDeleted, SystemModstamp, LastModifiedById FROM Xero_Invoice__c WHERE Id IN ('{A}')"
    )


@given(st.lists(st.text(max_size=400), max_size=200))
def test_no_query_outgrows_an_address_and_no_key_is_left_out(keys: list[str]) -> None:
    queries = list(reading.by_keys(ACCOUNT, "Xero_Contact_Id__c", keys, frozenset({"Name"}), ROOT))
    assert all(len(out.target) < 16_000 for out in queries)
    asked = "".join(soql(out) for out in queries)
    assert all(spelling.literal(key) in asked for key in keys)


def test_a_field_that_is_no_name_is_never_sent() -> None:
    with pytest.raises(CallRefused):
        list(reading.by_keys(ACCOUNT, "Id", [A], frozenset({"Name FROM User"}), ROOT))


def test_changes_are_asked_for_by_stamp_and_then_by_stamp_and_id() -> None:
    order = "ORDER BY SystemModstamp ASC, Id ASC LIMIT 2000"
    first = reading.by_change(ACCOUNT, MOMENT, None, frozenset(), ROOT)
    assert soql(first) == f"{ALWAYS} FROM Account WHERE SystemModstamp >= 2026-03-02T09:00:00.000Z {order}"
    later = reading.by_change(ACCOUNT, MOMENT, reading.Position(MOMENT, A), frozenset(), ROOT)
    stamp = "2026-03-02T09:00:00.000Z"
    keyset = f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{A}'))"
    assert soql(later) == f"{ALWAYS} FROM Account WHERE {keyset} {order}"
    assert soql(reading.by_change(ACCOUNT, None, None, frozenset(), ROOT)) == f"{ALWAYS} FROM Account {order}"


def test_the_rest_of_an_answer_is_fetched_where_it_says() -> None:
    target = f"{ROOT}/query/01gXX-2000"
    out = reading.next_page(reply({"done": False, "nextRecordsUrl": target, "records": []}), ROOT)
    assert out
    assert out.target == target
    assert reading.next_page(reply({"done": True, "nextRecordsUrl": target, "records": []}), ROOT) is None


@pytest.mark.parametrize(
    "target", ["", "https://evil.example", "//evil.example", f"{ROOT}/sobjects/User", f"{ROOT}/query/../x"]
)
def test_a_next_page_elsewhere_is_not_fetched(target: str) -> None:
    with pytest.raises(Unreachable):
        reading.next_page(reply({"done": False, "nextRecordsUrl": target}), ROOT)


def test_an_answer_without_records_is_no_answer() -> None:
    with pytest.raises(Unreachable):
        reading.rows(reply([]))


ROW: Json = {
    "attributes": {"type": "Account"},
    "Id": A,
    "Name": "Acme",
    "Phone": None,
    "IsDeleted": False,
    "SystemModstamp": "2026-03-02T09:00:00.000+0000",
    "MasterRecordId": None,
}


def test_a_row_is_seen_with_the_fields_asked_for() -> None:
    seen = reading.observation(ACCOUNT, wire.mapping(ROW), frozenset({"Name", "Phone"}))
    assert (seen.ref.id, seen.presence, seen.version, seen.by) == (A, Presence.LIVE, MOMENT, None)
    by = reading.observation(ACCOUNT, {**wire.mapping(ROW), "LastModifiedById": B[:15]}, frozenset()).by
    assert by == B
    assert seen.fields == {"Name": "Acme", "Phone": None}


def test_a_deleted_row_is_evidence_and_names_its_survivor() -> None:
    row = {**wire.mapping(ROW), "IsDeleted": True, "MasterRecordId": B[:15]}
    seen = reading.observation(ACCOUNT, row, frozenset())
    assert (seen.presence, seen.merged_into) == (Presence.DELETED, B)


def test_every_id_is_answered_in_order_and_missing_ones_are_invisible() -> None:
    seen = reading.observed(ACCOUNT, [B[:15], A[:15], "nonsense"], [wire.mapping(ROW)], frozenset(), {})
    assert [(each.ref.id, each.presence) for each in seen] == [
        (B, Presence.INVISIBLE),
        (A, Presence.LIVE),
        ("nonsense", Presence.INVISIBLE),
    ]


def test_what_no_query_shows_is_deleted_where_the_feed_lists_it() -> None:
    (seen,) = reading.observed(ACCOUNT, [B[:15]], [], frozenset(), {B: MOMENT})
    assert (seen.ref.id, seen.presence, seen.version) == (B, Presence.DELETED, MOMENT)


def test_a_scan_stands_after_its_last_row() -> None:
    seen = reading.observation(ACCOUNT, wire.mapping(ROW), frozenset())
    assert reading.position([seen]) == reading.Position(MOMENT, A)
    assert reading.position([]) is None
