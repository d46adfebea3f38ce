"""Read the outbound messages that Salesforce sends.

They carry no signature: the secret in the address and the organisation in the message must belong to one connection.
The session that a message may hold is never touched.
"""

from collections.abc import Sequence
from datetime import datetime

from lxml.etree import _Element as Element

from app.engine.events import Event, Kind, Origin
from app.errors import Malformed, NotAuthentic
from app.mapping.salesforce_ids import is_id, to_15, to_18
from app.mapping.values import System
from app.webhooks.constant_time import matches_any
from app.webhooks.push import Delivery, Push
from app.webhooks.senders import SalesforceSender
from app.webhooks.soap import read_message
from app.webhooks.words import instant, name

_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_SOBJECT = "{urn:sobject.enterprise.soap.sforce.com}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_MAX_NOTIFICATIONS = 100


def read(senders: Sequence[SalesforceSender], delivery: Delivery) -> Push:
    """What one of the `senders` said. Raises `NotAuthentic` or `Malformed`, and then nothing may be acknowledged."""
    secret = delivery.secret.encode(errors="replace")
    trusted = [sender for sender in senders if matches_any(secret, sender.outbound_secrets)]
    if not trusted:
        raise NotAuthentic("secret does not fit")
    message = read_message(delivery.body, f"{_OUTBOUND}notifications")
    return _told(_sender(trusted, message), message, delivery)


def _sender(trusted: Sequence[SalesforceSender], message: Element) -> SalesforceSender:
    orgs = [_text(element) for element in message.findall(f"{_OUTBOUND}OrganizationId")]
    named = {to_15(org) for org in orgs if is_id(org)}
    for sender in trusted:
        if len(orgs) == 1 and sender.org in named:
            return sender
    raise NotAuthentic("organisation does not fit the secret")


def _told(sender: SalesforceSender, message: Element, delivery: Delivery) -> Push:
    notifications = message.findall(f"{_OUTBOUND}Notification")
    if not 1 <= len(notifications) <= _MAX_NOTIFICATIONS:
        raise Malformed("not 1 to 100 notifications")
    present = [notification for notification in notifications if _holds_record(notification)]
    events = tuple(event for one in present if (event := _event(sender.org, one, delivery)))
    return Push(
        connection=sender.connection,
        events=events,
        unreadable=len(present) - len(events),
        gone=len(notifications) - len(present),
    )


def _holds_record(notification: Element) -> bool:
    """Whether the record still existed when the message was sent: otherwise Salesforce leaves its data out."""
    return bool(_field(notification, "Id"))


def _event(org: str, notification: Element, delivery: Delivery) -> Event | None:
    """What a notification says; with an unreadable id its whole object is scanned, without an object it is lost."""
    object, id = _object(notification), _field(notification, "Id")
    if object is None:
        return None
    record = to_18(id) if is_id(id) else None
    return Event(
        key=f"salesforce:{org}:outbound:{_occasion(notification, delivery)}:{object}:{record or '*'}",
        system=System.SALESFORCE,
        account=org,
        object=object,
        record_id=record,
        kind=Kind.CHANGED if record else Kind.SCAN,
        origin=Origin.OUTBOUND_MESSAGE,
        version=_version(notification) if record else None,
        by=_writer(notification),
    )


def _object(notification: Element) -> str | None:
    """The API name in the record's type, which is written with a prefix."""
    record = notification.find(f"{_OUTBOUND}sObject")
    return None if record is None else name(record.get(_TYPE, "").strip().rpartition(":")[2])


def _occasion(notification: Element, delivery: Delivery) -> str:
    """The notification's id, the same in every repetition; without one, the arrival."""
    id = (notification.findtext(f"{_OUTBOUND}Id") or "").strip()
    return to_18(id) if is_id(id) else delivery.arrived_at.isoformat()


def _version(notification: Element) -> datetime | None:
    """The record's stamp. The time of its last edit is no substitute: automation moves the stamp and not that time."""
    return instant(_field(notification, "SystemModstamp"))


def _writer(notification: Element) -> str | None:
    """Who wrote the record last, if the definition of the message includes it."""
    user = _field(notification, "LastModifiedById")
    return to_18(user) if is_id(user) else None


def _field(notification: Element, field: str) -> str:
    return (notification.findtext(f"{_OUTBOUND}sObject/{_SOBJECT}{field}") or "").strip()


def _text(element: Element) -> str:
    return (element.text or "").strip()
