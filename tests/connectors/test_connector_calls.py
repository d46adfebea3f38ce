"""A signed-in call: one renewal, retries where they are free, and never twice where they are not."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import pytest

from app.connectors.calls import Calls, Passage, renewed_if_unauthorized
from app.connectors.http import Outgoing, Reply, lost
from app.connectors.tokens import Access, AccessSource
from app.connectors.usage import Usage, Used
from app.engine.events import Priority
from app.errors import Doubtful, OutOfQuota, SignInNeeded, Unreachable, VendorError
from app.mapping.values import System
from tests.connectors.scripted import FixedAccess, Script, answer, api, plain
from tests.support.clock import VirtualClock

READ = Outgoing("GET", "/things")
WRITE = Outgoing("POST", "/things", "{}", writes=True)


class PlainDialect:
    """Takes 401 for a refused sign-in and everything from 500 for a failure."""

    def __init__(self) -> None:
        self.passed: list[int | None] = []
        self.closed: VendorError | None = None

    def headers(self, access: Access) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {access.token}"}

    @asynccontextmanager
    async def gate(self, priority: Priority) -> AsyncIterator[Passage]:
        if self.closed:
            raise self.closed
        passage = Passage()
        yield passage
        self.passed.append(passage.reply.status if passage.reply else None)

    def failure(self, reply: Reply, out: Outgoing) -> VendorError | None:
        if reply.status == 401:
            return SignInNeeded("refused")
        return lost(out, "failed") if reply.status >= 500 else None

    async def second_access(self, reply: Reply, access: Access, source: AccessSource, until: float) -> Access | None:
        return await renewed_if_unauthorized(reply, access, source, until)

    def used(self, reply: Reply, out: Outgoing) -> Used:
        return Used(len(reply.body))


def calls(script: Script, clock: VirtualClock) -> tuple[Calls, FixedAccess, PlainDialect]:
    access, dialect = FixedAccess(), PlainDialect()
    return Calls(api(script, clock), access, dialect, clock), access, dialect


@pytest.mark.parametrize("out", [READ, WRITE])
async def test_an_expired_access_is_renewed_once_inside_the_call(clock: VirtualClock, out: Outgoing) -> None:
    script = Script(plain(401), answer(200, {"ok": True}))
    vendor, access, dialect = calls(script, clock)
    assert (await vendor.call(out, Priority.PUSH)).json == {"ok": True}
    assert access.refused == ["access-0"]
    assert script.requests[1].headers["authorization"] == "Bearer access-1"
    assert dialect.passed == [401, 200], "every exchange passes the gate"


async def test_an_access_that_is_refused_again_needs_a_person(clock: VirtualClock) -> None:
    vendor, access, _ = calls(Script(plain(401), plain(401)), clock)
    with pytest.raises(SignInNeeded):
        await vendor.call(READ, Priority.PUSH)
    assert access.renewals == 1


async def test_a_read_is_repeated_while_the_vendor_is_away(clock: VirtualClock) -> None:
    script = Script(plain(503), httpx.ConnectError("refused"), answer(200))
    vendor, _, _ = calls(script, clock)
    assert (await vendor.call(READ, Priority.PUSH)).ok
    assert script.left == 0


async def test_a_read_gives_up_in_the_end(clock: VirtualClock) -> None:
    script = Script(plain(502), plain(504), plain(503), answer(200))
    vendor, _, _ = calls(script, clock)
    with pytest.raises(Unreachable):
        await vendor.call(READ, Priority.PUSH)
    assert script.left == 1


async def test_a_write_that_failed_over_there_is_not_repeated(clock: VirtualClock) -> None:
    script = Script(plain(502), answer(200))
    vendor, _, _ = calls(script, clock)
    with pytest.raises(Doubtful):
        await vendor.call(WRITE, Priority.PUSH)
    assert script.left == 1


async def test_a_closed_gate_sends_nothing(clock: VirtualClock) -> None:
    script = Script()
    vendor, _, dialect = calls(script, clock)
    dialect.closed = OutOfQuota("used up", until=clock.now())
    with pytest.raises(OutOfQuota):
        await vendor.call(WRITE, Priority.PUSH)
    assert script.requests == []


async def test_every_answered_exchange_is_counted(clock: VirtualClock) -> None:
    usage = Usage()
    script = Script(plain(401, "no"), httpx.ConnectError("refused"), answer(200, [1]))
    vendor = Calls(api(script, clock), FixedAccess(), PlainDialect(), clock, meter=usage.meter(System.XERO, "nz"))
    await vendor.call(READ, Priority.PUSH)
    [tally] = usage.take()
    assert (tally.calls, tally.bytes_out) == (2, len("no") + len("[1]"))


async def test_whether_the_sign_in_is_taken_is_noted(clock: VirtualClock) -> None:
    usage = Usage()
    script = Script(plain(401), plain(401), plain(503), plain(503), plain(503), answer(200))
    vendor = Calls(api(script, clock), FixedAccess(), PlainDialect(), clock, meter=usage.meter(System.XERO, "nz"))
    refused_at = clock.now()
    with pytest.raises(SignInNeeded):
        await vendor.call(READ, Priority.PUSH)
    assert usage.take_sign_ins() == {(System.XERO, "nz"): refused_at}
    with pytest.raises(Unreachable):
        await vendor.call(READ, Priority.PUSH)
    assert usage.take_sign_ins() == {}, "who does not answer says nothing of the sign-in"
    await vendor.call(READ, Priority.PUSH)
    assert usage.take_sign_ins() == {(System.XERO, "nz"): None}
