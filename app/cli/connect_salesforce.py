"""Connect a Salesforce org: a person's consent, and tokens into the vault."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.cli.desk import Desk
from app.cli.person import Person
from app.connectors.salesforce.connect import sign_in
from app.connectors.salesforce.consent import Consent
from app.engine.credentials import TokenSet, vault_name
from app.engine.records import System
from app.errors import ConfigurationError, CrossbookError, Doubtful
from app.settings import SalesforceConnection

SECONDS = 30.0
"""How long the exchange with Salesforce may take."""


@dataclass(frozen=True, slots=True)
class SalesforceConnected:
    """Whom the tokens sign in as, in the org of the settings."""

    name: str
    org_id: str
    user: str

    def document(self) -> Mapping[str, object]:
        return {"connection": self.name, "org_id": self.org_id, "user": self.user}

    def lines(self) -> Sequence[str]:
        return [
            f"{self.name} is connected to the org {self.org_id} as the user {self.user}",
            "the tokens are kept encrypted in the database",
        ]


async def connect_salesforce(
    desk: Desk,
    name: str,
    person: Person,
    *,
    account: str,  # noqa: ARG001 - the protocol's, for systems with several
) -> SalesforceConnected:
    """Lead a person through consent at the org of the settings, the only one there is: `account` chooses nothing.

    Raises `SignInNeeded` when consent is refused or leads to another org than `ORG_ID`.
    """
    settings = _settings(desk, name)
    consent = Consent(verifier=secrets.token_urlsafe(64), state=secrets.token_urlsafe(24))
    address = consent.address(url=settings.url, client_id=settings.client_id, redirect_url=settings.redirect_url)
    async with desk.consents.awaited(consent.state, vault_name(System.SALESFORCE, name)) as came_back:
        led_to = await person.lead(address, came_back)
    granted = await _granted(desk, name, settings, consent, consent.code(led_to))
    await desk.vault.replace(vault_name(System.SALESFORCE, name), granted)
    return SalesforceConnected(name, settings.org_id, granted.user)


def _settings(desk: Desk, name: str) -> SalesforceConnection:
    settings = desk.settings.salesforce.get(name)
    if settings is None:
        raise ConfigurationError(f"there is no Salesforce connection {name}; set SALESFORCE__{name.upper()}__URL first")
    if settings.grant != "authorization_code":
        raise ConfigurationError(f"{name} signs in by {settings.grant} and needs no consent; its tokens are not kept")
    return settings


async def _granted(desk: Desk, name: str, settings: SalesforceConnection, consent: Consent, code: str) -> TokenSet:
    service = sign_in(name, settings, desk.client, desk.clock)
    until = asyncio.get_running_loop().time() + SECONDS
    try:
        granted = await service.exchange(code, consent.verifier, settings.redirect_url, until)
    except Doubtful as error:
        again = f"crossbook connect salesforce {name}"
        raise CrossbookError(f"Salesforce's answer was lost; start again: {again}") from error
    if granted.refresh_token is None:
        raise ConfigurationError("Salesforce gave no refresh token: allow the scope refresh_token in the app")
    return granted
