"""Which vendor account each sync is connected to, and which lanes its events concern."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from app.engine.events import Routes
from app.engine.records import System
from app.errors import ConfigurationError
from app.mapping.loader import load_syncs
from app.mapping.model import Sync
from app.mapping.salesforce_ids import is_id, to_15
from app.settings import Settings
from app.store.accounts import Stay

DOCUMENT_SCOPES: Mapping[str, frozenset[str]] = {
    "accounting.invoices": frozenset({"Invoice", "CreditNote"}),
    "accounting.payments": frozenset({"Payment", "Prepayment", "Overpayment"}),
}
"""The scope without which Xero shows no such documents."""

_SETTING = {System.SALESFORCE: "ORG_ID", System.XERO: "TENANT_ID"}

BROAD_SCOPE = "accounting.transactions"
"""The one scope that stood for all of them in apps made before March 2026."""


def configured_syncs(settings: Settings) -> Mapping[str, Sync]:
    """The syncs of SYNC_DIR by name, whose connections the settings have.

    There are none yet where nobody has set SYNC_DIR and the usual folder is missing: the web process receives webhooks
    all the same. Raises `ConfigurationError` with all findings.
    """
    if "sync_dir" not in settings.model_fields_set and not settings.sync_dir.is_dir():
        return {}
    syncs = load_syncs(settings.sync_dir)
    check(settings, syncs)
    return syncs


def account(settings: Settings, sync: Sync, system: System) -> str:
    """The account as events name it: the organisation id in 15 characters, or the tenant id in lower case."""
    if system is System.SALESFORCE:
        return to_15(settings.salesforce[sync.salesforce].org_id)
    return settings.xero[sync.xero].tenant_id.lower()


def place(settings: Settings, sync: Sync) -> Mapping[System, str]:
    """The accounts that the settings lead the sync to."""
    return {system: account(settings, sync, system) for system in System}


def elsewhere(sync: Sync, stay: Stay | None, wanted: Mapping[System, str]) -> str | None:
    """Why nothing may be done for `sync`, which stays with other organisations than are `wanted`; None if it moved."""
    if stay is None:
        return None
    told = (_told(sync, system, there, wanted[system], stay.until) for system, there in stay.there.items())
    return "; ".join(told)


def _told(sync: Sync, system: System, there: str, wanted: str, until: datetime | None) -> str:
    setting = f"{system.upper()}__{sync.connection(system).upper()}__{_SETTING[system]}"
    if until:
        return (
            f"sync {sync.name} has come from the {system} organisation {wanted} to {there} by the settings of another"
            f" process, or of a while ago, and {setting} is {wanted} here: let all processes have the same {setting},"
            f" and restart them; if {wanted} is meant, the sync moves back after {until:%Y-%m-%d %H:%M} UTC"
        )
    return (
        f"the links of sync {sync.name} are of the {system} organisation {there}, and {setting} is {wanted}: set it "
        "back, or, if that organisation is no more, give the sync another name in its file; it then begins anew"
    )


def daily_limit(settings: Settings, sync: Sync, system: System) -> int:
    """How many calls a day the sync's connection to `system` allows."""
    connection = settings.xero[sync.xero] if system is System.XERO else settings.salesforce[sync.salesforce]
    return connection.daily_limit


def routes(settings: Settings, syncs: Mapping[str, Sync]) -> Routes:
    """The lanes by account and object, over all syncs."""
    lanes: dict[tuple[System, str, str], list[str]] = defaultdict(list)
    for sync in syncs.values():
        for lane, mappings in sync.lanes().items():
            for system in System:
                for name in sorted({name for mapping in mappings for name in mapping.objects(system)}):
                    lanes[system, account(settings, sync, system), name].append(lane)
    return Routes({key: tuple(of_key) for key, of_key in lanes.items()})


def check(settings: Settings, syncs: Mapping[str, Sync]) -> None:
    """Raise `ConfigurationError`, with all findings, if a connection of a sync is missing or unclear."""
    findings = [finding for sync in syncs.values() for finding in _findings(settings, sync)]
    if findings:
        raise ConfigurationError("\n".join(findings))


def _findings(settings: Settings, sync: Sync) -> Iterator[str]:
    if sync.salesforce not in settings.salesforce:
        yield (
            f"sync {sync.name}: there is no Salesforce connection {sync.salesforce}; "
            f"set SALESFORCE__{sync.salesforce.upper()}__URL and its companions"
        )
    elif not is_id(settings.salesforce[sync.salesforce].org_id):
        yield f"sync {sync.name}: SALESFORCE__{sync.salesforce.upper()}__ORG_ID is no organisation id"
    if sync.xero not in settings.xero:
        yield (
            f"sync {sync.name}: there is no Xero connection {sync.xero}; "
            f"set XERO__{sync.xero.upper()}__CLIENT_ID and its companions"
        )
    elif not settings.xero[sync.xero].tenant_id:
        yield f"sync {sync.name}: XERO__{sync.xero.upper()}__TENANT_ID is needed to know the organisation's events"
    else:
        yield from _missing_scopes(settings, sync)


def _missing_scopes(settings: Settings, sync: Sync) -> Iterator[str]:
    """What the sync must read of documents to learn what they make of a contact. A scope to write is one to read."""
    granted = {scope.removesuffix(".read") for scope in settings.xero[sync.xero].scopes.split()}
    for scope, objects in DOCUMENT_SCOPES.items():
        read = sorted(objects & sync.objects(System.XERO))
        if read and not granted & {scope, BROAD_SCOPE}:
            yield (
                f"sync {sync.name}: it must read {', '.join(read)}; "
                f"add {scope}.read to XERO__{sync.xero.upper()}__SCOPES and consent again"
            )
