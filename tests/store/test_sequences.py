"""Gaps in sequence numbers are noticed once."""

from hypothesis import strategies as st
from sqlalchemy import Connection

from app.store import sequences
from app.store.database import Database
from tests.support.laws import always


async def note(database: Database, *pushes: tuple[int, int], connection: str = "nz") -> list[bool]:
    def work(conn: Connection) -> list[bool]:
        return [sequences.note(conn, connection, first, last) for first, last in pushes]

    return await database.run(work)


async def test_the_first_push_ever_is_no_gap(database: Database) -> None:
    assert await note(database, (400, 410)) == [False]


async def test_pushes_that_follow_one_another_leave_no_gap(database: Database) -> None:
    assert await note(database, (1, 3), (4, 4), (5, 9)) == [False, False, False]


async def test_missing_numbers_are_a_gap_once(database: Database) -> None:
    assert await note(database, (1, 3), (5, 6), (7, 7)) == [False, True, False]


async def test_retries_and_overtaken_pushes_are_no_gap_and_take_nothing_back(database: Database) -> None:
    assert await note(database, (1, 3), (4, 6), (4, 6), (2, 3), (7, 7)) == [False] * 5


async def test_a_push_that_begins_again_before_what_was_seen_is_no_gap(database: Database) -> None:
    assert await note(database, (1, 5), (4, 8), (9, 9)) == [False, False, False]


async def test_a_webhook_that_was_registered_anew_counts_from_there(database: Database) -> None:
    assert await note(database, (5000, 5010), (1, 2), (3, 3), (6, 6)) == [False, False, False, True]


async def test_zero_says_nothing(database: Database) -> None:
    assert await note(database, (0, 0), (7, 7), (0, 0), (8, 8)) == [False] * 4


async def test_each_connection_counts_for_itself(database: Database) -> None:
    await note(database, (1, 1))
    assert await note(database, (50, 50), connection="au") == [False]
    assert await note(database, (2, 2)) == [False]


async def test_numbers_beyond_32_bits_are_counted(database: Database) -> None:
    assert await note(database, (2**40, 2**40), (2**40 + 2, 2**40 + 2)) == [False, True]


async def test_a_gap_is_reported_exactly_when_numbers_were_jumped_over(database: Database) -> None:
    def law(conn: Connection, pushes: list[tuple[int, int]]) -> None:
        newest: int | None = None
        for first, length in pushes:
            last = first + length
            jumped = newest is not None and any(number > newest for number in range(1, first))
            assert sequences.note(conn, "nz", first, last) == jumped
            newest = last if newest and last < newest - sequences.BEGUN_ANEW else max(last, newest or 0)

    await always(database, law, st.lists(st.tuples(st.integers(1, 12), st.integers(0, 3)), max_size=8))
