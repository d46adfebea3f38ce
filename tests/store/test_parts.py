"""Parts are known from both ends."""

from app.engine.records import RecordRef, System
from app.store import parts
from app.store.database import Database
from tests.support.records import SYNC, account, contact


def person(number: int) -> RecordRef:
    return RecordRef(System.SALESFORCE, "Contact", f"003{number:015d}")


async def replace(database: Database, parent: RecordRef, *children: RecordRef) -> None:
    await database.run(lambda conn: parts.replace(conn, SYNC, parent, children))


async def parents(database: Database, child: RecordRef) -> tuple[RecordRef, ...]:
    return (await database.read(lambda conn: parts.parents_of(conn, SYNC, [child])))[child]


async def children(database: Database, parent: RecordRef) -> tuple[RecordRef, ...]:
    return await database.read(lambda conn: parts.children_of(conn, SYNC, parent))


async def test_parts_are_known_from_both_ends(database: Database) -> None:
    await replace(database, account(1), person(2), person(1), person(2))
    assert await children(database, account(1)) == (person(1), person(2))
    assert await parents(database, person(1)) == (account(1),)


async def test_replacing_forgets_parts_that_are_gone(database: Database) -> None:
    await replace(database, account(1), person(1), person(2))
    await replace(database, account(1), person(2))
    assert await children(database, account(1)) == (person(2),)
    assert await parents(database, person(1)) == ()
    await replace(database, account(1))
    assert await children(database, account(1)) == ()


async def test_a_child_that_moved_has_both_parents_until_the_old_one_is_observed(database: Database) -> None:
    await replace(database, account(1), person(1))
    await replace(database, account(2), person(1))
    assert await parents(database, person(1)) == (account(1), account(2))
    await replace(database, account(1))
    assert await parents(database, person(1)) == (account(2),)


async def test_the_other_system_and_other_syncs_are_kept_apart(database: Database) -> None:
    namesake = RecordRef(System.XERO, "Account", account(1).id)
    await replace(database, namesake, contact(1))
    await database.run(lambda conn: parts.replace(conn, "other", account(1), [person(1)]))
    assert await children(database, account(1)) == ()
    assert await parents(database, person(1)) == ()


async def test_a_child_that_is_moved_belongs_only_where_it_is_now(database: Database) -> None:
    await replace(database, account(1), person(1), person(2))
    await database.run(lambda conn: parts.move(conn, SYNC, {person(1): [account(2)]}))
    assert await parents(database, person(1)) == (account(2),)
    assert await parents(database, person(2)) == (account(1),)
    await database.run(lambda conn: parts.move(conn, SYNC, {person(1): []}))
    assert await parents(database, person(1)) == ()


async def test_some_part_is_one_of_its_kind_that_is_not_left_out(database: Database) -> None:
    await replace(database, account(1), person(1), person(2))
    await replace(database, account(2), person(3))

    async def some(near: str, like: RecordRef, *besides: RecordRef, sync: str = SYNC) -> str | None:
        ids = [each.id for each in besides]
        return await database.read(lambda conn: parts.some_part(conn, sync, like, ids, near=near))

    drawn = {await some(str(number), person(0), person(2)) for number in range(30)}
    assert drawn == {person(1).id, person(3).id}
    assert await some("", person(0), person(1), person(2), person(3)) is None
    assert await some("", account(0)) is None
    assert await some("", person(0), sync="other") is None
