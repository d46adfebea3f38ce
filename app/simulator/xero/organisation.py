"""The route of `/Organisation`: who the books belong to."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.mapping.values import Json
from app.simulator.xero.access import ApiCall, guarded
from app.simulator.xero.world import XeroWorld


def organisation_routes(world: XeroWorld) -> list[Route]:
    """The one organisation, always in a list of one."""
    act = _Organisation(world)
    return [
        Route("/api.xro/2.0/Organisation", guarded(world, act.show, "accounting.settings"), methods=["GET"]),
        Route("/api.xro/2.0/Organisation", act.not_implemented, methods=["POST", "PUT"]),
    ]


class _Organisation:
    def __init__(self, world: XeroWorld) -> None:
        self._world = world

    def show(self, call: ApiCall) -> Response:
        organisation: Json = {
            "OrganisationID": call.books.tenant_id,
            "Name": call.books.name,
            "BaseCurrency": "NZD",
            "CountryCode": "NZ",
            "Timezone": "NEWZEALANDSTANDARDTIME",
            "IsDemoCompany": True,
            "OrganisationStatus": "ACTIVE",
            "Class": "DEMO",
            "Edition": "BUSINESS",
            "SalesTaxBasis": "ACCRUALS",
            "DefaultSalesTax": "Tax Exclusive",
            "DefaultPurchasesTax": "Tax Exclusive",
            "ShortCode": "!Sim01",
        }
        return self._world.envelope("Organisations", [organisation])

    async def not_implemented(self, request: Request) -> Response:
        return PlainTextResponse("The method is not implemented", 501)
