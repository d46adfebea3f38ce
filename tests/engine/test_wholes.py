"""Whoever reads a record sees its parts with it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from app.connectors.memory import MemoryVendor
from app.engine.actions import Answer, Declined, Done, Element, Request, Verb
from app.engine.events import Priority
from app.engine.memory import Whole
from app.engine.records import Observation, Presence, RecordRef, System
from app.engine.wholes import WholeReader, shown_parts, wholes
from app.mapping.model import Part
from tests.support.clock import VirtualClock
from tests.support.people import people_sync
from tests.support.records import account

SALESFORCE, XERO = System.SALESFORCE, System.XERO
NAMED = frozenset({"Name"})


@pytest.fixture
def vendor(clock: VirtualClock) -> MemoryVendor:
    return MemoryVendor(SALESFORCE, clock)


@pytest.fixture
def reader(vendor: MemoryVendor) -> WholeReader:
    return WholeReader(vendor, people_sync())


def names(seen: Observation) -> list[str] | None:
    rows = seen.fields.get("Contacts")
    return [str(row["LastName"]) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else None


async def test_a_read_a_search_and_a_scan_all_show_them(vendor: MemoryVendor, reader: WholeReader) -> None:
    id = vendor.put("Account", None, {"Name": "Ridgeway"})
    vendor.put("Contact", None, {"AccountId": id, "LastName": "Bell"})
    (read,) = await reader.read("Account", [id], NAMED, Priority.PUSH)
    (found,) = await reader.find("Account", "Name", ["Ridgeway"], NAMED, Priority.PUSH)
    (scanned,) = [
        seen async for page in reader.changed("Account", None, NAMED, Priority.PUSH) for seen in page.observations
    ]
    assert names(read) == names(found) == names(scanned) == ["Bell"]


async def test_their_newest_stamp_is_told_where_it_is_newer_than_the_record_s(
    vendor: MemoryVendor, reader: WholeReader, clock: VirtualClock
) -> None:
    id = vendor.put("Account", None, {"Name": "Ridgeway"})
    entered_at = clock.now()
    (alone,) = await reader.read("Account", [id], NAMED, Priority.PUSH)
    clock.advance(60)
    vendor.put("Contact", None, {"AccountId": id, "LastName": "Bell"})
    (seen,) = await reader.read("Account", [id], NAMED, Priority.PUSH)
    assert (alone.stamps, seen.stamps) == ({"Contacts": entered_at}, {"Contacts": clock.now()})
    assert seen.version == entered_at


async def test_nobody_asks_for_the_parts_of_what_is_gone_or_has_none(vendor: MemoryVendor, reader: WholeReader) -> None:
    id = vendor.put("Account", None, {"Name": "Ridgeway"})
    person = vendor.put("Contact", None, {"AccountId": id, "LastName": "Bell"})
    vendor.delete("Account", id)
    (gone,) = await reader.read("Account", [id], NAMED, Priority.PUSH)
    await reader.read("Contact", [person], NAMED, Priority.PUSH)
    assert names(gone) is None
    assert [call.method for call in vendor.calls] == ["read", "read"]


def test_a_record_is_seen_with_the_fields_that_any_mapping_needs_of_its_parts() -> None:
    sync = people_sync()
    one = sync.mappings["customers"]
    other = replace(
        one, name="other", parts=(Part(SALESFORCE, "Contact", ("AccountId",), "Contacts", frozenset({"Title"})),)
    )
    (part,) = shown_parts(replace(sync, mappings={"customers": one, "other": other}), SALESFORCE, "Account")
    assert part.fields == {"FirstName", "LastName", "Email", "Title"}
    assert shown_parts(sync, XERO, "Contact") == shown_parts(sync, SALESFORCE, "Contact") == ()


def test_who_is_part_of_whom_is_told_by_what_is_seen_of_the_living() -> None:
    rows = {"Contacts": [{"Id": "003A", "LastName": "Bell"}, {"Id": "003B", "LastName": "Moss"}]}
    seen = [
        Observation(account(1), Presence.LIVE, None, rows),
        Observation(account(2), Presence.LIVE, None, {"Contacts": []}),
        Observation(account(3), Presence.DELETED, None, rows),
        Observation(account(4), Presence.LIVE, None, {"Name": "not shown"}),
    ]
    bell, moss = RecordRef(SALESFORCE, "Contact", "003A"), RecordRef(SALESFORCE, "Contact", "003B")
    assert list(wholes(people_sync(), seen)) == [Whole(account(1), (bell, moss)), Whole(account(2), ())]


class ShowingVendor(MemoryVendor):
    """Shows in its answers what it wrote."""

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        done = Done("001", Observation(account(), Presence.LIVE, None, {"Name": "Ridgeway"}))
        return [done, Done("002"), Declined("picklist", "no")]


async def test_an_answer_that_shows_a_record_says_that_it_lacks_the_parts(clock: VirtualClock) -> None:
    reader = WholeReader(ShowingVendor(SALESFORCE, clock), people_sync())
    request = Request("PATCH", "/x", "", "key")
    answers = await reader.send(request, Verb.UPDATE, "Account", [], Priority.PUSH)
    assert [each.lacks for each in answers if isinstance(each, Done)] == [frozenset({"Contacts"}), frozenset()]
    assert answers[2] == Declined("picklist", "no")
