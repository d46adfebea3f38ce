"""How a client shows its id and secret at a token endpoint."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from hmac import compare_digest
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.requests import Request


class Credentials(NamedTuple):
    """A client id and its secret."""

    id: str
    secret: str

    def match(self, other: "Credentials") -> bool:
        """Whether both are the same."""
        return self.id == other.id and compare_digest(self.secret.encode(), other.secret.encode())


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form-encoded body."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True))


def shown_credentials(request: Request, form: Mapping[str, str]) -> Credentials:
    """What the caller showed, in the Basic header or in the form; blank where nothing was shown."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return Credentials(form.get("client_id", ""), form.get("client_secret", ""))
    try:
        client_id, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return Credentials("", "")
    return Credentials(client_id, secret)


def bearer(request: Request) -> str:
    """The bearer token of an API call; blank where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
