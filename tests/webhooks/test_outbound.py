"""An outbound message gets in by its secret and its organisation, and is acknowledged once it is stored."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from lxml import etree

from app.engine.events import Kind, Origin
from app.mapping.salesforce_ids import to_18
from app.mapping.values import System
from tests.support.front_door import ACCOUNT, OLD_SECRET, ORG_15, ORG_18, OTHER_ORG, OTHER_SECRET, SECRET, Door

NOTIFICATION = "04l5Y00000AbCdE"
SF = "urn:sobject.enterprise.soap.sforce.com"
MODIFIED = "<sf:LastModifiedDate>2026-03-02T08:00:00.000Z</sf:LastModifiedDate>"
ACKNOWLEDGED = "{http://soap.sforce.com/2005/09/outbound}notificationsResponse"


def notification(
    record: str | None = f"<sf:Id>{ACCOUNT}</sf:Id>", *, id: str = NOTIFICATION, named: str = "sf:Account"
) -> str:
    held = "" if record is None else f'<sObject xsi:type="{named}" xmlns:sf="{SF}">{record}</sObject>'
    return f"<Notification><Id>{id}</Id>{held}</Notification>"


def message(notifications: Sequence[str], *, org: str = ORG_18, session: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>{org}</OrganizationId>
   <ActionId>04k5Y000000AAAAQAW</ActionId>
   <SessionId>{session}</SessionId>
   <EnterpriseUrl>https://main.my.salesforce.com/services/Soap/c/66.0/{org}</EnterpriseUrl>
   <PartnerUrl>https://main.my.salesforce.com/services/Soap/u/66.0/{org}</PartnerUrl>
   {"".join(notifications)}
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>""".encode()


def is_acknowledged(body: bytes) -> bool:
    (answer,) = etree.fromstring(body).findall("{http://schemas.xmlsoap.org/soap/envelope/}Body/*")
    return answer.tag == ACKNOWLEDGED and answer.findtext("{http://soap.sforce.com/2005/09/outbound}Ack") == "true"


async def test_a_message_is_stored_and_then_acknowledged() -> None:
    door = Door()
    answer = await door.outbound(message([notification()]))
    event = door.inbox.only
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert is_acknowledged(answer.content)
    assert (event.system, event.account, event.object) == (System.SALESFORCE, ORG_15, "Account")
    assert (event.record_id, event.kind, event.origin) == (ACCOUNT, Kind.CHANGED, Origin.OUTBOUND_MESSAGE)


async def test_all_hundred_notifications_are_stored_in_one_commit() -> None:
    door = Door()
    ids = [f"001000000000{number:03}" for number in range(100)]
    body = message([notification(f"<sf:Id>{id}</sf:Id>", id=f"04l000000000{id[-3:]}") for id in ids])
    assert is_acknowledged((await door.outbound(body)).content)
    assert [event.record_id for event in door.inbox.events] == [to_18(id) for id in ids]
    assert door.inbox.commits == 1


async def test_any_prefixes_a_byte_order_mark_and_other_line_ends_are_understood() -> None:
    body = f"""<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
    <o:notifications xmlns:o="http://soap.sforce.com/2005/09/outbound" xmlns:s="{SF}"
     xmlns:t="http://www.w3.org/2001/XMLSchema-instance">
    <o:OrganizationId> {ORG_15} </o:OrganizationId>
    <o:Notification><o:Id>{NOTIFICATION}</o:Id>
    <o:sObject t:type="s:My_Object__c"><s:Id>{ACCOUNT[:15]}</s:Id></o:sObject></o:Notification>
    </o:notifications></e:Body></e:Envelope>"""
    door = Door()
    answer = await door.outbound(b"\xef\xbb\xbf" + body.replace("\n", "\r\n").encode())
    assert is_acknowledged(answer.content)
    assert (door.inbox.only.object, door.inbox.only.record_id) == ("My_Object__c", ACCOUNT)


async def test_an_element_of_another_namespace_is_not_taken_for_ours() -> None:
    door = Door()
    foreign = notification().replace("<Notification>", '<Notification xmlns="urn:other">')
    assert (await door.outbound(message([foreign]))).status_code == 400
    assert door.inbox.events == []


async def test_a_repetition_has_the_same_key_though_its_data_are_newer() -> None:
    door = Door()
    record = f"<sf:Id>{ACCOUNT}</sf:Id><sf:Name>%s</sf:Name>"
    await door.outbound(message([notification(record % "old")]))
    await door.outbound(message([notification(record % "new", id=to_18(NOTIFICATION))]))
    await door.outbound(message([notification(record % "new", id="04l5Y00000AbCdF")]))
    first, again, other = (event.key for event in door.inbox.events)
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        (
            f"{MODIFIED}<sf:SystemModstamp>2026-03-02T08:00:07.000Z</sf:SystemModstamp>",
            datetime(2026, 3, 2, 8, 0, 7, tzinfo=UTC),
        ),
        (MODIFIED, None),
        ("<sf:SystemModstamp>0000-03-02T08:00:07.000Z</sf:SystemModstamp>", None),
        ('<sf:SystemModstamp xsi:nil="true"/>', None),
        ("", None),
    ],
)
async def test_the_version_is_the_record_s_own_stamp(stamps: str, expected: datetime | None) -> None:
    door = Door()
    await door.outbound(message([notification(f"<sf:Id>{ACCOUNT}</sf:Id>{stamps}")]))
    assert door.inbox.only.version == expected


