"""Xero's webhooks: numbered events, sent in batches, retried as a payload that is built anew."""

import hmac
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import chain, repeat, takewhile

import httpx

from app.mapping.values import Json
from app.simulator.ids import Ids
from app.simulator.journal import Change
from app.simulator.pushing import GATHER_SECONDS, PushLine
from app.simulator.xero.books import Books
from app.simulator.xero.facts import XeroFacts

TIMEOUT_SECONDS = 5.0
RETRY_SECONDS = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Pauses before the retries, the last one again and again: what a demo can wait for."""
QUARTER_HOUR_SECONDS, QUARTER_HOURS = 900.0, 96
"""Pauses as the real sender is said to make them, for a day."""
MOST_EVENTS = 100


@dataclass(frozen=True, slots=True)
class Event:
    """One event, as it is told."""

    resource: str
    id: str
    at: datetime
    type: str
    tenant_id: str

    def as_text(self) -> str:
        """The event in the layout that the real sender uses."""
        lines = {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{self.resource}s/{self.id}",
            "resourceId": self.id,
            "eventDateUtc": _stamp(self.at),
            "eventType": self.type,
            "eventCategory": self.resource.upper(),
            "tenantId": self.tenant_id,
            "tenantType": "ORGANISATION",
        }
        return "{\n" + ",\n".join(f'  "{name}": "{value}"' for name, value in lines.items()) + "\n}"


class Webhooks:
    """The sender of one app's subscription: events of all organisations, told in order, under one running number.

    `apps` are the names of the apps whose own writes may go untold.
    """

    def __init__(self, line: PushLine, ids: Ids, facts: XeroFacts, *, key: str, apps: frozenset[str]) -> None:
        self.disabled = False
        self._line = line
        self._ids = ids
        self._facts = facts
        self._key = key.encode()
        self._apps = apps
        self._waiting: list[Event] = []
        self._told: Counter[str] = Counter()
        self._sending = False

    def listen(self, books: Books) -> None:
        """Tell of all that is written in these books from now on."""
        for book in (books.contacts, books.documents):
            book.listen(partial(self.announce, books.tenant_id))

    def announce(self, tenant_id: str, change: Change) -> None:
        """Tell of a committed write soon."""
        if change.writer in self._apps and not self._facts.own_writes_pushed:
            return
        self._waiting.append(Event(change.object, change.id, change.at, change.type.value, tenant_id))
        self._go_on()

    def rotate_key(self, key: str) -> None:
        """Sign with another key from now on, as the portal does: at once."""
        self._key = key.encode()

    def disable(self) -> None:
        """Switch the subscription off; what happens meanwhile waits."""
        self.disabled = True

    def enable(self) -> None:
        """Switch the subscription on again; what waited is told, in order."""
        self.disabled = False
        self._go_on()

    async def intent_to_receive(self) -> Json:
        """Ask the receiver with right and wrong signatures, as the portal does, and say how it answered."""
        body = payload([], 0, self._entropy(), self._facts.no_events)
        right = signature(self._key, body)
        probes = [_near_miss(right, 0), right, _near_miss(right, 20), _near_miss(right, 42)]
        answers = [await self._post(body, probe) for probe in probes]
        verdicts = [
            _acceptable(answer, 200 if probe == right else 401) for probe, answer in zip(probes, answers, strict=True)
        ]
        statuses: list[Json] = [answer.status_code if answer is not None else None for answer in answers]
        return {"passed": all(verdicts), "statuses": statuses}

    def _go_on(self) -> None:
        if self._waiting and not self._sending and not self.disabled:
            self._sending = True
            self._line.spawn(self._send())

    async def _send(self) -> None:
        await self._line.clock.sleep(GATHER_SECONDS)
        pauses = iter(self._pauses())
        while self._waiting and not self.disabled:
            await self._line.opened()
            batch = self._batch()
            if self._line.drops() or await self._deliver(batch):
                del self._waiting[: len(batch)]
                self._told[self._counted(batch)] += len(batch)
                pauses = iter(self._pauses())
            elif (pause := next(pauses, None)) is not None:
                await self._line.clock.sleep(pause)
            else:
                self.disabled = True
        self._sending = False

    def _pauses(self) -> Iterable[float]:
        """The pauses before the retries; where they end the subscription is switched off."""
        if self._facts.webhook_retries == "growing":
            return chain(RETRY_SECONDS, repeat(RETRY_SECONDS[-1]))
        return chain([0.0], repeat(QUARTER_HOUR_SECONDS, QUARTER_HOURS))

    def _batch(self) -> list[Event]:
        """The events to tell next; where every organisation has numbers of its own, those of one only."""
        batch = self._waiting[:MOST_EVENTS]
        if self._facts.sequence_of == "tenant":
            return list(takewhile(lambda event: event.tenant_id == batch[0].tenant_id, batch))
        return batch

    def _counted(self, batch: Sequence[Event]) -> str:
        return batch[0].tenant_id if self._facts.sequence_of == "tenant" else ""

    async def _deliver(self, batch: Sequence[Event]) -> bool:
        body = payload(batch, self._told[self._counted(batch)] + 1, self._entropy())
        answer = await self._post(body, signature(self._key, body))
        return answer is not None and answer.is_success and not answer.content

    async def _post(self, body: bytes, sign: str) -> httpx.Response | None:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Accept": "*/*",
            "x-xero-signature": sign,
        }
        return await self._line.post(body, headers, TIMEOUT_SECONDS)

    def _entropy(self) -> str:
        return "".join(chr(ord("A") + byte % 26) for byte in sha256(self._ids().bytes).digest()[:20])


def payload(events: Sequence[Event], first: int, entropy: str, none: str = "[]") -> bytes:
    """The body for `events`, the first of which has the number `first`; irregularly spaced, as the real one."""
    told = f"[{','.join(event.as_text() for event in events)}]" if events else none
    last = first + len(events) - 1 if events else 0
    return (
        f'{{"events":{told},"firstEventSequence": {first},"lastEventSequence": {last}, "entropy": "{entropy}"}}'
    ).encode()


def signature(key: bytes, body: bytes) -> str:
    """Base64 of the HMAC-SHA256 of the raw body; the key is the portal's text, not decoded."""
    return b64encode(hmac.digest(key, body, "sha256")).decode()


def _near_miss(sign: str, position: int) -> str:
    other = "B" if sign[position] == "A" else "A"
    return sign[:position] + other + sign[position + 1 :]


def _acceptable(answer: httpx.Response | None, status: int) -> bool:
    if answer is None or answer.content or "set-cookie" in answer.headers:
        return False
    return answer.is_success if status == httpx.codes.OK else answer.status_code == status


def _stamp(at: datetime) -> str:
    fraction = f"{at.microsecond // 1000:03d}".rstrip("0") or "0"
    return f"{at:%Y-%m-%dT%H:%M:%S}.{fraction}"
