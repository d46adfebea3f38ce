"""An old backup is restored: reconcile heals the difference, and nothing is created twice.

What Crossbook did since the backup it has forgotten, but both systems show it: what was created carries the id of its
counterpart, and an edit that was carried stands on both sides.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli import decide, link
from app.engine.ledger import Take
from app.engine.records import Presence, RecordRef, System
from app.errors import Doubtful
from app.mapping.model import Mapping, OnConflict
from app.simulator.salesforce.objects import OBJECTS
from app.store import backlog, history, questions
from app.store.database import Database
from tests.support.kinds import Kind
from tests.support.moving import Installation, OnPostgresql, OnSqlite
from tests.support.oracle import check_end
from tests.support.postgres import Postgres
from tests.support.simulated.systems import VAULT_KEY
from tests.support.simulated.world import SimulatedWorld
from tests.support.world import World, accounts_sync, phone, settings

SALESFORCE, XERO = System.SALESFORCE, System.XERO
LIVE = Presence.LIVE
OBJECT = {SALESFORCE: "Account", XERO: "Contact"}
HOUR = 3600


class Kept:
    """A world whose database is backed up, and restored later."""

    def __init__(self, world: World, installation: Installation) -> None:
        self.world = world
        self._installation = installation

    async def back_up(self) -> None:
        await self._installation.back_up()
        self.world.clock.advance(60)

    async def restore(self) -> None:
        """The disk is lost an hour later; a worker starts on what the backup held."""
        self.world.clock.advance(HOUR)
        await self._installation.restore()
        self.world.database = self._installation.database
        if isinstance(self.world, SimulatedWorld):
            self._consent_anew(self.world)
        self.world.restart("worker-after")

    def _consent_anew(self, world: SimulatedWorld) -> None:
        """The refresh token of the backup was used up since: a person connects Xero again."""
        world.xero.refresh_token = world.xero.at.consent(world.xero.books.tenant_id)

    async def heal(self) -> None:
        """Reconcile, and once more for what that brought about."""
        for _ in range(2):
            await self.world.reconcile()
            self.world.clock.advance(900)
            await self.world.drain()

    def account(self, name: str) -> str:
        (id,) = [seen.ref.id for seen in self.world.salesforce.all("Account") if seen.fields["Name"] == name]
        return id

    def contact(self, name: str) -> str:
        (id,) = [seen.ref.id for seen in self.world.xero.all("Contact") if seen.fields["Name"] == name]
        return id

    def both(self, name: str) -> tuple[object, ...]:
        """Phone and e-mail address of the customer, as Salesforce and as Xero have them, each having it once."""
        account = self.world.salesforce.get("Account", self.account(name))
        contact = self.world.xero.get("Contact", self.contact(name))
        assert account
        assert contact
        held = account.fields.get("Phone"), account.fields.get("Email__c")
        return *held, contact.fields.get("Phones") or None, contact.fields.get("EmailAddress") or None

    def presence(self, name: str) -> tuple[Presence, ...]:
        account = self.world.salesforce.get("Account", self.account(name))
        contact = self.world.xero.get("Contact", self.contact(name))
        assert account
        assert contact
        return account.presence, contact.presence

    def writes(self) -> int:
        return self.world.writes(SALESFORCE) + self.world.writes(XERO)

    def created(self) -> int:
        """How many records we ever made."""
        changes = (*self.world.salesforce.history, *self.world.xero.history)
        return sum(change.created and change.by == "us" for change in changes)


@pytest.fixture
def policy() -> OnConflict:
    """What the sync file says of conflicts; a test may say otherwise."""
    return OnConflict.LATEST


@pytest.fixture
async def kept(kind: Kind, policy: OnConflict, postgres_server: Postgres, tmp_path: Path) -> AsyncIterator[Kept]:
    clock = kind.clock()
    async with AsyncExitStack() as opened:
        if kind.postgresql:
            urls = [await opened.enter_async_context(postgres_server.fresh()) for _ in range(2)]
            database, empty = [await Database.open(url, clock_now=clock.now) for url in urls]
            for each in (database, empty):
                opened.push_async_callback(each.close)
            keys = settings().model_copy(update={"secret_keys": (VAULT_KEY,)})
            installation: Installation = OnPostgresql(database, empty, tmp_path / "backup.gz", keys)
        else:
            installation = OnSqlite(tmp_path / "crossbook.db", lambda url: Database.direct(url, clock_now=clock.now))
            await installation.database.migrate()
        world = kind.world(
            installation.database, clock, accounts_sync(lambda mapping: deciding(mapping, policy)), OBJECTS
        )
        yield Kept(world, installation)
        await check_end(world.runtime, [])
        if isinstance(world, SimulatedWorld):
            assert not world.xero.world.refusals()


def deciding(mapping: Mapping, policy: OnConflict) -> Mapping:
    return replace(mapping, fields=tuple(replace(rule, on_conflict=policy) for rule in mapping.fields))


async def entered(kept: Kept, name: str, number: str = "03 111") -> str:
    """A customer whom both systems have; the account's id."""
    address = f"{name.lower().replace(' ', '.')}@first.example"
    account = await kept.world.edit(SALESFORCE, None, Name=name, Phone=number, Email__c=address)
    await kept.world.drain()
    return account


