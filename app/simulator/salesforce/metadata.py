"""What the org says about itself: versions, objects, fields and limits."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.mapping.values import Json
from app.simulator.salesforce.access import VERSIONS, ApiCall, api_routes
from app.simulator.salesforce.objects import Field, ObjectType
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import answer

DATA = "/services/data/v{version}"


def metadata_routes(world: SalesforceWorld) -> list[Route]:
    """The routes that describe the org."""
    metadata = _Metadata(world)
    table = (
        ("GET", f"{DATA}/limits", metadata.limits),
        ("GET", f"{DATA}/sobjects", metadata.objects),
        ("GET", f"{DATA}/sobjects/{{object}}/describe", metadata.describe),
    )
    return [Route("/services/data", metadata.versions), *api_routes(world, table)]


class _Metadata:
    def __init__(self, world: SalesforceWorld) -> None:
        self._world = world

    async def versions(self, request: Request) -> Response:
        return answer([{"version": number, "label": number, "url": f"/services/data/v{number}"} for number in VERSIONS])

    def limits(self, call: ApiCall) -> Response:
        world = self._world
        left = max(0, world.daily_limit - world.calls_used)
        return answer({"DailyApiRequests": {"Max": world.daily_limit, "Remaining": left}})

    def objects(self, call: ApiCall) -> Response:
        kinds: list[Json] = [_summary(kind) for kind in self._world.objects.values()]
        return answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": kinds})

    def describe(self, call: ApiCall) -> Response:
        kind = self._world.records.kind(call.path["object"])
        return answer({**_summary(kind), "fields": [_field(kind, field) for field in kind.fields.values()]})


def _summary(kind: ObjectType) -> dict[str, Json]:
    return {
        "name": kind.name,
        "label": kind.name,
        "keyPrefix": kind.prefix,
        "custom": kind.name.endswith("__c"),
        "createable": kind.writable,
        "updateable": kind.writable,
        "deletable": kind.writable,
        "queryable": True,
        "replicateable": kind.writable,
    }


def _field(kind: ObjectType, field: Field) -> Json:
    writable = kind.writable and field.writable
    return {
        "name": field.name,
        "label": field.name,
        "type": field.type.value,
        "length": field.length,
        "custom": field.name.endswith("__c"),
        "createable": writable,
        "updateable": writable,
        "nillable": not field.required,
        "externalId": field.external_id,
        "unique": field.unique,
        "caseSensitive": False,
        "calculated": False,
        "filterable": True,
        "picklistValues": [],
        "referenceTo": [],
    }
