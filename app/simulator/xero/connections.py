"""Which organisations are connected to which apps, and by whose consent."""

from dataclasses import dataclass, replace
from datetime import datetime

from app.engine.ports import Clock
from app.mapping.values import Json
from app.simulator.ids import Ids


@dataclass(frozen=True, slots=True)
class Consent:
    """A user's consent to an app: tokens belong to it, not to an organisation."""

    app: str
    user: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Connection:
    """One organisation that a user has connected to an app."""

    id: str
    consent: Consent
    tenant_id: str
    created_at: datetime
    updated_at: datetime
    live: bool = True

    def as_json(self, name: str) -> Json:
        """The connection as `/connections` shows it."""
        return {
            "id": self.id,
            "authEventId": self.consent.event_id,
            "tenantId": self.tenant_id,
            "tenantType": "ORGANISATION",
            "tenantName": name,
            "createdDateUtc": f"{self.created_at:%Y-%m-%dT%H:%M:%S.%f}",
            "updatedDateUtc": f"{self.updated_at:%Y-%m-%dT%H:%M:%S.%f}",
        }


class Connections:
    """All connections that ever were."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._rows: list[Connection] = []

    def connect(self, consent: Consent, tenant_id: str) -> Connection:
        """Connect an organisation; one that this user had connected before keeps its id and its first day."""
        now = self._clock.now()
        before = next((row for row in self._rows if _whose(row) == (consent.app, consent.user, tenant_id)), None)
        if before is None:
            made = Connection(str(self._ids()), consent, tenant_id, now, now)
        else:
            self._rows.remove(before)
            made = replace(before, consent=consent, updated_at=now, live=True)
        self._rows.append(made)
        return made

    def of(self, consent: Consent, event_id: str = "") -> list[Connection]:
        """What the user has connected to the app; with `event_id` only by that consent."""
        mine = [row for row in self._rows if row.live and _whose(row)[:2] == (consent.app, consent.user)]
        return [row for row in mine if event_id in {"", row.consent.event_id}]

    def tenants(self, app: str) -> list[str]:
        """The organisations that anybody has connected to the app."""
        return [row.tenant_id for row in self._rows if row.live and row.consent.app == app]

    def end(self, connection_id: str, consent: Consent) -> bool:
        """Disconnect one of the user's organisations; False when it is none."""
        found = [row for row in self.of(consent) if row.id == connection_id]
        self._end(found)
        return bool(found)

    def end_all(self, consent: Consent) -> None:
        """Disconnect all that the user has connected to the app."""
        self._end(self.of(consent))

    def end_tenant(self, tenant_id: str) -> None:
        """Disconnect an organisation from every app."""
        self._end([row for row in self._rows if row.live and row.tenant_id == tenant_id])

    def _end(self, rows: list[Connection]) -> None:
        self._rows = [replace(row, live=False) if row in rows else row for row in self._rows]


def _whose(row: Connection) -> tuple[str, str, str]:
    return row.consent.app, row.consent.user, row.tenant_id