async def edit(kept: Kept, system: System, name: str, **fields: object) -> None:
    """A person edits the customer on one side, and the edit arrives on the other."""
    id = kept.account(name) if system is SALESFORCE else kept.contact(name)
    kept.world.clock.advance(60)
    await kept.world.edit(system, id, **fields)
    await kept.world.drain()


async def told(kept: Kept, contact: str) -> set[str]:
    """By which rule the fields that were overwritten in the contact were decided."""
    ref = RecordRef(XERO, "Contact", contact)
    entries = await kept.world.database.read(lambda conn: history.of_record(conn, ref))
    changes = [change for entry in entries if entry.target is XERO for change in entry.changes.values()]
    return {str(change["rule"]) for change in changes if isinstance(change, dict)}


def unheard(kept: Kept, system: System, name: str, **fields: object) -> None:
    """A person edits the customer on one side while nobody listens."""
    id = kept.account(name) if system is SALESFORCE else kept.contact(name)
    kept.world.clock.advance(60)
    kept.world.vendor(system).put("Account" if system is SALESFORCE else "Contact", id, dict(fields))  # type: ignore[arg-type]


@pytest.fixture
async def begun(kept: Kept) -> Kept:
    """Two customers, and reconcile has come so far."""
    for name in ("Ridgeway", "Harbour"):
        await entered(kept, name)
    await kept.heal()
    await kept.back_up()
    return kept


async def test_what_was_created_since_the_backup_is_linked_again_and_not_created_twice(begun: Kept) -> None:
    await entered(begun, "Born in Salesforce")
    await begun.world.edit(XERO, None, Name="Born in Xero", Phones=phone("04 111"))
    await begun.world.drain()
    await begun.restore()
    writes = begun.writes()
    await begun.heal()
    assert begun.writes() == writes, "nothing had to be written"
    assert begun.created() == 4
    assert await begun.world.link_count() == 4
    await edit(begun, XERO, "Born in Salesforce", EmailAddress="new@born.example")
    await edit(begun, SALESFORCE, "Born in Xero", Phone="04 222")
    assert begun.both("Born in Salesforce")[1] == "new@born.example"
    assert begun.both("Born in Xero")[2] == phone("04 222")


async def test_what_was_edited_since_the_backup_stays_on_both_sides(begun: Kept) -> None:
    await edit(begun, SALESFORCE, "Ridgeway", Phone="03 222")
    await edit(begun, XERO, "Ridgeway", EmailAddress="second@ridgeway.example")
    await edit(begun, XERO, "Harbour", Phones=phone("03 333"))
    await begun.restore()
    writes = begun.writes()
    await begun.heal()
    assert begun.writes() == writes
    second = "second@ridgeway.example"
    assert begun.both("Ridgeway") == ("03 222", second, phone("03 222"), second)
    assert begun.both("Harbour")[0] == "03 333"
    assert await begun.world.database.read(questions.open_questions) == ()


