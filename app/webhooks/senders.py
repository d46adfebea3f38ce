"""Who may push, and by which secrets each of them is known."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import SecretStr

from app.errors import ConfigurationError
from app.mapping.salesforce_ids import is_id, to_15
from app.settings import SalesforceConnection, XeroConnection


@dataclass(frozen=True, slots=True)
class XeroSender:
    """The Xero app behind a connection. `tenant` is lower case and empty where the operator named none."""

    connection: str
    tenant: str
    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def of(cls, name: str, connection: XeroConnection) -> "XeroSender":
        """The sender that the settings describe. A key is signed with as text, not decoded, as Xero does."""
        return cls(name, connection.tenant_id.lower(), _texts(name, connection.webhook_keys))


@dataclass(frozen=True, slots=True)
class SalesforceSender:
    """The Salesforce org behind a connection; `org` has 15 characters."""

    connection: str
    org: str
    outbound_secrets: tuple[bytes, ...] = field(repr=False)
    change_secrets: tuple[bytes, ...] = field(repr=False)
    change_api_keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def of(cls, name: str, connection: SalesforceConnection) -> "SalesforceSender":
        """The sender that the settings describe."""
        if not is_id(connection.org_id):
            raise ConfigurationError(f"salesforce connection {name}: org_id is not a Salesforce id")
        return cls(
            connection=name,
            org=to_15(connection.org_id),
            outbound_secrets=_texts(name, connection.outbound_secrets),
            change_secrets=tuple(_decoded(name, text) for text in _texts(name, connection.change_secrets)),
            change_api_keys=_texts(name, connection.change_api_keys),
        )


def _texts(name: str, secrets: Iterable[SecretStr]) -> tuple[bytes, ...]:
    texts = tuple(secret.get_secret_value().encode() for secret in secrets)
    if not all(text.strip() for text in texts):
        raise ConfigurationError(f"connection {name}: a webhook secret is blank")
    return texts


def _decoded(name: str, text: bytes) -> bytes:
    """The key inside a `whsec_` secret, whose padding may be left out."""
    encoded = text.removeprefix(b"whsec_")
    try:
        key = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise ConfigurationError(f"connection {name}: a change secret is not whsec_ followed by Base64")
    return key
