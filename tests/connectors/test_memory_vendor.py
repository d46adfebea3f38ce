"""The vendor in memory plays the vendors' rules and the faults that a test orders."""

from contextlib import nullcontext
from datetime import timedelta

import pytest

from app.connectors.memory import MemoryVendor
from app.engine.actions import Answer, Declined, Done, Element, Request, Verb
from app.engine.events import Priority
from app.engine.records import Presence
from app.errors import CallRefused, Doubtful, OutOfQuota
from app.mapping.values import System
from tests.support.clock import VirtualClock


@pytest.fixture
def xero(clock: VirtualClock) -> MemoryVendor:
    return MemoryVendor(System.XERO, clock)


async def create(vendor: MemoryVendor, name: str, number: str, key: str = "key-1") -> Answer:
    element = Element(None, {"Name": name}, "ContactNumber", number)
    request = vendor.prepare(Verb.CREATE, "Contact", [element], key)
    (answer,) = await vendor.send(request, Verb.CREATE, "Contact", [element], Priority.PUSH)
    return answer


async def test_a_name_is_unique_among_active_contacts_only(xero: MemoryVendor) -> None:
    known = xero.put("Contact", None, {"Name": "Acme"})
    assert await create(xero, "ACME", "1") == Declined("name_taken", "Name belongs to another record", taken=True)
    xero.archive("Contact", known)
    assert isinstance(await create(xero, "Acme", "2", "key-2"), Done)


@pytest.mark.parametrize(("field", "free"), [("AccountNumber", True), ("ContactNumber", False)])
def test_archiving_frees_an_account_number_and_no_contact_number(xero: MemoryVendor, *, field: str, free: bool) -> None:
    known = xero.put("Contact", None, {"Name": "Acme", field: "77"})
    with pytest.raises(ValueError, match=field):
        xero.put("Contact", None, {"Name": "Bright", field: "77"})
    xero.archive("Contact", known)
    with nullcontext() if free else pytest.raises(ValueError, match=field):
        xero.put("Contact", None, {"Name": "Bright", field: "77"})
    assert len(xero.all("Contact")) == (2 if free else 1)


async def restore(vendor: MemoryVendor, id: str) -> Answer:
    request = vendor.prepare(Verb.RESTORE, "Contact", [Element(id)], f"restore-{id}")
    (answer,) = await vendor.send(request, Verb.RESTORE, "Contact", [Element(id)], Priority.PUSH)
    return answer


async def test_an_archived_contact_comes_back_unless_its_name_is_taken_meanwhile(xero: MemoryVendor) -> None:
    first, second = (xero.put("Contact", None, {"Name": name}) for name in ("Acme", "Bright"))
    for each in (first, second):
        xero.archive("Contact", each)
    xero.put("Contact", None, {"Name": "Bright"})
    back, held = await restore(xero, first), await restore(xero, second)
    assert isinstance(back, Done)
    assert isinstance(held, Declined)
    assert [xero.all("Contact")[n].presence for n in (0, 1)] == [Presence.LIVE, Presence.ARCHIVED]


async def test_salesforce_brings_nothing_back(clock: VirtualClock) -> None:
    vendor = MemoryVendor(System.SALESFORCE, clock)
    deleted = vendor.put("Contact", None, {"Name": "Acme"})
    assert isinstance(await restore(vendor, deleted), Declined)


def test_people_are_held_to_the_same_rules(xero: MemoryVendor) -> None:
    xero.put("Contact", None, {"Name": "Acme"})
    with pytest.raises(ValueError, match="Name"):
        xero.put("Contact", None, {"Name": "Acme"})


async def test_the_frozen_body_is_what_counts_not_the_elements(xero: MemoryVendor) -> None:
    frozen = xero.prepare(Verb.CREATE, "Contact", [Element(None, {"Name": "Frozen"})], "key-1")
    await xero.send(frozen, Verb.CREATE, "Contact", [Element(None, {"Name": "Changed since"})], Priority.PUSH)
    assert [seen.fields["Name"] for seen in xero.all("Contact")] == ["Frozen"]