async def test_what_was_edited_while_nobody_listened_is_carried_after_the_restore(begun: Kept) -> None:
    await edit(begun, SALESFORCE, "Ridgeway", Phone="03 222")
    await entered(begun, "Born since")
    unheard(begun, SALESFORCE, "Ridgeway", Email__c="late@ridgeway.example")
    unheard(begun, XERO, "Harbour", Phones=phone("03 444"))
    unheard(begun, XERO, "Born since", EmailAddress="late@born.example")
    await begun.restore()
    await begun.heal()
    late = "late@ridgeway.example"
    assert begun.both("Ridgeway") == ("03 222", late, phone("03 222"), late)
    assert begun.both("Harbour")[0] == "03 444"
    late = "late@born.example"
    assert begun.both("Born since") == ("03 111", late, phone("03 111"), late)
    assert begun.created() == 3


async def test_what_was_carried_since_and_then_edited_again_unheard_is_a_conflict(begun: Kept) -> None:
    """That the first of the two edits was carried is forgotten, so it looks like one edit on each side."""
    await edit(begun, XERO, "Ridgeway", Phones=phone("03 222"))
    unheard(begun, SALESFORCE, "Ridgeway", Phone="03 333")
    await begun.restore()
    await begun.heal()
    assert (begun.both("Ridgeway")[0], begun.both("Ridgeway")[2]) == ("03 333", phone("03 333"))
    why = await told(begun, begun.contact("Ridgeway"))
    assert "edited on both sides: the later edit stands, salesforce" in why


async def test_a_customer_made_since_and_edited_on_both_sides_unheard_meets_as_for_the_first_time(begun: Kept) -> None:
    """Which side has edited what is forgotten with the base: the record that was edited later stands."""
    await entered(begun, "Born since")
    unheard(begun, XERO, "Born since", EmailAddress="earlier@born.example")
    unheard(begun, SALESFORCE, "Born since", Phone="03 555")
    await begun.restore()
    await begun.heal()
    first = "born.since@first.example"
    assert begun.both("Born since") == ("03 555", first, phone("03 555"), first)
    why = await told(begun, begun.contact("Born since"))
    assert why == {"different when first matched: the later edit stands, salesforce"}


@pytest.mark.parametrize("policy", [OnConflict.ASK])
async def test_where_the_file_says_ask_a_person_decides_what_a_restored_backup_cannot_tell(begun: Kept) -> None:
    await entered(begun, "Born since")
    unheard(begun, XERO, "Born since", EmailAddress="earlier@born.example")
    unheard(begun, SALESFORCE, "Born since", Phone="03 555")
    await begun.restore()
    await begun.heal()
    first, earlier = "born.since@first.example", "earlier@born.example"
    assert begun.both("Born since") == ("03 555", first, phone("03 111"), earlier), "nobody's edit is overwritten"
    asked = await begun.world.database.read(questions.open_questions)
    assert len(asked) == 2
    assert {each.ref.id for each in asked} <= {begun.account("Born since"), begun.contact("Born since")}


async def test_what_was_archived_or_deleted_since_the_backup_stays_so_and_is_not_brought_back(begun: Kept) -> None:
    await entered(begun, "Deleted")
    await begun.heal()
    await begun.back_up()
    for name in ("Harbour", "Deleted"):
        account = begun.account(name)
        begun.world.clock.advance(60)
        begun.world.salesforce.delete("Account", account)
        await begun.world.push(SALESFORCE, account)
    await begun.world.drain()
    begun.world.clock.advance(60)
    begun.world.xero.archive("Contact", begun.contact("Ridgeway"))
    await begun.world.push(XERO, begun.contact("Ridgeway"))
    await begun.world.drain()
    gone = [begun.presence(name) for name in ("Ridgeway", "Harbour", "Deleted")]
    assert [contact for _, contact in gone] == [Presence.ARCHIVED] * 3
    await begun.restore()
    writes = begun.writes()
    await begun.heal()
    assert begun.writes() == writes
    assert [begun.presence(name) for name in ("Ridgeway", "Harbour", "Deleted")] == gone


