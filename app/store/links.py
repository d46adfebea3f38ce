"""Links: which two records are one and the same, and the base they last agreed on."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, bindparam, delete, select, update

from app.engine.records import Base, Link, RecordRef, System
from app.store.bases import base_of, document_of
from app.store.statements import IDS, by_object, insert
from app.store.tables import links


def _is_of(system: System) -> ColumnElement[bool]:
    of_object = links.c[f"{system}_object"] == bindparam("of_object")
    return (links.c.sync == bindparam("of_sync")) & of_object & links.c[f"{system}_id"].in_(IDS)


_OF_SIDE = {each: select(links).where(_is_of(each)).order_by(links.c.id) for each in System}
_COUNTERPARTS = {
    each: select(links.c[f"{each.other}_object"], links.c[f"{each.other}_id"]).where(_is_of(each)) for each in System
}


def of(conn: Connection, sync: str, refs: Iterable[RecordRef]) -> dict[RecordRef, tuple[Link, ...]]:
    """The links of each of `refs`, whichever side it is on; every one of `refs` has an entry, oldest link first."""
    wanted = list(refs)
    found: defaultdict[RecordRef, list[Link]] = defaultdict(list)
    for system, object, ids in by_object(wanted):
        of_side = {"of_sync": sync, "of_object": object, "ids": ids}
        for row in conn.execute(_OF_SIDE[system], of_side).mappings():
            link = _link(row)
            found[link.ref(system)].append(link)
    return {ref: tuple(found[ref]) for ref in wanted}


def counterparts(conn: Connection, sync: str, refs: Iterable[RecordRef]) -> frozenset[RecordRef]:
    """The records that `refs` are tied to, without anything else of their links."""
    found: set[RecordRef] = set()
    for system, object, ids in by_object(refs):
        tied = conn.execute(_COUNTERPARTS[system], {"of_sync": sync, "of_object": object, "ids": ids})
        found.update(RecordRef(system.other, *row) for row in tied)
    return frozenset(found)


def some_linked(
    conn: Connection, sync: str, xero_object: str, like: RecordRef, besides: Sequence[str], *, near: str
) -> str | None:
    """The id of a record of the object of `like`, none of `besides`, that is linked to an `xero_object` or is one: of
    the next link by Xero's id after `near`, of the first after the last; None without any.
    """
    id = links.c[f"{like.system}_id"]
    of_object = (links.c[f"{like.system}_object"] == like.object) & id.not_in(besides)
    of_lane = (links.c.sync == sync) & (links.c.xero_object == xero_object) & of_object
    for reach in (links.c.xero_id > near, links.c.xero_id <= near):
        found: str | None = conn.execute(select(id).where(of_lane, reach).order_by(links.c.xero_id).limit(1)).scalar()
        if found:
            return found
    return None


def bind(conn: Connection, sync: str, link: Link, now: datetime) -> Link | None:
    """Tie two records; None when either of them is taken. The same tie again gives the link as it is stored."""
    (bound,) = bind_all(conn, sync, [link], now)
    return bound


def bind_all(conn: Connection, sync: str, wanted: Sequence[Link], now: datetime) -> list[Link | None]:
    """The same for many, one after the other."""
    if not wanted:
        return []
    made = insert(conn, links).on_conflict_do_nothing().returning(links.c.id, *_TIE)
    rows = [{**_row(sync, link), "linked_at": now} for link in wanted]
    ids = {tuple(tie): id for id, *tie in conn.execute(made, rows)}
    bound = list[Link | None]()
    for link in wanted:
        id = ids.pop(_tie(link), None)  # of two that are the same the first one made it
        bound.append(replace(link, id=id) if id is not None else _same(conn, sync, link))
    return bound


def save_base(conn: Connection, link_id: int, base: Base) -> None:
    """Keep the values both sides now agree on."""
    conn.execute(update(links).where(links.c.id == link_id).values(base=document_of(base)))


def move(conn: Connection, sync: str, link_id: int, to: RecordRef) -> bool:
    """Tie what `link_id` ties on the other side to `to`, its base kept; False when `to` is taken.

    A Xero record belongs to one link, a Salesforce record to one of each mapping and slot.
    """
    link = _link(conn.execute(select(links).where(links.c.id == link_id)).mappings().one())
    alike = [tie for tie in of(conn, sync, [to])[to] if tie.id != link_id]
    if any(to.system is System.XERO or (tie.mapping, tie.slot) == (link.mapping, link.slot) for tie in alike):
        return False
    of_side = {f"{to.system}_object": to.object, f"{to.system}_id": to.id}
    conn.execute(update(links).where(links.c.id == link_id).values(of_side))
    return True


def adopt(conn: Connection, link_id: int, mapping: str) -> None:
    """Let a link belong to another mapping, its base kept."""
    conn.execute(update(links).where(links.c.id == link_id).values(mapping=mapping))


def unbind(conn: Connection, link_id: int) -> None:
    """Forget the tie and its base; both records are free again."""
    conn.execute(delete(links).where(links.c.id == link_id))


def _same(conn: Connection, sync: str, link: Link) -> Link | None:
    same = (column == value for column, value in zip(_TIE, _tie(link), strict=True))
    tie = select(links).where(links.c.sync == sync, *same)
    row = conn.execute(tie).mappings().one_or_none()
    return _link(row) if row else None


_TIE = (
    links.c.mapping,
    links.c.slot,
    links.c.salesforce_object,
    links.c.salesforce_id,
    links.c.xero_object,
    links.c.xero_id,
)
"""What tells the ties of a sync apart."""


def _tie(link: Link) -> tuple[str, ...]:
    salesforce, xero = link.salesforce, link.xero
    return link.mapping, link.slot, salesforce.object, salesforce.id, xero.object, xero.id


def _row(sync: str, link: Link) -> dict[str, object]:
    return {
        "sync": sync,
        "mapping": link.mapping,
        "slot": link.slot,
        "salesforce_object": link.salesforce.object,
        "salesforce_id": link.salesforce.id,
        "xero_object": link.xero.object,
        "xero_id": link.xero.id,
        "base": document_of(link.base),
    }


def _link(row: RowMapping) -> Link:
    return Link(
        id=row["id"],
        mapping=row["mapping"],
        slot=row["slot"],
        salesforce=RecordRef(System.SALESFORCE, row["salesforce_object"], row["salesforce_id"]),
        xero=RecordRef(System.XERO, row["xero_object"], row["xero_id"]),
        base=base_of(row["base"]),
    )
