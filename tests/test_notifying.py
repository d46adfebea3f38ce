"""Messages reach real addresses over HTTP, and one address that fails keeps no other from getting them."""

import asyncio
import json
import socket
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.engine.messages import Message, Mood
from app.notifying import Postman
from tests.support.served import served

MESSAGE = Message(
    "Crossbook: a lane is held", "acme/Contact <is> held\n  what to do: {{ look }} & *release*", Mood.TROUBLE
)


class Receiver:
    """Takes what is posted; at `/refuses` it refuses, at `/slow` it does not answer in time."""

    def __init__(self) -> None:
        self.got: list[dict[str, str]] = []
        self.address = ""

    async def receive(self, request: Request) -> Response:
        if request.url.path == "/slow":
            await asyncio.sleep(1.5)
        self.got.append(json.loads(await request.body()))
        return Response(status_code=500 if request.url.path == "/refuses" else 200)

    def at(self, path: str = "") -> SecretStr:
        return SecretStr(f"{self.address.replace('http://', 'json://')}/{path}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with served(Starlette(routes=[Route("/{path:path}", receiver.receive, methods=["POST"])])) as address:
        receiver.address = address
        yield receiver


async def test_a_message_arrives_as_it_was_written(receiver: Receiver) -> None:
    assert await Postman([receiver.at()]).send(MESSAGE) == (True,)
    (got,) = receiver.got
    assert (got["title"], got["message"], got["type"]) == (MESSAGE.title, MESSAGE.body, "warning")


async def test_an_address_that_fails_or_is_slow_or_unreadable_keeps_no_other_waiting(receiver: Receiver) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = SecretStr(f"json://127.0.0.1:{nobody.getsockname()[1]}/")
        addresses = [receiver.at("refuses"), away, SecretStr("nonsense"), receiver.at("slow"), receiver.at()]
        took = await Postman(addresses, limit_seconds=0.7).send(MESSAGE)
    assert took == (False, False, False, False, True)


def test_what_apprise_cannot_read_is_known_by_its_number() -> None:
    addresses = ["json://127.0.0.1/", "nonsense", "mailto://user:secret@example.com", "no-such-kind://a/b"]
    postman = Postman([SecretStr(each) for each in addresses])
    assert postman.unreadable == (2, 4)


async def test_where_there_are_no_addresses_nothing_is_sent() -> None:
    assert await Postman([]).send(MESSAGE) == ()