async def test_what_was_created_and_deleted_again_since_the_backup_is_not_made_anew(begun: Kept) -> None:
    account = await entered(begun, "Short-lived")
    begun.world.clock.advance(60)
    begun.world.salesforce.delete("Account", account)
    await begun.world.push(SALESFORCE, account)
    await begun.world.drain()
    assert begun.presence("Short-lived")[1] is Presence.ARCHIVED
    await begun.restore()
    await begun.heal()
    assert begun.created() == 3
    assert begun.presence("Short-lived")[1] is Presence.ARCHIVED


async def test_a_customer_made_since_whose_contact_was_archived_unheard_is_a_question_and_not_made_anew(
    begun: Kept,
) -> None:
    account = await entered(begun, "Ended")
    begun.world.xero.archive("Contact", begun.contact("Ended"))
    await begun.restore()
    await begun.world.reconcile()
    unheard(begun, SALESFORCE, "Ended", Phone="03 999")
    await begun.heal()
    assert begun.created() == 3
    assert begun.presence("Ended") == (LIVE, Presence.ARCHIVED)
    (question,) = await begun.world.database.read(questions.open_questions)
    assert question.ref.id in {account, begun.contact("Ended")}


async def ended_unheard(begun: Kept, system: System, born: System) -> str:
    """A customer made since the backup has ended on one side unheard, the backup is restored; the id of who is left."""
    if born is SALESFORCE:
        await entered(begun, "Ended")
    else:
        await begun.world.edit(XERO, None, Name="Ended", Phones=phone("04 111"))
        await begun.world.drain()
    account, contact = begun.account("Ended"), begun.contact("Ended")
    begun.world.clock.advance(60)
    if system is SALESFORCE:
        begun.world.salesforce.delete("Account", account)
    else:
        begun.world.xero.archive("Contact", contact)
    await begun.restore()
    await begun.heal()
    return contact if system is SALESFORCE else account


ENDS = pytest.mark.parametrize("system", System)
BORN = pytest.mark.parametrize("born", System, ids=lambda born: f"born in {born}")


@ENDS
@BORN
async def test_a_customer_made_since_that_ended_unheard_on_one_side_is_a_question_and_not_made_anew(
    begun: Kept, system: System, born: System
) -> None:
    left = await ended_unheard(begun, system, born)
    assert begun.created() == 3
    assert begun.presence("Ended").count(LIVE) == 1
    (question,) = await begun.world.database.read(questions.open_questions)
    assert (question.topic, question.ref.id) == ("ended", left)
    writes = begun.writes()
    await begun.heal()
    assert begun.writes() == writes


@ENDS
@BORN
async def test_who_ended_unheard_is_tied_where_a_person_says_so_and_its_contact_is_archived(
    begun: Kept, system: System, born: System
) -> None:
    left = await ended_unheard(begun, system, born)
    await decide.carry_out(begun.world.runtime, left, Take.GONE)
    await begun.world.drain()
    here = Presence.DELETED if system is SALESFORCE else LIVE
    assert (begun.presence("Ended"), begun.created()) == ((here, Presence.ARCHIVED), 3)
    assert await begun.world.link_count() == 3
    assert await begun.world.database.read(questions.open_questions) == ()


@ENDS
@BORN
async def test_who_ended_unheard_and_is_brought_back_is_linked_again(begun: Kept, system: System, born: System) -> None:
    await ended_unheard(begun, system, born)
    vendor, object = begun.world.vendor(system), OBJECT[system]
    back = begun.account("Ended") if system is SALESFORCE else begun.contact("Ended")
    begun.world.clock.advance(60)
    vendor.restore(object, back)
    await begun.heal()
    assert (begun.presence("Ended"), begun.created()) == ((LIVE, LIVE), 3)
    assert await begun.world.link_count() == 3
    assert await begun.world.database.read(questions.open_questions) == ()


@BORN
async def test_who_ended_unheard_in_salesforce_is_made_anew_where_a_person_says_so(begun: Kept, born: System) -> None:
    left = await ended_unheard(begun, SALESFORCE, born)
    await decide.carry_out(begun.world.runtime, left, Take.CREATE)
    await begun.world.drain()
    of_name = [seen for seen in begun.world.salesforce.all("Account") if seen.fields["Name"] == "Ended"]
    assert sorted(seen.presence for seen in of_name) == [Presence.DELETED, LIVE]
    assert await begun.world.link_count() == 3


