"""What people decide is followed once, as long as it still fits what they were shown."""

from dataclasses import replace

import pytest

from app.engine.ledger import Question, Take
from app.engine.records import System
from app.errors import Doubtful, Unreachable
from app.mapping.model import Mapping, OnConflict
from app.store import history, questions
from tests.support.kinds import NewWorld
from tests.support.world import World, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO


def asking(mapping: Mapping) -> Mapping:
    return replace(mapping, fields=tuple(replace(rule, on_conflict=OnConflict.ASK) for rule in mapping.fields))


@pytest.fixture
async def torn(new_world: NewWorld) -> World:
    """A customer whose phone both sides have edited, and a person is asked."""
    world: World = new_world(accounts_sync(asking))
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.drain()
    world.clock.advance(60)
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.edit(XERO, world.only(XERO).ref.id, Phones=phone("03 999"))
    await world.drain()
    return world


async def asked(world: World) -> Question:
    (question,) = await world.database.read(questions.open_questions)
    return question


async def decide(world: World, take: Take) -> None:
    question, now = await asked(world), world.clock.now()
    assert await world.database.run(lambda conn: questions.decide(conn, question.id, take, now))


def phones(world: World) -> tuple[object, object]:
    number = world.only(XERO).fields["Phones"]
    assert isinstance(number, list)
    return world.only(SALESFORCE).fields["Phone"], number[0]["PhoneNumber"]


@pytest.mark.parametrize(("take", "stands"), [(Take.SALESFORCE, "03 222"), (Take.XERO, "03 999")])
async def test_the_side_that_a_person_takes_stands(torn: World, take: Take, stands: str) -> None:
    await decide(torn, take)
    await torn.drain()
    assert phones(torn) == (stands, stands)
    assert await torn.database.read(questions.open_questions) == ()
    told = await torn.database.read(lambda conn: history.of_record(conn, torn.only(XERO).ref))
    assert any("a person decided" in entry.reason for entry in told)


async def test_a_decision_is_followed_once(torn: World) -> None:
    await decide(torn, Take.SALESFORCE)
    await torn.drain()
    torn.clock.advance(60)
    await torn.edit(SALESFORCE, torn.only(SALESFORCE).ref.id, Phone="03 444")
    await torn.edit(XERO, torn.only(XERO).ref.id, Phones=phone("03 999"))
    await torn.drain()
    assert (await asked(torn)).detail["salesforce"] == "03 444"
    assert phones(torn) == ("03 444", "03 999")


async def test_what_was_entered_after_the_question_on_the_losing_side_is_asked_about_again(torn: World) -> None:
    await decide(torn, Take.SALESFORCE)
    await torn.edit(XERO, torn.only(XERO).ref.id, Phones=phone("03 555"))
    await torn.drain()
    assert phones(torn) == ("03 222", "03 555")
    assert (await asked(torn)).detail["xero"] == "03 555"
    await decide(torn, Take.SALESFORCE)
    await torn.drain()
    assert phones(torn) == ("03 222", "03 222")


async def test_what_was_entered_after_the_question_on_the_winning_side_wins(torn: World) -> None:
    await decide(torn, Take.SALESFORCE)
    await torn.edit(SALESFORCE, torn.only(SALESFORCE).ref.id, Phone="03 666")
    await torn.drain()
    assert phones(torn) == ("03 666", "03 666")


async def test_what_a_person_leaves_is_not_asked_again_until_it_changes(torn: World) -> None:
    await decide(torn, Take.LEAVE)
    await torn.drain()
    await torn.edit(SALESFORCE, torn.only(SALESFORCE).ref.id, Email__c="a@ridgeway.example")
    await torn.drain()
    assert torn.only(XERO).fields["EmailAddress"] == "a@ridgeway.example"
    assert (phones(torn), await torn.database.read(questions.open_questions)) == (("03 222", "03 999"), ())
    await torn.edit(XERO, torn.only(XERO).ref.id, Phones=phone("03 555"))
    await torn.drain()
    assert (await asked(torn)).detail["xero"] == "03 555"


async def test_a_decision_outlives_a_vendor_that_is_away(torn: World) -> None:
    await decide(torn, Take.SALESFORCE)
    torn.xero.fail_next(Unreachable("offline"))
    await torn.drain()
    torn.clock.advance(60)
    await torn.drain()
    assert phones(torn) == ("03 222", "03 222")


