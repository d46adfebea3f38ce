"""Outbound messages: told at every create and update, told again until they are acknowledged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import httpx

from app.mapping.values import Json
from app.simulator.journal import ChangeType
from app.simulator.pushing import PushLine
from app.simulator.resending import Resender
from app.simulator.salesforce.answers import zulu
from app.simulator.salesforce.facts import SalesforceFacts
from app.simulator.salesforce.objects import ObjectType, Type
from app.simulator.salesforce.records import Commit, Records
from app.simulator.salesforce.soap import Told, acknowledged, envelope

TIMEOUT_SECONDS = 60.0
MOST_NOTIFICATIONS = 100
TRIGGERS = frozenset({ChangeType.CREATE, ChangeType.UPDATE})
HOST = "crossbook-simulator.my.salesforce.com"


@dataclass(frozen=True, slots=True)
class Notification:
    """One queued notification. What the record holds is read when it is sent."""

    id: str
    record_id: str


class OutboundMessages:
    """One outbound message definition: an object and the fields it sends."""

    def __init__(
        self,
        line: PushLine,
        records: Records,
        org_id: str,
        kind: ObjectType,
        fields: Sequence[str],
        facts: SalesforceFacts,
    ) -> None:
        self._line = line
        self._records = records
        self._org_id = org_id
        self._kind = kind
        self._fields = ("Id", *sorted(_carried(fields, facts)))
        self._facts = facts
        self._action_id = records.record_ids.new("04k")
        life = timedelta(days=facts.outbound_days)
        self._queue = Resender(line, MOST_NOTIFICATIONS, self._post, life)

    def announce(self, commit: Commit) -> None:
        """Queue a notification for every change that triggers this definition."""
        for change in commit.changes:
            if change.object == self._kind.name and change.type in TRIGGERS:
                self._queue.put(Notification(self._records.record_ids.new("04l"), change.id))

    async def _post(self, parcel: Sequence[Notification]) -> bool:
        body = envelope(self._org_id, self._action_id, HOST, [self._told(notification) for notification in parcel])
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        answer = await self._line.post(body, headers, TIMEOUT_SECONDS)
        return answer is not None and answer.status_code == httpx.codes.OK and acknowledged(answer.content)

    def _told(self, notification: Notification) -> Told:
        record = self._records.get(self._kind, notification.record_id)
        if record is None or record.deleted:
            return Told(notification.id, self._kind.name, {})
        tells_nulls = self._facts.messages_tell_nulls
        told = {name: record.fields[name] for name in self._fields if tells_nulls or record.fields[name] is not None}
        told = {name: self._number(value) for name, value in told.items()}
        stamps = {name: zulu(str(value)) for name, value in told.items() if self._is_stamp(name) and value}
        return Told(notification.id, self._kind.name, {**told, **stamps})

    def _number(self, value: Json) -> Json:
        """Numbers are doubles in messages, large ones perhaps with an exponent."""
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            return value
        return f"{value:.12E}" if self._facts.messages_write_exponents else str(float(value))

    def _is_stamp(self, name: str) -> bool:
        field = self._kind.field(name)
        return field is not None and field.type is Type.DATETIME


def _carried(fields: Sequence[str], facts: SalesforceFacts) -> Iterator[str]:
    """The fields of a definition that its messages then really carry."""
    absent = {"SystemModstamp": not facts.messages_carry_stamp, "LastModifiedById": not facts.messages_name_writer}
    yield from (name for name in fields if not absent.get(name, False))
