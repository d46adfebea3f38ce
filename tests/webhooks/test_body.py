"""A body is taken in only so far, so long and in the form that was agreed."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Message

from tests.support.front_door import API_KEY, SETTINGS, Door, xero_signature

CHANGES = "/webhooks/salesforce/changes"
ROUTES = ["/webhooks/xero", "/webhooks/salesforce/outbound/wrong", CHANGES]
SMALL = SETTINGS | {"max_body_bytes": 100, "body_timeout_seconds": 0.05}


@pytest.mark.parametrize("path", ROUTES)
async def test_a_body_over_the_limit_is_refused(path: str) -> None:
    door = Door(settings=SMALL)
    answer = await door.post(path, b"x" * 101, {"content-type": "text/plain"})
    assert (answer.status_code, answer.content) == (413, b"")
    assert answer.headers["connection"] == "close"
    assert door.inbox.commits == 0


async def test_a_body_of_just_the_limit_is_read() -> None:
    body = b'{"events": []}'.ljust(100)
    assert (await Door(settings=SMALL).xero(body)).status_code == 200


async def test_an_endless_body_is_cut_off_at_the_limit() -> None:
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 10
            yield b"x" * 10

    transport = httpx.ASGITransport(Door(settings=SMALL).application)
    async with httpx.AsyncClient(transport=transport, base_url="https://crossbook.test") as client:
        answer = await client.post("/webhooks/xero", content=endless())
    assert answer.status_code == 413
    assert given <= 120


async def test_a_body_that_does_not_arrive_is_given_up() -> None:
    async def silent() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    assert await status_of(silent) == 408


async def test_a_sender_that_leaves_is_no_error_of_ours() -> None:
    async def leaving() -> Message:
        return {"type": "http.disconnect"}

    assert await status_of(leaving) == 408


async def status_of(receive: object, headers: list[tuple[bytes, bytes]] | None = None) -> int:
    """The status of the answer to a request whose body comes from `receive`, below any HTTP client."""
    answered: list[Message] = []

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webhooks/xero",
        "raw_path": b"/webhooks/xero",
        "query_string": b"",
        "headers": headers or [],
    }
    await Door(settings=SMALL).application(scope, receive, send)  # type: ignore[arg-type]  # any callable will do here
    status: int = answered[0]["status"]
    return status


@pytest.mark.parametrize(
    ("lengths", "status"),
    [
        ([b"14"], 200),
        ([b"14", b"14"], 200),
        ([b"14, 14"], 200),
        ([b"14", b"15"], 400),
        ([b"13"], 400),
        ([b"15"], 400),
        ([b"-1"], 400),
        ([b""], 400),
        ([b"1e1"], 400),
        ([b"\xb2"], 400),
        ([b"101"], 413),
        ([b"9" * 18], 413),
        ([b"9" * 5000], 400),
    ],
)
async def test_the_announced_length_must_be_the_true_one(lengths: list[bytes], status: int) -> None:
    body = b'{"events": []}'

    async def at_once() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    signature = (b"x-xero-signature", xero_signature(body).encode())
    assert await status_of(at_once, [signature, *((b"content-length", length) for length in lengths)]) == status


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP", "identity, gzip", "x"])
@pytest.mark.parametrize("path", ROUTES)
async def test_a_compressed_body_is_refused(path: str, coding: str) -> None:
    answer = await Door().post(path, b"x", {"content-type": "text/plain", "content-encoding": coding})
    assert (answer.status_code, answer.content) == (415, b"")


@pytest.mark.parametrize("headers", [{}, {"content-encoding": "identity"}, {"content-encoding": ""}])
async def test_a_body_that_is_not_compressed_is_read(headers: dict[str, str]) -> None:
    assert (await Door().post(CHANGES, b"[]", {"x-api-key": API_KEY, **headers})).status_code == 200


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("application/json", 200),
        ("APPLICATION/JSON ; charset=utf-8", 200),
        ("application/cloudevents+json", 200),
        ("text/plain", 200),
        ("application/octet-stream", 200),
        ("", 200),
        ("text/xml", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=json", 415),
    ],
)
async def test_media_types_are_checked_leniently(media: str, status: int) -> None:
    assert (await Door().post(CHANGES, b"[]", {"x-api-key": API_KEY, "content-type": media})).status_code == status


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_posts_are_answered(method: str) -> None:
    transport = httpx.ASGITransport(Door().application)
    async with httpx.AsyncClient(transport=transport, base_url="https://crossbook.test") as client:
        assert (await client.request(method, "/webhooks/xero")).status_code == 405
