"""Customers that both systems have held for long, tied and in step, put into the database without any work of ours."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, insert

from app.engine.records import Agreed, Base, Observation, State
from app.mapping.model import Mapping, Sync
from app.store import states
from app.store.bases import document_of
from app.store.tables import links


def tie(conn: Connection, sync: Sync, pairs: Iterable[tuple[Observation, Observation]], now: datetime) -> None:
    """Keep the states of each account and contact and the link between them."""
    (mapping,) = sync.mappings.values()
    together = list(pairs)
    states.save(conn, sync.name, [State(seen, {}, now) for pair in together for seen in pair])
    conn.execute(insert(links), [_link(sync, mapping, *pair, now) for pair in together])


def _link(sync: Sync, mapping: Mapping, account: Observation, contact: Observation, now: datetime) -> dict[str, object]:
    base: Base = {
        rule.name: Agreed(rule.salesforce.read(account.fields), rule.xero.read(contact.fields))
        for rule in mapping.fields
    }
    return {
        "sync": sync.name,
        "mapping": mapping.name,
        "slot": "",
        "salesforce_object": account.ref.object,
        "salesforce_id": account.ref.id,
        "xero_object": contact.ref.object,
        "xero_id": contact.ref.id,
        "base": document_of(base),
        "linked_at": now,
    }
