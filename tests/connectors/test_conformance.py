"""What the engine may rely on, whichever connector it talks to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from app.engine.actions import Answer, Declined, Done, Element, Verb
from app.engine.events import Priority
from app.engine.ports import Page
from app.engine.records import Observation, Presence
from app.errors import Doubtful, OutOfQuota, Unreachable
from app.mapping.values import System
from app.simulator.faults import Fault
from tests.connectors.benches import BENCHES, DETAILS, KEYS, OBJECTS, UNKNOWN, Bench
from tests.support.clock import VirtualClock

GONE = {System.SALESFORCE: Presence.DELETED, System.XERO: Presence.ARCHIVED}
WRITES = {
    (System.XERO, Verb.CREATE): "PUT",
    (System.XERO, Verb.UPDATE): "POST",
    (System.SALESFORCE, Verb.CREATE): "PATCH",
    (System.SALESFORCE, Verb.UPDATE): "PATCH",
}
PUSH = Priority.PUSH


@pytest.fixture(params=sorted(BENCHES))
def bench(request: pytest.FixtureRequest, clock: VirtualClock) -> Bench:
    name: str = request.param
    return BENCHES[name](clock)


def fields(bench: Bench) -> frozenset[str]:
    return frozenset({"Name", DETAILS[bench.connector.system], KEYS[bench.connector.system]})


async def read(bench: Bench, *ids: str) -> Sequence[Observation]:
    return await bench.connector.read(OBJECTS[bench.connector.system], ids, fields(bench), PUSH)


async def find(bench: Bench, field: str, *keys: str) -> Sequence[Observation]:
    return await bench.connector.find(OBJECTS[bench.connector.system], field, keys, fields(bench), PUSH)


async def pages(bench: Bench, since: datetime | None = None) -> list[Page]:
    scan = bench.connector.changed(OBJECTS[bench.connector.system], since, fields(bench), PUSH)
    return [page async for page in scan]


async def changed(bench: Bench, since: datetime | None = None) -> list[str]:
    return [seen.ref.id for page in await pages(bench, since) for seen in page.observations]


async def send(bench: Bench, verb: Verb, *elements: Element, key: str = "key-1") -> Sequence[Answer]:
    object = OBJECTS[bench.connector.system]
    request = bench.connector.prepare(verb, object, elements, key)
    return await bench.connector.send(request, verb, object, elements, PUSH)


def created(bench: Bench, name: str, key: str) -> Element:
    return Element(None, {"Name": name}, KEYS[bench.connector.system], key)


async def test_a_record_is_read_as_it_is_now(bench: Bench, clock: VirtualClock) -> None:
    detail = DETAILS[bench.connector.system]
    record = bench.put(None, {"Name": "Acme", detail: "acme@example.com"})
    clock.advance(5)
    bench.put(record, {"Name": "Acme Limited"})
    (seen,) = await read(bench, record)
    assert (seen.presence, seen.fields["Name"], seen.fields[detail]) == (
        Presence.LIVE,
        "Acme Limited",
        "acme@example.com",
    )
    assert seen.version == clock.now()
    assert seen.ref == (bench.connector.system, OBJECTS[bench.connector.system], record)


async def test_only_the_fields_asked_for_are_seen(bench: Bench) -> None:
    record = bench.put(None, {"Name": "Acme"})
    (seen,) = await bench.connector.read(OBJECTS[bench.connector.system], [record], frozenset({"Name"}), PUSH)
    assert seen.fields == {"Name": "Acme"}


async def test_ids_are_answered_in_their_order_and_unknown_ones_are_invisible(bench: Bench) -> None:
    one, two = bench.put(None, {"Name": "One"}), bench.put(None, {"Name": "Two"})
    unknown = UNKNOWN[bench.connector.system]
    seen = await read(bench, two, unknown, one, two)
    assert [each.ref.id for each in seen] == [two, unknown, one, two]
    assert [each.presence for each in seen] == [Presence.LIVE, Presence.INVISIBLE, Presence.LIVE, Presence.LIVE]
    assert seen[1].version is None


async def test_nothing_asked_is_nothing_read(bench: Bench) -> None:
    assert list(await read(bench)) == []
    assert list(await find(bench, "Name")) == []


async def test_an_archived_record_is_evidence(bench: Bench, clock: VirtualClock) -> None:
    record = bench.put(None, {"Name": "Acme"})
    clock.advance(5)
    bench.archive(record)
    (seen,) = await read(bench, record)
    assert seen.presence is GONE[bench.connector.system]
    assert seen.version == clock.now()


async def test_a_merged_record_names_its_survivor(bench: Bench) -> None:
    loser, survivor = bench.put(None, {"Name": "Loser"}), bench.put(None, {"Name": "Survivor"})
    bench.merge(loser, survivor)
    gone, left = await read(bench, loser, survivor)
    assert (gone.presence, gone.merged_into) == (GONE[bench.connector.system], survivor)
    assert (left.presence, left.merged_into) == (Presence.LIVE, None)


async def test_records_are_found_by_key_without_regard_to_case(bench: Bench) -> None:
    key = KEYS[bench.connector.system]
    one = bench.put(None, {"Name": "One", key: "Key-A"})
    bench.put(None, {"Name": "Two", key: "Key-B"})
    three = bench.put(None, {"Name": "Three", key: "Key-C"})
    found = await find(bench, key, "key-a", "KEY-C", "key-z")
    assert {seen.ref.id for seen in found} == {one, three}


async def test_archived_records_are_found_too_and_say_so(bench: Bench) -> None:
    key = KEYS[bench.connector.system]
    record = bench.put(None, {"Name": "One", key: "key-a"})
    bench.archive(record)
    (found,) = await find(bench, key, "key-a")
    assert (found.ref.id, found.presence) == (record, GONE[bench.connector.system])


@pytest.mark.parametrize(
    "name", ["O'Neil & Söhne + Co", 'The "Best" Company', "back\\slash", "a=b OR Name!=null", "100%"]
)
async def test_a_key_of_any_characters_finds_its_record_and_no_other(bench: Bench, name: str) -> None:
    record = bench.put(None, {"Name": name})
    bench.put(None, {"Name": "Somebody else"})
    assert [seen.ref.id for seen in await find(bench, "Name", name)] == [record]


async def test_a_scan_of_everything_is_in_order_of_change(bench: Bench, clock: VirtualClock) -> None:
    one, two, three = (bench.put(None, {"Name": name}) for name in ("One", "Two", "Three"))
    clock.advance(5)
    bench.put(one, {"Name": "One again"})
    clock.advance(5)
    bench.archive(two)
    everything = await changed(bench)
    assert everything[-2:] == [one, two]
    assert sorted(everything) == sorted([one, two, three])


async def test_a_scan_brings_what_changed_at_or_after_its_start(bench: Bench, clock: VirtualClock) -> None:
    bench.put(None, {"Name": "Before"})
    clock.advance(5)
    since = clock.now()
    at, after = bench.put(None, {"Name": "At"}), ""
    clock.advance(5)
    after = bench.put(None, {"Name": "After"})
    assert await changed(bench, since) == [at, after]
    clock.advance(5)
    assert await changed(bench, clock.now()) == []


async def test_a_scan_tells_the_vendors_time_and_ends_once(bench: Bench, clock: VirtualClock) -> None:
    for number in range(bench.page_size + 3):
        bench.put(None, {"Name": f"Name {number}"})
    seen = await pages(bench)
    assert [page.last for page in seen] == [*[False] * (len(seen) - 1), True]
    assert len({each.ref.id for page in seen for each in page.observations}) == bench.page_size + 3
    assert len({page.vendor_now for page in seen}) == 1
    assert abs(seen[0].vendor_now - clock.now()) < timedelta(seconds=1)
    assert seen[0].vendor_now.tzinfo is UTC


async def test_a_scan_of_nothing_has_one_empty_last_page(bench: Bench) -> None:
    (page,) = await pages(bench)
    assert (list(page.observations), page.last) == ([], True)


async def test_the_request_depends_on_nothing_but_what_it_is_made_of(bench: Bench) -> None:
    object, element = OBJECTS[bench.connector.system], created(bench, "Acme", "key-a")
    one, other = (bench.connector.prepare(Verb.CREATE, object, [element], "key-1") for _ in range(2))
    assert one == other
    assert one.idempotency_key == "key-1"


async def test_a_created_record_can_be_read_and_found_by_its_key(bench: Bench) -> None:
    (done,) = await send(bench, Verb.CREATE, created(bench, "Acme", "key-a"))
    assert isinstance(done, Done)
    (seen,) = await read(bench, done.id)
    assert seen.fields["Name"] == "Acme"
    assert [each.ref.id for each in await find(bench, KEYS[bench.connector.system], "key-a")] == [done.id]


async def test_what_the_vendor_acknowledges_is_what_a_look_then_shows(bench: Bench) -> None:
    (done,) = await send(bench, Verb.CREATE, created(bench, "Acme", "key-a"))
    assert isinstance(done, Done)
    (seen,) = await read(bench, done.id)
    if done.seen:
        assert (done.seen.ref, done.seen.version, done.seen.presence) == (seen.ref, seen.version, seen.presence)
        assert done.seen.fields["Name"] == "Acme"


async def test_sending_a_request_again_doubles_nothing(bench: Bench, clock: VirtualClock) -> None:
    first = await send(bench, Verb.CREATE, created(bench, "Acme", "key-a"))
    clock.advance(60)
    assert [each.id for each in first if isinstance(each, Done)] == [
        each.id for each in await send(bench, Verb.CREATE, created(bench, "Acme", "key-a")) if isinstance(each, Done)
    ]
    assert len(await changed(bench)) == 1


async def test_creating_under_a_key_that_exists_doubles_nothing(bench: Bench, clock: VirtualClock) -> None:
    known = bench.put(None, {"Name": "Known", KEYS[bench.connector.system]: "key-a"})
    (answer,) = await send(bench, Verb.CREATE, created(bench, "Other", "key-a"))
    assert answer.id == known if isinstance(answer, Done) else answer.taken
    assert await changed(bench) == [known]


async def test_an_update_writes_only_what_it_names(bench: Bench) -> None:
    detail = DETAILS[bench.connector.system]
    record = bench.put(None, {"Name": "Acme", detail: "acme@example.com"})
    (done,) = await send(bench, Verb.UPDATE, Element(record, {"Name": "Acme Limited"}))
    assert isinstance(done, Done)
    assert done.id == record
    (seen,) = await read(bench, record)
    assert (seen.fields["Name"], seen.fields[detail]) == ("Acme Limited", "acme@example.com")


async def test_archiving_leaves_evidence(bench: Bench) -> None:
    record = bench.put(None, {"Name": "Acme"})
    (done,) = await send(bench, Verb.ARCHIVE, Element(record))
    assert isinstance(done, Done)
    (seen,) = await read(bench, record)
    assert seen.presence is GONE[bench.connector.system]


async def test_a_refused_element_harms_no_other(bench: Bench) -> None:
    one, two = bench.put(None, {"Name": "One"}), bench.put(None, {"Name": "Two"})
    answers = await send(
        bench,
        Verb.UPDATE,
        Element(one, {"Name": "One again"}),
        Element(UNKNOWN[bench.connector.system], {"Name": "Nobody"}),
        Element(two, {"Name": "Two again"}),
    )
    assert [type(answer) for answer in answers] == [Done, Declined, Done]
    assert answers[1] == Declined("not_found", getattr(answers[1], "message", ""))
    assert [seen.fields["Name"] for seen in await read(bench, one, two)] == ["One again", "Two again"]


async def test_a_full_batch_is_answered_element_by_element(bench: Bench) -> None:
    size = bench.connector.write_size(Verb.CREATE)
    elements = [created(bench, f"Name {number}", f"key-{number}") for number in range(size)]
    answers = await send(bench, Verb.CREATE, *elements)
    ids = [answer.id for answer in answers if isinstance(answer, Done)]
    seen = [each for start in range(0, size, 40) for each in await read(bench, *ids[start : start + 40])]
    assert [each.fields["Name"] for each in seen] == [f"Name {number}" for number in range(size)]


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPDATE])
@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.ERROR_AFTER_COMMIT])
async def test_a_write_that_ends_in_an_error_is_in_doubt(bench: Bench, verb: Verb, fault: Fault) -> None:
    record = bench.put(None, {"Name": "Before"})
    element = created(bench, "After", "key-a") if verb is Verb.CREATE else Element(record, {"Name": "After"})
    bench.fail(fault, WRITES[bench.connector.system, verb])
    with pytest.raises(Doubtful) as caught:
        await send(bench, verb, element)
    assert caught.value.answered
    found = await find(bench, "Name", "After")
    assert len(found) == (1 if fault is Fault.ERROR_AFTER_COMMIT else 0)


@pytest.mark.parametrize(("fault", "error"), [(Fault.UNAVAILABLE, Unreachable), (Fault.TOO_MANY, OutOfQuota)])
async def test_a_write_that_was_turned_away_was_not_done(
    bench: Bench, clock: VirtualClock, fault: Fault, error: type[Exception]
) -> None:
    bench.fail(fault, WRITES[bench.connector.system, Verb.CREATE])
    with pytest.raises(error):
        await send(bench, Verb.CREATE, created(bench, "Acme", "key-a"))
    clock.advance(3600)
    assert list(await find(bench, "Name", "Acme")) == []


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPDATE])
async def test_an_expired_sign_in_is_renewed_inside_the_call(bench: Bench, verb: Verb) -> None:
    record = bench.put(None, {"Name": "Before"})
    await read(bench, record)
    bench.end_sign_in()
    (seen,) = await read(bench, record)
    assert seen.presence is Presence.LIVE
    bench.end_sign_in()
    element = created(bench, "After", "key-a") if verb is Verb.CREATE else Element(record, {"Name": "After"})
    (answer,) = await send(bench, verb, element)
    assert isinstance(answer, Done)