@pytest.mark.parametrize("carried_out", [False, True])
async def test_a_decision_whose_write_is_left_in_doubt_is_followed_all_the_same(
    torn: World, *, carried_out: bool
) -> None:
    await decide(torn, Take.SALESFORCE)
    torn.xero.fail_next(Doubtful("the connection was cut"), carried_out=carried_out)
    await torn.drain()
    torn.clock.advance(10)
    await torn.drain()
    torn.clock.advance(150)
    await torn.drain()
    assert phones(torn) == ("03 222", "03 222")
    assert await torn.database.read(questions.open_questions) == ()


async def test_a_question_that_settled_itself_takes_no_answer(torn: World) -> None:
    question, now = await asked(torn), torn.clock.now()
    await torn.edit(XERO, torn.only(XERO).ref.id, Phones=phone("03 222"))
    await torn.drain()
    assert not await torn.database.run(lambda conn: questions.decide(conn, question.id, Take.XERO, now))


async def test_a_person_may_have_a_new_record_made_though_others_look_alike(world: World) -> None:
    for name in ("Ridgeway North", "Ridgeway South"):
        world.xero.put("Contact", None, {"Name": name, "EmailAddress": "office@ridgeway.example"})
    await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="office@ridgeway.example")
    await world.drain()
    assert (await asked(world)).topic == "ambiguous"
    await decide(world, Take.CREATE)
    await world.drain()
    assert [seen.fields["Name"] for seen in world.xero.all("Contact")][2:] == ["Ridgeway"]
    assert await world.link_count() == 1
    assert await world.database.read(questions.open_questions) == ()


async def test_a_new_candidate_after_the_answer_is_asked_about_again(world: World) -> None:
    for name in ("Ridgeway North", "Ridgeway South"):
        world.xero.put("Contact", None, {"Name": name, "EmailAddress": "office@ridgeway.example"})
    await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="office@ridgeway.example")
    await world.drain()
    await decide(world, Take.CREATE)
    world.clock.advance(60)
    world.xero.put("Contact", None, {"Name": "Ridgeway East", "EmailAddress": "office@ridgeway.example"})
    await world.drain()
    candidates = (await asked(world)).detail["candidates"]
    assert isinstance(candidates, list)
    assert len(candidates) == 3


@pytest.mark.parametrize(
    ("take", "presence"), [(Take.SALESFORCE, "archived"), (Take.XERO, "live"), (Take.LEAVE, "live")]
)
async def test_a_person_decides_what_becomes_of_the_contact_of_a_deleted_account(
    world: World, take: Take, presence: str
) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.clock.advance(60)
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    await world.edit(XERO, world.only(XERO).ref.id, EmailAddress="new@ridgeway.example")
    await world.drain()
    await decide(world, take)
    await world.drain()
    assert world.only(XERO).presence == presence
    assert await world.database.read(questions.open_questions) == ()
    await world.push(SALESFORCE, account)
    await world.drain()
    assert world.only(XERO).presence == presence
    assert await world.database.read(questions.open_questions) == ()


@pytest.mark.likely
async def test_a_name_that_is_taken_may_be_left_so(world: World) -> None:
    for _ in range(2):
        await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    world.clock.advance(20)
    await world.drain()
    waiting = (await asked(world)).ref.id
    await decide(world, Take.LEAVE)
    for _ in range(2):
        await world.drain()
        world.clock.advance(20)
    await world.push(SALESFORCE, waiting)
    for _ in range(2):
        await world.drain()
        world.clock.advance(20)
    assert await world.database.read(questions.open_questions) == ()
    assert await world.dead() == []


async def test_a_record_that_is_seen_again_withdraws_its_question_and_goes_on_from_base(world: World) -> None:
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Phone="03 111")
    await world.drain()
    world.clock.advance(60)
    world.salesforce.hidden.add(account)
    await world.push(SALESFORCE, account)
    await world.edit(XERO, world.only(XERO).ref.id, EmailAddress="new@ridgeway.example")
    await world.drain()
    assert (await asked(world)).topic == "invisible"
    world.salesforce.hidden.clear()
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert await world.database.read(questions.open_questions) == ()
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    assert world.only(SALESFORCE).fields["Email__c"] == "new@ridgeway.example"
