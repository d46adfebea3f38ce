"""Behind a real server: senders that drip are ended, and no output holds the secret of the address."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from tests.support.front_door import OLD_SECRET, SECRET, SETTINGS, Door, xero_signature
from tests.support.logging import untouched_logging
from tests.webhooks.test_outbound import is_acknowledged, message, notification
from tests.webhooks.test_xero import V1, V5

ROOT = Path(__file__).parents[2]


def listening() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


@asynccontextmanager
async def served(door: Door) -> AsyncIterator[int]:
    """A real server in front of `door`; its port."""
    with untouched_logging(), listening() as listener:
        config = uvicorn.Config(door.application, access_log=False, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


async def exchange(port: int, *parts: bytes) -> bytes:
    """Everything that the server answers to `parts` until it ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
    await writer.drain()
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer


def head(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "host: x", "content-type: text/plain", *headers, "", ""]).encode()


PATHS = ["/webhooks/xero", f"/webhooks/salesforce/outbound/{SECRET}", "/webhooks/salesforce/changes"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_sender_that_stops_in_the_middle_is_ended(path: str) -> None:
    async with served(Door(settings=SETTINGS | {"body_timeout_seconds": 0.1})) as port:
        answer = await exchange(port, head(path, "content-length: 100"), b"{")
    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("path", PATHS)
async def test_a_sender_that_announces_too_much_is_ended_before_it_sends(path: str) -> None:
    async with served(Door()) as port:
        answer = await exchange(port, head(path, "content-length: 1000001"))
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_sender_that_never_ends_is_ended() -> None:
    async with served(Door(settings=SETTINGS | {"max_body_bytes": 1000})) as port:
        chunks = [b"64\r\n" + b"x" * 100 + b"\r\n"] * 11
        answer = await exchange(port, head("/webhooks/xero", "transfer-encoding: chunked"), *chunks)
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "headers",
    [
        ["content-length: 5", "content-length: 6"],
        ["content-length: -1"],
        ["content-length: 1e1"],
    ],
)
async def test_a_length_that_cannot_be_is_refused_and_the_connection_ended(headers: list[str]) -> None:
    door = Door()
    async with served(door) as port:
        answer = await exchange(port, head("/webhooks/xero", *headers), V1)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert door.inbox.commits == 0


async def test_after_a_wrong_signature_the_same_connection_serves_a_right_one() -> None:
    async with served(Door()) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for signature, status in (("wrong", 401), (xero_signature(V5), 200)):
            answer = await client.post("/webhooks/xero", content=V5, headers={"x-xero-signature": signature})
            assert (answer.status_code, answer.content) == (status, b"")
            assert "connection" not in answer.headers


@pytest.mark.parametrize("options", [[], ["--log-level", "trace"], ["--no-access-log"]])
async def test_a_server_run_as_its_manual_says_puts_the_secret_into_no_output(
    options: list[str],
) -> None:
    with listening() as listener:
        command = [sys.executable, "-m", "uvicorn", "tests.support.door_application:app", "--lifespan", "off"]
        process = await asyncio.create_subprocess_exec(
            *command,
            *("--fd", str(listener.fileno())),
            *options,
            cwd=ROOT,
            pass_fds=[listener.fileno()],
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            await push_everything(listener.getsockname()[1])
        finally:
            process.terminate()
            output, _ = await process.communicate()
    assert b'"route": "/webhooks/salesforce/outbound/{secret}"' in output
    assert b'"outcome": "accepted"' in output
    for secret in (SECRET, OLD_SECRET, "wrong-canary"):
        assert secret.encode() not in output


async def push_everything(port: int) -> None:
    path = "/webhooks/salesforce/outbound/"
    body = message([notification()])
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        assert is_acknowledged((await client.post(path + SECRET, content=body)).content)
        assert is_acknowledged((await client.post(path + OLD_SECRET, content=body)).content)
        assert (await client.post(path + "wrong-canary", content=body)).status_code == 401
        assert (await client.post(path + SECRET, content=b"<")).status_code == 400
        assert (await client.get(path + SECRET)).status_code == 405
        assert (await client.post(path + SECRET + "/more", content=body)).status_code == 404
