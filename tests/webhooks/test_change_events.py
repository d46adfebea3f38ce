"""Change events come in every shape that relays post, from a sender that signs or knows the API key."""

import json

import pytest

from app.engine.events import Kind, Origin
from app.mapping.values import System
from tests.support.front_door import (
    ACCOUNT,
    API_KEY,
    CHANGE_SECRET,
    OLD_CHANGE_SECRET,
    ORG_15,
    ORG_18,
    OTHER_API_KEY,
    OTHER_ORG,
    Door,
)

OTHER_ACCOUNT = "001000000000002AAA"
SOURCE = f"aws.partner/salesforce.com/{ORG_18}/0YLxx0000000001GAA"


def header(**changes: object) -> dict[str, object]:
    return {
        "entityName": "Account",
        "recordIds": [ACCOUNT],
        "changeType": "UPDATE",
        "changeOrigin": "com/salesforce/api/soap/66.0;client=SfdcInternalAPI/",
        "transactionKey": "0002343d-9d90-e395-ed20-cf416ba652ad",
        "sequenceNumber": 1,
        "commitTimestamp": 1772442000000,
        "commitNumber": 1778192987716501506,
        "commitUser": "0055Y00000AbCdEQAV",
        "changedFields": ["Name", "LastModifiedDate"],
    } | changes


def payload(**changes: object) -> dict[str, object]:
    return {"ChangeEventHeader": header(**changes), "Name": "Personal Data Ltd", "AnnualRevenue": 1.5}


SHAPES = {
    "bare": payload(),
    "payload": {"schema": "x", "payload": payload(), "event": {"replayId": 7}},
    "neutral": {"source": "salesforce", "orgId": ORG_18, "replayId": "x", "payload": payload()},
    "neutral with the short id": {"orgId": ORG_15, "payload": payload()},
    "eventbridge": {
        "version": "0",
        "id": "x",
        "detail-type": "AccountChangeEvent",
        "source": SOURCE,
        "detail": {"payload": payload(), "schemaId": "x"},
    },
    "detail of eventbridge": {"payload": payload(), "schemaId": "x"},
    "appflow": {"source": "aws.partner/appflow/x", "detail": payload()},
    "streaming": {"channel": "/data/ChangeEvents", "data": {"payload": payload(), "event": {"replayId": 7}}},
    "list": [payload()],
}


@pytest.mark.parametrize("document", [pytest.param(document, id=name) for name, document in SHAPES.items()])
async def test_every_shape_is_read(document: object) -> None:
    door = Door()
    answer = await door.changes(document)
    event = door.inbox.only
    assert (answer.status_code, answer.content) == (200, b"")
    assert (event.system, event.account, event.object) == (System.SALESFORCE, ORG_15, "Account")
    assert (event.record_id, event.kind, event.origin) == (ACCOUNT, Kind.CHANGED, Origin.CHANGE_EVENT)
    assert event.version is None


async def test_one_change_has_one_key_in_whatever_shape_and_company_it_comes() -> None:
    door = Door()
    for document in SHAPES.values():
        await door.changes(document)
    await door.changes([payload(sequenceNumber=9), payload(recordIds=[ACCOUNT[:15]])])
    assert len({event.key for event in door.inbox.events}) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"transactionKey": "other"},
        {"sequenceNumber": 2},
        {"recordIds": [OTHER_ACCOUNT]},
        {"changeType": "DELETE"},
        {"entityName": "Contact"},
    ],
)
async def test_every_part_of_what_a_change_means_is_in_its_key(change: dict[str, object]) -> None:
    door = Door()
    await door.changes([payload(), payload(**change)])
    assert len({event.key for event in door.inbox.events}) == 2


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("CREATE", Kind.CHANGED),
        ("UPDATE", Kind.CHANGED),
        ("DELETE", Kind.DELETED),
        ("UNDELETE", Kind.UNDELETED),
        ("SNAPSHOT", Kind.CHANGED),
        ("GAP_CREATE", Kind.CHANGED),
        ("GAP_UPDATE", Kind.CHANGED),
        ("GAP_UNDELETE", Kind.CHANGED),
        ("GAP_DELETE", Kind.DELETED),
        ("SOMETHING_NEW", Kind.CHANGED),
        (None, Kind.CHANGED),
    ],
)
async def test_every_type_of_change_leads_to_a_look_at_the_record(change: str | None, kind: Kind) -> None:
    door = Door()
    await door.changes(payload(changeType=change))
    assert (door.inbox.only.kind, door.inbox.only.record_id) == (kind, ACCOUNT)


async def test_an_overflow_makes_its_object_be_scanned() -> None:
    door = Door()
    await door.changes(payload(changeType="GAP_OVERFLOW", recordIds=["000000000000000AAA"]))
    assert (door.inbox.only.kind, door.inbox.only.object, door.inbox.only.record_id) == (Kind.SCAN, "Account", None)


async def test_several_records_are_several_events() -> None:
    door = Door()
    await door.changes(payload(recordIds=[ACCOUNT, OTHER_ACCOUNT]))
    assert [event.record_id for event in door.inbox.events] == [ACCOUNT, OTHER_ACCOUNT]
    assert door.inbox.commits == 1


@pytest.mark.parametrize("ids", [["001*"], [], None, "001*", [5], [None], ["x; drop"], ["\ud800"], [[ACCOUNT]], {}])
async def test_what_names_no_record_makes_its_object_be_scanned(ids: object) -> None:
    door = Door()
    assert (await door.changes(payload(recordIds=ids))).status_code == 200
    assert (door.inbox.only.kind, door.inbox.only.object, door.inbox.only.record_id) == (Kind.SCAN, "Account", None)


