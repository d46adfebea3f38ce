"""The web process without its store: pushes are read and their signature is checked, and nothing is kept."""

from collections.abc import Sequence

from starlette.applications import Starlette

from app.clock import SystemClock
from app.engine.events import Arrival, Event, SequenceRange
from app.log import configure_logging
from app.settings import load_settings
from app.webhooks.door import FrontDoor
from app.webhooks.routes import routes


async def keep_nothing(events: Sequence[Event], *, sequence: SequenceRange | None, arrival: Arrival) -> None:
    """Accept whatever comes."""


settings = load_settings()
configure_logging(settings.log_level, settings.log_format)
app = Starlette(routes=routes(FrontDoor.of(settings, accept=keep_nothing, clock=SystemClock())))
