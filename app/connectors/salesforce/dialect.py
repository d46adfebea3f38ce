"""How Salesforce wants to be called, and what its replies mean."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import NamedTuple

from app.connectors import wire
from app.connectors.calls import Passage, renewed_if_unauthorized
from app.connectors.http import Outgoing, Reply, failed, lost
from app.connectors.quota import Flight, Limit, Quota
from app.connectors.salesforce import errors
from app.connectors.tokens import Access, AccessSource
from app.connectors.usage import Used
from app.engine.events import Priority
from app.engine.ports import Clock
from app.errors import CallRefused, OutOfQuota, SignInNeeded, Unreachable, VendorError

CLIENT = "crossbook"
_USAGE = re.compile(r"api-usage=(\d{1,12})/(\d{1,12})")
_PARK = {Limit.CONCURRENT: timedelta(seconds=30), Limit.DAY: timedelta(minutes=30)}
_EDGE_BUSY = 420


class Problem(NamedTuple):
    """The first error of a reply."""

    code: str
    message: str


class SalesforceDialect:
    """One org. Every call takes a permit of our own budget; what others use of the org's calls is learned on the way.

    `user` is whom the org names as the writer of what we write, once we have signed in.
    """

    def __init__(self, quota: Quota, clock: Clock) -> None:
        self._quota = quota
        self._clock = clock
        self.user: str | None = None

    def headers(self, access: Access) -> Mapping[str, str]:
        """Every call names us, so that change events can tell our writes from people's."""
        self.user = access.user or None
        return {"Authorization": f"Bearer {access.token}", "Sforce-Call-Options": f"client={CLIENT}"}

    @asynccontextmanager
    async def gate(self, priority: Priority) -> AsyncIterator[Passage]:
        async with self._quota.flight(priority) as flight:
            passage = Passage()
            yield passage
            if passage.reply:
                _note(flight, passage.reply)

    def failure(self, reply: Reply, out: Outgoing) -> VendorError | None:
        if reply.ok:
            return None if isinstance(reply.json, (Mapping, list)) else lost(out, "the answer is cut or not JSON")
        problem = problem_of(reply)
        if problem.code == "REQUEST_LIMIT_EXCEEDED" or reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = _PARK[broken(problem)]
            return OutOfQuota("Salesforce's request limit is reached", until=self._clock.now() + wait)
        if reply.status == HTTPStatus.UNAUTHORIZED or errors.meaning(problem.code).code == "sign_in":
            return SignInNeeded(f"Salesforce refuses the sign-in: {problem.code}")
        if problem.code == "API_DISABLED_FOR_ORG":
            return SignInNeeded("the API is switched off for this org or user")
        return _unfinished(reply, problem, out) or _refused(reply, problem)

    async def second_access(self, reply: Reply, access: Access, source: AccessSource, until: float) -> Access | None:
        return await renewed_if_unauthorized(reply, access, source, until)

    def used(self, reply: Reply, out: Outgoing) -> Used:
        return Used(0 if out.writes else len(reply.body), calls_left(reply))


def calls_left(reply: Reply) -> int | None:
    """How many calls of the day the whole org has left, where the answer says."""
    usage = _USAGE.search(reply.headers.get("sforce-limit-info", ""))
    return max(0, int(usage[2]) - int(usage[1])) if usage else None


def broken(problem: Problem) -> Limit:
    """Which limit a refusal means: too many long calls at once passes soon, the day's calls do not."""
    return Limit.CONCURRENT if "concurrent" in problem.message.lower() else Limit.DAY


def _note(flight: Flight, reply: Reply) -> None:
    flight.heard = True
    flight.day_left = calls_left(reply)
    if reply.status == HTTPStatus.FORBIDDEN and (problem := problem_of(reply)).code == "REQUEST_LIMIT_EXCEEDED":
        flight.broken = broken(problem)
        flight.park_seconds = _PARK[flight.broken].total_seconds()


def problem_of(reply: Reply) -> Problem:
    """What an error body says, whichever of its shapes it has; empty words for HTML and the like."""
    first = next(iter(wire.items(reply.json)), wire.mapping(reply.json))
    code = wire.text(first.get("errorCode") or first.get("statusCode") or first.get("error"))
    message = wire.text(first.get("message") or first.get("error_description")).strip()
    return Problem(code, message)


def _unfinished(reply: Reply, problem: Problem, out: Outgoing) -> VendorError | None:
    """A reply that says nothing of the request's content: it came to no end, or never began."""
    if reply.status in {HTTPStatus.SERVICE_UNAVAILABLE, _EDGE_BUSY} or problem.code == "API_CURRENTLY_DISABLED":
        return Unreachable(f"Salesforce is unavailable ({reply.status})")
    too_slow = errors.meaning(problem.code).code == "too_slow"
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR or too_slow:
        return failed(out, f"Salesforce failed ({reply.status} {problem.code})")
    return None


def _refused(reply: Reply, problem: Problem) -> CallRefused:
    """The call's refusal, without the query that Salesforce repeats above the last line of its message."""
    if reply.status == HTTPStatus.MULTIPLE_CHOICES:
        return CallRefused("several records have that key", code="key_ambiguous")
    code = errors.meaning(problem.code).code if problem.code else f"http_{reply.status}"
    why = problem.message.splitlines()[-1] if problem.message else ""
    message = f"{problem.code}: {why}" if problem.code else reply.text
    return CallRefused(f"Salesforce refused the call ({reply.status}): {message[:300]}", code=code)
