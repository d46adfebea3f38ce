"""One trace leads from the push to the write, whoever carries it, and nobody's data is in it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.connectors.traced import TracedTransport
from app.engine.actions import Declined
from app.engine.records import System
from app.errors import ConfigurationError, Doubtful, Unreachable
from app.log import told
from app.main import create_app
from app.otel import OtelTracer, otlp
from app.runtime import Runtime, open_tracer
from app.settings import Settings
from app.store.database import Database
from app.store.tables import due
from app.tracing import NOBODY_LISTENS
from tests.canaries.inside import SETTINGS, _requests, _send
from tests.canaries.planted import PERSON, SAID, canary, found_in
from tests.support.clock import VirtualClock
from tests.support.front_door import xero_signature
from tests.support.world import World
from tests.tracing.collector import collecting
from workers.reconcile import reconcile_due


@pytest.fixture
def heard() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def world(database: Database, clock: VirtualClock, heard: InMemorySpanExporter) -> World:
    world = World(database, clock)
    tracer = OtelTracer(SimpleSpanProcessor(heard), "worker-1")
    world.runtime = replace(world.runtime, tracer=tracer, settings=SETTINGS)
    return world


@pytest.fixture
async def web(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async def opened() -> Runtime:
        return world.runtime

    app = create_app(opened)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        yield client


def named(heard: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in heard.get_finished_spans() if span.name == name]


def only(heard: InMemorySpanExporter, name: str) -> ReadableSpan:
    (span,) = named(heard, name)
    return span


def trace_of(span: ReadableSpan) -> int:
    assert span.context
    found: int = span.context.trace_id
    return found


def is_child(span: ReadableSpan, of: ReadableSpan) -> bool:
    return span.parent is not None and of.context is not None and span.parent.span_id == of.context.span_id


def linked(span: ReadableSpan) -> set[int]:
    return {link.context.trace_id for link in span.links}


async def push(web: httpx.AsyncClient, world: World, contacts: Sequence[str]) -> None:
    """Xero pushes contacts, signed, in one delivery each."""
    for contact in contacts:
        (body,) = [each[2] for each in _requests(world.clock)[:1]]
        assert body
        body = body.replace(b"00000000-0000-4000-8000-000000000001", contact.encode())
        headers = {"content-type": "application/json", "x-xero-signature": xero_signature(body, canary("webhook-key"))}
        assert (await web.post("/webhooks/xero", content=body, headers=headers)).status_code == 200


async def test_one_trace_leads_from_the_push_to_the_write(
    web: httpx.AsyncClient, world: World, heard: InMemorySpanExporter
) -> None:
    contact = world.xero.put("Contact", None, {"Name": "Harbour Cafe"})
    await push(web, world, [contact])
    await world.drain()

    door, batch = only(heard, "POST /webhooks/xero"), only(heard, f"batch {world.lane}")
    assert is_child(batch, door)
    steps = [only(heard, name) for name in ("claim", "look", "plan", "write", "settle")]
    assert all(is_child(step, batch) for step in steps)
    write = only(heard, "salesforce create Account")
    assert is_child(write, only(heard, "write"))
    assert is_child(only(heard, "xero read Contact"), only(heard, "look"))
    assert {trace_of(span) for span in (door, batch, write, *steps)} == {trace_of(door)}
    assert write.attributes == {
        "crossbook.system": "salesforce",
        "crossbook.operation": "create",
        "crossbook.object": "Account",
        "crossbook.records": 1,
        "crossbook.priority": "push",
        "crossbook.declined": 0,
    }
    assert door.attributes
    assert (door.attributes["http.response.status_code"], door.attributes["crossbook.outcome"]) == (200, "accepted")
    begun = [span.start_time for span in (batch, *steps)]
    assert begun == sorted(begun, key=lambda at: at or 0)


async def test_a_batch_of_many_is_linked_to_the_trace_of_each_push(
    web: httpx.AsyncClient, world: World, heard: InMemorySpanExporter
) -> None:
    contacts = [world.xero.put("Contact", None, {"Name": f"Harbour {number}"}) for number in range(3)]
    await push(web, world, contacts)
    await world.drain()

    doors, batch = named(heard, "POST /webhooks/xero"), only(heard, f"batch {world.lane}")
    assert linked(batch) == {trace_of(door) for door in doors}
    assert len(doors) == 3
    assert batch.parent is None
    assert trace_of(only(heard, "salesforce create Account")) == trace_of(batch)


async def test_the_newest_push_of_a_record_is_followed_and_what_comes_untraced_takes_none_away(
    web: httpx.AsyncClient, world: World, heard: InMemorySpanExporter
) -> None:
    contact = world.xero.put("Contact", None, {"Name": "Harbour Cafe"})
    await push(web, world, [contact])
    world.xero.put("Contact", contact, {"Name": "Harbour Bar"})
    body = _requests(world.clock)[0][2]
    assert body
    body = body.replace(b"00000000-0000-4000-8000-000000000001", contact.encode()).replace(b"09:00:00.123", b"09:00:05")
    signed = {"content-type": "application/json", "x-xero-signature": xero_signature(body, canary("webhook-key"))}
    await web.post("/webhooks/xero", content=body, headers=signed)
    await world.push(System.XERO, contact)
    await world.drain()

    _, newest = named(heard, "POST /webhooks/xero")
    assert is_child(only(heard, f"batch {world.lane}"), newest)


async def test_what_reconcile_finds_goes_on_with_its_trace(world: World, heard: InMemorySpanExporter) -> None:
    world.clock.advance(10)
    world.salesforce.put("Account", None, {"Name": "Ridgeway"})
    await reconcile_due(world.runtime)
    await world.drain()

    found = [span for span in named(heard, "reconcile accounts") if (span.attributes or {})["crossbook.events"]]
    (reconciled,) = found
    assert is_child(only(heard, f"batch {world.lane}"), reconciled)
    scans = named(heard, "salesforce changed Account")
    assert any(is_child(scan, reconciled) for scan in scans)


async def test_an_error_is_told_by_its_kind_and_nobody_s_data_is_in_any_span(
    web: httpx.AsyncClient, world: World, heard: InMemorySpanExporter
) -> None:
    for each in _requests(world.clock):
        await _send(web, *each)
    world.xero.decline_next(Declined("validation", SAID))
    await world.edit(System.SALESFORCE, None, **PERSON)
    await world.drain()
    for failure in (Doubtful(SAID), Unreachable(SAID)):
        world.xero.fail_next(failure, method="read" if isinstance(failure, Unreachable) else "send")
        await world.edit(System.SALESFORCE, None, **PERSON)
        world.clock.advance(86_400)
        await world.drain()

    failed = [span for span in heard.get_finished_spans() if not span.status.is_ok and span.status.description is None]
    kinds = {(span.attributes or {}).get("error.type") for span in failed} - {None}
    assert {"Doubtful"} <= kinds
    assert found_in("".join(span.to_json() for span in heard.get_finished_spans())) == []
    assert not any(span.events for span in heard.get_finished_spans())


async def test_an_exchange_is_told_by_method_host_and_status_not_by_its_address(heard: InMemorySpanExporter) -> None:
    tracer = OtelTracer(SimpleSpanProcessor(heard), "worker-1")
    answers = httpx.MockTransport(lambda _: httpx.Response(404, text=SAID))
    async with httpx.AsyncClient(transport=TracedTransport(answers, tracer)) as client:
        await client.get(f"https://api.example/x/{SAID}?q={SAID}", headers={"authorization": SAID})
    (span,) = heard.get_finished_spans()
    assert span.attributes == {
        "http.request.method": "GET",
        "server.address": "api.example",
        "http.response.status_code": 404,
    }


async def test_a_collector_hears_it_over_the_wire() -> None:
    headers = ("authorization=Bearer%20let-me-in",)
    with collecting() as collector:
        settings = Settings.model_validate(
            {"otel_exporter_otlp_endpoint": collector.url, "otel_exporter_otlp_headers": headers}
        )
        tracer = open_tracer(settings, "web-1")
        with tracer.span("outer") as outer, tracer.span("inner"):
            assert outer.traceparent
        tracer.close()
    inner, outer_heard = sorted(collector.spans, key=lambda span: span.name)
    assert inner.parent_span_id == outer_heard.span_id
    assert collector.headers[0]["authorization"] == "Bearer let-me-in"
    assert b"web-1" in collector.raw[0]


async def test_a_collector_that_is_away_holds_nobody_up_and_is_no_failure() -> None:
    tracer = OtelTracer.exporting(otlp("http://127.0.0.1:1", {}), "web-1")
    with tracer.span("said"):
        pass
    tracer.close()


async def test_off_nothing_is_kept_and_nobody_is_asked(database: Database, clock: VirtualClock) -> None:
    world = World(database, clock)
    assert world.runtime.tracer is NOBODY_LISTENS
    assert open_tracer(Settings(), "web-1") is NOBODY_LISTENS
    await world.edit(System.SALESFORCE, None, Name="Ridgeway")
    kept = await database.read(lambda conn: conn.execute(due.select()).mappings().all())
    assert [row["trace"] for row in kept] == [None]


def test_asked_for_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "app.otel", None)
    with pytest.raises(ConfigurationError, match=r"crossbook\[otel\]") as error:
        open_tracer(Settings(otel_exporter_otlp_endpoint="http://127.0.0.1:4318"), "web-1")
    assert told(error.value) == {"error": "ConfigurationError"}
