"""Pairs that a person took apart: they are never found to be the same again, unless a person ties them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Column, Connection, Select, bindparam, delete, select

from app.engine.records import Link, RecordRef, System
from app.store.statements import IDS, by_object, insert
from app.store.tables import partings


def _of_side(own: Column[str], other: Column[str]) -> Select[str, str]:
    return select(own, other).where(partings.c.sync == bindparam("of_sync"), own.in_(IDS))


_OF_SIDE = {each: _of_side(partings.c[f"{each}_id"], partings.c[f"{each.other}_id"]) for each in System}


def note(conn: Connection, sync: str, link: Link, now: datetime) -> None:
    """A person took the two records of `link` apart."""
    row = {"sync": sync, "salesforce_id": link.salesforce.id, "xero_id": link.xero.id, "parted_at": now}
    conn.execute(insert(conn, partings).values(row).on_conflict_do_nothing())


def forget(conn: Connection, sync: str, link: Link) -> None:
    """A person tied the two records of `link` again."""
    conn.execute(
        delete(partings).where(
            partings.c.sync == sync,
            partings.c.salesforce_id == link.salesforce.id,
            partings.c.xero_id == link.xero.id,
        )
    )


def of(conn: Connection, sync: str, refs: Iterable[RecordRef]) -> dict[RecordRef, frozenset[str]]:
    """The ids of the records of the other system that each of `refs` was taken apart from; only those with any."""
    found: dict[RecordRef, set[str]] = {}
    for system, object, ids in by_object(refs):
        for id, other_id in conn.execute(_OF_SIDE[system], {"of_sync": sync, "ids": ids}):
            found.setdefault(RecordRef(system, object, id), set()).add(other_id)
    return {ref: frozenset(others) for ref, others in found.items()}
