"""States: each record as it was last observed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, case, or_, select, update
from sqlalchemy.sql.dml import ReturningInsert

from app.engine.records import Observation, Presence, RecordRef, State, System
from app.store.statements import IDS, by_object, insert_into
from app.store.tables import states

_SEEN = ("version", "fields", "stamps", "merged_into")


_OF_OBJECT = and_(
    states.c.sync == bindparam("of_sync"),
    states.c.system == bindparam("of_system"),
    states.c.object == bindparam("of_object"),
)
_LOAD = select(states).where(_OF_OBJECT, states.c.record_id.in_(IDS))
_STANDING = (
    select(states.c.record_id, states.c.version, states.c.presence)
    .where(_OF_OBJECT, states.c.record_id.in_(IDS))
    .order_by(states.c.record_id)
    .with_for_update()
)
_SEE_AGAIN = (
    update(states)
    .where(_OF_OBJECT, states.c.record_id.in_(IDS), states.c.observed_at < bindparam("at"))
    .values(observed_at=bindparam("at"))
)
_MERGED = select(states.c.record_id, states.c.merged_into).where(_OF_OBJECT, states.c.merged_into.in_(IDS))
"""Without an order: for its sake SQLite would read every state of the object instead of the few that were merged."""


def save(conn: Connection, sync: str, observed: Iterable[State]) -> frozenset[RecordRef]:
    """Keep what was observed, unless a newer version of the record is stored already; the records it was kept of.

    A state without a version says that the vendor returned nothing: only presence and time of looking change.
    """
    kept, left = set[RecordRef](), list(observed)
    while left:
        first = {state.ref: state for state in reversed(left)}
        rows = [_row(sync, first[ref]) for ref in sorted(first)]  # in this order no two transactions wait for another
        returned = conn.execute(_upsert(conn.dialect.name), rows)
        kept.update(RecordRef(System(system), object, id) for system, object, id in returned)
        left = [state for state in left if state is not first[state.ref]]
    return frozenset(kept)


def see_again(conn: Connection, sync: str, observed: Sequence[State]) -> frozenset[RecordRef]:
    """Keep that these were looked at and found to be as they are stored; of which that is so in this transaction."""
    by_ref, same = {state.ref: state for state in observed}, set[RecordRef]()
    for system, object, ids in by_object(by_ref):
        for id, version, presence in conn.execute(_STANDING, _named(sync, system, object, ids)):
            seen = by_ref[ref := RecordRef(system, object, id)].seen
            same.update([ref] if (version, presence) == (seen.version, seen.presence) else [])
    for at in {by_ref[ref].observed_at for ref in same}:
        for system, object, ids in by_object(ref for ref in same if by_ref[ref].observed_at == at):
            conn.execute(_SEE_AGAIN, {**_named(sync, system, object, ids), "at": at})
    return frozenset(same)


def load(conn: Connection, sync: str, refs: Iterable[RecordRef]) -> dict[RecordRef, State]:
    """The states of those `refs` that were ever observed."""
    found: dict[RecordRef, State] = {}
    for system, object, ids in by_object(refs):
        for row in conn.execute(_LOAD, _named(sync, system, object, ids)).mappings():
            state = _state(row)
            found[state.ref] = state
    return found


def merged_into(conn: Connection, sync: str, refs: Iterable[RecordRef]) -> dict[RecordRef, tuple[RecordRef, ...]]:
    """The records that were seen to be merged into each of `refs`, also by way of others, where there are any."""
    found, next_ones = dict[RecordRef, list[RecordRef]](), {ref: ref for ref in refs}
    passed = set[RecordRef]()
    while next_ones:
        losers = {loser: next_ones[into] for loser, into in _merged(conn, sync, next_ones) if loser not in passed}
        for loser, survivor in losers.items():
            found.setdefault(survivor, []).append(loser)
        passed.update(losers)
        next_ones = losers
    return {survivor: tuple(losers) for survivor, losers in found.items()}


def _merged(conn: Connection, sync: str, into: Iterable[RecordRef]) -> Iterator[tuple[RecordRef, RecordRef]]:
    for system, object, ids in by_object(into):
        for loser, survivor in sorted(tuple(row) for row in conn.execute(_MERGED, _named(sync, system, object, ids))):
            yield RecordRef(system, object, loser), RecordRef(system, object, survivor)


def unseen_since(
    conn: Connection, sync: str, system: System, object: str, before: datetime, *, after_id: str = "", limit: int = 1000
) -> tuple[RecordRef, ...]:
    """Live records of an object that were last observed before then, in the order of their ids from `after_id` on."""
    of_object = select(states.c.record_id).where(
        states.c.sync == sync,
        states.c.system == system,
        states.c.object == object,
        states.c.presence == Presence.LIVE,
        states.c.observed_at < before,
        states.c.record_id > after_id,
    )
    ids = conn.execute(of_object.order_by(states.c.record_id).limit(limit)).scalars()
    return tuple(RecordRef(system, object, id) for id in ids)


@cache
def _upsert(dialect: str) -> ReturningInsert[Any]:
    statement = insert_into(states, dialect)
    new = statement.excluded
    nothing_returned = new.version.is_(None)
    same, later_look = new.version == states.c.version, new.observed_at >= states.c.observed_at
    seen = {name: case((nothing_returned, states.c[name]), else_=new[name]) for name in _SEEN}
    return statement.on_conflict_do_update(
        index_elements=list(states.primary_key),
        set_={**seen, "presence": new.presence, "observed_at": new.observed_at},
        where=or_(nothing_returned, states.c.version.is_(None), new.version > states.c.version, same & later_look),
    ).returning(states.c.system, states.c.object, states.c.record_id)


def _named(sync: str, system: System, object: str, ids: Sequence[str]) -> dict[str, object]:
    return {"of_sync": sync, "of_system": system, "of_object": object, "ids": ids}


def _row(sync: str, state: State) -> dict[str, object]:
    return {
        "sync": sync,
        "system": state.ref.system,
        "object": state.ref.object,
        "record_id": state.ref.id,
        "presence": state.seen.presence,
        "version": state.seen.version,
        "fields": state.seen.fields,
        "stamps": state.stamps,
        "merged_into": state.seen.merged_into,
        "observed_at": state.observed_at,
    }


def _state(row: RowMapping) -> State:
    return State(
        seen=Observation(
            ref=RecordRef(System(row["system"]), row["object"], row["record_id"]),
            presence=Presence(row["presence"]),
            version=row["version"],
            fields=row["fields"],
            merged_into=row["merged_into"],
        ),
        stamps=row["stamps"],
        observed_at=row["observed_at"],
    )
