"""The match index: by what every observed record can be recognised."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, select

from app.engine.records import RecordRef, System
from app.store.statements import by_object, chunks, insert
from app.store.tables import match_keys

LONGEST = 512
"""How many characters of a value the index holds."""


def save(conn: Connection, sync: str, mapping: str, keys: Mapping[RecordRef, Mapping[str, str | None]]) -> None:
    """Keep the match keys of each record, by the match rule's name; None takes a key away.

    A value longer than `LONGEST` counts as None: cut short it could match a stranger.
    """
    kept: list[dict[str, str]] = []
    gone: defaultdict[str, list[RecordRef]] = defaultdict(list)
    for ref, of_record in sorted(keys.items()):
        for name, value in of_record.items():
            if value is None or len(value) > LONGEST:
                gone[name].append(ref)
            else:
                kept.append(_row(sync, mapping, ref, name, value))
    _put(conn, kept)
    for name, refs in gone.items():
        _remove(conn, sync, mapping, name, refs)


def find(
    conn: Connection, sync: str, mapping: str, system: System, name: str, values: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """The ids of the records of `system` whose key `name` is one of `values`, by value; only values that were found."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for chunk in chunks(values):
        of_values = select(match_keys.c.value, match_keys.c.record_id).where(
            match_keys.c.sync == sync,
            match_keys.c.mapping == mapping,
            match_keys.c.name == name,
            match_keys.c.system == system,
            match_keys.c.value.in_(chunk),
        )
        for value, record_id in conn.execute(of_values):
            found[value].append(record_id)
    return {value: tuple(sorted(ids)) for value, ids in found.items()}


def _row(sync: str, mapping: str, ref: RecordRef, name: str, value: str) -> dict[str, str]:
    return {"sync": sync, "mapping": mapping, "name": name, "system": ref.system, "record_id": ref.id, "value": value}


def _put(conn: Connection, rows: list[dict[str, str]]) -> None:
    statement = insert(conn, match_keys)
    upsert = statement.on_conflict_do_update(
        index_elements=list(match_keys.primary_key), set_={"value": statement.excluded.value}
    )
    if rows:
        conn.execute(upsert, rows)


def _remove(conn: Connection, sync: str, mapping: str, name: str, refs: list[RecordRef]) -> None:
    for system, _, ids in by_object(refs):
        conn.execute(
            delete(match_keys).where(
                match_keys.c.sync == sync,
                match_keys.c.mapping == mapping,
                match_keys.c.name == name,
                match_keys.c.system == system,
                match_keys.c.record_id.in_(ids),
            )
        )
