"""Checks of the connections: sign-in, organisation, permissions, missing fields, scopes, and calls that are left."""

from collections.abc import AsyncIterator, Iterator, Sequence

from app.cli.check.finding import Finding, fine, hint, problem
from app.engine.causes import cause_of
from app.engine.events import Priority
from app.engine.ports import About, Connector
from app.engine.records import System
from app.errors import CallRefused, Doubtful, OutOfQuota, SignInNeeded, Unreachable, VendorError
from app.mapping.findings import spell
from app.mapping.fitting import fit
from app.mapping.model import Sync
from app.runtime import Runtime
from app.settings import XeroConnection

NOBODY = "00000000-0000-4000-8000-000000000000"
"""An id that no record of Xero's has: reading it costs a call and shows whether one may read."""

FEW = 0.05
"""The share of a day's calls below which a person may want to know."""

_SALESFORCE = "crossbook connect salesforce {name}, or correct the settings SALESFORCE__{upper}__*"
_XERO = "crossbook connect xero {name}, or correct the settings XERO__{upper}__*"
_SIGN_IN = {System.SALESFORCE: _SALESFORCE, System.XERO: _XERO}
_REACH = "see that this machine may call out by HTTPS, that the address in the settings is right, and the vendor up"


async def of_connections(runtime: Runtime) -> AsyncIterator[Finding]:
    """All connections in the settings, and what the syncs need of them."""
    for name in runtime.settings.salesforce:
        async for finding in _of_salesforce(runtime, name):
            yield finding
    for name in runtime.settings.xero:
        async for finding in _of_xero(runtime, name):
            yield finding


async def _of_salesforce(runtime: Runtime, name: str) -> AsyncIterator[Finding]:
    area, connector = f"salesforce {name}", runtime.connections.get(System.SALESFORCE, name)
    try:
        about = await connector.about(Priority.PERSON)
        for finding in _of_about(area, about, runtime.settings.salesforce[name].daily_limit):
            yield finding
        for sync in _over(runtime, System.SALESFORCE, name):
            for finding in await _misfits(sync, connector):
                yield finding
    except VendorError as error:
        yield _of_failure(System.SALESFORCE, name, error)


async def _of_xero(runtime: Runtime, name: str) -> AsyncIterator[Finding]:
    area, connector = f"xero {name}", runtime.connections.get(System.XERO, name)
    settings = runtime.settings.xero[name]
    try:
        about = await connector.about(Priority.PERSON)
        syncs = _over(runtime, System.XERO, name)
        for finding in (*_of_about(area, about, settings.daily_limit), *_of_plan(area, about, syncs)):
            yield finding
        for object in sorted({object for sync in syncs for object in sync.objects(System.XERO)}):
            await connector.read(object, [NOBODY], frozenset(), Priority.PERSON)
        for finding in _of_scopes(name, settings, syncs):
            yield finding
    except VendorError as error:
        yield _of_failure(System.XERO, name, error)


def _over(runtime: Runtime, system: System, name: str) -> Sequence[Sync]:
    return [sync for sync in runtime.syncs.values() if sync.connection(system) == name]


def _of_about(area: str, about: About, daily_limit: int) -> Iterator[Finding]:
    """Who it is, and how many calls are left."""
    which = ", ".join(filter(None, (about.name, about.plan, "for trying out" if about.is_for_trying else "")))
    left = "" if about.calls_left is None else f"; {about.calls_left:,} calls are left of this day"
    yield fine(area, "connection", f"signed in to {which or 'an organisation that tells nothing of itself'}{left}")
    if about.calls_left is not None and about.calls_left < FEW * daily_limit:
        remedy = "wait for the next day, give other apps less to do, or have the vendor allow more"
        yield hint(
            area, "few_calls", f"only {about.calls_left:,} of {daily_limit:,} calls are left of this day", remedy
        )


def _of_plan(area: str, about: About, syncs: Sequence[Sync]) -> Iterator[Finding]:
    """Partner editions of Xero have no invoices."""
    reads = any("Invoice" in sync.objects(System.XERO) for sync in syncs)
    if reads and "PARTNER" in about.plan.upper():
        words = f"the edition {about.plan} has no invoices, so balances do not move"
        yield hint(area, "edition", words, "leave out what is made of invoices, or change the plan in Xero")


async def _misfits(sync: Sync, salesforce: Connector) -> Sequence[Finding]:
    """What of a sync the org cannot carry: fields that are missing or hidden, types, permissions."""
    found = dict[Finding, None]()
    for mapping in sync.mappings.values():
        described = await salesforce.describe(mapping.salesforce, Priority.PERSON)
        for each in fit(mapping, described).findings if described else ():
            found[problem(f"sync {sync.name}", "misfit", f"{spell(each.place)}: {each.problem}", each.remedy)] = None
    return list(found)


def _of_scopes(name: str, settings: XeroConnection, syncs: Sequence[Sync]) -> Iterator[Finding]:
    """Reading was tried; writing cannot be tried without a trace, so the scopes that were asked for must do."""
    rules = [rule for sync in syncs for mapping in sync.mappings.values() for rule in mapping.fields]
    writes = any(rule.direction.allows(System.XERO) for rule in rules)
    if writes and settings.grant == "refresh_token" and "accounting.contacts" not in settings.scopes.split():
        remedy = f"add accounting.contacts to XERO__{name.upper()}__SCOPES, then crossbook connect xero {name}"
        yield problem(f"xero {name}", "scope", "the scopes do not allow contacts to be written", remedy)


def _of_failure(system: System, name: str, error: VendorError) -> Finding:
    """What a failed call means; the vendor's words stand in it."""
    area = f"{system} {name}"
    match error:
        case SignInNeeded():
            return problem(area, "sign_in", str(error), _SIGN_IN[system].format(name=name, upper=name.upper()))
        case OutOfQuota():
            remedy = f"wait until {error.until:%Y-%m-%d %H:%M} UTC, then crossbook check again"
            return hint(area, "quota", f"no call is to be had now: {error}", remedy)
        case CallRefused():
            return problem(area, error.code, str(error), cause_of(error.code).step)
        case Unreachable() | Doubtful():
            pass
    return problem(area, "unreachable", str(error), _REACH)
