"""What to do when Salesforce's token service says no, by what it says."""

from collections.abc import Sequence

_APPROVE = "let the app's policies say that admin-approved users are pre-authorised, and assign its permission set"
_RUN_AS = "name a run-as user in the app's policies and enable its client credentials flow"
_CREDENTIALS = "CLIENT_ID and CLIENT_SECRET are not those of an app of this org"
_CONNECT = "connect again with: crossbook connect salesforce {connection}"
_ASSERTION = "check CLIENT_ID, the certificate in the app, LOGIN_URL and this machine's clock"
_DOMAIN = "URL must be the org's own My Domain address"
_FLOW = "enable the flow of GRANT in the app's settings"

REMEDIES: Sequence[tuple[str, str]] = (
    ("hasn't approved this consumer", _APPROVE),
    ("not approved for access", _APPROVE),
    ("no client credentials user enabled", _RUN_AS),
    ("client credentials flow not enabled", _RUN_AS),
    ("request not supported on this domain", _DOMAIN),
    ("audience", "LOGIN_URL must be https://login.salesforce.com, for a sandbox https://test.salesforce.com"),
    ("inactive user", "the user is not active any more: activate it, or name another USERNAME"),
    ("user is frozen", "the user is frozen: unfreeze it"),
    ("ip restricted", "the app or the user's profile refuses this machine's address: relax its IP restrictions"),
    ("redirect_uri", "REDIRECT_URL must be one of the app's callback addresses"),
    ("authorization code", _CONNECT),
    ("refresh token", _CONNECT),
    ("code verifier", _CONNECT),
    ("assertion", _ASSERTION),
    ("unsupported_grant_type", _FLOW),
    ("unauthorized_client", _FLOW),
    ("app_not_found", _CREDENTIALS),
    ("invalid_client", _CREDENTIALS),
    ("user", "check USERNAME, and that the user may sign in and use the API"),
)
"""The first whose words occur in the refusal stands."""

_OF_GRANT = {
    "client_credentials": _RUN_AS,
    "urn:ietf:params:oauth:grant-type:jwt-bearer": _ASSERTION,
    "authorization_code": _CONNECT,
    "refresh_token": _CONNECT,
}
PASSING = ("server_error", "temporarily_unavailable", "rate exceeded", "login_rate", "unknown_error")


def passes(error: str, description: str) -> bool:
    """Whether the refusal has nothing to do with the credentials and passes by itself."""
    said = f"{error} {description}".lower()
    return any(words in said for words in PASSING)


def remedy(error: str, description: str, grant_type: str, connection: str) -> str:
    """What a person must do about a refusal of `grant_type` to a connection."""
    said = f"{error} {description}".lower()
    known = next((what for words, what in REMEDIES if words in said), None)
    return (known or _OF_GRANT.get(grant_type, "check the connection's settings")).format(connection=connection)
