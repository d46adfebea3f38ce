"""What Xero pushes is verified over the raw bytes, stored whole, and answered as Xero expects."""

import json
from datetime import UTC, datetime

import pytest

from app.engine.events import Arrival, Kind, Origin, SequenceRange
from app.mapping.values import System
from tests.support.front_door import OLD_XERO_KEY, TENANT, Door, xero_signature

V1 = b'{"events":[],"firstEventSequence": 0,"lastEventSequence": 0, "entropy": "QWERTYUIOPASDFGHJKLZ"}'
V5 = (
    b'{"events":[{\n  "resourceUrl": "https://api.xero.com/api.xro/2.0/Invoices/6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3",'
    b'\n  "resourceId": "6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3",\n  "eventDateUtc": "2026-11-20T03:04:05.678",'
    b'\n  "eventType": "UPDATE",\n  "eventCategory": "INVOICE",'
    b'\n  "tenantId": "11111111-2222-4333-8444-555555555555",\n  "tenantType": "ORGANISATION"\n}],'
    b'"firstEventSequence": 41,"lastEventSequence": 41, "entropy": "ZXCVBNMASDFGHJKLQWER"}'
)
CONTACT = "6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3"


def element(**changes: object) -> dict[str, object]:
    return {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/Contacts/{CONTACT}",
        "resourceId": CONTACT,
        "eventDateUtc": "2026-03-02T08:59:58.83",
        "eventType": "UPDATE",
        "eventCategory": "CONTACT",
        "tenantId": TENANT,
        "tenantType": "ORGANISATION",
    } | changes


def payload(*elements: object, first: object = 7, last: object = 8, entropy: str = "A") -> bytes:
    return json.dumps(
        {"events": elements, "firstEventSequence": first, "lastEventSequence": last, "entropy": entropy}, indent=2
    ).encode()


async def test_v1_the_intent_to_receive_rightly_signed_is_answered_200_and_empty() -> None:
    door = Door()
    answer = await door.xero(V1, "Fm8iYlizj7W3/IpjuOWmCYa2wEbY2PG7tkAiSsp+EyQ=")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "set-cookie" not in answer.headers
    assert "content-type" not in answer.headers
    assert (door.inbox.events, door.inbox.arrivals) == ([], [Arrival("/webhooks/xero", "nz")])


@pytest.mark.parametrize(
    ("vector", "signature"),
    [
        ("v2_first_character_altered", "Am8iYlizj7W3/IpjuOWmCYa2wEbY2PG7tkAiSsp+EyQ="),
        ("v3_key_decoded", "+al7GLC26NMgFS+CTx/NNRAYYjYMqdWnDrPx91E/zUM="),
        ("v4_signature_of_the_compact_form", "S6qcsaKvP6GFR4lZ8d5fbhSeoaWMMhdA03b20X2M0MU="),
        ("last_character_altered", "Fm8iYlizj7W3/IpjuOWmCYa2wEbY2PG7tkAiSsp+EyR="),
        ("cut_short", "Fm8iYlizj7W3/IpjuOWmCYa2wEbY2PG7tkAiSsp+EyQ"),
        ("other_case", "fm8iylizj7w3/ipjuowmcya2webY2pg7tkaissp+eyq="),
        ("followed_by_more", "Fm8iYlizj7W3/IpjuOWmCYa2wEbY2PG7tkAiSsp+EyQ=="),
        ("not_ascii", "\xe9" * 44),
        ("empty", ""),
    ],
)
async def test_v2_v3_v4_any_other_signature_is_answered_401_and_empty(vector: str, signature: str) -> None:
    door = Door()
    answer = await door.xero(V1, signature)
    assert (answer.status_code, answer.content) == (401, b"")
    assert door.inbox.commits == 0


async def test_v4_the_compact_form_has_its_own_signature() -> None:
    compact = json.dumps(json.loads(V1), separators=(",", ":")).encode()
    assert (await Door().xero(compact, "S6qcsaKvP6GFR4lZ8d5fbhSeoaWMMhdA03b20X2M0MU=")).status_code == 200


