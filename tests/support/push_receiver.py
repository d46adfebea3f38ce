"""A receiver of pushes that keeps what it got and answers as it is told."""

from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ACK = (
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    b"</soapenv:Body></soapenv:Envelope>"
)


@dataclass
class PushReceiver:
    """`answers` are used up in order; after that `always` answers. Give either a Response or what makes one."""

    always: Callable[[Request], Response] = lambda _: Response(status_code=200)
    answers: list[Response] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def receive(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        self.headers.append(dict(request.headers))
        return self.answers.pop(0) if self.answers else self.always(request)

    def client(self) -> httpx.AsyncClient:
        """A client whose every request ends here."""
        app = Starlette(routes=[Route("/{path:path}", self.receive, methods=["POST"])])
        return httpx.AsyncClient(transport=httpx.ASGITransport(app))
