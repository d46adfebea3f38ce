"""Read the change events of Salesforce, as relays post them.

An event has no version: the header's commit time is that of the transaction, cut to the second, and no stamp of the
record. Two edits within one second share it, so that the later one could pass for seen.
"""

import hashlib
import re
from collections.abc import Sequence

from app.engine.events import Event, Kind, Origin
from app.errors import Malformed, NotAuthentic
from app.mapping.salesforce_ids import is_id, to_15, to_18
from app.mapping.values import Fields, Json, System
from app.webhooks.constant_time import matches_any
from app.webhooks.json_body import read_json
from app.webhooks.push import Delivery, Push
from app.webhooks.relays import Change, read_changes
from app.webhooks.senders import SalesforceSender
from app.webhooks.standard_webhooks import is_signed
from app.webhooks.words import name, number

_KINDS = {
    "DELETE": Kind.DELETED,
    "GAP_DELETE": Kind.DELETED,
    "UNDELETE": Kind.UNDELETED,
    "GAP_OVERFLOW": Kind.SCAN,
}
"""What a type of change leads to, where it is more than a look."""

_TRANSACTION = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


def read(senders: Sequence[SalesforceSender], delivery: Delivery) -> Push:
    """What one of the `senders` said. Raises `NotAuthentic` or `Malformed`."""
    vouched = [sender for sender in senders if _vouches(sender, delivery)]
    if not vouched:
        raise NotAuthentic("neither signature nor API key fits")
    changes = read_changes(read_json(delivery.body))
    sender = _sender(vouched, [change.org for change in changes if change and change.org is not None])
    return _told(sender, changes, delivery)


def _vouches(sender: SalesforceSender, delivery: Delivery) -> bool:
    by_signature = is_signed(delivery, sender.change_secrets)
    by_key = matches_any(delivery.header("x-api-key"), sender.change_api_keys)
    return by_signature or by_key


def _sender(vouched: Sequence[SalesforceSender], orgs: Sequence[str]) -> SalesforceSender:
    """The sender whose secret fits and of whose organisation all events are."""
    named = {to_15(org) if is_id(org) else "" for org in orgs}
    fitting = [sender for sender in vouched if named <= {sender.org}]
    if not fitting:
        raise NotAuthentic("organisation does not fit the secret")
    if len({sender.org for sender in fitting}) > 1:
        raise Malformed("names no organisation, and its secret belongs to several")
    return fitting[0]


def _told(sender: SalesforceSender, changes: Sequence[Change | None], delivery: Delivery) -> Push:
    found = [
        _events(sender.org, change.header, _occasion(change.header, delivery, position)) if change else []
        for position, change in enumerate(changes)
    ]
    if changes and not any(found):
        raise Malformed("holds no change event")
    return Push(
        connection=sender.connection,
        events=tuple(event for events in found for event in events),
        unreadable=sum(not events for events in found),
    )


def _occasion(header: Fields, delivery: Delivery, position: int) -> str:
    """What is the same in every repetition: the transaction's step, else the relay's message, else the arrival."""
    transaction, step = header.get("transactionKey"), number(header.get("sequenceNumber"))
    if isinstance(transaction, str) and _TRANSACTION.fullmatch(transaction) and step is not None:
        return f"{transaction}:{step}"
    message = delivery.header("webhook-id")
    if message:
        return f"{hashlib.sha256(message).hexdigest()[:32]}:{position}"
    return f"{delivery.arrived_at.isoformat()}:{position}"


def _events(org: str, header: Fields, occasion: str) -> list[Event]:
    """One event a record, and a scan for what is no record: a wildcard, an overflow, an unreadable id."""
    object, change = name(header.get("entityName")), name(header.get("changeType")) or "UNKNOWN"
    if object is None:
        return []
    kind, ids = _KINDS.get(change, Kind.CHANGED), _ids(header)
    records = [to_18(id) for id in ids if isinstance(id, str) and is_id(id) and kind is not Kind.SCAN]
    events = [_event(org, object, record, kind, change, occasion, by=_writer(header)) for record in records]
    if not ids or len(records) < len(ids):
        events.append(_event(org, object, None, Kind.SCAN, change, occasion))
    return events


def _ids(header: Fields) -> Sequence[Json]:
    ids = header.get("recordIds")
    return ids if isinstance(ids, Sequence) and not isinstance(ids, str) else ()


def _writer(header: Fields) -> str | None:
    user = header.get("commitUser")
    return to_18(user) if isinstance(user, str) and is_id(user) else None


def _event(
    org: str, object: str, record: str | None, kind: Kind, change: str, occasion: str, *, by: str | None = None
) -> Event:
    return Event(
        key=f"salesforce:{org}:change:{occasion}:{object}:{record or '*'}:{change}",
        system=System.SALESFORCE,
        account=org,
        object=object,
        record_id=record,
        kind=kind,
        origin=Origin.CHANGE_EVENT,
        by=by,
        detail={"change": change},
    )
