"""At every setting of every fact that nobody knows, what the connector says is true, or it says that it is in doubt."""

import pytest

from app.engine.actions import Declined, Done, Element, Verb
from app.engine.events import Priority
from app.engine.records import Observation, Presence
from app.errors import Doubtful
from app.mapping.values import Fields, Json
from app.simulator.xero.facts import XeroFacts, variants
from tests.connectors.benches import XeroBench
from tests.support.clock import VirtualClock

FIELDS = frozenset({"Name", "ContactNumber", "EmailAddress", "IsCustomer", "ContactStatus"})
EVERY = pytest.mark.parametrize("facts", [pytest.param(facts, id=name) for name, facts in variants()])
IN_DOUBT = {"batch_refused_whole", "write_answers"}
"""The settings under which the answer to a batch leaves open what became of it; a look then tells."""


def create(name: str, number: str, **fields: Json) -> Element:
    return Element(None, {"Name": name, **fields}, "ContactNumber", number)


async def send(bench: XeroBench, verb: Verb, *elements: Element) -> list[Done | Declined] | None:
    """The answers, None when the call is in doubt."""
    request = bench.connector.prepare(verb, "Contact", elements, f"key-{len(bench.world.journal.calls)}", FIELDS)
    try:
        return list(await bench.connector.send(request, verb, "Contact", elements, Priority.PUSH))
    except Doubtful:
        return None


async def read(bench: XeroBench, *ids: str) -> list[Observation]:
    return list(await bench.connector.read("Contact", ids, FIELDS, Priority.PUSH))


def settings_in_doubt(facts: XeroFacts) -> bool:
    return any(getattr(facts, name) != getattr(XeroFacts(), name) for name in IN_DOUBT)


@EVERY
async def test_each_element_of_a_batch_gets_its_own_outcome(facts: XeroFacts, clock: VirtualClock) -> None:
    bench = XeroBench(clock, facts)
    bench.put(None, {"Name": "Taken"})
    answers = await send(bench, Verb.CREATE, create("Acme", "1"), create("Taken", "2"), create("Zenith", "3"))
    if answers is None:
        assert settings_in_doubt(facts)
        return
    first, taken, last = answers
    assert isinstance(first, Done)
    assert isinstance(last, Done)
    assert isinstance(taken, Declined)
    assert taken.taken
    assert [seen.fields["Name"] for seen in await read(bench, first.id, last.id)] == ["Acme", "Zenith"]


@EVERY
async def test_each_update_of_a_batch_gets_its_own_outcome(facts: XeroFacts, clock: VirtualClock) -> None:
    bench = XeroBench(clock, facts)
    ids = [bench.put(None, {"Name": name}) for name in ("Acme", "Taken", "Zenith")]
    changes: list[Fields] = [{"EmailAddress": "a@b.test"}, {"EmailAddress": "no address"}, {"Name": "Taken"}]
    answers = await send(bench, Verb.UPDATE, *map(Element, ids, changes))
    if answers is None:
        assert settings_in_doubt(facts)
        return
    good, bad, taken = answers
    assert isinstance(good, Done)
    assert good.id == ids[0]
    assert isinstance(bad, Declined)
    assert isinstance(taken, Declined)
    assert (bad.code, taken.code) == ("email", "name_taken")


@EVERY
async def test_a_record_reads_the_same(facts: XeroFacts, clock: VirtualClock) -> None:
    bench = XeroBench(clock, facts)
    id = bench.put(None, {"Name": "Acme", "EmailAddress": "a@b.test", "IsCustomer": True})
    [seen] = await read(bench, id)
    assert seen.fields == {
        "Name": "Acme",
        "EmailAddress": "a@b.test",
        "IsCustomer": True,
        "ContactStatus": "ACTIVE",
    }
    assert (seen.presence, seen.version) == (Presence.LIVE, clock.now())
    survivor = bench.put(None, {"Name": "Zenith"})
    bench.merge(id, survivor)
    [gone] = await read(bench, id)
    assert (gone.presence, gone.merged_into) == (Presence.ARCHIVED, survivor)


@EVERY
async def test_a_scan_misses_nothing(facts: XeroFacts, clock: VirtualClock) -> None:
    bench = XeroBench(clock, facts)
    bench.put(None, {"Name": "Old"})
    clock.advance(600)
    since = clock.now()
    clock.advance(0.4)
    ids = [bench.put(None, {"Name": f"New {number}"}) for number in range(3)]
    clock.advance(600)
    pages = [
        page
        async for page in bench.connector.changed("Contact", since - bench.connector.overlap, FIELDS, Priority.PUSH)
    ]
    seen = {each.ref.id for page in pages for each in page.observations}
    assert seen == set(ids)
    assert pages[-1].last
    assert pages[0].vendor_now == clock.now()


@EVERY
async def test_a_scan_of_nothing_ends(facts: XeroFacts, clock: VirtualClock) -> None:
    bench = XeroBench(clock, facts)
    bench.put(None, {"Name": "Old"})
    clock.advance(600)
    [page] = [page async for page in bench.connector.changed("Contact", clock.now(), FIELDS, Priority.PUSH)]
    assert (list(page.observations), page.last) == ([], True)
