"""What an org says of itself."""

from urllib.parse import quote

from app.connectors import wire
from app.connectors.calls import Calls
from app.connectors.http import Outgoing
from app.connectors.salesforce.dialect import calls_left
from app.engine.events import Priority
from app.engine.ports import About
from app.errors import CallRefused

_QUERY = "SELECT Name, OrganizationType, IsSandbox FROM Organization"


async def about(calls: Calls, root: str, priority: Priority) -> About:
    """The org's own record; an integration user that may not read it is told nothing."""
    try:
        reply = await calls.call(Outgoing("GET", f"{root}/query?q={quote(_QUERY)}"), priority)
    except CallRefused:
        return About()
    row = next(iter(wire.items(wire.mapping(reply.json).get("records"))), {})
    return About(
        name=wire.text(row.get("Name")),
        plan=wire.text(row.get("OrganizationType")),
        is_for_trying=row.get("IsSandbox") is True,
        calls_left=calls_left(reply),
    )