@pytest.mark.parametrize("record", [None, "", '<sf:Id xsi:nil="true"/>', "<sf:Name>Only a name</sf:Name>"])
async def test_a_record_deleted_before_delivery_is_acknowledged_and_makes_no_event(record: str | None) -> None:
    door = Door()
    body = message([notification(record), notification(id="04l5Y00000AbCdF")])
    assert is_acknowledged((await door.outbound(body)).content)
    assert door.inbox.only.record_id == ACCOUNT


async def test_a_message_whose_records_are_all_gone_needs_no_commit() -> None:
    door = Door()
    door.inbox.full = True
    assert is_acknowledged((await door.outbound(message([notification(None)]))).content)


@pytest.mark.parametrize("id", ["5", "../../etc", ACCOUNT.lower(), "001' OR Id != '"])
async def test_an_id_that_is_none_makes_its_object_be_scanned(id: str) -> None:
    door = Door()
    body = message([notification(f"<sf:Id>{id}</sf:Id>"), notification(id="04l5Y00000AbCdF")])
    assert is_acknowledged((await door.outbound(body)).content)
    scan, change = door.inbox.events
    assert (scan.kind, scan.object, scan.record_id) == (Kind.SCAN, "Account", None)
    assert change.record_id == ACCOUNT


@pytest.mark.parametrize("named", ["", "sf:", "sf:Acc ount", "sf:" + "A" * 200, "a:b:../c"])
async def test_a_notification_of_no_object_does_not_lose_the_others(named: str) -> None:
    door = Door()
    body = message([notification(named=named), notification(id="04l5Y00000AbCdF")])
    assert is_acknowledged((await door.outbound(body)).content)
    assert door.inbox.only.object == "Account"


async def test_notifications_without_a_usable_id_are_new_with_every_arrival() -> None:
    door = Door()
    for _ in range(2):
        await door.outbound(message([notification(id="none")]))
        door.clock.advance(1)
    assert len({event.key for event in door.inbox.events}) == 2


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
@pytest.mark.parametrize("org", [ORG_15, ORG_18])
async def test_both_secrets_and_both_spellings_of_the_organisation_are_good(secret: str, org: str) -> None:
    assert is_acknowledged((await Door().outbound(message([notification()], org=org), secret)).content)


@pytest.mark.parametrize(
    ("secret", "org"),
    [
        ("wrong", ORG_18),
        (SECRET + "x", ORG_18),
        (SECRET[:-1], ORG_18),
        (SECRET.upper(), ORG_18),
        ("%C3%A9%FF", ORG_18),
        (SECRET, OTHER_ORG),
        (OTHER_SECRET, ORG_18),
        (SECRET, ORG_15.lower()),
        (SECRET, ""),
        (SECRET, ORG_15 + "AAA"),
    ],
)
async def test_a_secret_and_an_organisation_that_do_not_belong_together_are_refused(secret: str, org: str) -> None:
    door = Door()
    answer = await door.outbound(message([notification()], org=org), secret)
    assert (answer.status_code, answer.content) == (401, b"")
    assert door.inbox.commits == 0


async def test_a_message_that_names_two_organisations_is_refused() -> None:
    body = message([notification()]).replace(
        b"</OrganizationId>", b"</OrganizationId><OrganizationId>x</OrganizationId>"
    )
    assert (await Door().outbound(body)).status_code == 401


async def test_without_the_secret_not_even_the_xml_is_read() -> None:
    assert (await Door().outbound(b"<not xml", "wrong")).status_code == 401


async def test_every_connection_is_let_in_by_its_own_secret() -> None:
    door = Door()
    await door.outbound(message([notification()], org=OTHER_ORG), OTHER_SECRET)
    assert door.inbox.only.account == OTHER_ORG


@pytest.mark.parametrize("count", [0, 101])
async def test_a_message_without_or_with_too_many_notifications_is_refused(count: int) -> None:
    door = Door()
    answer = await door.outbound(message([notification()] * count))
    assert (answer.status_code, answer.content) == (400, b"")
    assert door.inbox.events == []


async def test_what_the_disk_does_not_take_is_not_acknowledged() -> None:
    door = Door()
    door.inbox.full = True
    answer = await door.outbound(message([notification()]))
    assert (answer.status_code, answer.content) == (503, b"")


async def test_the_session_is_kept_nowhere() -> None:
    door = Door()
    await door.outbound(message([notification()], session="00D5Y!session-canary"))
    assert "session-canary" not in repr(door.inbox)


@pytest.mark.parametrize(
    ("fields", "by"),
    [
        ("<sf:LastModifiedById>0055Y00000AbCdE</sf:LastModifiedById>", "0055Y00000AbCdEQAV"),
        ("<sf:LastModifiedById>somebody</sf:LastModifiedById>", None),
        ("", None),
    ],
)
async def test_a_message_tells_who_wrote_last_if_its_definition_includes_it(fields: str, by: str | None) -> None:
    door = Door()
    await door.outbound(message([notification(f"<sf:Id>{ACCOUNT}</sf:Id>{fields}")]))
    assert door.inbox.only.by == by
