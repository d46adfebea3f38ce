"""Links are one to one and keep their base."""

from dataclasses import replace
from decimal import Decimal
from functools import partial

from hypothesis import strategies as st
from sqlalchemy import Connection

from app.engine.records import Agreed, Base, Link, RecordRef
from app.mapping.values import Value
from app.store import links
from app.store.database import Database
from tests.support.laws import always, values
from tests.support.records import NOON, SYNC, account, contact, link

AGREED: Base = {"Phone": Agreed("64 9 123", "+64 9 123"), "Limit": Agreed(Decimal("1.50"), None)}


async def bind(database: Database, tie: Link, sync: str = SYNC) -> Link | None:
    return await database.run(lambda conn: links.bind(conn, sync, tie, NOON))


async def bound(database: Database, tie: Link) -> Link:
    stored = await bind(database, tie)
    assert stored is not None
    return stored


async def of_account(database: Database, number: int = 1) -> tuple[Link, ...]:
    ref = account(number)
    return (await database.read(lambda conn: links.of(conn, SYNC, [ref])))[ref]


async def test_a_link_is_found_from_either_side(database: Database) -> None:
    stored = await bound(database, link(account(1), contact(1), AGREED))
    assert stored == replace(link(account(1), contact(1), AGREED), id=stored.id)
    found = await database.read(lambda conn: links.of(conn, SYNC, [account(1), contact(1), contact(2)]))
    assert found == {account(1): (stored,), contact(1): (stored,), contact(2): ()}


async def test_some_linked_record_is_the_next_one_of_its_kind_all_round(database: Database) -> None:
    for number in (1, 2):
        await bound(database, link(account(number), contact(number)))
    await bind(database, link(account(1), contact(3)), sync="other")

    async def next_to(near: str, like: RecordRef, *besides: str, sync: str = SYNC, lane: str = "Contact") -> str | None:
        return await database.read(lambda conn: links.some_linked(conn, sync, lane, like, besides, near=near))

    assert await next_to("", contact()) == contact(1).id
    assert await next_to("", account()) == account(1).id
    assert await next_to(contact(1).id, account()) == account(2).id
    assert await next_to(contact(2).id, account()) == account(1).id
    assert await next_to("", account(), account(1).id) == account(2).id
    assert await next_to("", account(), account(1).id, account(2).id) is None
    assert await next_to("", contact(), sync="other") == contact(3).id
    assert await next_to("", contact(), lane="Invoice") is None
    assert await next_to("", account()._replace(object="Contact")) is None


async def test_one_source_may_be_linked_once_in_each_slot(database: Database) -> None:
    deposit = await bound(database, link(account(), contact(1), slot="deposit"))
    balance = await bound(database, link(account(), contact(2), slot="balance"))
    assert await of_account(database) == (deposit, balance)


async def test_a_record_that_is_taken_cannot_be_bound_again(database: Database) -> None:
    stored = await bound(database, link(account(1), contact(1)))
    assert await bind(database, link(account(1), contact(2))) is None
    assert await bind(database, link(account(2), contact(1))) is None
    assert await of_account(database) == (stored,)


async def test_a_xero_record_has_one_owner_whichever_mapping_asks(database: Database) -> None:
    await bound(database, link(account(1), contact(1)))
    assert await bind(database, replace(link(account(2), contact(1)), mapping="suppliers")) is None


async def test_binding_the_same_pair_again_gives_the_link_as_it_is(database: Database) -> None:
    stored = await bound(database, link(account(), contact(), AGREED))
    assert await bind(database, link(account(), contact())) == stored


async def test_another_sync_has_links_of_its_own(database: Database) -> None:
    stored = await bound(database, link(account(), contact()))
    assert await bind(database, link(account(), contact()), sync="other") != stored
    assert await of_account(database) == (stored,)


async def test_base_is_kept_and_replaced_whole(database: Database) -> None:
    stored = await bound(database, link(account(), contact(), AGREED))
    newer: Base = {"Phone": Agreed(None, "")}
    await database.run(lambda conn: links.save_base(conn, stored.id, newer))
    assert await of_account(database) == (replace(stored, base=newer),)