async def test_a_wildcard_beside_a_record_makes_both() -> None:
    door = Door()
    await door.changes(payload(recordIds=[ACCOUNT, "001*"]))
    assert [event.kind for event in door.inbox.events] == [Kind.CHANGED, Kind.SCAN]


@pytest.mark.parametrize("broken", [None, 5, {}, {"payload": {}}, {"ChangeEventHeader": 5}, payload(entityName="a b")])
async def test_one_unreadable_change_does_not_lose_the_others(broken: object) -> None:
    door = Door()
    assert (await door.changes([broken, payload()])).status_code == 200
    assert door.inbox.only.record_id == ACCOUNT


@pytest.mark.parametrize(
    "document", [5, "x", None, {}, [{}], [5], {"payload": 5}, {"detail": {"payload": []}}, payload(entityName=None)]
)
async def test_a_body_without_any_change_is_unreadable(document: object) -> None:
    door = Door()
    answer = await door.changes(document)
    assert (answer.status_code, answer.content) == (400, b"")
    assert door.inbox.commits == 0


async def test_an_empty_list_is_content_with_itself() -> None:
    door = Door()
    assert (await door.changes([])).status_code == 200
    assert door.inbox.events == []


UNNUMBERED = [{"transactionKey": None}, {"sequenceNumber": None}, {"transactionKey": "x" * 300}, {"sequenceNumber": -1}]


@pytest.mark.parametrize("change", UNNUMBERED)
async def test_without_a_transaction_a_repeated_message_keeps_its_keys_and_another_has_others(
    change: dict[str, object],
) -> None:
    door = Door()
    for id in ("msg_1", "msg_1", "msg_2"):
        await door.signed_changes([payload(**change), payload(**change)], id=id)
        door.clock.advance(1)
    keys = [event.key for event in door.inbox.events]
    assert keys[:2] == keys[2:4]
    assert len(set(keys)) == 4


async def test_without_anything_to_know_it_by_a_change_is_new_with_every_arrival() -> None:
    door = Door()
    for _ in range(2):
        await door.changes(payload(transactionKey=None))
        door.clock.advance(1)
    assert len({event.key for event in door.inbox.events}) == 2


@pytest.mark.parametrize("secret", [CHANGE_SECRET, OLD_CHANGE_SECRET])
async def test_what_either_secret_signed_gets_in(secret: str) -> None:
    door = Door()
    assert (await door.signed_changes(payload(), secret=secret)).status_code == 200
    assert door.inbox.only.account == ORG_15


async def test_the_connection_whose_key_fits_names_the_organisation() -> None:
    door = Door()
    await door.changes(payload(), x_api_key=OTHER_API_KEY)
    assert door.inbox.only.account == OTHER_ORG


@pytest.mark.parametrize("org", [OTHER_ORG, ORG_15.lower(), "x", "", 5, [], {}, "\ud800"])
async def test_an_organisation_that_does_not_fit_the_secret_is_refused(org: object) -> None:
    door = Door()
    document = [payload(), {"orgId": org, "payload": payload()}]
    assert (await door.changes(document)).status_code == 401
    assert door.inbox.commits == 0


async def test_the_organisation_in_eventbridge_s_source_must_fit_too() -> None:
    door = Door()
    document = {"source": SOURCE.replace(ORG_18, OTHER_ORG), "detail": {"payload": payload()}}
    assert (await door.changes(document)).status_code == 401
    assert door.inbox.commits == 0


async def test_a_key_of_several_organisations_needs_one_to_be_named() -> None:
    door = Door()
    assert (await door.changes(payload(), x_api_key="shared-api-key")).status_code == 400
    assert (
        await door.changes({"orgId": OTHER_ORG, "payload": payload()}, x_api_key="shared-api-key")
    ).status_code == 200
    assert door.inbox.only.account == OTHER_ORG


@pytest.mark.parametrize(
    "key", ["", " ", "wrong", API_KEY + " x", API_KEY.upper(), API_KEY[:-1], "\xe9", f"{API_KEY}, {API_KEY}"]
)
async def test_any_other_key_is_refused_before_the_body_is_read(key: str) -> None:
    door = Door()
    answer = await door.changes(b"{not json", x_api_key=key)
    assert (answer.status_code, answer.content) == (401, b"")
    assert door.inbox.commits == 0


async def test_what_the_disk_does_not_take_is_answered_503() -> None:
    door = Door()
    door.inbox.full = True
    assert (await door.changes(payload())).status_code == 503


async def test_no_field_of_the_record_is_kept_and_of_the_user_only_the_id() -> None:
    door = Door()
    await door.changes(payload())
    assert "Personal" not in repr(door.inbox)
    assert repr(door.inbox).count("0055Y") == 1
    assert json.dumps(dict(door.inbox.only.detail)) == '{"change": "UPDATE"}'


@pytest.mark.parametrize(
    ("user", "by"), [("0055Y00000AbCdE", "0055Y00000AbCdEQAV"), ("somebody", None), (None, None), (5, None)]
)
async def test_an_event_tells_whose_transaction_it_was(user: object, by: str | None) -> None:
    door = Door()
    await door.changes(payload(commitUser=user))
    assert door.inbox.only.by == by
