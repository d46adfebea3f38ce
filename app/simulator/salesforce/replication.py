"""The routes of `/updated` and `/deleted`: which records changed between two instants."""

from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from app.mapping.values import Json
from app.simulator.journal import ChangeType
from app.simulator.salesforce.access import ApiCall, Table
from app.simulator.salesforce.answers import Refusal, stamp
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import answer

OBJECT = "/services/data/v{version}/sobjects/{object}"
MINUTE = timedelta(minutes=1)
KEPT = timedelta(days=15)


def replication_table(world: SalesforceWorld) -> Table:
    """The routes of both feeds."""
    feeds = _Feeds(world)
    return (("GET", f"{OBJECT}/updated", feeds.updated), ("GET", f"{OBJECT}/deleted", feeds.deleted))


class _Feeds:
    def __init__(self, world: SalesforceWorld) -> None:
        self._world = world

    def updated(self, call: ApiCall) -> Response:
        start, end = _window(call)
        if start >= end:
            raise _bad_window("startDate must be before endDate")
        kind = self._world.records.kind(call.path["object"])
        living = [record.fields for record in self._world.records.all(kind) if not record.deleted]
        ids = [str(row["Id"]) for row in living if start <= datetime.fromisoformat(str(row["SystemModstamp"])) < end]
        return answer({"ids": ids, "latestDateCovered": self._covered(end)})

    def deleted(self, call: ApiCall) -> Response:
        if self._world.refused_feeds:
            raise self._world.refused_feeds
        start, end = _window(call)
        if end - start <= MINUTE:
            raise _bad_window("endDate must be more than one minute after startDate")
        now = self._world.clock.now()
        if start < now - KEPT:
            raise _bad_window("startDate before org replication enabled date")
        deleted: list[Json] = [
            {"id": record_id, "deletedDate": at}
            for record_id, at in self._deletions(call.path["object"]).items()
            if start <= datetime.fromisoformat(at) < end and datetime.fromisoformat(at) <= now - self._world.feed_lag
        ]
        return answer(
            {
                "deletedRecords": deleted,
                "earliestDateAvailable": stamp(now - KEPT),
                "latestDateCovered": self._covered(end),
            }
        )

    def _deletions(self, name: str) -> dict[str, str]:
        """When each record of an object that the feed lists was deleted."""
        facts, records = self._world.facts, self._world.records
        kind = records.kind(name)
        deleted = {
            change.id: str(change.fields["SystemModstamp"])
            for change in self._world.journal.changes
            if change.object == kind.name and change.type is ChangeType.DELETE
        }
        found = {record_id: records.get(kind, record_id) for record_id in deleted}
        listed = {
            record_id: record.deleted or facts.feed_lists_undeleted for record_id, record in found.items() if record
        }
        return {id: at for id, at in deleted.items() if listed.get(id, facts.feed_lists_purged)}

    def _covered(self, end: datetime) -> str:
        return stamp(min(end, self._world.clock.now() - self._world.feed_lag))


def _window(call: ApiCall) -> tuple[datetime, datetime]:
    try:
        start, end = (datetime.fromisoformat(call.query.get(name, "").replace(" ", "+")) for name in ("start", "end"))
    except ValueError as error:
        raise _bad_window("start and end must be dates") from error
    return _whole(start), _whole(end)


def _whole(at: datetime) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).replace(microsecond=0)


def _bad_window(message: str) -> Refusal:
    return Refusal("INVALID_REPLICATION_DATE", message)
