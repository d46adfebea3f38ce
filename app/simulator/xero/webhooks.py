"""Xero's webhooks: numbered events, sent in batches, retried as a payload that is built anew."""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import httpx

from app.mapping.values import Json
from app.simulator.ids import Ids
from app.simulator.journal import Change
from app.simulator.pushing import GATHER_SECONDS, PushLine

TIMEOUT_SECONDS = 5.0
RETRY_SECONDS = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Pauses before the retries, the last one again and again. The real ones are 0 and then 15 minutes."""
MOST_EVENTS = 100


@dataclass(frozen=True, slots=True)
class Event:
    """One event, as it is told."""

    resource: str
    id: str
    at: datetime
    type: str

    def as_text(self, tenant_id: str) -> str:
        """The event in the layout that the real sender uses."""
        lines = {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{self.resource}s/{self.id}",
            "resourceId": self.id,
            "eventDateUtc": _stamp(self.at),
            "eventType": self.type,
            "eventCategory": self.resource.upper(),
            "tenantId": tenant_id,
            "tenantType": "ORGANISATION",
        }
        return "{\n" + ",\n".join(f'  "{name}": "{value}"' for name, value in lines.items()) + "\n}"


class Webhooks:
    """The sender for one organisation. Events are told in order, none is left out."""

    def __init__(self, line: PushLine, ids: Ids, *, tenant_id: str, key: str) -> None:
        self._line = line
        self._ids = ids
        self._tenant_id = tenant_id
        self._key = key.encode()
        self._waiting: list[Event] = []
        self._told = 0
        self._sending = False

    def announce(self, change: Change) -> None:
        """Tell of a committed write soon."""
        self._waiting.append(Event(change.object, change.id, change.at, change.type.value))
        if not self._sending:
            self._sending = True
            self._line.spawn(self._send())

    async def intent_to_receive(self) -> Json:
        """Ask the receiver with right and wrong signatures, as the portal does, and say how it answered."""
        body = payload([], 0, self._tenant_id, self._entropy())
        right = signature(self._key, body)
        probes = [_near_miss(right, 0), right, _near_miss(right, 20), _near_miss(right, 42)]
        answers = [await self._post(body, probe) for probe in probes]
        verdicts = [
            _acceptable(answer, 200 if probe == right else 401) for probe, answer in zip(probes, answers, strict=True)
        ]
        statuses: list[Json] = [answer.status_code if answer is not None else None for answer in answers]
        return {"passed": all(verdicts), "statuses": statuses}

    async def _send(self) -> None:
        await self._line.clock.sleep(GATHER_SECONDS)
        failures = 0
        while self._waiting:
            await self._line.opened()
            batch = self._waiting[:MOST_EVENTS]
            if self._line.drops() or await self._deliver(batch):
                del self._waiting[: len(batch)]
                self._told += len(batch)
                failures = 0
            else:
                await self._line.clock.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
        self._sending = False

    async def _deliver(self, batch: Sequence[Event]) -> bool:
        body = payload(batch, self._told + 1, self._tenant_id, self._entropy())
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


def payload(events: Sequence[Event], first: int, tenant_id: str, entropy: str) -> bytes:
    """The body for `events`, the first of which has the number `first`; irregularly spaced, as the real one."""
    told = ",".join(event.as_text(tenant_id) for event in events)
    last = first + len(events) - 1 if events else 0
    return (
        f'{{"events":[{told}],"firstEventSequence": {first},"lastEventSequence": {last}, "entropy": "{entropy}"}}'
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
