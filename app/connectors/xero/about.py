"""What an organisation says of itself."""

from app.connectors import wire
from app.connectors.calls import Calls
from app.connectors.http import Outgoing
from app.connectors.xero.limits import day_left
from app.connectors.xero.resources import ROOT
from app.connectors.xero.tolerance import plainly
from app.engine.events import Priority
from app.engine.ports import About


async def about(calls: Calls, priority: Priority) -> About:
    """The organisation's own record, which the scope accounting.settings.read shows. Xero does not bill its bytes."""
    reply = await calls.call(Outgoing("GET", f"{ROOT}/Organisation"), priority)
    row = next(iter(wire.items(wire.mapping(plainly(reply.json)).get("Organisations"))), {})
    return About(
        name=wire.text(row.get("Name")),
        plan=" ".join(filter(None, (wire.text(row.get("Class")), wire.text(row.get("Edition"))))),
        is_for_trying=row.get("IsDemoCompany") is True,
        calls_left=day_left(reply),
    )