@pytest.mark.parametrize("kind", ["simulated"], indirect=True)
async def test_who_ended_unheard_and_was_purged_is_a_question_by_the_log_of_deletions(begun: Kept) -> None:
    account = await entered(begun, "Ended")
    contact = begun.contact("Ended")
    begun.world.clock.advance(60)
    begun.world.salesforce.delete("Account", account)
    begun.world.salesforce.purge("Account", account)
    await begun.restore()
    await begun.world.push(XERO, contact)
    await begun.world.drain()
    await begun.heal()
    assert begun.created() == 3
    (question,) = await begun.world.database.read(questions.open_questions)
    assert (question.topic, question.ref.id) == ("ended", contact)


async def test_who_was_merged_away_unheard_hands_its_contact_to_the_survivor(begun: Kept) -> None:
    loser = await entered(begun, "Ended")
    survivor = begun.world.salesforce.put("Account", None, {"Name": "Ended & Sons"})
    begun.world.clock.advance(60)
    begun.world.salesforce.merge("Account", loser, survivor)
    await begun.restore()
    await begun.heal()
    assert (begun.created(), await begun.world.link_count()) == (3, 3)
    assert begun.contact("Ended & Sons")


async def test_what_a_person_tied_since_the_backup_is_found_by_what_the_two_now_share(begun: Kept) -> None:
    account = begun.world.salesforce.put("Account", None, {"Name": "Mill Ltd", "Phone": "05 111"})
    contact = begun.world.xero.put("Contact", None, {"Name": "The Old Mill", "EmailAddress": "office@mill.example"})
    begun.world.clock.advance(60)
    await link.carry_out(begun.world.runtime, account, contact)
    await begun.world.drain()
    await begun.restore()
    await begun.heal()
    assert begun.created() == 2
    assert await begun.world.link_count() == 3
    assert begun.world.salesforce.all("Account")[2].fields["Name"] == begun.world.xero.all("Contact")[2].fields["Name"]


async def test_a_merge_since_the_backup_is_followed_again(begun: Kept) -> None:
    world = begun.world
    duplicate = world.salesforce.put("Account", None, {"Name": "Ridgeway & Sons"})
    loser, contact = begun.account("Ridgeway"), begun.contact("Ridgeway")
    world.clock.advance(60)
    world.salesforce.merge("Account", loser, duplicate)
    await world.push(SALESFORCE, loser)
    await world.drain()
    await begun.restore()
    await begun.heal()
    await world.edit(SALESFORCE, duplicate, Phone="03 777")
    await world.drain()
    carried = world.xero.get("Contact", contact)
    assert carried
    assert (carried.presence, carried.fields["Phones"]) == (LIVE, phone("03 777"))
    assert begun.created() == 2


@pytest.mark.parametrize("carried_out", [True, False], ids=["carried out", "not carried out"])
async def test_a_write_that_was_in_doubt_at_the_backup_is_done_once(begun: Kept, carried_out: bool) -> None:
    world = begun.world
    world.xero.fail_next(Doubtful("cut off"), carried_out=carried_out)
    await world.edit(SALESFORCE, None, Name="In doubt", Phone="03 111")
    await world.drain()
    await begun.back_up()
    world.clock.advance(600)
    await world.drain()
    assert begun.created() == 3
    await edit(begun, SALESFORCE, "In doubt", Phone="03 888")
    await begun.restore()
    await begun.heal()
    assert begun.created() == 3
    assert (begun.both("In doubt")[0], begun.both("In doubt")[2]) == ("03 888", phone("03 888"))
    assert await world.database.read(backlog.dead) == ()


async def test_after_the_healing_all_is_quiet(begun: Kept) -> None:
    await edit(begun, SALESFORCE, "Ridgeway", Phone="03 222")
    await entered(begun, "Born since")
    await begun.restore()
    await begun.heal()
    writes = begun.writes()
    await begun.heal()
    assert begun.writes() == writes
    assert (await begun.world.outcomes())["pending"] == 0
