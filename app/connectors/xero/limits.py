"""What Xero's answers say of its limits."""

from http import HTTPStatus

from app.connectors.http import Reply
from app.connectors.quota import Flight, Limit

_LONGEST_NUMBER = 10
_PARK_SECONDS = {Limit.MINUTE: 60.0, Limit.DAY: 3600.0, Limit.CONCURRENT: 1.0, Limit.APP_MINUTE: 60.0}
_LONGEST_PARK_SECONDS = {Limit.MINUTE: 120.0, Limit.DAY: 90_000.0}


def broken(reply: Reply) -> Limit:
    """The limit that a 429 names, whichever way it spells it; an unknown one is taken for the minute."""
    named = "".join(filter(str.isalpha, reply.headers.get("x-rate-limit-problem", "").lower()))
    return next((limit for limit in Limit if limit.value == named), Limit.MINUTE)


def park_seconds(reply: Reply) -> float:
    """How long a 429 lasts: Retry-After where it makes sense, else what its kind usually takes."""
    limit = broken(reply)
    asked = whole(reply.headers.get("retry-after"))
    if asked is None or limit not in _LONGEST_PARK_SECONDS:
        return _PARK_SECONDS[limit]
    return min(max(float(asked), 1.0), _LONGEST_PARK_SECONDS[limit])


def note(flight: Flight, reply: Reply) -> None:
    """Tell the quota what the answer says."""
    flight.heard = True
    flight.minute_left = whole(reply.headers.get("x-minlimit-remaining"))
    flight.day_left = day_left(reply)
    flight.app_minute_left = whole(reply.headers.get("x-appminlimit-remaining"))
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        flight.broken, flight.park_seconds = broken(reply), park_seconds(reply)


def day_left(reply: Reply) -> int | None:
    """The calls left of the day, where the answer says so."""
    return whole(reply.headers.get("x-daylimit-remaining"))


def whole(text: str | None) -> int | None:
    """A header's whole number; None for anything else. No limit of Xero's is as long as ten digits."""
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < _LONGEST_NUMBER else None