async def test_v5_an_event_is_stored_before_the_answer() -> None:
    door = Door()
    answer = await door.xero(V5, "7AnlLTSaHBYUMlgPVNR9yVxQY34CfWhTfZtK+JjcVvM=")
    event = door.inbox.only
    assert (answer.status_code, answer.content) == (200, b"")
    assert (event.system, event.account, event.object) == (System.XERO, TENANT, "Invoice")
    assert event.record_id == "6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3"
    assert (event.kind, event.origin) == (Kind.CHANGED, Origin.XERO_WEBHOOK)
    assert event.version == datetime(2026, 11, 20, 3, 4, 5, 678000, tzinfo=UTC)
    assert door.inbox.sequences == [SequenceRange("nz", 41, 41)]
    assert door.inbox.commits == 1


async def test_a_missing_signature_is_answered_like_a_wrong_one() -> None:
    door = Door()
    answer = await door.post("/webhooks/xero", V5, {"content-type": "application/json"})
    assert (answer.status_code, answer.content) == (401, b"")
    assert door.inbox.commits == 0


@pytest.mark.parametrize("other", ["wrong", xero_signature(V5)])
async def test_a_signature_sent_twice_is_none(other: str) -> None:
    signatures = [("x-xero-signature", xero_signature(V5)), ("X-Xero-Signature", other)]
    for headers in (signatures, signatures[::-1]):
        door = Door()
        assert (await door.post("/webhooks/xero", V5, headers)).status_code == 401
        assert door.inbox.commits == 0


async def test_the_previous_key_and_the_key_of_another_connection_are_good() -> None:
    door = Door()
    for key in (OLD_XERO_KEY, "key-of-another-app"):
        assert (await door.xero(V5, xero_signature(V5, key))).status_code == 200
    assert [sequence.connection for sequence in door.inbox.sequences] == ["nz", "au"]


async def test_nobody_gets_in_where_no_key_is_configured() -> None:
    door = Door(settings={"xero": {"nz": {"tenant_id": TENANT}}})
    for key in ("", "None"):
        assert (await door.xero(V5, xero_signature(V5, key))).status_code == 401


@pytest.mark.parametrize(
    ("category", "object"),
    [
        ("CONTACT", "Contact"),
        ("INVOICE", "Invoice"),
        ("CREDITNOTE", "CreditNote"),
        ("PAYMENT", "Payment"),
        ("PREPAYMENT", "Prepayment"),
        ("OVERPAYMENT", "Overpayment"),
        ("SUBSCRIPTION", "SUBSCRIPTION"),
        ("SOMETHING_NEW", "SOMETHING_NEW"),
        ("Something-new é", "Something_new__"),
    ],
)
async def test_every_category_is_stored_also_an_unknown_one(category: str, object: str) -> None:
    door = Door()
    await door.xero(payload(element(eventCategory=category)))
    assert door.inbox.only.object == object


async def test_the_tenant_of_no_connection_is_stored_too() -> None:
    door = Door()
    stranger = "99999999-2222-4333-8444-555555555555"
    await door.xero(payload(element(tenantId=stranger.upper())))
    assert door.inbox.only.account == stranger


@pytest.mark.parametrize("events", ["null", "[]", None])
async def test_a_push_without_events_is_a_check_and_stores_only_that_it_came(events: str | None) -> None:
    door = Door()
    body = b"{}" if events is None else f'{{"events": {events}, "firstEventSequence": 0}}'.encode()
    assert (await door.xero(body)).status_code == 200
    assert (door.inbox.events, len(door.inbox.arrivals)) == ([], 1)


async def test_a_retry_that_was_rebuilt_and_has_grown_repeats_the_keys() -> None:
    door = Door()
    second = element(eventType="CREATE", eventDateUtc="2026-03-02T08:59:59")
    await door.xero(payload(element(), entropy="A"))
    await door.xero(payload(element(resourceId=CONTACT.upper()), second, last=9, entropy="B"))
    first, again, other = (event.key for event in door.inbox.events)
    assert first == again
    assert first != other


