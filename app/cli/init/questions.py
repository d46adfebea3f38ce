"""What is asked of whoever sets Crossbook up, and what needs no answer as it is drawn by chance."""

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from app.addresses import CONNECT
from app.engine.records import System
from app.settings import SalesforceConnection, Settings, XeroConnection

SALESFORCE, XERO = "SALESFORCE__MAIN__", "XERO__MAIN__"
"""How the settings of the two connections begin, which the templates call `main`."""


@dataclass(frozen=True, slots=True)
class Question:
    """A setting that is asked for. A secret is not shown while it is typed; `only` tells when it is needed at all."""

    setting: str
    words: str
    secret: bool = False
    only: Callable[[Mapping[str, str]], bool] = lambda _: True


def _signs_in(prefix: str, *grants: str) -> Callable[[Mapping[str, str]], bool]:
    return lambda given: given.get(f"{prefix}GRANT") in grants


def _has(prefix: str) -> Callable[[Mapping[str, str]], bool]:
    first = {SALESFORCE: "URL", XERO: "CLIENT_ID"}[prefix]
    return lambda given: bool(given.get(prefix + first))


QUESTIONS = (
    Question("PUBLIC_URL", "Address at which the vendors reach this machine, such as https://crossbook.example.com"),
    Question(f"{SALESFORCE}URL", "Salesforce: My Domain address, such as https://example.my.salesforce.com"),
    Question(f"{SALESFORCE}ORG_ID", "Salesforce: organisation id (Setup, Company Information)", only=_has(SALESFORCE)),
    Question(
        f"{SALESFORCE}GRANT",
        "Salesforce: sign in by client_credentials, jwt_bearer or authorization_code",
        only=_has(SALESFORCE),
    ),
    Question(f"{SALESFORCE}CLIENT_ID", "Salesforce: consumer key of the External Client App", only=_has(SALESFORCE)),
    Question(
        f"{SALESFORCE}CLIENT_SECRET",
        "Salesforce: consumer secret",
        secret=True,
        only=_signs_in(SALESFORCE, "client_credentials", "authorization_code"),
    ),
    Question(f"{SALESFORCE}USERNAME", "Salesforce: user to sign in as", only=_signs_in(SALESFORCE, "jwt_bearer")),
    Question(
        f"{SALESFORCE}PRIVATE_KEY_FILE", "Salesforce: file of the private key", only=_signs_in(SALESFORCE, "jwt_bearer")
    ),
    Question(f"{XERO}CLIENT_ID", "Xero: client id of the app"),
    Question(f"{XERO}CLIENT_SECRET", "Xero: client secret; none where the app uses PKCE", secret=True, only=_has(XERO)),
    Question(
        f"{XERO}GRANT", "Xero: refresh_token (web app) or client_credentials (custom connection)", only=_has(XERO)
    ),
    Question(
        f"{XERO}TENANT_ID",
        "Xero: tenant id of the organisation; crossbook connect xero main tells it later",
        only=_has(XERO),
    ),
    Question(f"{XERO}WEBHOOK_KEYS", "Xero: webhook signing key, once there is one", secret=True, only=_has(XERO)),
)
"""In the order in which they are asked."""


def default(setting: str) -> str:
    """What a setting is where nobody says otherwise; blank where there is nothing."""
    prefixes: dict[str, type[BaseModel]] = {SALESFORCE: SalesforceConnection, XERO: XeroConnection, "": Settings}
    prefix, model = next((prefix, model) for prefix, model in prefixes.items() if setting.startswith(prefix))
    value = model.model_fields[setting.removeprefix(prefix).lower()].default
    return value if isinstance(value, str) else ""


def drawn(given: Mapping[str, str]) -> dict[str, str]:
    """The secrets that are of nobody's making."""
    own = {"SECRET_KEYS": secrets.token_urlsafe(48)}
    if not given.get(f"{SALESFORCE}URL"):
        return own
    signing = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        **own,
        f"{SALESFORCE}OUTBOUND_SECRETS": secrets.token_urlsafe(32),
        f"{SALESFORCE}CHANGE_SECRETS": signing,
    }


def redirects(given: Mapping[str, str]) -> dict[str, str]:
    """Where browsers come back to after consent, as far as the public address is known."""
    root = given.get("PUBLIC_URL", "").rstrip("/")
    connected = {System.SALESFORCE: _has(SALESFORCE), System.XERO: _has(XERO)}
    return {
        f"{system.upper()}__MAIN__REDIRECT_URL": root + CONNECT.format(system=system)
        for system, has in connected.items()
        if root and has(given)
    }
