"""What Xero's refusals of a sign-in mean, in words that say what to do."""

from collections.abc import Sequence

from app.connectors.xero.organisations import Organisation

_GRANULAR = (
    "apps made since 2 March 2026 know granular scopes only, such as accounting.contacts or accounting.invoices; "
    "older names such as accounting.transactions are refused"
)


def command(connection: str) -> str:
    """What an operator types to connect."""
    return f"crossbook connect xero {connection}"


def variable(connection: str, field: str) -> str:
    """The setting of a connection."""
    return f"XERO__{connection.upper()}__{field}"


def token_refused(error: str, connection: str) -> str:
    """An OAuth error code of the token service."""
    again = f"connect again with: {command(connection)}"
    scopes = f"change {variable(connection, 'SCOPES')} and {again}"
    known = {
        "invalid_grant": (
            f"Xero no longer accepts the sign-in: it was revoked, not used for 60 days, or used elsewhere; {again}"
        ),
        "invalid_client": (
            f"Xero does not know the app, or its secret is another: correct {variable(connection, 'CLIENT_ID')} "
            f"and {variable(connection, 'CLIENT_SECRET')}"
        ),
        "invalid_scope": f"Xero does not grant the scopes that are asked for: {_GRANULAR}; {scopes}",
        "unauthorized_client": (
            f"Xero does not allow this app such a sign-in or such scopes; {_GRANULAR}; correct "
            f"{variable(connection, 'GRANT')}, or {scopes}"
        ),
    }
    return known.get(error, f"Xero's token service refuses ({error[:60] or 'no reason'}); {again}")


def consent_refused(error: str) -> str:
    """An OAuth error code of the sign-in page."""
    if error in {"invalid_scope", "unauthorized_client"}:
        return f"{_GRANULAR}; change the scopes in the settings"
    return "start again, and allow access"


def not_connected(tenant_id: str, connected: Sequence[Organisation], connection: str) -> str:
    """The organisation is not, or no longer, connected to the app by the user whose tokens these are."""
    others = ", ".join(f"{each.name} ({each.tenant_id})" for each in connected)
    which = f"connected are: {others}" if connected else "no organisation is connected"
    return (
        f"Xero organisation {tenant_id} is not connected to this sign-in ({which}). It was disconnected in Xero, or "
        f"another user signed in, or it is a demo company that was reset and has a new tenant id. "
        f"Connect it with: {command(connection)}"
    )


def refused_though_connected(connection: str) -> str:
    """Xero lists the organisation as connected and refuses the call all the same."""
    return f"Xero refuses the organisation though it lists it as connected; connect again with: {command(connection)}"


def not_allowed(scope: str, connection: str) -> str:
    """The scope is missing, or the user's role in the organisation does not allow it."""
    return (
        f"Xero does not allow this: the sign-in lacks the scope {scope}, or the user lacks the role for it. Add the "
        f"scope to {variable(connection, 'SCOPES')}, or have the role given, then: {command(connection)}"
    )


def token_not_accepted(connection: str) -> str:
    """A renewed access token is refused like the one before."""
    return f"Xero does not accept a token that it has just renewed; connect again with: {command(connection)}"
