"""The deleted feed: which records were deleted lately, also those that no query shows any more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from app.connectors import wire
from app.connectors.calls import Calls
from app.connectors.http import Outgoing
from app.connectors.salesforce import spelling
from app.connectors.salesforce.reading import full_id
from app.connectors.salesforce.resources import Resource
from app.engine.events import Priority
from app.engine.ports import Clock
from app.errors import CallRefused
from app.mapping.values import Json

KEPT = timedelta(days=15)
"""How long Salesforce keeps the log of deletions, if nobody purges it."""
_SEAM = timedelta(minutes=5)
"""Stay that far inside of what is kept, whoever's clock is right."""
_SHORTEST = timedelta(minutes=2)
"""Salesforce wants more than a minute between start and end."""
_PAUSE = timedelta(hours=1)
"""How often scans of one priority ask the feed: all but purged records are in their queries anyway."""
_TWICE = 2 * _PAUSE
"""How far it is asked beyond what it has told: if that was not kept, the next answer tells it once more."""

Deletions = Mapping[str, datetime | None]
"""When each record was deleted, by its id."""


@dataclass(slots=True)
class _Asked:
    at: datetime
    covered: datetime


@dataclass(slots=True)
class DeletedFeed:
    """The feed of one org."""

    calls: Calls
    clock: Clock
    root: str
    _asked: dict[tuple[str, Priority], _Asked] = field(default_factory=dict[tuple[str, Priority], _Asked])

    async def all(self, resource: Resource, priority: Priority) -> Deletions:
        """Everything the feed still knows of."""
        now = self.clock.now()
        return (await self._read(resource, now - KEPT + _SEAM, now, priority))[0]

    async def lately(self, resource: Resource, since: datetime | None, priority: Priority) -> Deletions:
        """What was deleted since this was last asked, or since `since`; nothing while an hour has not passed.

        Each priority asks for itself: only what reconcile reads is made due.
        """
        now, asked = self.clock.now(), self._asked.get((resource.name, priority))
        if since and asked and now - asked.at < _PAUSE:
            return {}
        oldest = now - KEPT + _SEAM
        start = max(oldest, min(since, asked.covered if asked else since) - _TWICE) if since else oldest
        deletions, covered = await self._read(resource, min(start, now - _SHORTEST), now, priority)
        self._asked[resource.name, priority] = _Asked(now, min(covered or start, now))
        return deletions

    async def _read(
        self, resource: Resource, start: datetime, end: datetime, priority: Priority
    ) -> tuple[Deletions, datetime | None]:
        """What was deleted and up to when that is all. A feed that refuses (window, too many ids) proves nothing."""
        window = urlencode({"start": _whole(start), "end": _whole(end)})
        out = Outgoing("GET", f"{self.root}/sobjects/{spelling.name(resource.name)}/deleted/?{window}")
        try:
            answer = wire.mapping((await self.calls.call(out, priority)).json)
        except CallRefused:
            return {}, None
        return _deletions(answer), spelling.instant(answer.get("latestDateCovered"))


def _deletions(answer: Mapping[str, Json]) -> Deletions:
    listed = wire.items(answer.get("deletedRecords"))
    return {full_id(wire.text(each.get("id"))): spelling.instant(each.get("deletedDate")) for each in listed}


def _whole(at: datetime) -> str:
    return at.replace(microsecond=0).isoformat()
