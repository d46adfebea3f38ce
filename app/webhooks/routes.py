"""The three routes by which Salesforce and Xero push.

They are plain routes, without the framework's parsing, because each vendor's rules begin at the raw bytes.
"""

from functools import partial

from starlette.responses import Response
from starlette.routing import Route

from app.addresses import CHANGES, OUTBOUND, XERO
from app.webhooks import change_events, outbound, xero
from app.webhooks.door import FrontDoor
from app.webhooks.reception import Reception
from app.webhooks.soap import ACKNOWLEDGEMENT


def routes(door: FrontDoor) -> list[Route]:
    """The webhook routes, to be mounted as they are."""
    receptions = (
        Reception(door, XERO, "json", partial(xero.read, door.xero), _empty),
        Reception(door, OUTBOUND, "xml", partial(outbound.read, door.salesforce), _acknowledgement),
        Reception(door, CHANGES, "json", partial(change_events.read, door.salesforce), _empty),
    )
    return [Route(reception.path, reception.answer, methods=["POST"]) for reception in receptions]


def _empty() -> Response:
    """What Xero takes for success: 200, no body, no cookie. Relays are content with any 2xx."""
    return Response(status_code=200)


def _acknowledgement() -> Response:
    return Response(ACKNOWLEDGEMENT, media_type="text/xml")
