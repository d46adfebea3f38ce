"""Parts: which record is part of which, as last observed."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select

from app.engine.records import RecordRef
from app.store.statements import by_object, insert
from app.store.tables import parts


def replace(conn: Connection, sync: str, parent: RecordRef, children: Iterable[RecordRef]) -> None:
    """Keep `children`, records of the parent's own system, as all the parts of `parent`.

    What they were part of before stays known until that parent is observed again.
    """
    conn.execute(delete(parts).where(_of_parent(sync, parent)))
    rows = [_row(sync, parent, child) for child in children]
    if rows:
        conn.execute(insert(conn, parts).on_conflict_do_nothing(), rows)


def move(conn: Connection, sync: str, moved: Mapping[RecordRef, Sequence[RecordRef]]) -> None:
    """Keep, for each child, all the records that it is part of."""
    for system, object, ids in by_object(moved):
        of_children = and_(parts.c.child_object == object, parts.c.child_id.in_(ids))
        conn.execute(delete(parts).where(parts.c.sync == sync, parts.c.system == system, of_children))
    rows = [_row(sync, parent, child) for child, parents in sorted(moved.items()) for parent in parents]
    if rows:
        conn.execute(insert(conn, parts).on_conflict_do_nothing(), rows)


def parents_of(conn: Connection, sync: str, children: Iterable[RecordRef]) -> dict[RecordRef, tuple[RecordRef, ...]]:
    """The records that each of `children` is part of: more than one while a move is half observed."""
    found: dict[RecordRef, list[RecordRef]] = {child: [] for child in children}
    for system, object, ids in by_object(found):
        of_children = and_(parts.c.child_object == object, parts.c.child_id.in_(ids))
        named = select(parts.c.child_id, parts.c.parent_object, parts.c.parent_id)
        rows = conn.execute(named.where(parts.c.sync == sync, parts.c.system == system, of_children))
        for id, parent_object, parent_id in rows:
            found[RecordRef(system, object, id)].append(RecordRef(system, parent_object, parent_id))
    return {child: tuple(sorted(parents)) for child, parents in found.items()}


def children_of(conn: Connection, sync: str, parent: RecordRef) -> tuple[RecordRef, ...]:
    """The records that are part of `parent`."""
    rows = conn.execute(select(parts.c.child_object, parts.c.child_id).where(_of_parent(sync, parent)))
    return tuple(sorted(RecordRef(parent.system, *row) for row in rows))


def some_part(conn: Connection, sync: str, like: RecordRef, besides: Sequence[str], *, near: str) -> str | None:
    """The id of a part of the object of `like`, none of `besides`: which one, `near` decides as by a throw of dice."""
    of_object = and_(parts.c.sync == sync, parts.c.system == like.system, parts.c.child_object == like.object)
    among = and_(of_object, parts.c.child_id.not_in(besides))
    count = conn.execute(select(func.count()).select_from(parts).where(among)).scalar_one()
    if not count:
        return None
    place = int.from_bytes(hashlib.blake2s(near.encode(), digest_size=8).digest()) % count
    found: str = conn.execute(
        select(parts.c.child_id).where(among).order_by(parts.c.child_id).offset(place).limit(1)
    ).scalar_one()
    return found


def _of_parent(sync: str, parent: RecordRef) -> ColumnElement[bool]:
    return and_(
        parts.c.sync == sync,
        parts.c.system == parent.system,
        parts.c.parent_object == parent.object,
        parts.c.parent_id == parent.id,
    )


def _row(sync: str, parent: RecordRef, child: RecordRef) -> dict[str, str]:
    return {
        "sync": sync,
        "system": parent.system,
        "child_object": child.object,
        "child_id": child.id,
        "parent_object": parent.object,
        "parent_id": parent.id,
    }
