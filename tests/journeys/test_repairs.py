"""Trouble, what the commands show of it, a person's answer, and all is well again."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from app.cli import (
    decide,
    dismiss,
    errors,
    hold,
    link,
    naming,
    pause,
    questions,
    release,
    replay,
    resume,
    retry,
    status,
    telling_why,
    unlink,
)
from app.cli.answers import Told
from app.engine.actions import Declined
from app.engine.ledger import Question, Take
from app.engine.records import RecordRef, System
from app.engine.retry import DOUBT_SECONDS
from app.engine.topics import besides
from app.errors import CrossbookError, Doubtful
from app.mapping.expressions import compile_condition
from app.mapping.model import Guard
from app.store import questions as asked_questions
from app.store import runs
from tests.support.kinds import NewWorld
from tests.support.people import People, people_sync
from tests.support.records import NOON
from tests.support.world import World, accounts_sync, phone

SALESFORCE, XERO = System.SALESFORCE, System.XERO
REFUSED = Declined("email", "Email address must be valid.")


async def linked(world: World, name: str = "Ridgeway") -> tuple[str, str]:
    account = await world.edit(SALESFORCE, None, Name=name, Phone="03 111", Email__c="a@ridgeway.example")
    await world.drain()
    world.clock.advance(60)
    return account, world.xero.all("Contact")[-1].ref.id


async def typed(world: World, told: Told) -> str:
    """What the command printed; then the worker it rang for works."""
    await world.drain()
    await world.drain()
    return "\n".join(told.lines)


async def test_an_ambiguous_account_is_tied_to_the_one_a_person_names(world: World) -> None:
    ids = [
        world.xero.put("Contact", None, {"Name": name, "EmailAddress": "office@ridgeway.example"})
        for name in ("Ridgeway North", "Ridgeway South")
    ]
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="office@ridgeway.example", Phone="03 111")
    await world.drain()
    shown = "\n".join((await questions.carry_out(world.runtime)).lines)
    assert all(each in shown for each in ids)
    assert all(f"crossbook link {account} {id}" in shown for id in ids)
    assert all(f"('{name}', 'office@ridgeway.example')" in shown for name in ("Ridgeway North", "Ridgeway South"))
    assert "are linked by accounts/" in await typed(world, await link.carry_out(world.runtime, account[:15], ids[1]))
    held = {seen.ref.id: seen.fields.get("Phones") or None for seen in world.xero.all("Contact")}
    assert held == {ids[0]: None, ids[1]: phone("03 111")}
    assert (await questions.carry_out(world.runtime)).document == {"questions": []}


async def test_a_dead_letter_says_what_is_wrong_and_who_can_mend_it_and_is_retried(world: World) -> None:
    world.xero.decline_next(REFUSED)
    account = await world.edit(SALESFORCE, None, Name="Ridgeway", Email__c="o@ridgeway.example")
    await world.drain()
    shown = "\n".join((await errors.carry_out(world.runtime)).lines)
    assert f"salesforce:Account:{account} in accounts/Contact (email" in shown
    assert "The e-mail address is not one that the other system accepts. Email address must be valid." in shown
    assert "who: whoever keeps the record" in shown
    assert f"crossbook retry {account}" in shown
    assert "is tried again" in await typed(world, await retry.carry_out(world.runtime, account))
    assert world.only(XERO).fields["Name"] == "Ridgeway"
    assert (await errors.carry_out(world.runtime)).document == {"errors": []}
    assert await world.outcomes() == {"applied": 1, "superseded": 1}


async def test_dead_letters_are_retried_all_at_once_or_by_their_code(world: World) -> None:
    for name, declined in (("A", REFUSED), ("B", REFUSED), ("C", Declined("validation", "no"))):
        world.xero.decline_next(declined)
        await world.edit(SALESFORCE, None, Name=name)
        await world.drain()
    retried = await retry.carry_out(world.runtime, code="email")
    assert len(retried.lines) == 2
    await typed(world, retried)
    assert await world.dead() == ["validation"]
    await typed(world, await retry.carry_out(world.runtime))
    assert await world.dead() == []
    with pytest.raises(CrossbookError, match="there are no dead letters"):
        await retry.carry_out(world.runtime)


async def test_a_dead_letter_that_is_dismissed_comes_back_when_the_record_changes(world: World) -> None:
    world.xero.decline_next(REFUSED)
    account = await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert "is put away" in await typed(world, await dismiss.carry_out(world.runtime, account))
    assert await world.dead() == []
    assert await world.outcomes() == {"filtered": 1}
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    with pytest.raises(CrossbookError, match="neither a dead letter nor a question"):
        await dismiss.carry_out(world.runtime, account)


async def test_a_pair_that_is_taken_apart_never_finds_itself_again(world: World) -> None:
    account, contact = await linked(world)
    assert "are no longer linked; both are paused" in await typed(world, await unlink.carry_out(world.runtime, contact))
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.edit(XERO, contact, EmailAddress="new@ridgeway.example")
    await world.drain()
    assert await world.link_count() == 0
    assert world.only(XERO).fields["Phones"] == phone("03 111")
    await typed(world, await resume.carry_out(world.runtime, account))
    await typed(world, await resume.carry_out(world.runtime, contact))
    assert await world.link_count() == 0
    assert (world.only(SALESFORCE).fields["Phone"], world.only(XERO).fields["Phones"]) == ("03 222", phone("03 111"))
    asked = await world.database.read(asked_questions.open_questions)
    assert [each.topic for each in asked] == ["ambiguous", "ambiguous"], (
        "nor is either made anew unless a person says so"
    )
    await typed(world, await link.carry_out(world.runtime, account, contact))
    assert await world.link_count() == 1


async def test_an_answer_about_one_record_answers_no_question_that_merely_names_it(world: World) -> None:
    account, contact = await linked(world)
    await typed(world, await unlink.carry_out(world.runtime, account))
    for record in (account, contact):
        await typed(world, await resume.carry_out(world.runtime, record))
    await typed(world, await decide.carry_out(world.runtime, contact, Take.LEAVE))
    (left,) = await world.database.read(asked_questions.open_questions)
    assert left.ref.id == account
    assert len(world.xero.all("Contact")) == len(world.salesforce.all("Account")) == 1


@pytest.mark.parametrize("edited", [False, True])
async def test_a_contact_that_was_taken_apart_is_not_written_over_its_former_account(
    world: World, *, edited: bool
) -> None:
    contact = await world.edit(XERO, None, Name="Ridgeway", EmailAddress="old@ridgeway.example", IsCustomer=True)
    await world.drain()
    world.clock.advance(60)
    account = world.only(SALESFORCE).ref.id
    await typed(world, await unlink.carry_out(world.runtime, account))
    if edited:
        await world.edit(SALESFORCE, account, Name="Somebody", Email__c="new@somebody.example")
    await typed(world, await resume.carry_out(world.runtime, contact))
    for _ in range(3):
        world.clock.advance(60)
        await world.drain()
    kept = world.only(SALESFORCE).fields
    assert (kept["Name"], kept["Email__c"]) == (
        ("Somebody", "new@somebody.example") if edited else ("Ridgeway", "old@ridgeway.example")
    )
    (asked,) = await world.database.read(asked_questions.open_questions)
    assert (asked.topic, asked.detail["candidates"]) == ("ambiguous", [f"salesforce:Account:{account}"])
    await typed(world, await decide.carry_out(world.runtime, contact, Take.CREATE))
    (asked,) = await world.database.read(asked_questions.open_questions)
    assert (asked.topic, asked.detail["holder"]) == ("key_held", f"salesforce:Account:{account}")
    assert f"crossbook link {account} {contact}" in besides(asked)
    assert world.only(SALESFORCE).fields["Name"] == kept["Name"]


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_contact_whose_id_an_account_of_somebody_else_carries_is_not_written_over_it(
    world: World, *, deleted: bool
) -> None:
    _, holder = await held_by_another(world)
    assert "Fresh customer" not in {seen.fields["Name"] for seen in world.salesforce.all("Account")}
    assert [each.topic for each in await world.database.read(asked_questions.open_questions)] == ["key_held"]
    if deleted:
        world.salesforce.delete("Account", holder)
        await world.push(SALESFORCE, holder)
    else:
        await world.edit(SALESFORCE, holder, Xero_Contact_Id__c=None)
    await world.drain()
    await world.drain()
    assert "Fresh customer" in {seen.fields["Name"] for seen in world.salesforce.all("Account")}
    assert await world.database.read(asked_questions.open_questions) == ()


async def test_an_account_that_takes_no_part_but_carries_the_id_is_not_written_over(new_world: NewWorld) -> None:
    customers = compile_condition('salesforce.Type == "Customer"')
    world = new_world(accounts_sync(lambda mapping: replace(mapping, only_salesforce=customers)))
    contact = world.xero.put("Contact", None, {"Name": "Fresh", "IsCustomer": True})
    prospect = {"Name": "Prospect Ltd", "Type": "Prospect", "Xero_Contact_Id__c": contact}
    account = world.salesforce.put("Account", None, prospect)
    world.clock.advance(60)
    await world.push(XERO, contact)
    await world.drain()
    kept = world.salesforce.get("Account", account)
    assert kept
    assert kept.fields["Name"] == "Prospect Ltd"
    assert [each.topic for each in await world.database.read(asked_questions.open_questions)] == ["key_held"]


async def test_what_was_decided_to_be_made_anew_is_made_when_the_id_is_cleared(world: World) -> None:
    contact = await world.edit(XERO, None, Name="Ridgeway", IsCustomer=True)
    await world.drain()
    world.clock.advance(60)
    account = world.only(SALESFORCE).ref.id
    await typed(world, await unlink.carry_out(world.runtime, account))
    await world.edit(XERO, contact, Name="Hillside")
    await typed(world, await resume.carry_out(world.runtime, contact))
    await typed(world, await decide.carry_out(world.runtime, contact, Take.CREATE))
    await typed(world, await resume.carry_out(world.runtime, account))
    await world.edit(SALESFORCE, account, Xero_Contact_Id__c=None)
    await world.drain()
    await world.drain()
    assert sorted(str(seen.fields["Name"]) for seen in world.salesforce.all("Account")) == ["Hillside", "Ridgeway"]


async def test_to_leave_an_id_that_is_held_is_over_when_it_is_cleared(world: World) -> None:
    contact, holder = await held_by_another(world)
    await typed(world, await decide.carry_out(world.runtime, contact, Take.LEAVE))
    assert await world.database.read(asked_questions.open_questions) == ()
    await world.edit(SALESFORCE, holder, Xero_Contact_Id__c=None)
    await world.drain()
    await world.drain()
    assert "Fresh customer" in {seen.fields["Name"] for seen in world.salesforce.all("Account")}


async def held_by_another(world: World) -> tuple[str, str]:
    """A new contact, and the account that carries its id though it is tied to another one."""
    contact = await world.edit(XERO, None, Name="First", IsCustomer=True)
    await world.drain()
    other = await world.edit(XERO, None, Name="Second", IsCustomer=True)
    await world.drain()
    world.clock.advance(60)
    held = {seen.fields["Name"]: seen.ref.id for seen in world.salesforce.all("Account")}
    for account in held.values():
        await typed(world, await unlink.carry_out(world.runtime, account))
    await typed(world, await link.carry_out(world.runtime, held["First"], other))
    world.clock.advance(60)
    await world.edit(XERO, contact, Name="Fresh customer")
    await typed(world, await resume.carry_out(world.runtime, contact))
    return contact, held["First"]


async def test_when_the_one_it_was_taken_apart_from_goes_a_record_is_created_anew(world: World) -> None:
    contact = await world.edit(XERO, None, Name="Ridgeway", EmailAddress="a@ridgeway.example", IsCustomer=True)
    await world.drain()
    world.clock.advance(60)
    account = world.only(SALESFORCE).ref.id
    await typed(world, await unlink.carry_out(world.runtime, account))
    for record in (account, contact):
        await typed(world, await resume.carry_out(world.runtime, record))
    asked = {each.ref.id: each for each in await world.database.read(asked_questions.open_questions)}
    assert str(asked[contact].detail["why"]).startswith("a person took it apart from what shares its ")
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    for _ in range(3):
        await world.drain()
        world.clock.advance(60)
    assert [seen.fields["Name"] for seen in world.salesforce.all("Account") if seen.presence == "live"] == ["Ridgeway"]
    assert await world.database.read(asked_questions.open_questions) == ()


async def test_a_lost_create_does_not_tie_what_was_taken_apart(world: World) -> None:
    account, contact = await linked(world)
    await typed(world, await unlink.carry_out(world.runtime, account))
    await world.edit(XERO, contact, Name="Somebody else", EmailAddress="new@somebody.example")
    await typed(world, await resume.carry_out(world.runtime, account))
    world.xero.fail_next(Doubtful("cut"), carried_out=False)
    await typed(world, await decide.carry_out(world.runtime, account, Take.CREATE))
    for _ in range(20):
        world.clock.advance(30)
        await world.drain()
    assert world.only(SALESFORCE).fields["Name"] == "Ridgeway"
    assert await world.link_count() == 0
    assert [each.topic for each in await world.database.read(asked_questions.open_questions)] == ["taken"]


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("edited", [False, True])
async def test_a_lost_create_is_not_taken_for_a_contact_that_was_there_before(
    new_world: NewWorld, *, answered: bool, edited: bool
) -> None:
    customers = compile_condition("xero.IsCustomer == true")
    world = new_world(accounts_sync(lambda mapping: replace(mapping, only_xero=customers)))
    account = world.salesforce.put("Account", None, {"Name": "Ridgeway", "Phone": "03 111"})
    supplier = {"Name": "Supplier Ltd", "ContactNumber": account, "EmailAddress": "s@supplier.example"}
    known = world.xero.put("Contact", None, supplier)
    world.clock.advance(60)
    await world.push(SALESFORCE, account)
    world.xero.fail_next(Doubtful("cut", answered=answered), carried_out=False)
    await world.drain()
    if edited:
        await world.edit(XERO, known, EmailAddress="new@supplier.example")
    for _ in range(20):
        await world.drain()
        world.clock.advance(30)
    assert await world.link_count() == 0
    await world.edit(XERO, known, IsCustomer=True)
    for _ in range(3):
        await world.drain()
        world.clock.advance(30)
    assert world.only(SALESFORCE).fields["Name"] == "Ridgeway"


async def test_a_wrong_pair_is_taken_apart_and_the_right_one_tied(world: World) -> None:
    account, wrong = await linked(world)
    right = world.xero.put("Contact", None, {"Name": "Ridgeway Ltd"})
    with pytest.raises(CrossbookError, match=f"is linked to xero:Contact:{wrong}; crossbook unlink"):
        await link.carry_out(world.runtime, account, right)
    await typed(world, await unlink.carry_out(world.runtime, account))
    await typed(world, await link.carry_out(world.runtime, account, right))
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    held = {seen.ref.id: seen.fields.get("Phones") or None for seen in world.xero.all("Contact")}
    assert held == {wrong: phone("03 111"), right: phone("03 222")}


async def test_a_record_that_is_gone_cannot_be_linked(world: World) -> None:
    account, contact = await linked(world)
    await unlink.carry_out(world.runtime, account)
    world.salesforce.delete("Account", account)
    await world.push(SALESFORCE, account)
    await typed(world, await resume.carry_out(world.runtime, account))
    with pytest.raises(CrossbookError, match=f"salesforce:Account:{account} is deleted"):
        await link.carry_out(world.runtime, account, contact)


@pytest.mark.parametrize("what", ["accounts", "accounts/accounts", "record"])
async def test_what_is_paused_is_resumed_by_the_same_name(world: World, what: str) -> None:
    account, _ = await linked(world)
    (mapping,) = world.sync.mappings
    named = {"record": account, "accounts/accounts": f"accounts/{mapping}"}.get(what, what)
    assert "is paused" in await typed(world, await pause.carry_out(world.runtime, named, "month end"))
    await world.edit(SALESFORCE, account, Phone="03 222")
    await world.drain()
    assert world.only(XERO).fields["Phones"] == phone("03 111")
    assert "goes on" in await typed(world, await resume.carry_out(world.runtime, named))
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    with pytest.raises(CrossbookError, match="is not paused"):
        await resume.carry_out(world.runtime, named)


async def test_a_lane_is_held_and_released_by_hand(world: World) -> None:
    told = await hold.carry_out(world.runtime, "accounts", "month end")
    assert "crossbook release accounts/Contact" in await typed(world, told)
    await world.edit(SALESFORCE, None, Name="Ridgeway")
    await world.drain()
    assert world.xero.all("Contact") == []
    assert "was held already" in "\n".join((await hold.carry_out(world.runtime, world.lane, "again")).lines)
    assert "the guard counts from here" in await typed(world, await release.carry_out(world.runtime, world.lane, None))
    assert world.only(XERO).fields["Name"] == "Ridgeway"
    with pytest.raises(CrossbookError, match="is not held"):
        await release.carry_out(world.runtime, world.lane, None)


async def test_status_and_why_tell_of_holds_pauses_and_dead_letters(world: World) -> None:
    account, _ = await linked(world)
    world.salesforce.decline_next(REFUSED, id=account)
    contact = await world.edit(XERO, world.only(XERO).ref.id, Phones=phone("03 444"))
    await world.drain()
    await world.edit(SALESFORCE, account, Phone="03 222")
    await pause.carry_out(world.runtime, account, "Ridgeway is audited")
    await world.drain()
    await hold.carry_out(world.runtime, world.lane, "month end")
    shown = "\n".join(status.lines(await status._look(world.runtime)))
    assert "HELD since" in shown
    assert "(month end)" in shown
    assert f"record:accounts:salesforce:Account:{account}" in shown
    assert "(Ridgeway is audited); 1 rest" in shown
    assert "Who: whoever keeps the record. Next: correct the record" in shown
    (of_account,) = await naming.known(world.runtime, account)
    told = "\n".join(telling_why.lines(of_account))
    assert "STOPPED: nobody works on accounts/Contact: month end" in told
    assert f"waits for pause:record:accounts:salesforce:Account:{account}" in told
    (of_contact,) = await naming.known(world.runtime, contact)
    assert "Who: whoever keeps the record" in "\n".join(telling_why.lines(of_contact))


async def test_what_the_guard_held_goes_on_as_far_as_a_person_lets_it(new_world: NewWorld) -> None:
    world = new_world(replace(accounts_sync(), guard=Guard(create=2)))
    for number in range(9):
        await world.edit(SALESFORCE, None, Name=f"Customer {number}")
    await world.drain()
    assert len(world.xero.all("Contact")) == 2
    await typed(world, await release.carry_out(world.runtime, "accounts", 3))
    assert len(world.xero.all("Contact")) == 7
    await typed(world, await release.carry_out(world.runtime, "accounts", None))
    world.clock.advance(DOUBT_SECONDS)  # for answers that do not tell which element is which
    await world.drain()
    assert len(world.xero.all("Contact")) == 9
    assert set(await world.outcomes()) <= {"applied", "unchanged"}


async def test_one_record_is_replayed_as_a_persons_wish(world: World) -> None:
    account, _ = await linked(world)
    world.salesforce.put("Account", account, {"Phone": "03 222"})
    assert "will be looked at again" in await typed(world, await replay.carry_out(world.runtime, account))
    assert world.only(XERO).fields["Phones"] == phone("03 222")
    (run,) = await world.database.read(runs.latest)
    assert (run.kind, run.counts, run.finished_at is not None) == ("replay", {"records": 1}, True)


async def test_one_of_two_that_were_taken_apart_waits_for_a_person_and_makes_no_double(world: World) -> None:
    account, contact = await linked(world)
    await typed(world, await unlink.carry_out(world.runtime, account))
    await typed(world, await resume.carry_out(world.runtime, contact))
    assert await world.link_count() == 0
    assert len(world.xero.all("Contact")) == len(world.salesforce.all("Account")) == 1
    await typed(world, await resume.carry_out(world.runtime, account))
    await typed(world, await link.carry_out(world.runtime, account, contact))
    assert await world.link_count() == 1
    assert len(world.xero.all("Contact")) == len(world.salesforce.all("Account")) == 1


@pytest.mark.parametrize("by", ["sync", "since"])
async def test_all_of_a_sync_or_since_an_instant_are_replayed(world: World, by: str) -> None:
    first, _ = await linked(world)
    world.clock.advance(3600)
    since = world.clock.now()
    second, _ = await linked(world, "Harbour Cafe")
    for account in (first, second):
        world.salesforce.put("Account", account, {"Phone": "03 222"})
    chosen = (since, None) if by == "since" else (None, "accounts")
    await typed(world, await replay.carry_out(world.runtime, None, *chosen))
    phones = [seen.fields["Phones"] for seen in world.xero.all("Contact")]
    assert phones == [phone("03 111" if by == "since" else "03 222"), phone("03 222")]
    with pytest.raises(CrossbookError, match="there is no sync elsewhere"):
        await replay.carry_out(world.runtime, sync="elsewhere")


async def test_what_names_nothing_or_too_much_is_said_clearly(world: World) -> None:
    account, contact = await linked(world)
    unknown = "001999999999999AAA"
    with pytest.raises(CrossbookError, match=f"nothing is known of {unknown}"):
        await decide.carry_out(world.runtime, unknown, Take.LEAVE)
    with pytest.raises(CrossbookError, match="nothing is asked about"):
        await decide.carry_out(world.runtime, account, Take.LEAVE)
    with pytest.raises(CrossbookError, match="is no dead letter; crossbook why"):
        await retry.carry_out(world.runtime, account)
    with pytest.raises(CrossbookError, match="a Salesforce id comes first"):
        await link.carry_out(world.runtime, contact, account)
    with pytest.raises(CrossbookError, match="INV-0001 is no id of a Xero record"):
        await link.carry_out(world.runtime, account, "INV-0001")
    with pytest.raises(CrossbookError, match="neither a lane nor a sync; lanes are: accounts/Contact"):
        await hold.carry_out(world.runtime, "contacts", "month end")
    with pytest.raises(CrossbookError, match="no mapping of the sync accounts"):
        await pause.carry_out(world.runtime, "accounts/suppliers", "month end")


async def test_what_was_asked_about_a_pair_is_no_question_once_it_is_taken_apart(world: World) -> None:
    loser, _ = await linked(world)
    world.clock.advance(60)
    survivor = await world.edit(SALESFORCE, None, Name="Ridgeway Ltd")
    await world.drain()
    world.clock.advance(60)
    world.salesforce.merge("Account", loser, survivor)
    await world.push(SALESFORCE, loser)
    await world.drain()
    (asked,) = await world.database.read(asked_questions.open_questions)
    assert asked.topic == "merged"
    await unlink.carry_out(world.runtime, loser)
    await world.drain()
    assert (await questions.carry_out(world.runtime)).document == {"questions": []}


async def test_the_questions_say_how_many_more_there_are(world: World) -> None:
    asked = [
        Question(world.lane, "customers", RecordRef(SALESFORCE, "Account", f"001{n}"), "invisible", {})
        for n in range(questions.MOST_SHOWN + 7)
    ]

    def ask(conn: Connection) -> None:
        for each in asked:
            asked_questions.ask(conn, each, NOON)

    await world.database.run(ask)
    told = await questions.carry_out(world.runtime)
    assert told.lines[-1] == "and 7 more; crossbook questions --json lists them all"


async def test_who_is_only_part_of_an_account_is_not_paused_alone(new_world: NewWorld) -> None:
    world = new_world(people_sync())
    await world.reconcile()
    people = People(world)
    account = await people.customer("Ridgeway")
    bell = await people.enter(None, AccountId=account, LastName="Bell")
    await world.drain()
    with pytest.raises(CrossbookError, match="has no counterpart of its own; pause the record that it is part of"):
        await pause.carry_out(world.runtime, bell, "month end")
