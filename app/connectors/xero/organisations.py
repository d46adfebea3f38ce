"""The organisations among Xero's connections."""

from dataclasses import dataclass

from app.connectors import wire
from app.mapping.values import Json


@dataclass(frozen=True, slots=True)
class Organisation:
    """A connected organisation. `connection_id` is what Xero disconnects it by."""

    connection_id: str
    tenant_id: str
    name: str


def organisations(answer: Json) -> list[Organisation]:
    """The organisations among Xero's connections; practices and new kinds of tenants are left out."""
    return [
        Organisation(
            wire.text(row.get("id")),
            wire.text(row.get("tenantId")).lower(),
            wire.text(row.get("tenantName")),
        )
        for row in wire.items(answer)
        if wire.text(row.get("tenantType")).upper() in {"ORGANISATION", ""} and row.get("tenantId")
    ]
