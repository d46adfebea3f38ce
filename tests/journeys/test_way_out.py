"""The rules of the way out: what is on disk before a write leaves, and what is believed of its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from app.engine.actions import Answer, Element, Request, Verb
from app.engine.events import Priority
from app.engine.records import System
from app.errors import Doubtful, Unreachable
from app.mapping.model import OnConflict
from app.mapping.values import Fields
from app.store import backlog, calls, history, links, questions, stories
from tests.support.interrupted import InterruptedVendor
from tests.support.kinds import NewWorld
from tests.support.world import World, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO


class ShorteningVendor(InterruptedVendor):
    """Holds names of at most ten characters, without a word about it."""

    async def send(
        self, request: Request, verb: Verb, object: str, elements: Sequence[Element], priority: Priority
    ) -> Sequence[Answer]:
        short = [replace(element, fields=shortened(element.fields)) for element in elements]
        cut = self.prepare(verb, object, short, request.idempotency_key)
        return await super().send(cut, verb, object, short, priority)


def shortened(fields: Fields) -> Fields:
    return {name: value[:10] if name == "Name" and isinstance(value, str) else value for name, value in fields.items()}


async def linked(world: World) -> tuple[str, str]:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.drain()
    world.clock.advance(60)
    return account, world.only(XERO).ref.id


async def test_a_call_and_its_intents_are_on_disk_before_it_leaves(world: World) -> None:
    on_disk: list[Mapping[str, object]] = []

    async def look() -> None:
        found = await world.database.read(lambda conn: calls.unresolved(conn, world.lane))
        on_disk.extend({"body": each.request.body, "source": each.intents[0].source.id} for each in found)

    world.xero.interrupt("send", "before", look)
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()

    sent = next(call.request for call in world.xero.calls if call.request)
    assert on_disk == [{"body": sent.body, "source": account}]


async def test_what_is_sent_again_is_the_same_to_the_byte_under_the_same_key(world: World) -> None:
    account, _ = await linked(world)
    world.xero.fail_next(Doubtful("the connection was cut"))
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    await world.edit(SALESFORCE, account, Phone="03 333")
    world.clock.advance(10)
    await world.drain()

    lost, again, *_ = [call.request for call in world.xero.calls if call.verb is Verb.UPDATE]
    assert lost == again
    assert world.only(XERO).fields["Phones"] == phone("03 333")


@pytest.mark.memory
async def test_base_is_what_the_vendor_acknowledged_and_not_what_was_sent(new_world: NewWorld) -> None:
    world = new_world()
    world.xero = ShorteningVendor(XERO, world.clock)
    world.restart()
    await world.edit(SALESFORCE, None, Name="Ridgeway and Daughters")
    await world.drain()
    await world.push(XERO, world.only(XERO).ref.id)
    await world.drain()

    (link,) = (
        await world.database.read(lambda conn: links.of(conn, world.sync.name, [world.only(XERO).ref]))
    ).popitem()[1]
    assert link.base["Name:Name"] == ("Ridgeway and Daughters", "Ridgeway a")
    assert world.only(SALESFORCE).fields["Name"] == "Ridgeway and Daughters"


async def test_a_vendor_that_is_away_again_and_again_costs_its_records_nothing(world: World) -> None:
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    for _ in range(12):
        world.xero.fail_next(Unreachable("offline"))
        await world.drain()
        world.clock.advance(30)
    await world.drain()
    assert world.only(XERO).fields["Name"] == "Ridgeway"
    assert await world.dead() == []


async def test_the_same_edit_on_both_sides_is_no_question(new_world: NewWorld) -> None:
    ask = accounts_sync(
        lambda mapping: replace(
            mapping, fields=tuple(replace(rule, on_conflict=OnConflict.ASK) for rule in mapping.fields)
        )
    )
    world = new_world(ask)
    account, contact = await linked(world)
    await world.edit(SALESFORCE, account, Phone="03 999")
    await world.edit(XERO, contact, Phones=phone("03 999"))
    await world.drain()
    assert await world.database.read(questions.open_questions) == ()

    await world.edit(SALESFORCE, account, Phone="03 111")
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 111")


async def test_the_story_of_a_record_tells_event_rule_diff_call_and_answer(world: World) -> None:
    account, contact = await linked(world)
    await world.edit(XERO, contact, EmailAddress="a@ridgeway.example")
    await world.drain()
    ref = world.only(SALESFORCE).ref
    story = await world.database.read(lambda conn: stories.of_record(conn, ref, [world.sync.name]))

    newest = story.history[0]
    assert [told.outcome for told in story.events] == ["applied"]
    assert newest.changes["Email__c:EmailAddress"] == {
        "target": "salesforce",
        "before": None,
        "after": "a@ridgeway.example",
        "rule": "edited in xero",
        "conflict": False,
    }
    call = story.calls[newest.call_id or 0]
    assert (call.result, account in call.request.body) == ("answered", True)


async def test_the_story_of_a_write_found_after_doubt_tells_before_and_after(world: World) -> None:
    account, _ = await linked(world)
    world.xero.fail_next(Doubtful("the connection was cut"), carried_out=True)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    world.clock.advance(10)
    await world.drain()
    entries = await world.database.read(lambda conn: history.of_record(conn, world.only(XERO).ref))
    (found,) = [entry for entry in entries if "in doubt was found" in entry.reason]
    change = found.changes["Phone:Phones.DEFAULT"]
    assert isinstance(change, dict)
    assert (change["before"], change["after"]) == ("03 111", "03 222")


async def test_a_refused_record_tells_why_it_stands(world: World) -> None:
    world.salesforce.hidden.add("nobody")
    account, _ = await linked(world)
    world.xero.fail_next(Unreachable("offline"))
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    (standing,) = await world.database.read(lambda conn: backlog.of_record(conn, world.only(SALESFORCE).ref))
    assert "offline" in str(standing.reason) or "unavailable" in str(standing.reason)
