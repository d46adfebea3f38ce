"""Read what Xero pushes.

Xero wants 401 for a wrong signature and 200 for a right one, whatever the body holds; a push that it cannot deliver
it repeats for a day and then switches the webhook off. So an authentic body that cannot be read is neither refused
nor forgotten: nobody can say what changed, and every object is scanned instead.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.engine.events import Event, Kind, Origin, SequenceRange
from app.errors import Malformed, NotAuthentic
from app.mapping.values import Json, System
from app.webhooks.constant_time import matches_any
from app.webhooks.json_body import read_json
from app.webhooks.push import Delivery, Push
from app.webhooks.senders import XeroSender
from app.webhooks.words import guid, instant, name, number, term

_OBJECTS = {
    "CONTACT": "Contact",
    "INVOICE": "Invoice",
    "CREDITNOTE": "CreditNote",
    "PAYMENT": "Payment",
    "PREPAYMENT": "Prepayment",
    "OVERPAYMENT": "Overpayment",
}
"""The category of a push, and the object that it is about. A category that is new keeps its own name."""


def read(senders: Sequence[XeroSender], delivery: Delivery) -> Push:
    """What one of the `senders` said. Raises `NotAuthentic` and nothing else."""
    signers = [sender for sender in senders if _is_signed(delivery, sender.keys)]
    if not signers:
        raise NotAuthentic("signature does not fit")
    current = any(_is_signed(delivery, sender.keys[:1]) for sender in signers)
    try:
        push = _told(signers[0].connection, read_json(delivery.body), delivery)
    except Malformed:
        push = _scan_everything(signers, delivery)
    return replace(push, previous_key=not current)


def _is_signed(delivery: Delivery, keys: Sequence[bytes]) -> bool:
    signatures = [base64.b64encode(hmac.digest(key, delivery.body, "sha256")) for key in keys]
    return matches_any(delivery.header("x-xero-signature"), signatures)


def _told(connection: str, document: Json, delivery: Delivery) -> Push:
    if not isinstance(document, Mapping):
        raise Malformed("not an object")
    elements = document.get("events")
    if elements is None:
        elements = ()
    if isinstance(elements, str) or not isinstance(elements, Sequence):
        raise Malformed("events are not a list")
    events = tuple(event for element in elements if (event := _event(element, delivery)))
    return Push(
        connection=connection,
        events=events,
        sequence=_sequence(connection, document),
        unreadable=len(elements) - len(events),
    )


def _event(element: Json, delivery: Delivery) -> Event | None:
    """What an element says; without a readable record its whole object is scanned, without an object it is lost."""
    facts = element if isinstance(element, Mapping) else {}
    tenant, category = guid(facts.get("tenantId")), term(facts.get("eventCategory"))
    if tenant is None or category is None:
        return None
    record, at = guid(facts.get("resourceId")), instant(facts.get("eventDateUtc"))
    change = name(facts.get("eventType")) or "unknown"
    object = _OBJECTS.get(category, category)
    occasion = at or delivery.arrived_at
    return Event(
        key=f"xero:{tenant}:{object}:{record or '*'}:{change}:{occasion.isoformat()}",
        system=System.XERO,
        account=tenant,
        object=object,
        record_id=record,
        kind=Kind.CHANGED if record else Kind.SCAN,
        origin=Origin.XERO_WEBHOOK,
        version=at if record else None,
        detail={"change": change},
    )


def _sequence(connection: str, document: Mapping[str, Json]) -> SequenceRange | None:
    """The push's running numbers; in the check that Xero makes before it begins they are zero."""
    first, last = number(document.get("firstEventSequence")), number(document.get("lastEventSequence"))
    return SequenceRange(connection, first, last) if first and last and first <= last else None


def _scan_everything(signers: Sequence[XeroSender], delivery: Delivery) -> Push:
    events = (
        _scan(tenant, object, delivery)
        for tenant in dict.fromkeys(sender.tenant for sender in signers if sender.tenant)
        for object in _OBJECTS.values()
    )
    return Push(connection=signers[0].connection, events=tuple(events), unreadable=1)


def _scan(tenant: str, object: str, delivery: Delivery) -> Event:
    return Event(
        key=f"xero:{tenant}:{object}:*:unreadable:{delivery.arrived_at.isoformat()}",
        system=System.XERO,
        account=tenant,
        object=object,
        record_id=None,
        kind=Kind.SCAN,
        origin=Origin.XERO_WEBHOOK,
        detail={"change": "unreadable"},
    )
