"""The routes of `/updated` and `/deleted`: which records changed between two instants."""

from datetime import UTC, datetime, timedelta

from starlette.responses import Response
from starlette.routing import Route

from app.mapping.values import Fields
from app.simulator.salesforce.access import ApiCall, api_routes
from app.simulator.salesforce.answers import Refusal, stamp
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import answer

OBJECT = "/services/data/v{version}/sobjects/{object}"
MINUTE = timedelta(minutes=1)


def replication_routes(world: SalesforceWorld) -> list[Route]:
    """The routes of both feeds."""
    feeds = _Feeds(world)
    table = (("GET", f"{OBJECT}/updated", feeds.updated), ("GET", f"{OBJECT}/deleted", feeds.deleted))
    return api_routes(world, table)


class _Feeds:
    def __init__(self, world: SalesforceWorld) -> None:
        self._world = world

    def updated(self, call: ApiCall) -> Response:
        start, end = _window(call)
        if start >= end:
            raise _bad_window("startDate must be before endDate")
        ids = [str(row["Id"]) for row in self._rows(call, start, end, deleted=False)]
        return answer({"ids": ids, "latestDateCovered": self._covered(end)})

    def deleted(self, call: ApiCall) -> Response:
        start, end = _window(call)
        if end - start <= MINUTE:
            raise _bad_window("endDate must be more than one minute after startDate")
        rows = self._rows(call, start, end, deleted=True)
        return answer(
            {
                "deletedRecords": [{"id": row["Id"], "deletedDate": row["SystemModstamp"]} for row in rows],
                "earliestDateAvailable": stamp(end - timedelta(days=15)),
                "latestDateCovered": self._covered(end),
            }
        )

    def _rows(self, call: ApiCall, start: datetime, end: datetime, *, deleted: bool) -> list[Fields]:
        kind = self._world.records.kind(call.path["object"])
        rows = [record.fields for record in self._world.records.all(kind) if record.deleted is deleted]
        return [row for row in rows if start <= datetime.fromisoformat(str(row["SystemModstamp"])) < end]

    def _covered(self, end: datetime) -> str:
        return stamp(min(end, self._world.clock.now()))


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