async def test_twelve_edits_of_one_record_are_twelve_events() -> None:
    door = Door()
    await door.xero(payload(*(element(eventDateUtc=f"2026-03-02T08:00:{second:02}.5") for second in range(12))))
    assert len({event.key for event in door.inbox.events}) == 12


@pytest.mark.parametrize(
    "change",
    [
        {"tenantId": "99999999-2222-4333-8444-555555555555"},
        {"eventCategory": "INVOICE"},
        {"resourceId": "aaaaaaaa-0a4e-4b5f-8c6d-7e8f90a1b2c3"},
        {"eventType": "CREATE"},
        {"eventDateUtc": "2026-03-02T08:59:58.84"},
    ],
)
async def test_every_part_of_what_an_event_means_is_in_its_key(change: dict[str, object]) -> None:
    door = Door()
    await door.xero(payload(element(), element(**change)))
    assert len({event.key for event in door.inbox.events}) == 2


@pytest.mark.parametrize(
    "date", [None, "", "soon", 5, "0000-01-01T00:00:00", "9999-12-31T23:59:59-14:00", "0001-01-01"]
)
async def test_an_event_without_a_usable_date_is_new_with_every_arrival(date: object) -> None:
    door = Door()
    for _ in range(2):
        assert (await door.xero(payload(element(eventDateUtc=date)))).status_code == 200
        door.clock.advance(1)
    assert [event.version for event in door.inbox.events] == [None, None]
    assert len({event.key for event in door.inbox.events}) == 2


@pytest.mark.parametrize("broken", [None, 5, "x", [], {}, {"tenantId": TENANT}])
async def test_one_unreadable_element_does_not_lose_the_others(broken: object) -> None:
    door = Door()
    assert (await door.xero(payload(broken, element()))).status_code == 200
    assert door.inbox.only.record_id == CONTACT


@pytest.mark.parametrize("id", [None, 5, "", "1; drop table", "6f1d2c3b", CONTACT + "\x00", "\ud800"])
async def test_an_event_without_a_usable_id_makes_its_object_be_scanned(id: object) -> None:
    door = Door()
    assert (await door.xero(payload(element(resourceId=id), element()))).status_code == 200
    scan, change = door.inbox.events
    assert (scan.kind, scan.object, scan.account, scan.record_id) == (Kind.SCAN, "Contact", TENANT, None)
    assert change.kind is Kind.CHANGED


@pytest.mark.parametrize("body", [b"", b"[]", b"5", b'"x"', b'{"events": {}}', b'{"events": "x"}', b"{", b"\xff\xfe{}"])
async def test_an_authentic_body_that_cannot_be_read_makes_everything_of_its_organisation_be_scanned(
    body: bytes,
) -> None:
    door = Door()
    answer = await door.xero(body)
    assert (answer.status_code, answer.content) == (200, b"")
    assert {event.kind for event in door.inbox.events} == {Kind.SCAN}
    assert {event.account for event in door.inbox.events} == {TENANT}
    assert {"Contact", "Invoice", "Payment"} <= {event.object for event in door.inbox.events}


@pytest.mark.parametrize(
    ("first", "last"), [(0, 0), (5, 4), (-1, 3), (1, 1 << 70), ("1", "2"), (1.0, 2.0), (None, 2), ([], {})]
)
async def test_running_numbers_that_are_none_are_left_out(first: object, last: object) -> None:
    door = Door()
    assert (await door.xero(payload(element(), first=first, last=last))).status_code == 200
    assert door.inbox.sequences == []
    assert len(door.inbox.events) == 1


async def test_what_the_disk_does_not_take_is_answered_503_and_empty() -> None:
    door = Door()
    door.inbox.full = True
    answer = await door.xero(V5)
    assert (answer.status_code, answer.content) == (503, b"")
    assert door.inbox.events == []


async def test_a_check_is_answered_although_the_disk_is_full() -> None:
    door = Door()
    door.inbox.full = True
    assert (await door.xero(V1)).status_code == 200
