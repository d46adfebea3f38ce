"""Parts: which record is part of which, as last observed."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from app.engine.records import RecordRef
from app.store.statements import insert
from app.store.tables import parts


def replace(conn: Connection, sync: str, parent: RecordRef, children: Iterable[RecordRef]) -> None:
    """Keep `children`, records of the parent's own system, as all the parts of `parent`.

    What they were part of before stays known until that parent is observed again.
    """
    conn.execute(delete(parts).where(_of_parent(sync, parent)))
    rows = [_row(sync, parent, child) for child in children]
    if rows:
        conn.execute(insert(conn, parts).on_conflict_do_nothing(), rows)


def parents_of(conn: Connection, sync: str, child: RecordRef) -> tuple[RecordRef, ...]:
    """The records that `child` is part of: more than one while a move is half observed."""
    of_child = and_(
        parts.c.sync == sync,
        parts.c.system == child.system,
        parts.c.child_object == child.object,
        parts.c.child_id == child.id,
    )
    rows = conn.execute(select(parts.c.parent_object, parts.c.parent_id).where(of_child))
    return tuple(sorted(RecordRef(child.system, *row) for row in rows))


def children_of(conn: Connection, sync: str, parent: RecordRef) -> tuple[RecordRef, ...]:
    """The records that are part of `parent`."""
    rows = conn.execute(select(parts.c.child_object, parts.c.child_id).where(_of_parent(sync, parent)))
    return tuple(sorted(RecordRef(parent.system, *row) for row in rows))


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
