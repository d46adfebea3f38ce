"""`crossbook webhooks`: what to register at the vendors, how, and whether a push has come from each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.addresses import CHANGES, OUTBOUND, XERO
from app.cli.answers import AsJson, Told, tell
from app.cli.asking import ask
from app.engine.events import Arrival
from app.engine.records import System
from app.errors import ConfigurationError
from app.runtime import Runtime
from app.settings import SalesforceConnection, Settings, XeroConnection
from app.store import pushes

_XERO = (
    "open the app at developer.xero.com, Webhooks, and paste the address",
    "choose Contacts and, where balances or the like are mapped, all kinds of documents and payments; save",
    "copy the signing key into {setting} and restart crossbook serve",
    "press Send 'Intent to receive'; Xero calls the webhook OK within a minute",
)
_OUTBOUND = (
    "in Setup, Outbound Messages, make one on Account, and one on Contact where people are mapped",
    "give it the address and the fields SystemModstamp and LastModifiedById",
    "let a record-triggered flow send it after every create and update",
)
_CHANGES = (
    "only where deletions shall arrive at once; without it reconcile finds them",
    "let the relay of the change events post to the address",
    "let it sign by the Standard Webhooks scheme with the first of {setting}, or send an X-Api-Key",
)


@dataclass(frozen=True, slots=True)
class Registration:
    """One thing to register; an extra may be left out. `missing` names a setting that must be filled before."""

    system: System
    connection: str
    route: str
    address: str
    how: Sequence[str]
    missing: str | None
    heard_at: datetime | None
    is_extra: bool = False


def webhooks(*, as_json: AsJson = False) -> None:
    """Tell what to register at Salesforce and Xero, and whether a verified push has come. Secrets are shown."""
    tell(ask(carry_out), as_json=as_json)


async def carry_out(runtime: Runtime) -> Told:
    """What is to be registered for every connection in the settings. Raises `ConfigurationError` without any."""
    heard = await runtime.database.read(pushes.latest)
    found = list(registrations(runtime.settings, heard))
    if not found:
        raise ConfigurationError("there is no connection yet: set XERO__MAIN__WEBHOOK_KEYS or SALESFORCE__MAIN__URL")
    document = {"webhooks": [_document(each) for each in found]}
    return Told(document, [line for each in found for line in _lines(each)])


def registrations(settings: Settings, heard: Mapping[Arrival, datetime]) -> Iterator[Registration]:
    """What is to be registered: a webhook an app of Xero's, an outbound message and a relay an org."""
    root = settings.public_url.rstrip("/") or f"https://<your host, which passes on to {settings.host}:{settings.port}>"
    for name, xero in settings.xero.items():
        yield _of_xero(name, xero, root, heard)
    for name, salesforce in settings.salesforce.items():
        yield _of_outbound(name, salesforce, root, heard)
        yield _of_changes(name, salesforce, root, heard)


def _of_xero(name: str, xero: XeroConnection, root: str, heard: Mapping[Arrival, datetime]) -> Registration:
    setting = f"XERO__{name.upper()}__WEBHOOK_KEYS"
    missing = None if xero.webhook_keys else setting
    return Registration(
        System.XERO, name, XERO, root + XERO, _steps(_XERO, setting), missing, heard.get(Arrival(XERO, name))
    )


def _of_outbound(name: str, one: SalesforceConnection, root: str, heard: Mapping[Arrival, datetime]) -> Registration:
    setting = f"SALESFORCE__{name.upper()}__OUTBOUND_SECRETS"
    secret = one.outbound_secrets[0].get_secret_value() if one.outbound_secrets else f"<the first of {setting}>"
    address = root + OUTBOUND.format(secret=secret)
    missing = None if one.outbound_secrets else setting
    last = heard.get(Arrival(OUTBOUND, name))
    return Registration(System.SALESFORCE, name, OUTBOUND, address, _steps(_OUTBOUND, setting), missing, last)


def _of_changes(name: str, one: SalesforceConnection, root: str, heard: Mapping[Arrival, datetime]) -> Registration:
    setting = f"SALESFORCE__{name.upper()}__CHANGE_SECRETS"
    missing = None if one.change_secrets or one.change_api_keys else setting
    how, last = _steps(_CHANGES, setting), heard.get(Arrival(CHANGES, name))
    return Registration(System.SALESFORCE, name, CHANGES, root + CHANGES, how, missing, last, is_extra=True)


def _steps(steps: Sequence[str], setting: str) -> list[str]:
    return [step.format(setting=setting) for step in steps]


def _document(each: Registration) -> Mapping[str, object]:
    return {
        "system": each.system,
        "connection": each.connection,
        "address": each.address,
        "how": each.how,
        "missing": each.missing,
        "heard_at": each.heard_at,
    }


def _lines(each: Registration) -> Iterator[str]:
    yield f"{each.system} {each.connection}: {each.address}"
    for number, step in enumerate(each.how, start=1):
        yield f"  {number}. {step}"
    if each.missing:
        yield f"  MISSING: set {each.missing} first; nobody can push here without it"
    if each.heard_at:
        yield f"  a verified push came at {each.heard_at:%Y-%m-%d %H:%M:%S}"
    else:
        yield "  no verified push has come yet"
