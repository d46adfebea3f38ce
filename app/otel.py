"""Tracing by OpenTelemetry, for those who have installed the extra: nobody else may import this."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Thread
from time import time_ns

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, get_current_span
from opentelemetry.trace import Span as OtelSpan
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.tracing import NO_FACTS, Fact, Kind, Span

EXPORT_SECONDS = 5
"""How long telling what happened may take."""

LAST_SECONDS = 1.5
"""How long a process that ends waits until what it has left to tell is told."""

_KINDS: Mapping[Kind, SpanKind] = {
    Kind.SERVER: SpanKind.SERVER,
    Kind.CONSUMER: SpanKind.CONSUMER,
    Kind.CLIENT: SpanKind.CLIENT,
    Kind.INTERNAL: SpanKind.INTERNAL,
}

_FORMAT = TraceContextTextMapPropagator()


def otlp(endpoint: str, headers: Mapping[str, str]) -> SpanExporter:
    """Sends spans to the collector at `endpoint`, by OTLP over HTTP."""
    return OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", headers=dict(headers), timeout=EXPORT_SECONDS)


class OtelTracer:
    """Fulfils `Tracer`. `process` names the process among those that tell."""

    listens = True

    def __init__(self, processor: SpanProcessor, process: str) -> None:
        named = Resource.create({"service.name": "crossbook", "service.instance.id": process})
        self._provider = TracerProvider(resource=named, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("crossbook")

    @classmethod
    def exporting(cls, exporter: SpanExporter, process: str) -> "OtelTracer":
        """Tells in the background, from time to time."""
        return cls(BatchSpanProcessor(exporter), process)

    def now(self) -> int:
        return time_ns()

    @contextmanager
    def span(
        self,
        name: str,
        facts: Mapping[str, Fact] = NO_FACTS,
        *,
        kind: Kind = Kind.INTERNAL,
        since: int | None = None,
        parent: str | None = None,
        links: Sequence[str] = (),
    ) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name,
            context=_context(parent) if parent else None,
            kind=_KINDS[kind],
            attributes=facts,
            links=[Link(get_current_span(_context(each)).get_span_context()) for each in dict.fromkeys(links)],
            start_time=since,
            record_exception=False,  # its message may quote anything
            set_status_on_exception=False,
        ) as span:
            try:
                yield _Told(span)
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    def close(self) -> None:
        """Tell the rest, as far as the collector takes it at once: one that is away holds up nobody who stops."""
        ending = Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(LAST_SECONDS)


class _Told:
    def __init__(self, span: OtelSpan) -> None:
        self._span = span

    @property
    def traceparent(self) -> str | None:
        at = self._span.get_span_context()
        return f"00-{at.trace_id:032x}-{at.span_id:016x}-{at.trace_flags:02x}"

    def note(self, facts: Mapping[str, Fact]) -> None:
        self._span.set_attributes(facts)


def _context(traceparent: str) -> Context:
    return _FORMAT.extract({"traceparent": traceparent})
