"""What is to be forgotten is found by its time, however much is kept."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event

from app.store import retention
from app.store.database import Database
from app.store.retention import Kind
from tests.support.records import NOON

Statement = tuple[str, tuple[object, ...]]


@contextmanager
def listening(conn: Connection) -> Iterator[list[Statement]]:
    """The statements that are run on `conn`."""
    ran = list[Statement]()

    def note(_: object, __: object, statement: str, parameters: tuple[object, ...], *___: object) -> None:
        ran.append((statement, parameters))

    event.listen(conn, "before_cursor_execute", note)
    yield ran
    event.remove(conn, "before_cursor_execute", note)


@pytest.mark.parametrize("kind", Kind)
async def test_what_is_old_is_found_without_reading_all_that_is_kept_or_sorting_it(kind: Kind) -> None:
    def work(conn: Connection) -> list[str]:
        with listening(conn) as ran:
            retention.prune(conn, kind, NOON, 100)
        ((statement, parameters),) = ran
        plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [str(step.detail) for step in plan]

    database = Database.direct("sqlite://")
    await database.migrate()
    steps = await database.run(work)
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE FOR ORDER BY" in step]
    await database.close()
