"""The addresses by which somebody enters documents, as on Xero's screens."""

from decimal import Decimal, InvalidOperation

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.simulator.wire import answer
from app.simulator.xero.answers import not_found
from app.simulator.xero.documents.document import INVOICE, Document
from app.simulator.xero.world import XeroWorld


def entering_routes(world: XeroWorld) -> list[Route]:
    """Where invoices are entered and paid, without sign-in."""
    act = _Entering(world)
    return [
        Route("/simulator/contacts/{contact_id}/invoice", act.invoice, methods=["POST"]),
        Route("/simulator/invoices/{invoice_id}/payment", act.payment, methods=["POST"]),
    ]


class _Entering:
    def __init__(self, world: XeroWorld) -> None:
        self._world = world

    async def invoice(self, request: Request) -> Response:
        contact = self._world.contacts.get(request.path_params["contact_id"])
        total = _amount(request, "total")
        if contact is None or total is None:
            return not_found()
        return _entered(self._world.first.documents.invoice(contact, total))

    async def payment(self, request: Request) -> Response:
        documents = self._world.first.documents
        invoice, amount = documents.get(request.path_params["invoice_id"]), _amount(request, "amount")
        if invoice is None or invoice.kind is not INVOICE or amount is None:
            return not_found()
        return _entered(documents.pay(invoice, amount))


def _amount(request: Request, name: str) -> Decimal | None:
    try:
        return Decimal(request.query_params.get(name, ""))
    except InvalidOperation:
        return None


def _entered(document: Document) -> Response:
    return answer({document.kind.id_field: document.id})
