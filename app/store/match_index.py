"""The match index: by what every observed record can be recognised."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import cache

from sqlalchemy import Connection, and_, bindparam, delete, select

from app.engine.memory import Keyed
from app.engine.records import RecordRef, System
from app.store.statements import IDS, Insert, by_object, chunks, insert_into
from app.store.tables import match_keys

LONGEST = 512
"""How many characters of a value the index holds."""


_OF_NAME = and_(
    match_keys.c.sync == bindparam("of_sync"),
    match_keys.c.mapping == bindparam("of_mapping"),
    match_keys.c.name == bindparam("of_name"),
    match_keys.c.system == bindparam("of_system"),
)
_FIND = select(match_keys.c.value, match_keys.c.record_id).where(_OF_NAME, match_keys.c.value.in_(IDS))
_HELD = select(match_keys.c.record_id, match_keys.c.name, match_keys.c.value).where(
    match_keys.c.sync == bindparam("of_sync"),
    match_keys.c.mapping == bindparam("of_mapping"),
    match_keys.c.name.in_(bindparam("names", expanding=True)),
    match_keys.c.system == bindparam("of_system"),
    match_keys.c.record_id.in_(IDS),
)
_REMOVE = delete(match_keys).where(_OF_NAME, match_keys.c.record_id.in_(IDS))


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


def keep(conn: Connection, sync: str, keyed: Sequence[Keyed], of: Container[RecordRef]) -> None:
    """Save those keys that are `of` these records, as far as they differ from what the index holds: few edits change a
    key. Of the others a newer version is stored, with its own.
    """
    for mapping in dict.fromkeys(each.mapping for each in keyed):
        wanted = {each.ref: each.keys for each in keyed if each.mapping == mapping and each.ref in of}
        held = _held(conn, sync, mapping, wanted)
        differing = {
            ref: {name: value for name, value in keys.items() if held.get((ref, name)) != value}
            for ref, keys in wanted.items()
        }
        save(conn, sync, mapping, {ref: keys for ref, keys in differing.items() if keys})


def find(
    conn: Connection, sync: str, mapping: str, system: System, name: str, values: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """The ids of the records of `system` whose key `name` is one of `values`, by value; only values that were found."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for chunk in chunks(values):
        for value, record_id in conn.execute(_FIND, _named(sync, mapping, name, system, chunk)):
            found[value].append(record_id)
    return {value: tuple(sorted(ids)) for value, ids in found.items()}


def _held(
    conn: Connection, sync: str, mapping: str, keys: Mapping[RecordRef, Mapping[str, str | None]]
) -> dict[tuple[RecordRef, str], str]:
    """What the index holds of these records, by record and name."""
    names = sorted({name for of_record in keys.values() for name in of_record})
    held = dict[tuple[RecordRef, str], str]()
    for system, object, ids in by_object(keys):
        of_records = {"of_sync": sync, "of_mapping": mapping, "names": names, "of_system": system, "ids": ids}
        for id, name, value in conn.execute(_HELD, of_records):
            held[RecordRef(system, object, id), name] = value
    return held


def _row(sync: str, mapping: str, ref: RecordRef, name: str, value: str) -> dict[str, str]:
    return {"sync": sync, "mapping": mapping, "name": name, "system": ref.system, "record_id": ref.id, "value": value}


def _put(conn: Connection, rows: list[dict[str, str]]) -> None:
    if rows:
        conn.execute(_upsert(conn.dialect.name), rows)


@cache
def _upsert(dialect: str) -> Insert:
    statement = insert_into(match_keys, dialect)
    return statement.on_conflict_do_update(
        index_elements=list(match_keys.primary_key), set_={"value": statement.excluded.value}
    )


def _remove(conn: Connection, sync: str, mapping: str, name: str, refs: list[RecordRef]) -> None:
    for system, _, ids in by_object(refs):
        conn.execute(_REMOVE, _named(sync, mapping, name, system, ids))


def _named(sync: str, mapping: str, name: str, system: System, ids: list[str]) -> dict[str, object]:
    return {"of_sync": sync, "of_mapping": mapping, "of_name": name, "of_system": system, "ids": ids}
