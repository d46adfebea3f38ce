"""Reading contacts: what is asked for, and what an answer shows."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connectors import wire
from app.connectors.http import Outgoing, Reply
from app.connectors.xero import reading
from app.connectors.xero.resources import resource_named
from app.engine.records import Observation, Presence, RecordRef
from app.errors import ConfigurationError
from app.mapping.values import Json, System

CONTACT = resource_named("Contact")
A, B = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"


def query(out: Outgoing) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(out.target).query).items()}


def reply(body: Json, **headers: str) -> Reply:
    return Reply(200, httpx.Headers(headers), wire.dumps(body).encode())


def test_ids_are_asked_for_with_archived_ones_and_whole_elements() -> None:
    out = reading.by_ids(CONTACT, [A, B, A])
    assert out.target.startswith("/api.xro/2.0/Contacts?")
    assert query(out) == {"IDs": f"{A},{B}", "includeArchived": "true", "page": "1", "pageSize": "100"}


def test_changes_are_asked_for_in_full_pages() -> None:
    out = reading.by_change(CONTACT, reading.Scan(datetime(2026, 3, 2, 9, 0, 5, 999, tzinfo=UTC), 3))
    assert query(out) == {"includeArchived": "true", "page": "3", "pageSize": "1000"}
    assert out.headers == {"If-Modified-Since": "2026-03-02T09:00:05"}
    assert reading.by_change(CONTACT, reading.Scan(None)).headers == {}


def test_documents_are_asked_for_briefly_and_by_filter_where_there_is_no_list_of_ids() -> None:
    invoices = reading.by_ids(resource_named("Invoice"), [A, B])
    assert (query(invoices)["IDs"], query(invoices)["summaryOnly"]) == (f"{A},{B}", "true")
    assert query(reading.by_change(resource_named("Invoice"), reading.Scan(None)))["summaryOnly"] == "true"
    payments = reading.by_ids(resource_named("Payment"), [A, B, A])
    assert payments.target.startswith("/api.xro/2.0/Payments?")
    assert query(payments)["where"] == f'PaymentID==guid("{A}") OR PaymentID==guid("{B}")'
    assert "summaryOnly" not in query(payments)


@pytest.mark.parametrize("name", ["Invoice", "CreditNote", "Payment", "Prepayment", "Overpayment"])
def test_a_document_that_no_longer_counts_is_deleted(name: str) -> None:
    resource = resource_named(name)
    row: Json = {f"{name}ID": A, "Status": "VOIDED", "Contact": {"ContactID": B}}
    seen = reading.observation(resource, wire.mapping(row), frozenset({"Contact"}))
    assert (seen.ref, seen.presence) == (RecordRef(System.XERO, name, A), Presence.DELETED)
    assert seen.fields == {"Contact": {"ContactID": B}}


def rows_at(*milliseconds: int) -> list[Observation]:
    ref = RecordRef(System.XERO, "Contact", A)
    start = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    return [Observation(ref, Presence.LIVE, start + timedelta(milliseconds=each)) for each in milliseconds]


SINCE = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("page", "next_scan"),
    [
        (rows_at(0, 500, 3700), reading.Scan(datetime(2026, 3, 2, 9, 0, 2, tzinfo=UTC))),
        (rows_at(100, 500, 1900), reading.Scan(SINCE, 3)),
        (rows_at(3000, 1000), reading.Scan(SINCE, 3)),
        (
            [*rows_at(0, 5000), Observation(RecordRef(System.XERO, "Contact", B), Presence.LIVE, None)],
            reading.Scan(SINCE, 3),
        ),
    ],
)
def test_a_scan_goes_on_just_before_where_it_ended_or_else_by_page(
    page: list[Observation], next_scan: reading.Scan
) -> None:
    assert reading.Scan(SINCE, 2).after(page) == next_scan


def lookups(field: str, *keys: str) -> list[dict[str, str]]:
    return [query(reading.by_lookup(CONTACT, each, 1)) for each in reading.lookups(CONTACT, field, keys)]


def test_keys_are_looked_up_together() -> None:
    (one,) = lookups("ContactNumber", "001", "002", "001")
    assert one["where"] == 'ContactNumber=="001" OR ContactNumber=="002"'
    assert (one["includeArchived"], one["page"], one["pageSize"]) == ("true", "1", "1000")


def test_a_key_with_a_quote_is_searched_for_by_its_longest_piece() -> None:
    assert [one.get("searchTerm") for one in lookups("Name", 'The "Best" Company', "Plain")] == [" Company", None]


def test_a_key_that_no_search_covers_is_filtered_by_its_longest_piece() -> None:
    (one,) = lookups("AccountNumber", '12"345')
    assert one["where"] == '(AccountNumber!=null AND AccountNumber.Contains("345"))'


@given(st.lists(st.text(min_size=1, max_size=300), max_size=60))
def test_no_lookup_outgrows_an_address_nor_breaks_out_of_its_quotes(keys: list[str]) -> None:
    for lookup in reading.lookups(CONTACT, "Name", keys):
        assert len(lookup) < 3000 + 300 * 12
        where = parse_qs(lookup, keep_blank_values=True).get("where", [""])[0]
        assert where.count('"') % 2 == 0
        assert "\\" not in where


ROW: Json = {
    "ContactID": A.upper(),
    "Name": "Acme",
    "ContactStatus": "ACTIVE",
    "UpdatedDateUTC": "/Date(1573755038314+0000)/",
    "HasValidationErrors": False,
    "StatusAttributeString": "OK",
}


def test_a_row_is_seen_with_the_fields_asked_for() -> None:
    seen = reading.observation(CONTACT, wire.mapping(ROW), frozenset({"Name", "EmailAddress"}))
    assert seen.ref.id == A
    assert seen.fields == {"Name": "Acme"}
    assert seen.version == datetime(2019, 11, 14, 18, 10, 38, 314000, tzinfo=UTC)


def test_without_a_choice_a_row_keeps_all_that_belongs_to_the_record() -> None:
    seen = reading.observation(CONTACT, wire.mapping(ROW))
    assert set(seen.fields) == {"ContactID", "Name", "ContactStatus", "UpdatedDateUTC"}


@pytest.mark.parametrize(
    ("status", "presence"),
    [
        ("ACTIVE", Presence.LIVE),
        ("ARCHIVED", Presence.ARCHIVED),
        ("archived", Presence.ARCHIVED),
        ("GDPRREQUEST", Presence.ARCHIVED),
        ("SOMETHING_NEW", Presence.LIVE),
        (None, Presence.LIVE),
    ],
)
def test_presence_comes_from_the_status(status: Json, presence: Presence) -> None:
    row = {**wire.mapping(ROW), "ContactStatus": status}
    assert reading.observation(CONTACT, row, frozenset()).presence is presence


def test_a_merged_contact_names_its_survivor() -> None:
    row = {**wire.mapping(ROW), "ContactStatus": "ARCHIVED", "MergedToContactID": B.upper()}
    assert reading.observation(CONTACT, row, frozenset()).merged_into == B


def test_every_id_is_answered_in_order_and_missing_ones_are_invisible() -> None:
    seen = reading.observed(CONTACT, [B, A.upper()], [wire.mapping(ROW)], frozenset())
    assert [(each.ref.id, each.presence) for each in seen] == [(B, Presence.INVISIBLE), (A, Presence.LIVE)]


@pytest.mark.parametrize(
    ("body", "page", "last"),
    [
        ({"pagination": {"pageCount": 2}, "Contacts": [ROW]}, 1, False),
        ({"pagination": {"pageCount": 2}, "Contacts": [ROW]}, 2, True),
        ({"pagination": {"pageCount": 2}, "Contacts": []}, 1, True),
        ({"Contacts": [ROW]}, 1, True),
        ({"Contacts": [ROW] * 1000}, 1, False),
        ({}, 1, True),
    ],
)
def test_the_last_page_is_recognised(body: Json, page: int, last: bool) -> None:
    assert reading.elements(CONTACT, reply(body), page).last is last


def test_the_vendors_clock_is_in_the_body_or_else_in_the_header() -> None:
    header = "Sun, 22 Nov 2026 03:04:05 GMT"
    in_body = reading.elements(CONTACT, reply({"DateTimeUTC": "/Date(1573755038314)/"}, date=header), 1)
    in_header = reading.elements(CONTACT, reply({}, date=header), 1)
    assert in_body.vendor_now == datetime(2019, 11, 14, 18, 10, 38, 314000, tzinfo=UTC)
    assert in_header.vendor_now == datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
    assert reading.elements(CONTACT, reply({}), 1).vendor_now is None


def test_a_resource_that_is_not_supported_is_named() -> None:
    with pytest.raises(ConfigurationError, match="Receipt"):
        resource_named("Receipt")
