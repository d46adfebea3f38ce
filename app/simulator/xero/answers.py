"""The forms of Xero's answers: envelopes, errors and dates."""

from datetime import datetime, timedelta
from typing import NamedTuple

from starlette.responses import PlainTextResponse, Response

from app.mapping.values import Json
from app.simulator.wire import answer

ZERO_ID = "00000000-0000-0000-0000-000000000000"
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def milliseconds(at: datetime) -> int:
    """Milliseconds since the epoch."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def json_date(at: datetime) -> str:
    """An instant as Xero writes it in JSON."""
    return f"/Date({milliseconds(at)}+0000)/"


class Paging(NamedTuple):
    """Which page of how many rows an answer holds."""

    page: int
    size: int
    rows: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.rows // self.size))

    def as_json(self) -> Json:
        return {"page": self.page, "pageSize": self.size, "pageCount": self.pages, "itemCount": self.rows}


def envelope(
    answer_id: str, now: datetime | None, plural: str, rows: list[Json], paging: Paging | None = None
) -> Response:
    """The answer to a successful call, which may tell the time; even a single record stands in its plural array."""
    content: dict[str, Json] = {
        "Id": answer_id,
        "Status": "OK",
        "ProviderName": "Crossbook simulator",
    }
    if now:
        content["DateTimeUTC"] = json_date(now)
    if paging:
        content["pagination"] = paging.as_json()
    return answer({**content, plural: rows})


def problem(status: int, title: str, detail: str) -> Response:
    """The problem object of a call that was not let in."""
    return answer(
        {"Type": None, "Title": title, "Status": status, "Detail": detail, "Instance": None, "Extensions": {}}, status
    )


def validation_exception(elements: list[Json]) -> Response:
    """The whole call failed because of these elements; any others of it are saved."""
    message = "A validation exception occurred"
    return answer({"ErrorNumber": 10, "Type": "ValidationException", "Message": message, "Elements": elements}, 400)


def refused(number: int, kind: str, message: str, status: int = 400) -> Response:
    """A call that was refused before any element was looked at."""
    return answer({"ErrorNumber": number, "Type": kind, "Message": message}, status)


def not_found() -> Response:
    """No such record or path."""
    return PlainTextResponse("The resource you're looking for cannot be found", 404)
