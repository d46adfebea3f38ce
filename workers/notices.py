"""Notices: see what is wrong, and tell people what they do not know yet."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

import structlog

from app import pushers
from app.engine.messages import Message, digest, message
from app.engine.notices import Notice, Owes, digested, told
from app.engine.records import System
from app.engine.troubles import Installation, troubles
from app.errors import StoreUnavailable
from app.log import told as facts_of
from app.runtime import Runtime
from app.settings import Settings
from app.store import facts, notices

Send = Callable[[Message], Awaitable[Sequence[bool]]]
"""Sends a message to every address of the settings; whether each took it. It raises nothing."""

log = structlog.get_logger("notices")


async def tell(runtime: Runtime, send: Send) -> None:
    """Look at how everything stands, and tell what is new of it, by one message at most, and now and then a digest.

    What no address takes is told later. Where the settings name no address, what is wrong is only kept.
    """
    anybody = bool(runtime.settings.notice_urls)
    try:
        await _settle(runtime, anybody=anybody)
        if anybody:
            await _tell_what_is_owed(runtime, send)
            await _tell_what_has_gathered(runtime, send)
    except StoreUnavailable as error:
        log.warning("notices.postponed", **facts_of(error))


async def _settle(runtime: Runtime, *, anybody: bool) -> None:
    """The look is only a read: where much is due it takes a while, and holds nobody up."""
    database = runtime.database
    seen = await database.read(lambda conn: facts.look(conn, database.now(conn)))
    standing = list(troubles(seen, installation(runtime)))
    await database.run(lambda conn: notices.settle(conn, standing, seen.at, anybody=anybody))


async def _tell_what_is_owed(runtime: Runtime, send: Send) -> None:
    database = runtime.database
    owed = await database.run(lambda conn: notices.claim_owed(conn, database.now(conn)))
    if owed and await _sent(send, message(owed, runtime.settings.public_url)):
        await database.run(lambda conn: notices.settle_told(conn, owed, partial(told, now=database.now(conn))))
        begun = [each for each in owed if each.owes is Owes.BEGINNING]
        log.info("notices.told", count=len(begun), settled=len(owed) - len(begun))


async def _tell_what_has_gathered(runtime: Runtime, send: Send) -> None:
    database, wait = runtime.database, timedelta(hours=runtime.settings.notice_digest_hours)
    gathered = await database.run(lambda conn: notices.claim_gathered(conn, database.now(conn), wait))
    if not gathered:
        return
    standing: Sequence[Notice] = [each for each in await database.read(notices.everything) if not each.ended_at]
    if await _sent(send, digest(gathered, standing, runtime.settings.public_url)):
        await database.run(lambda conn: notices.settle_told(conn, gathered, digested))
        log.info("notices.digest", count=len(gathered))


async def _sent(send: Send, what: Message) -> bool:
    """Whether anybody got it. An address is named by its place in the settings: what is in it may be secret."""
    took = await send(what)
    for number, taken in enumerate(took, start=1):
        if not taken:
            log.warning("notices.not_taken", target=f"NOTICE_URLS, number {number}")
    return any(took)


def installation(runtime: Runtime) -> Installation:
    """What the sync files and settings say of what may be wrong."""
    settings = runtime.settings
    return Installation(
        lanes=frozenset(runtime.lanes),
        daily_limits=_daily_limits(settings),
        renewed={(System.XERO, name) for name, one in settings.xero.items() if one.grant == "refresh_token"},
        arrivals=pushers.arrivals(settings),
        patience=timedelta(minutes=settings.notice_lag_minutes),
    )


def _daily_limits(settings: Settings) -> dict[tuple[System, str], int]:
    return {
        **{(System.SALESFORCE, name): one.daily_limit for name, one in settings.salesforce.items()},
        **{(System.XERO, name): one.daily_limit for name, one in settings.xero.items()},
    }
