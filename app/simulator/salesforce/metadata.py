"""What the org says about itself: versions, objects, fields and limits."""

from starlette.requests import Request
from starlette.responses import Response

from app.mapping.values import Json
from app.simulator.salesforce.access import VERSIONS, ApiCall, Table
from app.simulator.salesforce.objects import Field, ObjectType
from app.simulator.salesforce.world import SalesforceWorld
from app.simulator.wire import answer

DATA = "/services/data/v{version}"


def metadata_table(world: SalesforceWorld) -> Table:
    """The routes that describe the org to those who are signed in."""
    metadata = _Metadata(world)
    return (
        ("GET", f"{DATA}/limits", metadata.limits),
        ("GET", f"{DATA}/sobjects", metadata.objects),
        ("GET", f"{DATA}/sobjects/{{object}}/describe", metadata.describe),
    )


async def versions(request: Request) -> Response:  # noqa: ARG001 - the form of an endpoint
    """The versions of the API, for everybody."""
    return answer([{"version": number, "label": number, "url": f"/services/data/v{number}"} for number in VERSIONS])


class _Metadata:
    def __init__(self, world: SalesforceWorld) -> None:
        self._world = world

    def limits(self, call: ApiCall) -> Response:
        world = self._world
        left = max(0, world.daily_limit - world.calls_used)
        return answer({"DailyApiRequests": {"Max": world.daily_limit, "Remaining": left}})

    def objects(self, call: ApiCall) -> Response:
        kinds: list[Json] = [_summary(kind) for kind in self._world.objects.values()]
        return answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": kinds})

    def describe(self, call: ApiCall) -> Response:
        kind = self._world.records.kind(call.path["object"]).without(call.writer.hidden)
        fields: list[Json] = [_field(kind, field) for field in kind.fields.values()]
        return answer({**_summary(kind), "fields": fields, "recordTypeInfos": _record_types(kind)})


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


def _record_types(kind: ObjectType) -> list[Json]:
    """The record types that the caller may use; the master stands for having none."""
    names = ("Master", *kind.record_types)
    return [{"name": name, "available": True, "master": name == "Master"} for name in names]


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
        "precision": field.digits + field.scale if field.is_number else 0,
        "scale": field.scale if field.is_number else 0,
        "restrictedPicklist": field.restricted,
        "picklistValues": [{"value": each, "label": each, "active": True} for each in field.choices],
        "referenceTo": [],
    }
