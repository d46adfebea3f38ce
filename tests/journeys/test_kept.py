"""Where Xero takes an empty text for no text at all, what a person has emptied in Salesforce is not forgotten."""

from dataclasses import replace

import pytest

from app.cli import decide as decide_command
from app.engine.ledger import Take
from app.engine.records import System
from app.errors import CrossbookError
from app.mapping.model import Direction, Mapping
from app.store import history, questions
from tests.journeys.test_answers import asked, decide
from tests.support.kinds import KEEPS_UNSEEN, NewWorld
from tests.support.world import World, accounts_sync

SALESFORCE, XERO = System.SALESFORCE, System.XERO

pytestmark = pytest.mark.parametrize("kind", ["xero empty_clears", KEEPS_UNSEEN], indirect=True)


@pytest.fixture
async def keeping(new_world: NewWorld) -> World:
    """A customer whose e-mail address was emptied in Salesforce, and kept in Xero."""
    world: World = new_world()
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="ar@ridgeway.test", Phone="03 111")
    await world.drain()
    world.clock.advance(60)
    await world.edit(SALESFORCE, account, Email__c=None)
    await world.drain()
    return world


def addresses(world: World) -> tuple[object, object]:
    return world.only(SALESFORCE).fields["Email__c"], world.only(XERO).fields["EmailAddress"]


async def test_a_person_is_asked_about_what_xero_kept_though_it_was_to_be_emptied(keeping: World) -> None:
    question = await asked(keeping)
    assert question.topic == "kept:Email__c:EmailAddress"
    assert "still holds what is blank in Salesforce" in str(question.detail["why"])
    assert addresses(keeping) == (None, "ar@ridgeway.test")


async def test_the_question_stays_as_long_as_xero_keeps_it(keeping: World) -> None:
    question = await asked(keeping)
    await keeping.edit(SALESFORCE, keeping.only(SALESFORCE).ref.id, Phone="03 222")
    await keeping.drain()
    assert (await asked(keeping)).id == question.id


async def test_an_edit_in_xero_of_something_else_does_not_bring_back_what_was_emptied(keeping: World) -> None:
    keeping.clock.advance(60)
    await keeping.edit(XERO, keeping.only(XERO).ref.id, Website="https://ridgeway.test")
    await keeping.drain()
    assert addresses(keeping) == (None, "ar@ridgeway.test")


async def test_emptied_by_hand_in_xero_the_question_is_withdrawn(keeping: World) -> None:
    await keeping.edit(XERO, keeping.only(XERO).ref.id, EmailAddress="")
    await keeping.drain()
    assert await keeping.database.read(questions.open_questions) == ()
    assert addresses(keeping) == (None, "")


async def test_entered_in_salesforce_again_the_question_is_withdrawn(keeping: World) -> None:
    await keeping.edit(SALESFORCE, keeping.only(SALESFORCE).ref.id, Email__c="ar@ridgeway.test")
    await keeping.drain()
    assert await keeping.database.read(questions.open_questions) == ()
    assert addresses(keeping) == ("ar@ridgeway.test", "ar@ridgeway.test")


async def test_of_a_field_that_only_goes_to_xero_nothing_is_written_to_salesforce(new_world: NewWorld) -> None:
    world: World = new_world(accounts_sync(one_way))
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="ar@ridgeway.test")
    await world.drain()
    await world.edit(SALESFORCE, account, Email__c=None)
    await world.drain()
    with pytest.raises(CrossbookError, match="xero is no answer"):
        await decide_command.carry_out(world.runtime, account, Take.XERO)
    await world.drain()
    assert addresses(world) == (None, "ar@ridgeway.test")


def one_way(mapping: Mapping) -> Mapping:
    rules = (
        replace(rule, direction=Direction.TO_XERO) if rule.xero.path == "EmailAddress" else rule
        for rule in mapping.fields
    )
    return replace(mapping, fields=tuple(rules))


async def test_written_once_more_and_kept_again_it_is_asked_again(keeping: World) -> None:
    await decide(keeping, Take.SALESFORCE)
    await keeping.drain()
    assert addresses(keeping) == (None, "ar@ridgeway.test")
    assert (await asked(keeping)).topic == "kept:Email__c:EmailAddress"
    told = await keeping.database.read(lambda conn: history.of_record(conn, keeping.only(XERO).ref))
    assert sum("a person decided" in entry.reason for entry in told) == 1


async def test_left_apart_they_are_no_question_until_one_of_them_changes(keeping: World) -> None:
    await decide(keeping, Take.LEAVE)
    await keeping.drain()
    assert await keeping.database.read(questions.open_questions) == ()
    await keeping.edit(SALESFORCE, keeping.only(SALESFORCE).ref.id, Email__c="new@ridgeway.test")
    await keeping.drain()
    assert addresses(keeping) == ("new@ridgeway.test", "new@ridgeway.test")