async def test_a_key_is_remembered_for_six_minutes(xero: MemoryVendor, clock: VirtualClock) -> None:
    first = await create(xero, "Acme", "1")
    clock.advance(359)
    assert await create(xero, "Acme", "1") == first
    with pytest.raises(CallRefused):
        await create(xero, "Other", "1")
    clock.advance(1)
    assert isinstance(await create(xero, "Acme", "1"), Declined)


@pytest.mark.parametrize("carried_out", [True, False])
async def test_a_doubtful_write_was_carried_out_or_not_as_ordered(xero: MemoryVendor, carried_out: bool) -> None:
    xero.fail_next(Doubtful("cut"), carried_out=carried_out)
    with pytest.raises(Doubtful):
        await create(xero, "Acme", "1")
    assert len(xero.all("Contact")) == int(carried_out)
    assert isinstance(await create(xero, "Acme", "1"), Done)
    assert len(xero.all("Contact")) == 1


async def test_any_method_can_fail_once(xero: MemoryVendor, clock: VirtualClock) -> None:
    xero.fail_next(OutOfQuota("used up", until=clock.now() + timedelta(minutes=1)), method="read")
    with pytest.raises(OutOfQuota):
        await xero.read("Contact", ["x"], frozenset(), Priority.PUSH)
    assert len(await xero.read("Contact", ["x"], frozenset(), Priority.PUSH)) == 1


async def test_one_element_can_be_declined_as_ordered(xero: MemoryVendor) -> None:
    one, two = (xero.put("Contact", None, {"Name": name}) for name in ("One", "Two"))
    xero.decline_next(Declined("row_locked", "busy", passes=True), id=one)
    elements = [Element(one, {"Name": "1"}), Element(two, {"Name": "2"})]
    request: Request = xero.prepare(Verb.UPDATE, "Contact", elements, "key-1")
    answers = await xero.send(request, Verb.UPDATE, "Contact", elements, Priority.PUSH)
    assert [type(answer) for answer in answers] == [Declined, Done]


async def test_hidden_records_are_invisible_everywhere(xero: MemoryVendor) -> None:
    record = xero.put("Contact", None, {"Name": "Acme"})
    xero.hidden.add(record)
    (seen,) = await xero.read("Contact", [record], frozenset({"Name"}), Priority.PUSH)
    assert seen.presence is Presence.INVISIBLE
    assert list(await xero.find("Contact", "Name", ["Acme"], frozenset(), Priority.PUSH)) == []


async def test_the_history_tells_who_wrote_what(xero: MemoryVendor) -> None:
    record = xero.put("Contact", None, {"Name": "Acme"})
    await create(xero, "Other", "1")
    xero.delete("Contact", record)
    xero.restore("Contact", record)
    assert [(change.by, change.created, change.presence) for change in xero.history] == [
        ("person", True, Presence.LIVE),
        ("us", True, Presence.LIVE),
        ("person", False, Presence.DELETED),
        ("person", False, Presence.LIVE),
    ]


async def test_every_call_is_remembered_with_its_priority(xero: MemoryVendor) -> None:
    await xero.read("Contact", ["a", "b"], frozenset(), Priority.RECONCILE)
    await create(xero, "Acme", "1")
    assert [(call.method, call.ids, call.priority) for call in xero.calls] == [
        ("read", ("a", "b"), Priority.RECONCILE),
        ("send", ("",), Priority.PUSH),
    ]


@pytest.mark.parametrize(("system", "tick"), [(System.XERO, 1000), (System.SALESFORCE, 1_000_000)])
def test_versions_are_as_coarse_as_the_vendors(system: System, tick: int, clock: VirtualClock) -> None:
    clock.advance(0.123456)
    vendor = MemoryVendor(system, clock)
    seen = vendor.get("Account", vendor.put("Account", None, {"Name": "Acme"}))
    assert seen
    assert seen.version == clock.now().replace(microsecond=clock.now().microsecond // tick * tick)


async def test_the_same_edits_give_the_same_ids(clock: VirtualClock) -> None:
    made = [[MemoryVendor(system, clock).put("Account", None, {}) for system in System] for _ in range(2)]
    assert made[0] == made[1]
