"""A collector of spans on the loopback, which hears them as they come over the wire."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.served import served


@dataclass
class Collector:
    """What was heard, and with which headers."""

    url: str = ""
    spans: list[Span] = field(default_factory=list[Span])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    raw: list[bytes] = field(default_factory=list[bytes])

    async def hear(self, request: Request) -> Response:
        body = await request.body()
        told = ExportTraceServiceRequest.FromString(gunzipped(body, request.headers.get("content-encoding", "")))
        self.raw.append(told.SerializeToString())
        self.headers.append(dict(request.headers))
        self.spans += [span for of in told.resource_spans for scope in of.scope_spans for span in scope.spans]
        return Response(status_code=200)


def gunzipped(body: bytes, encoding: str) -> bytes:
    import gzip

    return gzip.decompress(body) if encoding == "gzip" else body


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector until the block ends."""
    collector = Collector()
    with served(Starlette(routes=[Route("/v1/traces", collector.hear, methods=["POST"])])) as collector.url:
        yield collector
