"""States are kept by version and never move back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from hypothesis import strategies as st
from sqlalchemy import Connection, event

from app.engine.records import Presence, RecordRef, State
from app.mapping.values import Json
from app.store import states
from app.store.database import Database
from tests.support.laws import always, wire_values
from tests.support.records import NOON, SYNC, account, at, contact, state


async def test_a_state_comes_back_as_it_was_saved(database: Database) -> None:
    seen = [
        state(account(), at(1.000001), {"Name": "Bøkhus", "Limit__c": Decimal("10.50")}, stamps={"Name": at(0.5)}),
        state(contact(), None, presence=Presence.INVISIBLE, observed_at=at(3)),
    ]
    await database.run(lambda conn: states.save(conn, SYNC, seen))
    loaded = await database.read(lambda conn: states.load(conn, SYNC, [account(), contact(), contact(9)]))
    assert loaded == {account(): seen[0], contact(): seen[1]}


async def test_any_fields_come_back_exactly(database: Database) -> None:
    def law(conn: Connection, value: Json) -> None:
        states.save(conn, SYNC, [state(account(), fields={"Value": value})])
        assert states.load(conn, SYNC, [account()])[account()].seen.fields == {"Value": value}

    await always(database, law, wire_values())


async def test_any_instants_come_back_exactly(database: Database) -> None:
    def law(conn: Connection, instant: datetime) -> None:
        saved = state(account(), instant, stamps={"Name": instant}, observed_at=instant)
        states.save(conn, SYNC, [saved])
        assert states.load(conn, SYNC, [account()]) == {account(): saved}

    await always(database, law, st.datetimes(timezones=st.just(UTC)))


async def test_two_syncs_never_see_each_others_states(database: Database) -> None:
    await database.run(lambda conn: states.save(conn, "other", [state(contact())]))
    assert await database.read(lambda conn: states.load(conn, SYNC, [contact()])) == {}


async def test_a_newer_and_an_equal_version_are_taken_and_an_older_one_is_ignored(database: Database) -> None:
    def work(conn: Connection) -> list[Json]:
        names = []
        for seconds, name in [(10, "first"), (9, "older"), (10, "equal"), (11, "newer")]:
            states.save(conn, SYNC, [state(account(), at(seconds), {"Name": name})])
            names.append(states.load(conn, SYNC, [account()])[account()].seen.fields["Name"])
        return names

    assert await database.run(work) == ["first", "first", "equal", "newer"]


async def test_of_two_looks_at_one_version_the_later_stands(database: Database) -> None:
    later = state(account(), presence=Presence.ARCHIVED, observed_at=at(60))
    await database.run(lambda conn: states.save(conn, SYNC, [later]))
    await database.run(lambda conn: states.save(conn, SYNC, [state(account(), observed_at=at(59))]))
    assert await database.read(lambda conn: states.load(conn, SYNC, [account()])) == {account(): later}


async def test_a_record_that_is_not_returned_keeps_what_was_last_seen_of_it(database: Database) -> None:
    seen = state(account(), at(1), {"Name": "Kept"}, stamps={"Name": at(1)})
    missing = state(account(), None, presence=Presence.INVISIBLE, observed_at=at(60))
    await database.run(lambda conn: states.save(conn, SYNC, [seen]))
    await database.run(lambda conn: states.save(conn, SYNC, [missing]))
    kept = state(account(), at(1), {"Name": "Kept"}, Presence.INVISIBLE, stamps={"Name": at(1)}, observed_at=at(60))
    assert await database.read(lambda conn: states.load(conn, SYNC, [account()])) == {account(): kept}


async def test_a_record_that_was_never_returned_takes_its_first_version(database: Database) -> None:
    await database.run(lambda conn: states.save(conn, SYNC, [state(account(), None, presence=Presence.INVISIBLE)]))
    await database.run(lambda conn: states.save(conn, SYNC, [state(account(), at(-99), {"Name": "Here"})]))
    loaded = await database.read(lambda conn: states.load(conn, SYNC, [account()]))
    assert loaded[account()].seen.fields == {"Name": "Here"}


async def test_a_state_never_moves_back_whatever_arrives(database: Database) -> None:
    def law(conn: Connection, arriving: list[datetime | None]) -> None:
        stored: list[datetime] = []
        for version in arriving:
            states.save(conn, SYNC, [state(account(), version)])
            now = states.load(conn, SYNC, [account()])[account()].seen.version
            stored += [now] if now else []
        assert all(before <= after for before, after in pairwise(stored))
        assert max(stored, default=None) == max((version for version in arriving if version), default=None)

    spans = st.integers(-3, 3).map(lambda seconds: NOON + timedelta(seconds=seconds))
    await always(database, law, st.lists(st.none() | spans, min_size=1, max_size=8))


async def test_more_records_than_one_statement_takes_are_loaded(database: Database) -> None:
    many = [state(contact(number)) for number in range(1201)]
    await database.run(lambda conn: states.save(conn, SYNC, many))
    loaded = await database.read(lambda conn: states.load(conn, SYNC, [each.ref for each in many]))
    assert len(loaded) == len(many)


async def test_saving_and_loading_nothing_is_fine(database: Database) -> None:
    await database.run(lambda conn: states.save(conn, SYNC, []))
    assert await database.run(lambda conn: states.load(conn, SYNC, [])) == {}


async def test_it_is_told_of_which_records_the_state_was_kept(database: Database) -> None:
    def work(conn: Connection) -> frozenset[RecordRef]:
        states.save(conn, SYNC, [state(account(1), at(10)), state(account(2), at(10))])
        return states.save(conn, SYNC, [state(account(1), at(9)), state(account(2), at(11)), state(account(3), at(1))])

    assert await database.run(work) == {account(2), account(3)}


async def test_of_two_states_of_a_record_saved_together_the_newer_one_stays(database: Database) -> None:
    both = [state(account(), at(seconds), {"Name": f"at {seconds}"}) for seconds in (1, 3, 2)]
    await database.run(lambda conn: states.save(conn, SYNC, both))
    assert await database.read(lambda conn: states.load(conn, SYNC, [account()])) == {account(): both[1]}


async def test_what_is_seen_again_was_looked_at_later_and_is_otherwise_as_it_was(database: Database) -> None:
    first, later = state(account(), at(1), observed_at=at(5)), state(account(), at(1), observed_at=at(9))
    other = state(contact(), at(1), observed_at=at(5))

    def work(conn: Connection, seen: State) -> State:
        states.see_again(conn, SYNC, [seen])
        return states.load(conn, SYNC, [account()])[account()]

    await database.run(lambda conn: states.save(conn, SYNC, [first, other]))
    assert await database.run(lambda conn: work(conn, later)) == later
    assert await database.run(lambda conn: work(conn, first)) == later
    assert await database.read(lambda conn: states.load(conn, SYNC, [contact()])) == {contact(): other}


async def test_who_was_merged_is_found_without_reading_every_state(tmp_path: Path) -> None:
    """SQLite reads the whole object as soon as the statement wants an order."""
    database = Database.direct(f"sqlite:///{tmp_path / 'crossbook.db'}")
    await database.migrate()
    asked: list[tuple[str, tuple[str, ...]]] = []

    def work(conn: Connection) -> list[str]:
        event.listen(conn, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
        states.merged_into(conn, SYNC, [account(1), account(2)])
        statement, parameters = asked[0]
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [row.detail for row in plan]

    (step,) = await database.run(work)
    assert "ix_states_merged_into" in step
    await database.close()
