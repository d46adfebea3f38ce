"""Events as senders would bring them, and the lanes that they concern."""

from datetime import datetime
from itertools import count

from app.engine.events import Event, Kind, Origin, Routes
from app.engine.records import RecordRef, System
from tests.support.records import LANE

ORG, TENANT = "00D5Y000001MPM7", "11111111-2222-4333-8444-555555555555"
OTHER_LANE = "bakery/Contact"
ROUTES = Routes(
    {
        (System.XERO, TENANT, "Contact"): (LANE,),
        (System.SALESFORCE, ORG, "Account"): (LANE,),
        (System.SALESFORCE, ORG, "Shared__c"): (LANE, OTHER_LANE),
    }
)
_numbers = count(1)


def event(
    record: RecordRef,
    *,
    key: str | None = None,
    kind: Kind = Kind.CHANGED,
    origin: Origin = Origin.XERO_WEBHOOK,
    version: datetime | None = None,
    by: str | None = None,
    account: str | None = None,
) -> Event:
    """An event with a key of its own about `record`."""
    return Event(
        key=key or f"event-{next(_numbers)}",
        system=record.system,
        account=account or (TENANT if record.system is System.XERO else ORG),
        object=record.object,
        record_id=record.id or None,
        kind=kind,
        origin=origin,
        version=version,
        by=by,
    )


def scan(system: System = System.XERO, *, key: str | None = None) -> Event:
    """An event that asks for a scan of all contacts, or accounts."""
    everything = RecordRef(system, "Contact" if system is System.XERO else "Account", "")
    return event(everything, key=key, kind=Kind.SCAN)
