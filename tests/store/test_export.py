"""What a database holds travels to another one, of either kind, whole or not at all."""

import gzip
import hashlib
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, Insert, create_engine, delete, func, insert, select, text
from sqlalchemy.util import await_only

from app.errors import NotImported
from app.store import export, leases
from app.store.database import Database
from app.store.exported import verify
from app.store.import_ import load
from app.store.numbering import go_on_after, last_id
from app.store.schema import newest
from app.store.tables import calls, metadata, pushes, questions, runs, sequences, tokens, usage
from app.store.tables import leases as leases_table
from tests.support.laws import always
from tests.support.records import LANE, NOON
from tests.support.rows import Rows, rows

RUN = {"kind": "reconcile", "sync": "acme", "started_at": NOON, "counts": {}}


def exported(conn: Connection) -> bytes:
    file = io.BytesIO()
    export.write(conn, file)
    return file.getvalue()


def held(conn: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: [tuple(row) for row in conn.execute(select(table).order_by(*table.primary_key))]
        for table in metadata.sorted_tables
    }


def fill(conn: Connection, drawn: Rows) -> None:
    for table in metadata.sorted_tables:
        if drawn[table.name]:
            conn.execute(insert(table), drawn[table.name])


def empty(conn: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        conn.execute(delete(table))


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Engine]:
    engine = create_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def filled(sqlite: Engine, tmp_path: Path) -> Path:
    """An export of a few runs."""
    path = tmp_path / "filled.gz"
    with sqlite.connect() as conn:
        conn.execute(insert(runs), [RUN, RUN, RUN])
        path.write_bytes(exported(conn))
        conn.rollback()
    return path


def alter(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(change(lines))))


async def count(database: Database) -> int:
    found = await database.read(held)
    return sum(map(len, found.values()))


async def test_any_rows_go_from_sqlite_to_postgresql_and_back_unchanged(
    postgres_url: str, sqlite: Engine, tmp_path: Path
) -> None:
    there, back = tmp_path / "there.gz", tmp_path / "back.gz"

    def law(postgresql: Connection, drawn: Rows) -> None:
        with sqlite.connect() as conn:
            fill(conn, drawn)
            there.write_bytes(exported(conn))
            wanted = held(conn)
            load(postgresql, there)
            assert without_owners(held(postgresql)) == without_owners(wanted)
            back.write_bytes(exported(postgresql))
            empty(conn)
            load(conn, back)
            assert without_owners(held(conn)) == without_owners(wanted)
            assert exported(conn) == back.read_bytes()
            conn.rollback()

    database = await Database.open(postgres_url)
    await always(database, law, rows(), examples=15)
    await database.close()