async def test_a_link_moves_to_a_free_record_with_its_base(database: Database) -> None:
    stored = await bound(database, link(account(1), contact(1), AGREED))
    assert await database.run(lambda conn: links.move(conn, SYNC, stored.id, account(2)))
    assert await of_account(database, 1) == ()
    assert await of_account(database, 2) == (replace(stored, salesforce=account(2)),)
    assert await database.run(lambda conn: links.move(conn, SYNC, stored.id, contact(2)))
    assert (await of_account(database, 2))[0].xero == contact(2)


async def test_a_link_does_not_move_to_a_record_that_is_taken(database: Database) -> None:
    stored = await bound(database, link(account(1), contact(1)))
    await bound(database, link(account(2), contact(2)))
    for taken in (account(2), contact(2)):
        assert not await database.run(partial(links.move, sync=SYNC, link_id=stored.id, to=taken))
    assert await of_account(database, 1) == (stored,)


async def test_an_account_may_have_a_link_of_another_slot_already(database: Database) -> None:
    stored = await bound(database, link(account(1), contact(1), slot="deposit"))
    await bound(database, link(account(2), contact(2), slot="balance"))
    assert await database.run(lambda conn: links.move(conn, SYNC, stored.id, account(2)))


async def test_an_adopted_link_keeps_its_base(database: Database) -> None:
    stored = await bound(database, link(account(), contact(), AGREED))
    await database.run(lambda conn: links.adopt(conn, stored.id, "clients"))
    assert await of_account(database) == (replace(stored, mapping="clients"),)


async def test_unbound_records_are_free_again(database: Database) -> None:
    stored = await bound(database, link(account(1), contact(1)))
    await database.run(lambda conn: links.unbind(conn, stored.id))
    assert await of_account(database) == ()
    assert await bind(database, link(account(1), contact(2))) is not None


async def test_any_agreed_values_come_back_exactly(database: Database) -> None:
    def law(conn: Connection, pair: tuple[Value, Value]) -> None:
        base = {"Rule": Agreed(*pair)}
        stored = links.bind(conn, SYNC, link(account(), contact(), base), NOON)
        assert stored is not None
        assert links.of(conn, SYNC, [account()]) == {account(): (stored,)}
        assert stored.base == base

    await always(database, law, st.tuples(values(), values()))


async def test_links_stay_one_to_one_in_whatever_order_they_are_bound(database: Database) -> None:
    def law(conn: Connection, pairs: list[tuple[int, int]]) -> None:
        owners: dict[int, int] = {}
        for a, c in pairs:
            free = a not in owners.values() and c not in owners
            granted = links.bind(conn, SYNC, link(account(a), contact(c)), NOON)
            assert (granted is not None) == (free or owners.get(c) == a)
            if granted:
                owners[c] = a
        found = links.of(conn, SYNC, [contact(c) for c in range(4)])
        assert {c: tie.salesforce for c in range(4) for tie in found[contact(c)]} == {
            c: account(a) for c, a in owners.items()
        }

    numbers = st.integers(0, 3)
    await always(database, law, st.lists(st.tuples(numbers, numbers), max_size=10))


async def test_many_are_bound_as_they_would_be_one_after_the_other(database: Database) -> None:
    def law(conn: Connection, pairs: list[tuple[int, int, bool]]) -> None:
        ties = [link(account(a), contact(c), slot="deposit" if slot else "") for a, c, slot in pairs]
        together = links.bind_all(conn, SYNC, ties, NOON)
        singly = [links.bind(conn, "singly", tie, NOON) for tie in ties]
        assert [tie and replace(tie, id=0) for tie in together] == [tie and replace(tie, id=0) for tie in singly]
        assert together == [tie and links.bind(conn, SYNC, tie, NOON) for tie in together]

    numbers = st.integers(0, 3)
    await always(database, law, st.lists(st.tuples(numbers, numbers, st.booleans()), max_size=8))
