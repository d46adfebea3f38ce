"""States: each record as it was last observed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, case, or_, select

from app.engine.records import Observation, Presence, RecordRef, State, System
from app.store.statements import Insert, by_object, insert
from app.store.tables import states

_SEEN = ("version", "fields", "stamps", "merged_into")


def save(conn: Connection, sync: str, observed: Sequence[State]) -> None:
    """Keep what was observed, unless a newer version of the record is stored already.

    A state without a version says that the vendor returned nothing: only presence and time of looking change.
    """
    if observed:
        conn.execute(_upsert(conn), [_row(sync, state) for state in sorted(observed, key=_ref)])


def load(conn: Connection, sync: str, refs: Iterable[RecordRef]) -> dict[RecordRef, State]:
    """The states of those `refs` that were ever observed."""
    found: dict[RecordRef, State] = {}
    for system, object, ids in by_object(refs):
        of_object = select(states).where(
            states.c.sync == sync, states.c.system == system, states.c.object == object, states.c.record_id.in_(ids)
        )
        for row in conn.execute(of_object).mappings():
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
        of_object = select(states.c.record_id, states.c.merged_into).where(
            states.c.sync == sync, states.c.system == system, states.c.object == object, states.c.merged_into.in_(ids)
        )
        for loser, survivor in conn.execute(of_object.order_by(states.c.record_id)):
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


def _upsert(conn: Connection) -> Insert:
    statement = insert(conn, states)
    new = statement.excluded
    nothing_returned = new.version.is_(None)
    same, later_look = new.version == states.c.version, new.observed_at >= states.c.observed_at
    seen = {name: case((nothing_returned, states.c[name]), else_=new[name]) for name in _SEEN}
    return statement.on_conflict_do_update(
        index_elements=list(states.primary_key),
        set_={**seen, "presence": new.presence, "observed_at": new.observed_at},
        where=or_(nothing_returned, states.c.version.is_(None), new.version > states.c.version, same & later_look),
    )


def _ref(state: State) -> RecordRef:
    """Rows are always written in this order: two transactions never wait for one another."""
    return state.ref


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
