"""Connect a Xero organisation: consent, tokens into the vault, and which organisation it is."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.cli.desk import Desk
from app.cli.person import Person
from app.connectors.hosts import allow
from app.connectors.http import Api
from app.connectors.xero.connect import sign_in
from app.connectors.xero.connections import XeroConnections
from app.connectors.xero.consent import Consent
from app.connectors.xero.organisations import Organisation
from app.connectors.xero.refusals import command, variable
from app.engine.credentials import TokenSet, vault_name
from app.engine.records import System
from app.errors import ConfigurationError, CrossbookError, Doubtful
from app.settings import XeroConnection

SECONDS = 30.0
"""How long each exchange with Xero may take."""


@dataclass(frozen=True, slots=True)
class XeroConnected:
    """Which organisations the sign-in reaches, and which of them is meant. `configured` is the settings' tenant id."""

    name: str
    chosen: Organisation
    configured: str
    organisations: Sequence[Organisation]

    def document(self) -> Mapping[str, object]:
        return {
            "connection": self.name,
            "tenant_id": self.chosen.tenant_id,
            "organisation": self.chosen.name,
            "configured": self.configured == self.chosen.tenant_id,
            "organisations": [{"tenant_id": each.tenant_id, "name": each.name} for each in self.organisations],
        }

    def lines(self) -> Sequence[str]:
        setting = f"{variable(self.name, 'TENANT_ID')}={self.chosen.tenant_id}"
        connected = f"{self.name} is connected to {self.chosen.name}; the tokens are kept encrypted in the database"
        if self.configured == self.chosen.tenant_id:
            return [connected, f"the settings name this organisation: {setting}"]
        if self.configured:
            return [connected, f"warning: the settings name another organisation, {self.configured}; set {setting}"]
        return [connected, f"now set {setting}"]


async def connect_xero(desk: Desk, name: str, person: Person, *, account: str) -> XeroConnected:
    """Lead a person through consent. `account` names the organisation, by tenant id or name, where there are several.

    The tokens are kept before they are used, whichever organisation is meant. Raises `SignInNeeded` and the like.
    """
    settings = settings_of(desk, name)
    consent = _consent(settings)
    async with desk.consents.awaited(consent.state, vault_name(System.XERO, name)) as came_back:
        led_to = await person.lead(consent.address, came_back)
    granted = await _granted(desk, name, settings, consent, consent.code(led_to))
    await desk.vault.replace(vault_name(System.XERO, name), granted)
    found = await connections(desk, settings).list(granted.access_token, _until())
    if not found:
        raise CrossbookError(f"the tokens are kept, but no organisation is connected; start again: {command(name)}")
    configured = settings.tenant_id.lower()
    return XeroConnected(name, _chosen(found, account or configured, person, account), configured, found)


def settings_of(desk: Desk, name: str) -> XeroConnection:
    """The settings of a connection that a person consents to. Raises `ConfigurationError`."""
    settings = desk.settings.xero.get(name)
    if settings is None or not settings.client_id:
        raise ConfigurationError(f"there is no Xero connection {name}; set {variable(name, 'CLIENT_ID')} first")
    if settings.grant != "refresh_token":
        raise ConfigurationError(f"{name} is a custom connection: it is authorised in Xero and needs no consent here")
    return settings


def connections(desk: Desk, settings: XeroConnection) -> XeroConnections:
    """Xero's list of what is connected."""
    return XeroConnections(Api(desk.client, allow(settings.api_url), desk.clock), settings.api_url)


def _consent(settings: XeroConnection) -> Consent:
    has_secret = bool(settings.client_secret.get_secret_value())
    return Consent(
        login_url=settings.login_url,
        client_id=settings.client_id,
        redirect_url=settings.redirect_url,
        scopes=settings.scopes,
        state=secrets.token_urlsafe(24),
        verifier="" if has_secret else secrets.token_urlsafe(64),
    )


async def _granted(desk: Desk, name: str, settings: XeroConnection, consent: Consent, code: str) -> TokenSet:
    service = sign_in(name, settings, desk.client, desk.clock)
    try:
        granted = await service.exchange(code, consent.redirect_url, consent.verifier, _until())
    except Doubtful as error:
        raise CrossbookError(f"Xero's answer was lost; start again: {command(name)}") from error
    if granted.refresh_token is None:
        raise ConfigurationError(f"Xero gave no refresh token: add offline_access to {variable(name, 'SCOPES')}")
    return granted


def _chosen(found: Sequence[Organisation], wanted: str, person: Person, account: str) -> Organisation:
    """The one that is named, the only one, or the one that the person picks."""
    for each in found:
        if wanted and wanted.casefold() in {each.tenant_id, each.name.casefold()}:
            return each
    if account:
        names = ", ".join(f"{each.name} ({each.tenant_id})" for each in found)
        raise ConfigurationError(f"{account} is not among the connected organisations: {names}")
    if len(found) == 1:
        return found[0]
    picked = person.choose("Which organisation", [f"{each.name} ({each.tenant_id})" for each in found])
    return found[picked]


def _until() -> float:
    return asyncio.get_running_loop().time() + SECONDS
