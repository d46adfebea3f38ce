"""One exchange: bounded, to known hosts only, and honest about what may have happened."""

import asyncio
from decimal import Decimal

import httpx
import pytest

from app.connectors.hosts import allow
from app.connectors.http import Api, Outgoing, Reply, http_date
from app.errors import CallRefused, Doubtful, Unreachable
from tests.connectors.scripted import ROOT, Chunks, Script, answer, api, plain, soon
from tests.support.clock import VirtualClock

READ = Outgoing("GET", "/things?x=%20")
WRITE = Outgoing("POST", "/things", '{"a":1}', {"Content-Type": "application/json"}, writes=True)
REFUSED = httpx.ConnectError("refused")


async def test_an_answer_comes_back_whole(clock: VirtualClock) -> None:
    script = Script(answer(200, {"price": Decimal("1.10")}, {"X-Seen": "yes"}))
    reply = await api(script, clock).exchange(ROOT, READ, {"Authorization": "Bearer t"}, soon())
    assert (reply.status, reply.json, reply.headers["x-seen"]) == (200, {"price": Decimal("1.10")}, "yes")
    assert script.targets == ["/things?x=%20"]
    assert script.requests[0].headers["accept"] == "application/json"


async def test_a_body_is_sent_byte_for_byte(clock: VirtualClock) -> None:
    script = Script(answer(200))
    await api(script, clock).exchange(ROOT, WRITE, {}, soon())
    assert script.requests[0].content == b'{"a":1}'


async def test_a_redirect_is_not_followed(clock: VirtualClock) -> None:
    script = Script(plain(302, headers={"Location": "https://evil.example/"}))
    reply = await api(script, clock).exchange(ROOT, READ, {}, soon())
    assert reply.status == 302
    assert len(script.requests) == 1


@pytest.mark.parametrize("root", ["https://evil.example", "http://api.example", "https://api.example@evil.example"])
async def test_nothing_is_sent_to_an_unknown_host(clock: VirtualClock, root: str) -> None:
    script = Script()
    with pytest.raises(CallRefused):
        await api(script, clock).exchange(root, READ, {}, soon())


@pytest.mark.parametrize("target", ["//evil.example/x", "https://evil.example", "x"])
async def test_a_target_cannot_leave_its_host(clock: VirtualClock, target: str) -> None:
    with pytest.raises(CallRefused):
        await api(Script(), clock).exchange(ROOT, Outgoing("GET", target), {}, soon())


async def test_a_write_that_could_not_connect_is_tried_again(clock: VirtualClock) -> None:
    script = Script(REFUSED, httpx.ConnectTimeout("slow"), answer(200))
    assert (await api(script, clock).exchange(ROOT, WRITE, {}, soon())).ok
    assert script.left == 0


async def test_a_write_that_never_connects_was_not_done(clock: VirtualClock) -> None:
    with pytest.raises(Unreachable):
        await api(Script(REFUSED, REFUSED, REFUSED), clock).exchange(ROOT, WRITE, {}, soon())


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteError("reset"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("closed"),
        httpx.DecodingError("bad gzip"),
    ],
)
async def test_a_connection_that_breaks_after_sending_leaves_a_write_in_doubt(
    clock: VirtualClock, error: httpx.RequestError
) -> None:
    script = Script(error, answer(200))
    with pytest.raises(Doubtful):
        await api(script, clock).exchange(ROOT, WRITE, {}, soon())
    assert script.left == 1, "a write that may have arrived is never repeated here"


async def test_a_connection_that_breaks_only_delays_a_read(clock: VirtualClock) -> None:
    with pytest.raises(Unreachable):
        await api(Script(httpx.ReadError("reset")), clock).exchange(ROOT, READ, {}, soon())


async def test_an_answer_that_breaks_off_leaves_a_write_in_doubt(clock: VirtualClock) -> None:
    body = Chunks([b'{"half":'], httpx.ReadError("reset"))
    with pytest.raises(Doubtful):
        await api(Script(httpx.Response(200, stream=body)), clock).exchange(ROOT, WRITE, {}, soon())
    assert body.closed


async def test_an_endless_answer_is_cut_off(clock: VirtualClock) -> None:
    body = Chunks(b"x" * 10_000 for _ in iter(int, 1))
    with pytest.raises(Unreachable):
        await api(Script(httpx.Response(200, stream=body)), clock).exchange(ROOT, READ, {}, soon())
    assert body.closed


class Silent(httpx.AsyncBaseTransport):
    """Takes the request and never answers."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError


async def test_silence_ends_at_the_limit_and_leaves_a_write_in_doubt(clock: VirtualClock) -> None:
    silent = Api(httpx.AsyncClient(transport=Silent()), allow(ROOT), clock)
    with pytest.raises(Doubtful):
        await silent.exchange(ROOT, WRITE, {}, asyncio.get_running_loop().time())
    with pytest.raises(Unreachable):
        await silent.exchange(ROOT, READ, {}, asyncio.get_running_loop().time())


@pytest.mark.parametrize("body", [b"", b"<html></html>", b'{"cut":', b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_not_json_is_none(body: bytes) -> None:
    assert Reply(200, {}, body).json is None


def test_the_text_of_a_body_is_short_and_on_one_line() -> None:
    assert Reply(503, {}, b"The\r\n Organisation\x00 is offline" + b"!" * 1000).text.startswith("The Organisation")
    assert len(Reply(503, {}, b"x" * 1000).text) == 300


def test_what_goes_over_the_wire_is_not_shown() -> None:
    shown = f"{Outgoing('PUT', '/x', 'body-secret', {'Authorization': 'head-secret'})} {Reply(200, {'Set': 's'}, b's')}"
    assert "secret" not in shown
    assert "Set" not in shown


def test_a_date_header_is_an_instant() -> None:
    seen = http_date("Sun, 22 Nov 2026 03:04:05 GMT")
    assert seen
    assert seen.isoformat() == "2026-11-22T03:04:05+00:00"
    assert http_date("yesterday") is None
    assert http_date(None) is None
