"""Records are found by what they can be recognised by."""

from app.engine.memory import Keyed
from app.engine.records import RecordRef, System
from app.store import match_index
from app.store.database import Database
from tests.support.records import SYNC, account, contact

NAMES = "Name"
Keys = dict[RecordRef, dict[str, str | None]]


async def save(database: Database, keys: Keys, mapping: str = "customers", sync: str = SYNC) -> None:
    await database.run(lambda conn: match_index.save(conn, sync, mapping, keys))


async def find(database: Database, *values: str, system: System = System.XERO) -> dict[str, tuple[str, ...]]:
    return await database.read(lambda conn: match_index.find(conn, SYNC, "customers", system, NAMES, values))


async def test_records_are_found_by_value(database: Database) -> None:
    await save(database, {contact(2): {NAMES: "ada"}, contact(1): {NAMES: "ada"}, contact(3): {NAMES: "bo"}})
    assert await find(database, "ada", "bo", "nobody") == {
        "ada": (contact(1).id, contact(2).id),
        "bo": (contact(3).id,),
    }


async def test_a_key_is_found_only_where_it_belongs(database: Database) -> None:
    await save(database, {contact(1): {"TaxNumber": "ada"}, account(1): {NAMES: "ada"}})
    await save(database, {contact(2): {NAMES: "ada"}}, mapping="suppliers")
    await save(database, {contact(3): {NAMES: "ada"}}, sync="other")
    assert await find(database, "ada") == {}
    assert await find(database, "ada", system=System.SALESFORCE) == {"ada": (account(1).id,)}


async def test_a_changed_key_replaces_the_one_before(database: Database) -> None:
    await save(database, {contact(): {NAMES: "before"}})
    await save(database, {contact(): {NAMES: "after"}})
    assert await find(database, "before", "after") == {"after": (contact().id,)}


async def test_none_takes_away_that_key_alone(database: Database) -> None:
    await save(database, {contact(1): {NAMES: "ada", "TaxNumber": "1"}, contact(2): {NAMES: "ada"}})
    await save(database, {contact(1): {NAMES: None}})
    assert await find(database, "ada") == {"ada": (contact(2).id,)}
    by_tax = await database.read(
        lambda conn: match_index.find(conn, SYNC, "customers", System.XERO, "TaxNumber", ["1"])
    )
    assert by_tax == {"1": (contact(1).id,)}


async def test_a_value_too_long_for_the_index_is_no_key(database: Database) -> None:
    longest = "x" * match_index.LONGEST
    await save(database, {contact(1): {NAMES: longest}, contact(2): {NAMES: "short"}})
    await save(database, {contact(2): {NAMES: longest + "x"}})
    assert await find(database, longest, longest + "x", "short") == {longest: (contact(1).id,)}


async def test_thousands_of_values_are_sought_at_once(database: Database) -> None:
    await save(database, {contact(number): {NAMES: str(number)} for number in range(1201)})
    assert len(await find(database, *map(str, range(2000)))) == 1201


async def test_keys_are_kept_of_those_records_whose_state_was(database: Database) -> None:
    keyed = [Keyed("customers", contact(number), {NAMES: "ada"}) for number in (1, 2)]
    await database.run(lambda conn: match_index.keep(conn, SYNC, keyed, {contact(2)}))
    assert await find(database, "ada") == {"ada": (contact(2).id,)}
