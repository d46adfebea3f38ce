"""Take in a request's body, bounded in size and in time, before anybody looks at it."""

import asyncio
import re
from collections.abc import Iterable

from starlette.requests import ClientDisconnect, Request

from app.errors import Malformed, TooLarge, TooSlow, WrongType

_UNSPECIFIC_TYPES = frozenset({"", "text/plain", "application/octet-stream"})

_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)


async def read_body(request: Request, *, media: str, max_bytes: int, timeout_seconds: float) -> bytes:
    """The raw body, read as it comes and never beyond `max_bytes`.

    `media` is what the media type must contain, `json` or `xml`; an unspecific or missing type will do. Raises
    `WrongType`, `TooLarge`, `TooSlow`, or `Malformed` where the length was announced wrongly.
    """
    _check_type(request, media)
    announced = _announced_length(request)
    if announced is not None and announced > max_bytes:
        raise TooLarge("announces too long a body")
    body = await _in_time(request, max_bytes, timeout_seconds)
    if announced is not None and announced != len(body):
        raise Malformed("not as long as announced")
    return body


def _check_type(request: Request, media: str) -> None:
    type_ = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in type_ and type_ not in _UNSPECIFIC_TYPES:
        raise WrongType("media type not read here")
    if any(coding not in {"", "identity"} for coding in _listed(request.headers.getlist("content-encoding"))):
        raise WrongType("compressed")


def _announced_length(request: Request) -> int | None:
    lengths = set(_listed(request.headers.getlist("content-length")))
    if not lengths:
        return None
    text = lengths.pop()
    if lengths or not _LENGTH.fullmatch(text):
        raise Malformed("several lengths, or none that is a number")
    return int(text)


def _listed(values: Iterable[str]) -> list[str]:
    return [part.strip().lower() for value in values for part in value.split(",")]


async def _in_time(request: Request, max_bytes: int, timeout_seconds: float) -> bytes:
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _bounded(request, max_bytes)
    except TimeoutError as error:
        raise TooSlow("did not arrive in time") from error
    except ClientDisconnect as error:
        raise TooSlow("the sender left before the end") from error


async def _bounded(request: Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > max_bytes:
            raise TooLarge("too long a body")
        body += chunk
    return bytes(body)
