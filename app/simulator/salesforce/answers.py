"""The forms of Salesforce's answers: errors, stamps and records."""

from collections.abc import Iterable
from datetime import datetime

from starlette.responses import Response

from app.mapping.values import Fields, Json
from app.simulator.wire import answer


class Refusal(Exception):
    """A record or a request is refused, as Salesforce words it."""

    def __init__(
        self, code: str, message: str, *, fields: Iterable[str] = (), status: int = 400, more: Fields | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fields = tuple(fields)
        self.status = status
        self.more: Fields = more or {}

    def as_answer(self) -> Response:
        """The whole request failed."""
        error: dict[str, Json] = {**self.more, "message": self.message, "errorCode": self.code}
        return answer([{**error, "fields": self.fields} if self.fields else error], self.status)

    def as_item(self) -> Json:
        """One record of several failed."""
        return {**self.more, "statusCode": self.code, "message": self.message, "fields": self.fields}


def not_found() -> Refusal:
    """No such object, record or path."""
    return Refusal("NOT_FOUND", "The requested resource does not exist", status=404)


def stamp(at: datetime) -> str:
    """An instant as REST writes it: whole seconds, no colon in the offset."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"


def zulu(rest_stamp: str) -> str:
    """A REST stamp as pushes write it."""
    return rest_stamp.replace("+0000", "Z")