def without_owners(found: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    owner = list(leases_table.c.keys()).index("owner")
    stripped = [row[:owner] + row[owner + 1 :] for row in found["leases"]]
    return {**{name: sorted(each, key=repr) for name, each in found.items()}, "leases": sorted(stripped, key=repr)}


async def test_a_document_travels_as_the_very_text_that_is_stored(database: Database, tmp_path: Path) -> None:
    """An answer that is blank differs from none, and a number on the wire from a Decimal."""
    about = {"lane": LANE, "mapping": "customers", "system": "xero", "object": "Contact", "topic": "conflict"}
    asked = {**about, "detail": {}, "asked_at": NOON}
    number = text("UPDATE questions SET answer = :answer WHERE record_id = '2'")
    stored = text("SELECT record_id, answer FROM questions ORDER BY record_id")

    def work(conn: Connection) -> tuple[list[tuple[object, ...]], ...]:
        conn.execute(insert(questions).values(**asked, record_id="1", answer=None))
        conn.execute(insert(questions).values(**asked, record_id="2"))
        conn.execute(number, {"answer": '{"days":30}'})
        conn.execute(insert(questions).values(**asked, record_id="3"))
        before = [tuple(row) for row in conn.execute(stored)]
        path = tmp_path / "export.gz"
        path.write_bytes(exported(conn))
        empty(conn)
        load(conn, path)
        return before, [tuple(row) for row in conn.execute(stored)]

    before, after = await database.run(work)
    assert before == after == [("1", "null"), ("2", '{"days":30}'), ("3", None)]


async def test_nobody_holds_a_lane_after_an_import(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "export.gz"

    def work(conn: Connection) -> None:
        assert leases.take(conn, LANE, "worker-1", NOON, 25)
        path.write_bytes(exported(conn))
        empty(conn)
        load(conn, path)
        assert leases.worked_on(conn, NOON) == {}
        taken = leases.take(conn, LANE, "worker-2", NOON, 25)
        assert taken
        assert taken.epoch == 2, "whatever was under way under the first is too late"

    await database.run(work)


async def test_an_id_is_not_given_again_after_an_import_even_if_its_row_is_gone(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "export.gz"

    def work(conn: Connection) -> None:
        conn.execute(insert(runs), [RUN, RUN])
        gone = conn.execute(insert(runs).values(RUN).returning(runs.c.id)).scalar_one()
        conn.execute(delete(runs).where(runs.c.id == gone))
        path.write_bytes(exported(conn))
        empty(conn)
        go_on_after(conn, runs, 0)
        load(conn, path)
        assert conn.execute(insert(runs).values(RUN).returning(runs.c.id)).scalar_one() == gone + 1
        assert last_id(conn, calls) == 0

    await database.run(work)


@pytest.mark.parametrize("kept", [0, 1, 20, -1])
def test_a_file_that_was_cut_is_refused(filled: Path, kept: int) -> None:
    filled.write_bytes(filled.read_bytes()[:kept])
    with pytest.raises(NotImported, match=r"cannot be read to its end|is no export of Crossbook"):
        verify(filled, newest())


def cut_between_rows(lines: list[bytes]) -> list[bytes]:
    return lines[:-2]


def altered_row(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"acme"', b'"acne"') for line in lines]


def row_left_out(lines: list[bytes]) -> list[bytes]:
    gone = next(number for number, line in enumerate(lines) if line.startswith(b"["))
    return lines[:gone] + lines[gone + 1 :]


def altered_number_of_rows(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], lines[-1].replace(b'"runs":3', b'"runs":4')]


def something_behind_the_end(lines: list[bytes]) -> list[bytes]:
    return [*lines, b"[]\n"]


def nonsense(lines: list[bytes]) -> list[bytes]:
    return [lines[0], b"nonsense\n", *lines[1:]]


CHANGES = [cut_between_rows, altered_row, row_left_out, altered_number_of_rows, something_behind_the_end, nonsense]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_a_file_that_was_altered_is_refused_and_nothing_of_it_written(
    database: Database, filled: Path, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    alter(filled, change)
    with pytest.raises(NotImported, match="was cut or altered"):
        verify(filled, newest())
    with pytest.raises(NotImported):
        await database.run(lambda conn: load(conn, filled))
    assert await count(database) == 0


def test_a_file_of_another_schema_says_what_to_do(filled: Path) -> None:
    alter(filled, of_a_newer_schema)
    with pytest.raises(NotImported, match=r"another version of Crossbook \(schema 9999, here .*then update"):
        verify(filled, newest())


def of_a_newer_schema(lines: list[bytes]) -> list[bytes]:
    """As a newer version would have written it."""
    body = [lines[0].replace(b'"schema":"%s"' % newest().encode(), b'"schema":"9999"'), *lines[1:-1]]
    told = {**json.loads(lines[-1]), "sha256": hashlib.sha256(b"".join(body)).hexdigest()}
    return [*body, json.dumps(told).encode() + b"\n"]


def test_a_file_that_is_something_else_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "other.gz"
    for content in (b"", b"hello\n", b"[1]\n", b'{"format":"other"}\n'):
        path.write_bytes(gzip.compress(content))
        with pytest.raises(NotImported, match="is no export of Crossbook"):
            verify(path, newest())
    with pytest.raises(NotImported, match="No such file"):
        verify(tmp_path / "missing.gz", newest())


@pytest.mark.parametrize(
    "put",
    [
        insert(tokens).values(connection="xero:nz", generation=0),
        insert(pushes).values(route="the web process itself", connection="", last_at=NOON),
        insert(runs).values(RUN),
    ],
    ids=["tokens", "pushes", "runs"],
)
async def test_a_database_that_holds_anything_is_refused_and_left_as_it_is(
    database: Database, filled: Path, put: Insert
) -> None:
    await database.run(lambda conn: conn.execute(put))
    before = await database.read(held)
    with pytest.raises(NotImported, match=f"not empty: there are rows in {put.table.name}"):
        await database.run(lambda conn: load(conn, filled))
    assert await database.read(held) == before


async def test_a_row_that_the_database_does_not_take_is_named_and_nothing_is_written(
    postgres_url: str, sqlite: Engine, tmp_path: Path
) -> None:
    """SQLite keeps texts of any length."""
    path = tmp_path / "export.gz"
    with sqlite.begin() as conn:
        conn.execute(insert(sequences).values(connection="n" * 65, last=1))
        conn.execute(insert(runs).values(RUN))
        path.write_bytes(exported(conn))
    database = await Database.open(postgres_url)
    with pytest.raises(NotImported, match=r"does not take a row of sequences as it is: .*too long"):
        await database.run(lambda conn: load(conn, path))
    assert await count(database) == 0
    await database.close()


async def test_what_is_written_meanwhile_is_not_in_the_file(postgres_url: str) -> None:
    """An export is as of one moment, however long it takes."""
    database, other = await Database.open(postgres_url), await Database.open(postgres_url)
    await database.run(lambda conn: conn.execute(insert(runs).values(RUN)))
    lines = await database.read(_lines_around(other))
    assert sum(b'"acme"' in line for line in lines) == 1
    for each in (database, other):
        await each.close()


def _lines_around(other: Database) -> Callable[[Connection], list[bytes]]:
    def work(conn: Connection) -> list[bytes]:
        written = export._lines(conn, {})
        first = [next(written) for _ in range(3)]
        await_only(other.run(lambda conn: conn.execute(insert(runs).values(RUN))))
        return [*first, *written]

    return work


async def test_very_many_rows_need_little_memory(database: Database, tmp_path: Path) -> None:
    """Held at once they would take five times as much."""
    number, path = 30_000, tmp_path / "export.gz"
    pushed = (
        "INSERT INTO usage (system, connection, day, calls, bytes_out) WITH RECURSIVE counted(n) AS "
        "(SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :number) "
        "SELECT 'xero', 'connection ' || n, '2026-03-02', n, n FROM counted"
    )
    await database.run(lambda conn: conn.execute(text(pushed), {"number": number}))

    def to_file(conn: Connection) -> int:
        with path.open("wb") as file:
            return export.write(conn, file)["usage"]

    def anew(conn: Connection) -> None:
        empty(conn)
        load(conn, path)

    tracemalloc.start()
    try:
        assert await database.read(to_file) == number
        assert verify(path, newest())["usage"] == number
        await database.run(anew)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (
        await database.read(lambda conn: conn.execute(select(func.count()).select_from(usage)).scalar_one()) == number
    )
    assert peak < 5_000_000
